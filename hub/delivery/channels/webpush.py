"""``webpush://SUBSCRIPTION``: a notification in a browser that subscribed on the hub's own page, with buttons to answer.

Facts: RFC 8030 (the POST: TTL, Urgency, Topic; 201 accepts, 404 and 410 say that the subscription is gone), RFC 8291 and
8188 (the payload encrypted for this browser, aes128gcm), RFC 8292 (VAPID: a JWT signed with the hub's own key, for the
origin of the push service, at most 24 h). A push service takes 4096 bytes. Accepted means that the push service has it;
whether the phone is on nobody says.

The payload is JSON: title, body, tag (one per incident, so that the next one replaces it), url, actions, token (of the
personal link, which the service worker posts an answer with), quiet.
"""

from __future__ import annotations

import asyncio
import base64
import os
from urllib.parse import unquote, urlsplit

import httpx
import msgspec

from hub.core.decisions import Notice
from hub.delivery.answers import Answer
from hub.delivery.http import ask, status_error
from hub.delivery.port import Accepted, Message
from hub.delivery.tools import Channel, Opened, Tools
from hub.errors import ConfigError, DeliveryError, StoreError
from hub.model import Purpose, Severity

MOST_BYTES = 3900
"""Of the payload: 4096 less the header of RFC 8188 and the tag, with room to spare."""
TTL_S = 4 * 3600
"""An alarm that is older reaches nobody in time; the inbox has it."""
ANSWERED = (Purpose.RAISED, Purpose.GREW, Purpose.ESCALATED, Purpose.REPAGED, Purpose.HELP, Purpose.HANDED_OVER)
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Keys(msgspec.Struct, frozen=True):
    """What the browser lets its messages be encrypted with, base64url."""

    p256dh: str
    auth: str


class Subscription(msgspec.Struct, frozen=True):
    """The browser's PushSubscription, as its toJSON() gives it."""

    endpoint: str
    keys: Keys


class WebPushSender:
    """One browser."""

    per_minute = 0

    def __init__(self, subscription: str, tools: Tools) -> None:
        self.provider = f"webpush:{subscription}"
        self._id = subscription
        self._tools = tools

    async def send(self, message: Message) -> Accepted:
        """The subscription is looked up each time: a browser renews it, or takes it back."""
        from hub.delivery.vapid import sign_vapid  # the keys' library is loaded by the first who subscribed

        subscription, key = await asyncio.to_thread(self._look_up)
        headers = {
            "TTL": str(TTL_S),
            "Urgency": "high" if message.notice.severity in (Severity.CRITICAL, Severity.MAJOR) else "normal",
            "Topic": topic_of(message),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
        }
        try:
            body = encrypted(subscription, payload_of(message))
            origin = urlsplit(subscription.endpoint)
            signed_for = f"{origin.scheme}://{origin.netloc}"
            headers |= sign_vapid(key, signed_for, self._tools.vapid_subject, self._tools.now_ms())
        except ValueError as exc:  # keys that are none, in the row or in `setting`
            raise DeliveryError(Answer.BAD_CONTACT, permanent=True, code="unusable keys") from exc
        return _read(await ask(self._tools, subscription.endpoint, content=body, headers=headers))

    async def close(self) -> None:
        """The HTTP client is shared and closed by its owner."""

    def _look_up(self) -> tuple[Subscription, str]:
        """Blocks."""
        if self._tools.vapid_key is None:
            raise DeliveryError(Answer.REFUSED, permanent=True, code="no VAPID key")
        try:
            found = self._tools.read_subscription(self._id)
            key = self._tools.vapid_key()
        except StoreError as exc:
            raise DeliveryError(Answer.PROVIDER_DOWN, permanent=False, retry_after=2, code="store") from exc
        if found is None:
            raise DeliveryError(Answer.BAD_CONTACT, permanent=True, code="no such subscription")
        try:
            subscription = msgspec.convert(found, Subscription)
            parts = urlsplit(subscription.endpoint)
        except (msgspec.ValidationError, ValueError) as exc:
            raise DeliveryError(Answer.BAD_CONTACT, permanent=True, code="unreadable subscription") from exc
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise DeliveryError(Answer.BAD_CONTACT, permanent=True, code="not https")
        return subscription, key


def payload_of(message: Message) -> bytes:
    """What the service worker shows; the body is cut, never the title."""
    notice = message.notice
    said: dict[str, object] = {
        "title": message.title,
        "body": message.text.removeprefix(message.title).lstrip("。. \n"),
        "tag": f"incident-{notice.incident}",
        "url": message.link,
        "actions": ["accept", "decline"] if asks(notice) and message.link else [],
        "token": message.link.rpartition("/")[2],
        "quiet": message.quiet,
    }
    payload = msgspec.json.encode(said)
    if len(payload) > MOST_BYTES:
        room = max(0, len(str(said["body"]).encode()) - (len(payload) - MOST_BYTES) - 8)
        said["body"] = str(said["body"]).encode()[:room].decode(errors="ignore") + "…"
        payload = msgspec.json.encode(said)
    if len(payload) > MOST_BYTES:
        raise DeliveryError(Answer.TOO_LONG, permanent=False, code=f"{len(payload)} bytes")
    return payload


def asks(notice: Notice) -> bool:
    """Whether this message can be answered from its buttons."""
    return notice.purpose in ANSWERED and not notice.group and not notice.test


def topic_of(message: Message) -> str:
    """At most 32 characters of base64url: a newer message about this incident replaces one that was not fetched yet."""
    name = base64.urlsafe_b64encode(f"{message.community}/{message.notice.incident}".encode())
    return name.rstrip(b"=").decode()[-32:]


def encrypted(subscription: Subscription, payload: bytes) -> bytes:
    """RFC 8291, with a key pair and a salt of this message alone. ValueError for keys that are none."""
    import http_ece  # type: ignore[import-untyped]
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        content: bytes = http_ece.encrypt(
            payload,
            salt=os.urandom(16),
            private_key=ec.generate_private_key(ec.SECP256R1()),
            dh=_unb64(subscription.keys.p256dh),
            auth_secret=_unb64(subscription.keys.auth),
            version="aes128gcm",
        )
    except http_ece.ECEException as exc:
        raise ValueError(str(exc)) from exc
    return content


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _read(response: httpx.Response) -> Accepted:
    """201 by the standard; 200, 202 and 204 are seen too."""
    status = f"HTTP {response.status_code}"
    if response.status_code in (200, 201, 202, 204):
        return Accepted(code=status)
    if response.status_code in (404, 410):
        raise DeliveryError(Answer.BAD_CONTACT, permanent=True, code=status)
    if response.status_code == 413:
        raise DeliveryError(Answer.TOO_LONG, permanent=False, code=status)
    if response.status_code in (401, 403):  # another VAPID key than the browser subscribed with
        raise DeliveryError(Answer.REFUSED, permanent=True, code=status)
    raise status_error(response)


def open_webpush(url: str, tools: Tools) -> Opened:
    parts = urlsplit(url)
    subscription = unquote(parts.netloc)
    if not subscription or parts.path.strip("/") or parts.query:
        todo = "Subscribe on the phone page: it adds webpush://SUBSCRIPTION by itself."
        raise ConfigError("this is no address of a subscription.", where="contact", todo=todo)
    tools.make_http()
    return Opened(WebPushSender(subscription, tools), third_party=True)


CHANNEL = Channel(schemes=("webpush",), open=open_webpush)
