"""``wecom://KEY``: a WeCom (企业微信) group robot, through its webhook.

A sender of our own, because the vendor answers a refused message with HTTP 200 and an ``errcode``. Facts: POST JSON to
``…/cgi-bin/webhook/send?key=KEY``; text at most 2048 bytes, markdown 4096; 20 messages a minute for each robot
(developer.work.weixin.qq.com/document/path/91770). Codes: the global list at …/document/path/90313, which says to decide
by ``errcode`` and never by ``errmsg``, and that a limit is lifted after as long as it counts: a minute for 45009 here.
"""

from __future__ import annotations

import msgspec

from hub.delivery.address import not_an_address, parse_address
from hub.delivery.http import (
    BUSY,
    CROWDED,
    DENIED,
    GONE,
    LIMITED,
    REFUSED,
    TOO_LONG,
    Meaning,
    ask,
    meaning,
    read,
)
from hub.delivery.port import Accepted, Message
from hub.delivery.tools import Channel, Opened, Tools, budget_key

PER_MINUTE = 20
WHAT = "a WeCom group robot"
TODO = "Write wecom://KEY, KEY being what follows key= in the robot's webhook address; ?format=markdown if wanted."

CODES: dict[int, Meaning] = {
    -1: BUSY,  # 系统繁忙
    6000: BUSY,  # 数据版本冲突
    40008: REFUSED,  # 不合法的msgtype参数
    40033: REFUSED,  # 不合法的请求字符
    40039: REFUSED,  # 不合法的url长度
    40058: REFUSED,  # 不合法的参数
    40063: REFUSED,  # 参数为空
    44004: REFUSED,  # 文本消息content参数为空
    45002: TOO_LONG,  # 消息内容大小超过限制
    45009: LIMITED,  # 接口调用超过限制
    45033: CROWDED,  # 接口并发调用超过限制
    48002: GONE,  # API接口无权限调用
    48006: GONE,  # 接口权限被收回
    49008: GONE,  # 群已经解散
    60020: DENIED,  # 访问ip不在白名单之中
    82004: REFUSED,  # 不合法的消息内容
    93000: GONE,  # 机器人webhookurl不合法或者机器人已经被移除出群
    93004: GONE,  # 机器人被停用
    93008: GONE,  # 不在群里
}


class Reply(msgspec.Struct):
    """The vendor's answer. No errcode is no answer: then nothing was accepted."""

    errcode: int
    errmsg: str = ""


class WecomRobotSender:
    """One robot."""

    per_minute = PER_MINUTE

    def __init__(self, key: str, markdown: bool, tools: Tools) -> None:
        self.provider = budget_key("wecom", key)
        self._key = key
        self._kind = "markdown" if markdown else "text"
        self._tools = tools
        self._url = tools.endpoint("wecom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send")

    async def send(self, message: Message) -> Accepted:
        body = {"msgtype": self._kind, self._kind: {"content": message.text}}
        reply = read(await ask(self._tools, self._url, params={"key": self._key}, json=body), Reply)
        if reply.errcode != 0:
            raise meaning(reply.errcode, CODES).error(str(reply.errcode))
        return Accepted(code="0")

    async def close(self) -> None:
        """The HTTP client is shared and closed by its owner."""


def open_wecom(url: str, tools: Tools) -> Opened:
    address = parse_address(url, what=WHAT, todo=TODO, options=("format",))
    wanted = address.options.get("format", "text")
    if wanted not in ("text", "markdown"):
        raise not_an_address(WHAT, TODO)
    tools.make_http()
    return Opened(WecomRobotSender(address.name, wanted == "markdown", tools))


CHANNEL = Channel(schemes=("wecom",), open=open_wecom)
