"""What every sender over HTTP owes: nothing but the vendor's own word is a receipt."""

from __future__ import annotations

import asyncio

import pytest

from hub.delivery.access import AccessToken, Granted
from hub.delivery.answers import Answer
from hub.errors import DeliveryError
from tests.delivery.peers import Answered, Hang, Reply, Reset, json_reply, provider
from tests.delivery.vendors import refused, sending, with_tokens

CONTACTS = [
    "wecom://KEY",
    "wecomapp://wang",
    "wecomapp://wang?card=1",
    "dingtalk://TOKEN?secret=SEC1",
    "dingtalkapp://u1",
    "feishu://HOOK?secret=x",
    "lark://HOOK",
    "feishuapp://ou_1",
    "serverchan://SCT1",
    "bark://KEY",
    "bark://KEY@HOST",
    "pushdeer://PDU1",
    "pushdeer://PDU1@HOST",
    "ntfy://HOST/fire",
    "ntfy://fire",
]
HOOK = "webhook://HOST/hook"
WITH_ACCOUNT = ["wecomapp://wang", "dingtalkapp://u1", "feishuapp://ou_1"]


@pytest.mark.parametrize("contact", [*CONTACTS, HOOK])
@pytest.mark.parametrize(
    ("reply", "reason", "code", "retry_after"),
    [
        (Answered(b"", 429, (("Retry-After", "7"),)), Answer.RATE_LIMITED, "HTTP 429", 7.0),
        (Answered(b"slow down", 429), Answer.RATE_LIMITED, "HTTP 429", 60.0),
        (Answered(b"oops", 500), Answer.PROVIDER_DOWN, "HTTP 500", 2.0),
        (Answered(b"", 503, (("Retry-After", "30"),)), Answer.PROVIDER_DOWN, "HTTP 503", 30.0),
        (Answered(b"", 302, (("Location", "http://192.0.2.1/"),)), Answer.REFUSED, "HTTP 302", None),
        (Answered(b"<html>", 404), Answer.REFUSED, "HTTP 404", None),
        (Reset(), Answer.UNREACHABLE, "ReadError", None),
    ],
)
def test_a_status_without_the_vendors_word_is_no_receipt(
    contact: str, reply: Reply, reason: Answer, code: str, retry_after: float | None
) -> None:
    said = refused(contact, reply)
    assert (said.reason, said.code, said.retry_after, said.permanent) == (reason, code, retry_after, False)


@pytest.mark.parametrize("contact", CONTACTS)
@pytest.mark.parametrize(
    "reply",
    [
        Answered(b"<html>please log in</html>"),
        Answered(b"\xff\xfe"),
        Answered(b""),
        json_reply([]),
        json_reply({"ok": True}),
        Answered(b"not gzip", 200, (("Content-Encoding", "gzip"),)),
    ],
)
def test_an_answer_that_is_not_the_vendors_is_no_receipt(contact: str, reply: Reply) -> None:
    said = refused(contact, reply)
    assert (said.reason, said.permanent) == (Answer.UNREADABLE, False)


@pytest.mark.parametrize("contact", [*CONTACTS, HOOK])
def test_a_hang_lasts_as_long_as_the_callers_deadline(contact: str) -> None:
    with provider(with_tokens(lambda _: Hang())) as peer, pytest.raises(TimeoutError):
        sending(peer, contact, within=0.2)


@pytest.mark.parametrize("contact", [*CONTACTS, HOOK])
def test_nobody_listens(contact: str) -> None:
    with provider(lambda _: Hang()) as peer:
        pass
    with pytest.raises(DeliveryError) as caught:
        sending(peer, contact)
    assert (caught.value.reason, caught.value.code) == (Answer.UNREACHABLE, "ConnectError")


@pytest.mark.parametrize("contact", WITH_ACCOUNT)
@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Answered(b"", 429), Answer.RATE_LIMITED),
        (Answered(b"", 502), Answer.PROVIDER_DOWN),
        (Answered(b"<html>"), Answer.UNREADABLE),
        (Reset(), Answer.UNREACHABLE),
    ],
)
def test_without_a_token_there_is_no_receipt_either(contact: str, reply: Reply, reason: Answer) -> None:
    with provider(lambda _: reply) as peer, pytest.raises(DeliveryError) as caught:
        sending(peer, contact)
    assert caught.value.reason == reason
    assert peer.seen.qsize() == 1


# ── the token of an account ──────────────────────────────────────────────────────────────────────────────────────────


class Clock:
    now_ms = 0

    def __call__(self) -> int:
        return self.now_ms


def counting(clock: Clock) -> tuple[AccessToken, list[str]]:
    given: list[str] = []

    async def fetch() -> Granted:
        given.append(f"T{len(given) + 1}")
        await asyncio.sleep(0)
        return Granted(given[-1], 7200)

    return AccessToken(fetch, clock), given


def test_those_who_wait_for_a_token_share_one() -> None:
    async def talk() -> tuple[list[str], list[str]]:
        access, given = counting(Clock())
        return await asyncio.gather(*(access.get() for _ in range(5))), given

    assert asyncio.run(talk()) == (["T1"] * 5, ["T1"])


def test_a_token_is_renewed_before_it_ends_and_when_it_was_refused() -> None:
    async def talk() -> list[str]:
        clock = Clock()
        access, _ = counting(clock)
        got = [await access.get()]
        clock.now_ms = 6_479_999
        got.append(await access.get())
        clock.now_ms = 6_480_000
        got.append(await access.get())
        got += await asyncio.gather(access.get(refused="T2"), access.get(refused="T2"))
        return got

    assert asyncio.run(talk()) == ["T1", "T1", "T2", "T3", "T3"]


def test_who_gives_up_waiting_for_a_token_leaves_it_to_the_next() -> None:
    async def talk() -> str:
        first = asyncio.Event()

        async def fetch() -> Granted:
            if not first.is_set():
                first.set()
                await asyncio.Event().wait()
            return Granted("T", 7200)

        access = AccessToken(fetch, lambda: 0)
        hanging = asyncio.create_task(access.get())
        await first.wait()
        next_one = asyncio.create_task(access.get())
        hanging.cancel()
        return await next_one

    assert asyncio.run(talk()) == "T"
