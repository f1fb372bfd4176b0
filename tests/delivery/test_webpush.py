"""Web push, against a push service that decrypts as a browser does and checks the hub's signature."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.delivery.answers import Answer
from hub.delivery.channels.webpush import CHANNEL, MOST_BYTES, payload_of
from hub.delivery.port import Accepted, Message
from hub.delivery.tools import Tools
from hub.delivery.vapid import b64, make_vapid_key, vapid_public
from hub.errors import ConfigError, DeliveryError, StoreError
from hub.model import Purpose, Severity
from tests.delivery.notices import NOW_MS, message, notice
from tests.delivery.peers import Answered, Hang, Peer, Reply, Request, Reset, provider

LINK = "https://hub.example.org/a/WyJndWlodWEi.token"
PEM = make_vapid_key()


class Browser:
    """One that subscribed: RFC 8291, section 3, the receiving side."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = b"0123456789abcdef"
        self._point = self._key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )

    def subscription(self, peer: Peer) -> dict[str, object]:
        keys = {"p256dh": b64(self._point), "auth": b64(self._auth)}
        return {"endpoint": f"{peer.url()}/push/abc?x=1", "expirationTime": None, "keys": keys}

    def decrypt(self, body: bytes) -> dict[str, object]:
        salt, size, sender = body[:16], int.from_bytes(body[16:20], "big"), body[21 : 21 + body[20]]
        assert len(body) - 21 - body[20] <= size
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        shared = self._key.exchange(ec.ECDH(), public)
        material = _hkdf(self._auth, shared, b"WebPush: info\0" + self._point + sender, 32)
        key = _hkdf(salt, material, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _hkdf(salt, material, b"Content-Encoding: nonce\0", 12)
        record = AESGCM(key).decrypt(nonce, body[21 + body[20] :], None).rstrip(b"\0")
        assert record[-1:] == b"\x02"  # the last record
        return msgspec.json.decode(record[:-1], type=dict[str, object])


def _hkdf(salt: bytes, material: bytes, info: bytes, length: int) -> bytes:
    secret = hmac.new(salt, material, hashlib.sha256).digest()
    return hmac.new(secret, info + b"\x01", hashlib.sha256).digest()[:length]


def claims_of(authorization: str) -> dict[str, object]:
    """RFC 8292, section 2: the JWT's claims, when its signature fits the key beside it."""
    scheme, _, rest = authorization.partition(" ")
    given = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert scheme == "vapid"
    head, claims, signature = given["t"].split(".")
    point, raw = _unb64(given["k"]), _unb64(signature)
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    der = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    public.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    assert json.loads(_unb64(head)) == {"typ": "JWT", "alg": "ES256"}
    assert given["k"] == vapid_public(PEM)
    return msgspec.json.decode(_unb64(claims), type=dict[str, object])


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def told(**changes: object) -> Message:
    return msgspec.structs.replace(message(), link=LINK, notice=notice(**changes))


def push(found: dict[str, object] | Exception | None, said: Message | None = None, within: float = 20.0) -> Accepted:
    def read(subscription: str) -> dict[str, object] | None:
        assert subscription == "sub-1"
        if isinstance(found, Exception):
            raise found
        return found

    async def talk() -> Accepted:
        tools = Tools(now_ms=lambda: NOW_MS, read_subscription=read, vapid_key=lambda: PEM)
        try:
            async with asyncio.timeout(within):
                return await CHANNEL.open("webpush://sub-1", tools).sender.send(said or told())
        finally:
            await tools.close()

    return asyncio.run(talk())


TAKEN = Answered(b"", 201)


def pushed(said: Message | None = None, reply: Reply = TAKEN) -> tuple[Accepted, Request, dict[str, object]]:
    browser = Browser()
    with provider(lambda _: reply) as peer:
        accepted = push(browser.subscription(peer), said)
        request = peer.next()
    return accepted, request, browser.decrypt(request.body)


def refusal(reply: Reply) -> DeliveryError:
    with provider(lambda _: reply) as peer, pytest.raises(DeliveryError) as caught:
        push(Browser().subscription(peer))
    return caught.value


def test_the_browser_reads_what_was_sent() -> None:
    accepted, request, payload = pushed()
    assert accepted == Accepted(code="HTTP 201")
    assert payload == {
        "title": "【紧急】6号楼12层烟感报警 03:12",
        "body": "①敲门",
        "tag": "incident-7",
        "url": LINK,
        "actions": ["accept", "decline"],
        "token": "WyJndWlodWEi.token",
        "quiet": False,
    }
    assert (request.path, request.query) == ("/push/abc", {"x": ["1"]})
    assert request.headers["content-encoding"] == "aes128gcm"
    assert request.headers["urgency"] == "high"
    assert int(request.headers["ttl"]) > 0
    assert len(request.headers["topic"]) <= 32


def test_the_signature_is_for_this_push_service_and_ends_within_a_day() -> None:
    with provider(lambda _: Answered(b"", 201)) as peer:
        push(Browser().subscription(peer))
        claims = claims_of(peer.next().headers["authorization"])
    assert claims["aud"] == peer.url()
    assert claims["sub"] == "mailto:admin@example.org"
    assert isinstance(claims["exp"], int)
    assert NOW_MS // 1000 < claims["exp"] <= NOW_MS // 1000 + 24 * 3600


def test_the_next_message_of_an_incident_replaces_the_one_before() -> None:
    first, second, other = (pushed(told(**changes)) for changes in ({}, {"purpose": Purpose.GREW}, {"incident": 8}))
    assert first[2]["tag"] == second[2]["tag"] != other[2]["tag"]
    assert first[1].headers["topic"] == second[1].headers["topic"] != other[1].headers["topic"]


@pytest.mark.parametrize("changes", [{"purpose": Purpose.ENDED}, {"purpose": Purpose.PROGRESS}, {"test": True}])
def test_what_asks_nothing_has_no_buttons(changes: dict[str, object]) -> None:
    assert pushed(told(**changes))[2]["actions"] == []


def test_without_a_public_address_there_are_no_buttons_either() -> None:
    _, _, payload = pushed(message())
    assert (payload["actions"], payload["token"], payload["url"]) == ([], "", "")


def test_what_is_not_urgent_says_so() -> None:
    assert pushed(told(severity=Severity.MINOR))[1].headers["urgency"] == "normal"


def test_a_long_text_is_cut_to_what_a_push_service_takes() -> None:
    said = msgspec.structs.replace(told(), text="题。" + '很长"\n' * 2000, title="题")
    payload = payload_of(said)
    assert len(payload) <= MOST_BYTES
    assert json.loads(payload)["title"] == "题"


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_positive(status: int) -> None:
    assert pushed(reply=Answered(b"", status))[0] == Accepted(code=f"HTTP {status}")


@pytest.mark.parametrize(
    ("reply", "reason", "permanent", "code", "retry_after"),
    [
        (Answered(b"", 404), Answer.BAD_CONTACT, True, "HTTP 404", None),
        (Answered(b"", 410), Answer.BAD_CONTACT, True, "HTTP 410", None),
        (Answered(b"", 413), Answer.TOO_LONG, False, "HTTP 413", None),
        (Answered(b"", 403), Answer.REFUSED, True, "HTTP 403", None),
        (Answered(b"", 400), Answer.REFUSED, False, "HTTP 400", None),
        (Answered(b"", 429, (("Retry-After", "9"),)), Answer.RATE_LIMITED, False, "HTTP 429", 9.0),
        (Answered(b"", 500), Answer.PROVIDER_DOWN, False, "HTTP 500", 2.0),
        (Reset(), Answer.UNREACHABLE, False, "ReadError", None),
    ],
)
def test_everything_else_is_no_receipt(
    reply: Reply, reason: Answer, permanent: bool, code: str, retry_after: float | None
) -> None:
    said = refusal(reply)
    assert (said.reason, said.permanent, said.code, said.retry_after) == (reason, permanent, code, retry_after)


def test_a_hang_lasts_as_long_as_the_callers_deadline() -> None:
    with provider(lambda _: Hang()) as peer, pytest.raises(TimeoutError):
        push(Browser().subscription(peer), within=0.2)


@pytest.mark.parametrize(
    ("found", "reason", "code", "permanent"),
    [
        (None, Answer.BAD_CONTACT, "no such subscription", True),
        ({"endpoint": 5}, Answer.BAD_CONTACT, "unreadable subscription", True),
        (
            {"endpoint": "http://192.0.2.1/x", "keys": {"p256dh": "a", "auth": "b"}},
            Answer.BAD_CONTACT,
            "not https",
            True,
        ),
        (
            {"endpoint": "https://127.0.0.1/x", "keys": {"p256dh": "YWJj", "auth": "YWJj"}},
            Answer.BAD_CONTACT,
            "unusable keys",
            True,
        ),
        (StoreError("disk full"), Answer.PROVIDER_DOWN, "store", False),
    ],
)
def test_a_subscription_that_cannot_be_used(
    found: dict[str, object] | Exception | None, reason: Answer, code: str, permanent: bool
) -> None:
    with pytest.raises(DeliveryError) as caught:
        push(found)
    assert (caught.value.reason, caught.value.code, caught.value.permanent) == (reason, code, permanent)


def test_without_a_store_or_a_key_it_is_refused() -> None:
    async def talk() -> None:
        await CHANNEL.open("webpush://sub-1", Tools(now_ms=lambda: 0)).sender.send(told())

    with pytest.raises(DeliveryError, match="no VAPID key"):
        asyncio.run(talk())


@pytest.mark.parametrize("url", ["webpush://", "webpush://a/b", "webpush://a?b=1"])
def test_an_address_that_can_never_work_is_a_config_error(url: str) -> None:
    with pytest.raises(ConfigError, match="webpush://"):
        CHANNEL.open(url, Tools(now_ms=lambda: 0))


def test_it_is_a_third_party_and_each_key_is_its_own() -> None:
    assert CHANNEL.open("webpush://sub-1", Tools(now_ms=lambda: 0)).third_party
    assert make_vapid_key() != make_vapid_key()
    assert len(_unb64(vapid_public(PEM))) == 65
