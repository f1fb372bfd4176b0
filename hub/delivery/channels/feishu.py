"""``feishu://HOOK?secret=…`` and ``lark://HOOK?secret=…``: a custom robot (自定义机器人) in a Feishu or Lark group.

Facts (open.feishu.cn, 自定义机器人使用指南): POST JSON to ``open-apis/bot/v2/hook/HOOK``; where the robot checks signatures,
``timestamp`` in seconds and ``sign``, the base64 of HMAC-SHA256 over nothing, with "timestamp, newline, secret" as its key
(the other way round than DingTalk), at most an hour old. 100 messages a minute and 5 a second for each robot, 20 KB a
message. A refusal is HTTP 200 or 400 with a ``code``. A robot's cards cannot be changed and its buttons open addresses.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import quote

import msgspec

from hub.delivery.address import parse_address
from hub.delivery.cards import colour, label, no_markup, rest
from hub.delivery.http import CROWDED, DENIED, GONE, REFUSED, UNREADABLE, Meaning, ask, meaning, read
from hub.delivery.port import Accepted, Message
from hub.delivery.tools import Channel, Opened, Tools, budget_key

PER_MINUTE = 100
HOSTS = {"feishu": "https://open.feishu.cn", "lark": "https://open.larksuite.com"}
WHAT = "a robot in a Feishu or Lark group"
TODO = (
    "Write feishu://HOOK?secret=${NAME} (or lark://), HOOK being the last part of the robot's webhook address; "
    "&card=1 for a card."
)
CODED = (400,)

CODES: dict[int, Meaning] = {
    9499: REFUSED,  # Bad Request: not the body of a message
    11232: CROWDED,  # frequency limited, also where the whole platform is busy
    11247: CROWDED,  # internal send msg rate limit
    19001: GONE,  # param invalid: incoming webhook access token invalid
    19002: REFUSED,  # params error, msg_type need
    19007: GONE,  # Bot Not Enabled
    19021: DENIED,  # sign match fail or timestamp is not within one hour from current time
    19022: DENIED,  # Ip Not Allowed
    19024: REFUSED,  # Key Words Not Found: another text may hold one
    19036: GONE,  # webhook has been deleted
}


class Reply(msgspec.Struct):
    """``code``, or ``StatusCode`` from before; neither is no answer."""

    code: int | None = None
    StatusCode: int | None = None


def sign(secret: str, timestamp_s: int) -> str:
    """The robot's signature (签名校验)."""
    digest = hmac.new(f"{timestamp_s}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def card(message: Message, buttons: list[dict[str, object]]) -> dict[str, object]:
    """A card that can be updated for all its readers. Its text is plain: what people typed stays what it is."""
    said = {"tag": "plain_text", "content": rest(message)}
    elements: list[dict[str, object]] = [{"tag": "div", "text": said}]
    if buttons:
        elements.append({"tag": "action", "actions": buttons})
    return {
        "config": {"wide_screen_mode": True, "update_multi": True},
        "header": {"title": {"tag": "plain_text", "content": message.title}, "template": colour(message)},
        "elements": elements,
    }


def open_button(message: Message) -> dict[str, object]:
    """Opens the answer page."""
    text = {"tag": "plain_text", "content": label("open", message)}
    return {"tag": "button", "text": text, "type": "primary", "url": message.link}


class FeishuRobotSender:
    """One robot."""

    per_minute = PER_MINUTE

    def __init__(self, scheme: str, hook: str, secret: str, as_card: bool, tools: Tools) -> None:
        self.provider = budget_key(scheme, hook)
        self._secret = secret
        self._card = as_card
        self._tools = tools
        self._url = f"{tools.endpoint(scheme, HOSTS[scheme])}/open-apis/bot/v2/hook/{quote(hook, safe='')}"

    async def send(self, message: Message) -> Accepted:
        body: dict[str, object] = {}
        if self._secret:
            now_s = self._tools.now_ms() // 1000
            body = {"timestamp": str(now_s), "sign": sign(self._secret, now_s)}
        if self._card:
            buttons = [open_button(message)] if message.link else []
            body |= {"msg_type": "interactive", "card": card(message, buttons)}
        else:
            body |= {"msg_type": "text", "content": {"text": no_markup(message.text)}}
        reply = read(await ask(self._tools, self._url, json=body), Reply, also=CODED)
        code = reply.code if reply.code is not None else reply.StatusCode
        if code is None:
            raise UNREADABLE.error("no code")
        if code != 0:
            raise meaning(code, CODES).error(str(code))
        return Accepted(code="0")

    async def close(self) -> None:
        """The HTTP client is shared and closed by its owner."""


def open_feishu(url: str, tools: Tools) -> Opened:
    address = parse_address(url, what=WHAT, todo=TODO, options=("secret", "card"))
    tools.make_http()
    secret = address.options.get("secret", "")
    return Opened(FeishuRobotSender(address.scheme, address.name, secret, address.on("card"), tools), third_party=True)


CHANNEL = Channel(schemes=tuple(HOSTS), open=open_feishu)
