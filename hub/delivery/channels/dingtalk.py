"""``dingtalk://TOKEN?secret=…``: a DingTalk (钉钉) group robot, through its webhook.

Facts (open.dingtalk.com, 自定义机器人接入, 自定义机器人安全设置, 自定义机器人发送群消息): POST JSON to
``oapi.dingtalk.com/robot/send?access_token=TOKEN``; where the robot is signed (加签), ``timestamp`` in ms and ``sign``, the
base64 of HMAC-SHA256 with the secret as key over "timestamp, newline, secret", at most an hour old. 20 messages a minute
for each robot; who sends more is refused for ten minutes. A refusal is HTTP 200 with an ``errcode``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

import msgspec

from hub.delivery.address import parse_address
from hub.delivery.answers import Answer
from hub.delivery.cards import label, no_markup
from hub.delivery.http import BUSY, DENIED, GONE, REFUSED, Meaning, ask, meaning, read
from hub.delivery.port import Accepted, Message
from hub.delivery.tools import Channel, Opened, Tools, budget_key
from hub.errors import DeliveryError

PER_MINUTE = 20
WHAT = "a DingTalk group robot"
TODO = (
    "Write dingtalk://TOKEN?secret=${NAME}, TOKEN being what follows access_token= in the robot's webhook address; "
    "&card=1 for a card."
)

SLOW_DOWN = Meaning(Answer.RATE_LIMITED, retry_after=600)

CODES: dict[int, Meaning] = {
    -1: BUSY,  # 系统繁忙
    40035: REFUSED,  # 缺少参数 json
    43004: REFUSED,  # 无效的HTTP HEADER Content-Type
    130101: SLOW_DOWN,  # send too fast, exceed 20 times per minute
    310000: REFUSED,  # 消息校验未通过: keyword, signature or address, see `refusal`
    400013: GONE,  # 群已被解散
    400101: GONE,  # access_token不存在
    400102: GONE,  # 机器人已停用
    400105: REFUSED,  # 不支持的消息类型
    400106: GONE,  # 机器人不存在
    410100: SLOW_DOWN,  # 发送速度太快而限流
    430101: REFUSED,  # 含有不安全的外链
    430102: REFUSED,  # 含有不合适的文本
    430103: REFUSED,  # 含有不合适的图片
    430104: REFUSED,  # 含有不合适的内容
}

CHECKS = {"keyword": "keyword", "sign": "sign", "timestamp": "timestamp", "ip": "ip"}
"""Which of the robot's own checks 310000 speaks of, in the vendor's words -> ours; in this order."""


class Reply(msgspec.Struct):
    """No errcode is no answer."""

    errcode: int
    errmsg: str = ""


def sign(secret: str, timestamp_ms: int) -> str:
    """The robot's signature (加签)."""
    digest = hmac.new(secret.encode(), f"{timestamp_ms}\n{secret}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def refusal(errcode: int, errmsg: str) -> DeliveryError:
    """For 310000 also which check failed: another text may hold the keyword, but never mends a secret or an address."""
    if errcode == 310000:
        said = errmsg.lower()
        failed = next((ours for theirs, ours in CHECKS.items() if theirs in said), "")
        if failed:
            known = REFUSED if failed == "keyword" else DENIED
            return known.error(f"{errcode} {failed}")
    return meaning(errcode, CODES).error(str(errcode))


class DingtalkRobotSender:
    """One robot."""

    per_minute = PER_MINUTE

    def __init__(self, token: str, secret: str, card: bool, tools: Tools) -> None:
        self.provider = budget_key("dingtalk", token)
        self._token = token
        self._secret = secret
        self._card = card
        self._tools = tools
        self._url = tools.endpoint("dingtalk", "https://oapi.dingtalk.com/robot/send")

    async def send(self, message: Message) -> Accepted:
        query = {"access_token": self._token}
        if self._secret:
            now_ms = self._tools.now_ms()
            query |= {"timestamp": str(now_ms), "sign": sign(self._secret, now_ms)}
        reply = read(await ask(self._tools, self._url, params=query, json=self._body(message)), Reply)
        if reply.errcode != 0:
            raise refusal(reply.errcode, reply.errmsg)
        return Accepted(code="0")

    def _body(self, message: Message) -> dict[str, object]:
        if not (self._card and message.link):  # a card needs something to open; a group has no personal link
            return {"msgtype": "text", "text": {"content": message.text}}
        return {"msgtype": "actionCard", "actionCard": action_card(message)}

    async def close(self) -> None:
        """The HTTP client is shared and closed by its owner."""


def action_card(message: Message) -> dict[str, str]:
    """One button that opens the answer page. The text of these cards is markdown."""
    return {
        "title": message.title,
        "text": no_markup(message.text),
        "singleTitle": label("open", message),
        "singleURL": message.link,
    }


def open_dingtalk(url: str, tools: Tools) -> Opened:
    address = parse_address(url, what=WHAT, todo=TODO, options=("secret", "card"))
    tools.make_http()
    secret = address.options.get("secret", "")
    return Opened(DingtalkRobotSender(address.name, secret, address.on("card"), tools), third_party=True)


CHANNEL = Channel(schemes=("dingtalk",), open=open_dingtalk)
