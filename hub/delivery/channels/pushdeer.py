"""``pushdeer://PUSHKEY`` over the public server, ``pushdeer://PUSHKEY@HOST`` (``pushdeers://`` for https) over one's own.

A convenience. Facts (PushDeer's README and its server's source): POST ``/message/push`` with pushkey, text, desp, type. A
scar: a key that nobody has is answered HTTP 200, ``code`` 0 and ``content.result`` false; a key without a phone with an empty
list. What was pushed stands in the list as strings of JSON, each with the push service's ``success``.
"""

from __future__ import annotations

import msgspec

from hub.delivery.address import not_an_address, parse_address
from hub.delivery.answers import Answer
from hub.delivery.http import GONE, REFUSED, Meaning, ask, read
from hub.delivery.port import Accepted, Message
from hub.delivery.tools import Channel, Opened, Tools, budget_key

PUBLIC = "https://api2.pushdeer.com"
WHAT = "a PushDeer receiver"
TODO = (
    "Write pushdeer://PUSHKEY, or pushdeers://PUSHKEY@HOST[:PORT] for a server of your own (pushdeer:// without https)."
)
CODED = (400, 401, 403, 404)
NO_PHONE = Meaning(Answer.BAD_CONTACT)
"""The key is good and its owner has no phone registered: that may change."""


class Pushed(msgspec.Struct):
    success: str = ""
    counts: int = 1


class Content(msgspec.Struct):
    result: list[str] | bool = False


class Reply(msgspec.Struct):
    """No code is no answer."""

    code: int
    content: Content | None = None


class PushdeerSender:
    """One receiver."""

    per_minute = 0

    def __init__(self, key: str, base: str, tools: Tools) -> None:
        self.provider = budget_key("pushdeer", base, key)
        self._key = key
        self._tools = tools
        self._url = f"{base}/message/push"

    async def send(self, message: Message) -> Accepted:
        form = {"pushkey": self._key, "text": message.title, "desp": message.text, "type": "text"}
        reply = read(await ask(self._tools, self._url, form=form), Reply, also=CODED)
        if reply.code != 0:
            raise REFUSED.error(str(reply.code))
        result = reply.content.result if reply.content is not None else False
        if isinstance(result, bool):
            raise GONE.error("no such key")
        if not result:
            raise NO_PHONE.error("no phone")
        if not any(pushed(one) for one in result):
            raise REFUSED.error("not pushed")
        return Accepted(code="0")

    async def close(self) -> None:
        """The HTTP client is shared and closed by its owner."""


def pushed(entry: str) -> bool:
    """Whether the push service took it for this phone."""
    try:
        said = msgspec.json.decode(entry, type=Pushed)
    except msgspec.DecodeError:
        return False
    return said.success == "ok" and said.counts > 0


def open_pushdeer(url: str, tools: Tools) -> Opened:
    address = parse_address(url, what=WHAT, todo=TODO)
    key, at, host = address.name.partition("@")
    if not key or bool(at) != bool(host):
        raise not_an_address(WHAT, TODO)
    own = f"{'https' if address.scheme == 'pushdeers' else 'http'}://{host}"
    tools.make_http()
    base = own if host else tools.endpoint("pushdeer", PUBLIC)
    return Opened(PushdeerSender(key, base, tools), third_party=True)


CHANNEL = Channel(schemes=("pushdeer", "pushdeers"), open=open_pushdeer)
