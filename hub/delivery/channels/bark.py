"""``bark://KEY`` over the public server, ``bark://KEY@HOST`` (``barks://`` for https) over one's own: push to iPhones.

A convenience. Facts (bark.day.app, 使用教程 and API V2; bark-server's source): POST JSON to ``/push``; ``level`` critical sounds
through silent mode and focus, timeSensitive through focus, passive is silent. The answer is ``{"code": 200}``; a refusal
repeats its HTTP status as ``code``: 400 for a key that the server does not know, 500 when Apple refused the push.
"""

from __future__ import annotations

import msgspec

from hub.delivery.address import not_an_address, parse_address
from hub.delivery.http import BUSY, GONE, REFUSED, ask, read
from hub.delivery.port import Accepted, Message
from hub.delivery.tools import Channel, Opened, Tools, budget_key
from hub.model import Purpose, Severity

PUBLIC = "https://api.day.app"
WHAT = "a Bark receiver"
TODO = "Write bark://KEY, or barks://KEY@HOST[:PORT] for a server of your own (bark:// without https)."
CODED = (400, 404, 500)


class Reply(msgspec.Struct):
    """No code is no answer."""

    code: int
    message: str = ""


class BarkSender:
    """One phone."""

    per_minute = 0

    def __init__(self, key: str, base: str, tools: Tools) -> None:
        self.provider = budget_key("bark", base, key)
        self._key = key
        self._tools = tools
        self._url = f"{base}/push"

    async def send(self, message: Message) -> Accepted:
        body: dict[str, object] = {
            "device_key": self._key,
            "title": message.title,
            "body": message.text,
            "group": message.community,
            **level(message),
        }
        if message.link:
            body["url"] = message.link
        reply = read(await ask(self._tools, self._url, json=body), Reply, also=CODED)
        if reply.code == 200:
            return Accepted(code="200")
        if reply.code == 400 and "device token" in reply.message:
            raise GONE.error("400")
        raise (BUSY if reply.code >= 500 else REFUSED).error(str(reply.code))

    async def close(self) -> None:
        """The HTTP client is shared and closed by its owner."""


def level(message: Message) -> dict[str, object]:
    """How loud: only what is urgent and not over may break through a silent phone."""
    if message.quiet:
        return {"level": "passive"}
    if message.notice.purpose is not Purpose.ENDED and not message.notice.test:
        if message.notice.severity is Severity.CRITICAL:
            return {"level": "critical", "volume": 8}
        if message.notice.severity is Severity.MAJOR:
            return {"level": "timeSensitive"}
    return {"level": "active"}


def open_bark(url: str, tools: Tools) -> Opened:
    address = parse_address(url, what=WHAT, todo=TODO)
    key, at, host = address.name.partition("@")
    if not key or bool(at) != bool(host):
        raise not_an_address(WHAT, TODO)
    own = f"{'https' if address.scheme == 'barks' else 'http'}://{host}"
    tools.make_http()
    return Opened(BarkSender(key, own if host else tools.endpoint("bark", PUBLIC), tools), third_party=True)


CHANNEL = Channel(schemes=("bark", "barks"), open=open_bark)
