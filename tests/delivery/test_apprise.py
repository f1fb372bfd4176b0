"""What Apprise reports, against providers of ours that answer as the real ones do: the record of what it can be believed."""

from __future__ import annotations

import asyncio
import logging
from email import message_from_bytes, policy
from queue import Queue

import pytest
from apprise.plugins.pushplus import NotifyPushplus
from apprise.plugins.wechat import NotifyWeChat
from apprise.plugins.wxpusher import NotifyWxPusher

from hub.delivery.answers import Answer
from hub.delivery.channels.apprise_channel import UNTRUE, why
from hub.delivery.port import Accepted
from hub.delivery.senders import Senders, open_channel
from hub.delivery.threads import SendThreads
from hub.delivery.tools import Tools
from hub.errors import ConfigError, DeliveryError
from tests.delivery.notices import message
from tests.delivery.peers import Answered, Hang, Reply, Request, Reset, json_reply, mail_server, provider


def send(*urls: str, within: float = 20.0) -> list[Accepted | DeliveryError]:
    async def talk() -> list[Accepted | DeliveryError]:
        senders = Senders({}, Tools(now_ms=lambda: 0))
        came: list[Accepted | DeliveryError] = []
        for url in urls:
            try:
                async with asyncio.timeout(within):
                    came.append(await senders.open(url).sender.send(message()))
            except DeliveryError as exc:
                came.append(exc)
        await senders.close()
        return came

    return asyncio.run(talk())


def refusal(url: str) -> DeliveryError:
    (came,) = send(url)
    assert isinstance(came, DeliveryError)
    return came


def test_a_redirect_is_no_receipt() -> None:
    """Followed, the POST would go on as a GET, and a page that says 200 would count as sent."""

    def answer(request: Request) -> Reply:
        return Answered(b"", 301, (("Location", "/login"),)) if request.method == "POST" else Answered(b"welcome")

    with provider(answer) as peer:
        said = refusal(f"json://127.0.0.1:{peer.port}/hook?redirect=yes")
        assert peer.next().method == "POST"
        assert peer.seen.empty()
    assert said.reason == Answer.REFUSED


class NoSleep:
    """Stands where Apprise's throttle would sleep 5.5 s between two requests of one object."""

    @staticmethod
    def sleep(seconds: float) -> None:
        raise AssertionError(f"Apprise slept {seconds} s")


def test_two_messages_in_a_row_do_not_wait_for_apprises_throttle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apprise.url.time", NoSleep)
    with provider(lambda _: Answered()) as peer:
        url = f"json://127.0.0.1:{peer.port}/fire"
        assert send(url, url) == [Accepted(), Accepted()]


# ── webhooks ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("scheme", ["json", "form", "xml"])
def test_a_webhook_is_believed_by_its_status(scheme: str) -> None:
    replies: list[Reply] = [Answered(b"", 204), Answered(b"", 404), Answered(b"", 500), Reset()]
    with provider(lambda _: replies.pop(0)) as peer:
        came = send(*[f"{scheme}://127.0.0.1:{peer.port}/hook"] * 4)
        asked = peer.next()
    assert came[0] == Accepted()
    refused = [one for one in came if isinstance(one, DeliveryError)]
    assert [(one.reason, one.code) for one in refused] == [
        (Answer.REFUSED, "404"),
        (Answer.PROVIDER_DOWN, "500"),
        (Answer.UNREACHABLE, ""),
    ]
    assert asked.method == "POST"


def test_a_webhook_that_hangs_is_given_up_at_the_callers_deadline() -> None:
    with provider(lambda _: Hang()) as peer, pytest.raises(TimeoutError):
        send(f"json://127.0.0.1:{peer.port}/hook", within=0.3)


# ── mail ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def mailto(port: int, to: str = "wang@home.test") -> str:
    return f"mailto://127.0.0.1:{port}?from=hub@hub.test&to={to}&mode=insecure"


def test_mail_is_accepted_when_the_server_has_it() -> None:
    with mail_server() as (port, mails):
        assert send(mailto(port)) == [Accepted()]
        mail = mails.get(timeout=20)
    assert mail.receivers == ("wang@home.test",)
    parsed = message_from_bytes(mail.content, policy=policy.default)
    assert parsed["subject"] == message().title
    body = parsed.get_body(("plain",))
    assert body is not None
    assert body.get_content().strip().rstrip(".").strip() == message().text


