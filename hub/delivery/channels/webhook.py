"""``webhook://HOST/PATH?secret=…`` (``webhooks://`` for https): the incident as JSON, signed, without personal data.

What is sent (docs/configuration.md): no name, no room, no plate, no words that people typed. With a secret,
``X-Hub-Timestamp`` (seconds) and ``X-Hub-Signature: sha256=HEX``, HEX being HMAC-SHA256 with the secret as key over
"timestamp, dot, body". ``Idempotency-Key`` is the same when an attempt is repeated after a crash. Any 2xx is a receipt,
unless its body is JSON with ``"ok": false``.
"""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import httpx
import msgspec

from hub.delivery.address import not_an_address
from hub.delivery.http import GONE, REFUSED, ask, status_error
from hub.delivery.port import Accepted, Message
from hub.delivery.tools import Channel, Opened, Tools, budget_key

WHAT = "a webhook"
TODO = "Write webhooks://HOST/PATH?secret=${NAME} (webhook:// without https)."


class Said(msgspec.Struct):
    """The part of an answer's body that can take its 2xx back."""

    ok: bool = True


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """The body of the request."""

    community: str
    incident: int
    notification: int
    attempt: int
    purpose: str
    severity: str
    rule: str
    kind: str
    at_ms: int
    building: str
    floor: int | None
    homes: int
    going: int
    needed: int
    late: bool
    test: bool
    drill: bool
    flapping: bool
    outcome: str | None
    closed_ms: int | None


def hook(message: Message) -> Hook:
    notice = message.notice
    return Hook(
        community=message.community,
        incident=notice.incident,
        notification=message.notification,
        attempt=message.attempt,
        purpose=notice.purpose.value,
        severity=notice.severity.value,
        rule=notice.rule,
        kind=notice.kind.value,
        at_ms=notice.at_ms,
        building=notice.building,
        floor=notice.floor,
        homes=notice.homes,
        going=notice.going,
        needed=notice.needed,
        late=notice.late,
        test=notice.test,
        drill=notice.drill,
        flapping=notice.flapping,
        outcome=None if notice.outcome is None else notice.outcome.value,
        closed_ms=notice.closed_ms,
    )


def signature(secret: str, timestamp_s: int, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), b"%d." % timestamp_s + body, hashlib.sha256).hexdigest()


class WebhookSender:
    """One address."""

    per_minute = 0

    def __init__(self, url: str, secret: str, tools: Tools) -> None:
        self.provider = budget_key("webhook", url)
        self._url = url
        self._secret = secret
        self._tools = tools

    async def send(self, message: Message) -> Accepted:
        body = msgspec.json.encode(hook(message))
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": f"{quote(message.community)}-{message.notification}-{message.attempt}",
        }
        if self._secret:
            now_s = self._tools.now_ms() // 1000
            headers |= {"X-Hub-Timestamp": str(now_s), "X-Hub-Signature": signature(self._secret, now_s, body)}
        response = await ask(self._tools, self._url, content=body, headers=headers)
        if response.status_code == 410:
            raise GONE.error("HTTP 410")
        if not response.is_success:
            raise status_error(response)
        if not _ok(response):
            raise REFUSED.error("ok: false")
        return Accepted(code=f"HTTP {response.status_code}")

    async def close(self) -> None:
        """The HTTP client is shared and closed by its owner."""


def _ok(response: httpx.Response) -> bool:
    """A body that says nothing about it takes nothing back."""
    try:
        return msgspec.json.decode(response.content, type=Said).ok
    except (msgspec.DecodeError, UnicodeDecodeError):
        return True


def open_webhook(url: str, tools: Tools) -> Opened:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
        query = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError as exc:
        raise not_an_address(WHAT, TODO) from exc
    if not host or parts.fragment:
        raise not_an_address(WHAT, TODO)
    secret = next((value for key, value in query if key == "secret"), "")
    kept = urlencode([(key, value) for key, value in query if key != "secret"])
    scheme = "https" if parts.scheme.lower() == "webhooks" else "http"
    tools.make_http()
    address = f"{scheme}://{parts.netloc}{parts.path or '/'}{'?' if kept else ''}{kept}"
    return Opened(WebhookSender(address, secret, tools))


CHANNEL = Channel(schemes=("webhook", "webhooks"), open=open_webhook)
