"""``serverchan://SENDKEY``: ServerChan (Server酱), a convenience: both its versions, told apart by the key.

Facts (sct.ftqq.com, doc2.ft07.com, API and SDK pages): POST JSON with title and desp to ``sctapi.ftqq.com/KEY.send``; a
key ``sctp<n>t…`` belongs to ``<n>.push.ft07.com/send/KEY.send``. ``code`` 0 is success; of the older version ``data.errno``
must be 0 too. A refusal is HTTP 200 or 4xx with a code; 40001 stands for an unknown key and for a used-up day alike. A
title has at most 32 characters.
"""

from __future__ import annotations

import re
from urllib.parse import quote

import msgspec

from hub.delivery.address import parse_address
from hub.delivery.http import REFUSED, ask, read
from hub.delivery.port import Accepted, Message
from hub.delivery.tools import Channel, Opened, Tools, budget_key

TITLE_CHARS = 32
CODED = (400, 401, 403, 404)
THIRD = re.compile(r"sctp(\d+)t", re.IGNORECASE)
WHAT = "a ServerChan receiver"
TODO = "Write serverchan://SENDKEY."


class Pushed(msgspec.Struct):
    errno: int = 0


class Reply(msgspec.Struct):
    """No code is no answer."""

    code: int
    data: Pushed | list[object] | str | None = None
    """Not always what a success has when it is none."""


class ServerchanSender:
    """One receiver."""

    per_minute = 0

    def __init__(self, key: str, tools: Tools) -> None:
        self.provider = budget_key("serverchan", key)
        self._tools = tools
        third = THIRD.match(key)
        usual = f"https://{third.group(1)}.push.ft07.com/send" if third else "https://sctapi.ftqq.com"
        self._url = f"{tools.endpoint('serverchan', usual)}/{quote(key, safe='')}.send"

    async def send(self, message: Message) -> Accepted:
        body = {"title": message.title[:TITLE_CHARS], "desp": message.text}
        reply = read(await ask(self._tools, self._url, json=body), Reply, also=CODED)
        if reply.code != 0:
            raise REFUSED.error(str(reply.code))
        if isinstance(reply.data, Pushed) and reply.data.errno != 0:
            raise REFUSED.error(f"errno {reply.data.errno}")
        return Accepted(code="0")

    async def close(self) -> None:
        """The HTTP client is shared and closed by its owner."""


def open_serverchan(url: str, tools: Tools) -> Opened:
    address = parse_address(url, what=WHAT, todo=TODO)
    tools.make_http()
    return Opened(ServerchanSender(address.name, tools), third_party=True)


CHANNEL = Channel(schemes=("serverchan",), open=open_serverchan)