@pytest.mark.parametrize(
    ("refuse", "reason", "code"),
    [
        ({"wang@home.test": "550 5.1.1 no such user"}, Answer.BAD_CONTACT, "550"),
        ({"wang@home.test": "451 4.7.1 greylisted"}, Answer.PROVIDER_DOWN, "451"),
        ({".": "554 5.7.1 looks like spam"}, Answer.REFUSED, "554"),
        ({"MAIL": "452 4.3.1 no room"}, Answer.PROVIDER_DOWN, "452"),
        ({"EHLO": "421 closing", "HELO": "421 closing"}, Answer.PROVIDER_DOWN, "421"),
    ],
)
def test_mail_that_the_server_refused_is_no_receipt(refuse: dict[str, str], reason: Answer, code: str) -> None:
    with mail_server(refuse) as (port, mails):
        said = refusal(mailto(port))
        assert mails.empty()
    assert (said.reason, said.code, said.permanent) == (reason, code, reason is Answer.BAD_CONTACT)


def test_no_mail_server_there_is_told_as_unreachable() -> None:
    with mail_server() as (port, _):
        pass
    assert refusal(mailto(port)).reason == Answer.UNREACHABLE


def test_one_refused_receiver_of_two_is_no_receipt() -> None:
    with mail_server({"li@home.test": "550 5.1.1 no such user"}) as (port, _):
        said = refusal(mailto(port, "wang@home.test,li@home.test"))
    assert (said.reason, said.code) == (Answer.BAD_CONTACT, "550")


def test_a_mail_server_that_never_greets_is_given_up_at_the_callers_deadline() -> None:
    with mail_server(silent=True) as (port, _), pytest.raises(TimeoutError):
        send(mailto(port), within=0.3)


# ── PushPlus, WxPusher, WeCom app: the vendor's address is fixed, so the plugin's is set to ours ───────────────────────


@pytest.mark.parametrize(
    ("reply", "sent", "code"),
    [
        (json_reply({"code": 200, "msg": "请求成功", "data": "f1b2"}), True, ""),
        (json_reply({"code": 907, "msg": "token不存在"}), False, "907"),
        (Answered(b"<html>"), False, "None"),
        (Answered(b"", 500), False, "500"),
    ],
)
def test_pushplus_is_believed_by_the_code_in_its_body(
    monkeypatch: pytest.MonkeyPatch, reply: Reply, sent: bool, code: str
) -> None:
    with provider(lambda _: reply) as peer:
        monkeypatch.setattr(NotifyPushplus, "notify_url", peer.url())
        (came,) = send("pushplus://0123456789abcdef0123456789abcdef")
    assert_came(came, sent, code)


@pytest.mark.parametrize(
    ("reply", "sent", "code"),
    [
        (json_reply({"code": 1000, "msg": "处理成功"}), True, ""),
        (json_reply({"code": 1004, "msg": "用户不存在"}), False, "1004"),
        (json_reply({"code": 1008, "msg": "频率过高"}), False, "1008"),
        (Answered(b"<html>"), False, "unk"),
        (json_reply([1]), False, "AttributeError"),
    ],
)
def test_wxpusher_is_believed_by_the_code_in_its_body(
    monkeypatch: pytest.MonkeyPatch, reply: Reply, sent: bool, code: str
) -> None:
    with provider(lambda _: reply) as peer:
        monkeypatch.setattr(NotifyWxPusher, "notify_url", peer.url())
        (came,) = send("wxpusher://AT_token/UID_abc")
    assert_came(came, sent, code)


def assert_came(came: Accepted | DeliveryError, sent: bool, code: str) -> None:
    assert isinstance(came, Accepted) == sent
    assert came.code == code


class WecomApp:
    """The vendor's two calls: a token, then the message."""

    def __init__(self, *sends: object) -> None:
        self._sends = list(sends)
        self.calls: Queue[str] = Queue()

    def __call__(self, request: Request) -> Reply:
        self.calls.put(request.path)
        if request.path == "/gettoken":
            return json_reply({"errcode": 0, "errmsg": "ok", "access_token": "T", "expires_in": 7200})
        return json_reply(self._sends.pop(0))


@pytest.mark.parametrize(
    ("replies", "sent", "code", "calls"),
    [
        ([{"errcode": 0, "errmsg": "ok", "msgid": "m"}], True, "", 2),
        ([{"errcode": 81013, "errmsg": "all invalid"}], False, "81013", 2),
        ([{"errcode": 60020, "errmsg": "not allow to access from your ip"}], False, "60020", 2),
        ([{"errcode": 45009, "errmsg": "api freq out of limit"}], False, "45009", 2),
        ([{"errcode": 42001, "errmsg": "expired"}, {"errcode": 0, "errmsg": "ok"}], True, "", 4),
    ],
)
def test_the_wecom_app_is_believed_by_its_errcode(
    monkeypatch: pytest.MonkeyPatch, replies: list[object], sent: bool, code: str, calls: int
) -> None:
    app = WecomApp(*replies)
    with provider(app) as peer:
        monkeypatch.setattr(NotifyWeChat, "token_url", f"{peer.url()}/gettoken")
        monkeypatch.setattr(NotifyWeChat, "notify_url", f"{peer.url()}/send")
        monkeypatch.setattr("apprise.url.time", NoSleep)
        (came,) = send("wechat://corp:secret@1000002/@wang")
    assert_came(came, sent, code)
    assert app.calls.qsize() == calls


