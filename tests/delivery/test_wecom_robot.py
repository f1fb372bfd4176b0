"""The WeCom robot sender, against a server that answers as the vendor does."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import ssl
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from hub.delivery.answers import Answer
from hub.delivery.channels.wecom_robot import CODES
from hub.delivery.port import Accepted
from hub.delivery.senders import Senders
from hub.delivery.tools import Tools
from hub.errors import ConfigError, DeliveryError
from tests.delivery.notices import message
from tests.delivery.peers import Answered, Hang, Peer, Reply, Request, Reset, json_reply, provider

KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"


def send(peer_url: str, contact: str = f"wecom://{KEY}", within: float = 20.0, text: str = "") -> Accepted:
    async def talk() -> Accepted:
        senders = Senders({}, Tools(now_ms=lambda: 0, endpoints={"wecom": f"{peer_url}/cgi-bin/webhook/send"}))
        try:
            async with asyncio.timeout(within):
                return await senders.open(contact).sender.send(message(text) if text else message())
        finally:
            await senders.close()

    return asyncio.run(talk())


def refusal(reply: Reply) -> DeliveryError:
    with provider(lambda _: reply) as peer, pytest.raises(DeliveryError) as caught:
        send(peer.url())
    return caught.value


def test_what_the_vendor_is_asked() -> None:
    with provider(lambda _: json_reply({"errcode": 0, "errmsg": "ok"})) as peer:
        assert send(peer.url()) == Accepted(code="0")
        asked: Request = peer.next()
    assert (asked.method, asked.path, asked.query) == ("POST", "/cgi-bin/webhook/send", {"key": [KEY]})
    assert asked.headers["content-type"] == "application/json"
    assert asked.json() == {"msgtype": "text", "text": {"content": message().text}}


def test_markdown_when_the_contact_says_so() -> None:
    with provider(lambda _: json_reply({"errcode": 0, "errmsg": "ok"})) as peer:
        send(peer.url(), f"wecom://{KEY}?format=markdown", text="**x**")
        assert peer.next().json() == {"msgtype": "markdown", "markdown": {"content": "**x**"}}


@pytest.mark.parametrize("code", CODES)
def test_a_documented_code_with_http_200_is_no_receipt(code: int) -> None:
    said = refusal(json_reply({"errcode": code, "errmsg": "hint: [1], from ip: 192.0.2.1, more info at example"}))
    meaning = CODES[code]
    assert (said.reason, said.permanent, said.retry_after) == (meaning.reason, meaning.permanent, meaning.retry_after)
    assert said.code == str(code)


@pytest.mark.parametrize(
    ("code", "reason", "permanent"),
    [
        (45009, Answer.RATE_LIMITED, False),
        (93000, Answer.BAD_CONTACT, True),
        (93004, Answer.BAD_CONTACT, True),
        (49008, Answer.BAD_CONTACT, True),
        (45002, Answer.TOO_LONG, False),
        (40008, Answer.REFUSED, False),
        (40058, Answer.REFUSED, False),
        (44004, Answer.REFUSED, False),
        (-1, Answer.PROVIDER_DOWN, False),
        (123456, Answer.REFUSED, False),
    ],
)
def test_what_a_code_means(code: int, reason: Answer, permanent: bool) -> None:
    said = refusal(json_reply({"errcode": code, "errmsg": "?"}))
    assert (said.reason, said.permanent) == (reason, permanent)


@pytest.mark.parametrize(
    ("reply", "reason", "code", "retry_after"),
    [
        (json_reply({"errcode": 0}, 429, Retry_After="7"), Answer.RATE_LIMITED, "HTTP 429", 7.0),
        (json_reply({"errcode": 0}, 429), Answer.RATE_LIMITED, "HTTP 429", 60.0),
        (Answered(b"oops", 500), Answer.PROVIDER_DOWN, "HTTP 500", 2.0),
        (Answered(b"", 503, (("Retry-After", "30"),)), Answer.PROVIDER_DOWN, "HTTP 503", 30.0),
        (Answered(b"", 302, (("Location", "http://192.0.2.1/"),)), Answer.REFUSED, "HTTP 302", None),
        (json_reply({"errcode": 0}, 404), Answer.REFUSED, "HTTP 404", None),
        (Answered(b"<html>please log in</html>"), Answer.UNREADABLE, "HTTP 200", None),
        (Answered(b"\xff\xfe"), Answer.UNREADABLE, "HTTP 200", None),
        (Answered(b""), Answer.UNREADABLE, "HTTP 200", None),
        (json_reply({"ok": True}), Answer.UNREADABLE, "HTTP 200", None),
        (json_reply({"errcode": "0"}), Answer.UNREADABLE, "HTTP 200", None),
        (json_reply([]), Answer.UNREADABLE, "HTTP 200", None),
        (Reset(), Answer.UNREACHABLE, "ReadError", None),
    ],
)
def test_anything_else_is_no_receipt_either(reply: Reply, reason: Answer, code: str, retry_after: float | None) -> None:
    said = refusal(reply)
    assert (said.reason, said.code, said.retry_after, said.permanent) == (reason, code, retry_after, False)


def test_a_hang_lasts_as_long_as_the_callers_deadline() -> None:
    with provider(lambda _: Hang()) as peer, pytest.raises(TimeoutError):
        send(peer.url(), within=0.2)


def test_nobody_listens() -> None:
    with provider(lambda _: Hang()) as peer:
        gone = peer.url()
    with pytest.raises(DeliveryError) as caught:
        send(gone)
    assert (caught.value.reason, caught.value.code) == (Answer.UNREACHABLE, "ConnectError")


def test_a_certificate_that_nobody_signed_is_not_believed(tmp_path: Path) -> None:
    with (
        provider(lambda _: json_reply({"errcode": 0}), self_signed(tmp_path)) as peer,
        pytest.raises(DeliveryError) as caught,
    ):
        send(peer.url("https"))
    assert (caught.value.reason, caught.value.code) == (Answer.UNREACHABLE, "tls")
    assert peer.seen.empty()


def self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "self.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


@pytest.mark.parametrize("url", ["wecom://", "wecom://key/path", "wecom://key?x=1", "wecom://key?format=html"])
def test_an_address_that_can_never_work_is_a_config_error(url: str) -> None:
    with pytest.raises(ConfigError, match="wecom://KEY"):
        send("http://127.0.0.1:1", url)


def test_the_budget_key_does_not_tell_the_robots_key() -> None:
    senders = Senders({}, Tools(now_ms=lambda: 0))
    one, other = senders.open("wecom://KEY1").sender, senders.open("wecom://KEY2").sender
    assert one.per_minute == 20
    assert one.provider != other.provider
    assert "KEY1" not in one.provider


def test_robots_do_not_share_a_limit_of_connections() -> None:
    """150 sends hang; the next still gets through: no pool runs full."""
    hung = 150

    def answer(request: Request) -> Reply:
        content = msgspec.json.decode(request.body, type=dict[str, object])
        return Hang() if content["text"] == {"content": "hang"} else json_reply({"errcode": 0})

    async def talk(peer: Peer, wait_for: Callable[[], Request]) -> Accepted:
        senders = Senders({}, Tools(now_ms=lambda: 0, endpoints={"wecom": peer.url()}))
        hanging = senders.open("wecom://hanging").sender
        tasks = [asyncio.create_task(hanging.send(message("hang"))) for _ in range(hung)]
        for _ in range(hung):
            await asyncio.to_thread(wait_for)
        async with asyncio.timeout(20):
            accepted = await senders.open("wecom://other").sender.send(message())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await senders.close()
        return accepted

    with provider(answer) as peer:
        assert asyncio.run(talk(peer, peer.next)) == Accepted(code="0")