@pytest.mark.parametrize("to", ["@wang/@li", "@all", "@wang/%23 2", "@wang/+3"])
def test_a_wecom_app_contact_has_one_receiver(to: str) -> None:
    with pytest.raises(ConfigError, match="one receiver"):
        open_channel(f"wechat://corp:secret@1000002/{to}".replace(" ", ""), {}, Tools(now_ms=lambda: 0))


# ── what is refused, what is said ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("scheme", UNTRUE)
def test_a_scheme_that_apprise_does_not_tell_the_truth_about_is_refused(scheme: str) -> None:
    with pytest.raises(ConfigError, match="the provider refused") as caught:
        open_channel(f"{scheme}://token/x", {}, Tools(now_ms=lambda: 0))
    assert "Use " in caught.value.todo


@pytest.mark.parametrize("url", ["mailto://", "wechat://corp@1/@wang", "pushplus://"])
def test_an_address_that_can_never_work_is_a_config_error(url: str) -> None:
    with pytest.raises(ConfigError):
        open_channel(url, {}, Tools(now_ms=lambda: 0))


@pytest.mark.parametrize(
    ("line", "reason", "code"),
    [
        ("SMTP recipient a@b was refused: 550 b'5.1.1'", Answer.BAD_CONTACT, "550"),
        ("Connection error while submitting email Socket Exception: (535, b'5.7.8 bad')", Answer.REFUSED, "535"),
        ("Failed to send WxPusher notification, code=200/1004: x", Answer.REFUSED, "1004"),
        ("WeChat access token request failed: errcode=40013: bad.", Answer.REFUSED, "40013"),
        ("Failed to send JSON POST notification: Too many, error=429.", Answer.RATE_LIMITED, "429"),
        ("A Connection error occurred sending JSON notification to h.", Answer.UNREACHABLE, ""),
        ("something new", Answer.REFUSED, ""),
    ],
)
def test_why_is_read_from_what_apprise_logs(line: str, reason: Answer, code: str) -> None:
    said = why([line])
    assert (said.reason, said.code) == (reason, code)


def test_nothing_that_apprise_logs_reaches_our_logs() -> None:
    heard: list[logging.LogRecord] = []

    class Ours(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record)

    ours = Ours()
    logging.getLogger().addHandler(ours)
    try:
        with mail_server({"wang@home.test": "550 no"}) as (port, _):
            assert refusal(mailto(port)).reason == Answer.BAD_CONTACT
    finally:
        logging.getLogger().removeHandler(ours)
    assert [record.getMessage() for record in heard if "wang" in record.getMessage()] == []


def test_third_party_push_is_known_as_such() -> None:
    tools = Tools(now_ms=lambda: 0)
    assert open_channel("ntfy://fire-in-guihua", {}, tools).third_party
    assert open_channel("wxpusher://AT_token/UID_abc", {}, tools).third_party
    assert not open_channel("ntfy://127.0.0.1:8080/fire", {}, tools).third_party
    assert not open_channel("wecom://KEY", {}, tools).third_party
    assert open_channel("inbox://wang", {}, tools).by_number


def test_stuck_threads_of_one_provider_do_not_use_up_anothers() -> None:
    with provider(lambda _: Hang()) as stuck, provider(lambda _: Answered()) as good:

        async def talk() -> tuple[str, Accepted]:
            senders = Senders({}, Tools(now_ms=lambda: 0, threads=SendThreads(per_provider=3)))
            hanging = senders.open(f"json://127.0.0.1:{stuck.port}/").sender
            tasks = [asyncio.create_task(hanging.send(message())) for _ in range(3)]
            for _ in tasks:
                await asyncio.to_thread(stuck.next)
            with pytest.raises(DeliveryError) as fourth:
                await hanging.send(message())
            other = await senders.open(f"json://127.0.0.1:{good.port}/").sender.send(message())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            return fourth.value.code, other

        assert asyncio.run(talk()) == ("stuck", Accepted())
