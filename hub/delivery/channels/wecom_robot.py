"""``wecom://KEY``: a WeCom (企业微信) group robot, through its webhook.

A sender of our own, because the vendor answers a refused message with HTTP 200 and an ``errcode``. Facts: POST JSON to
``…/cgi-bin/webhook/send?key=KEY``; text at most 2048 bytes, markdown 4096; 20 messages a minute for each robot
(developer.work.weixin.qq.com/document/path/91770). Codes: the global list at …/document/path/90313, which says to decide
by ``errcode`` and never by ``errmsg``, and that a limit is lifted after as long as it counts: a minute for 45009 here.
"""

from __future__ import annotations

import ssl
from urllib.parse import parse_qs, unquote, urlsplit

import httpx
import msgspec

from hub.delivery.answers import Answer
from hub.delivery.port import Accepted, Message
from hub.delivery.tools import Channel, Opened, Tools, budget_key
from hub.errors import ConfigError, DeliveryError

PER_MINUTE = 20
WINDOW_S = 60.0


class Meaning(msgspec.Struct, frozen=True):
    """What a code of the vendor's means to us."""

    reason: Answer
    permanent: bool = False
    """Sending over the same contact again cannot help, whatever the message says."""
    retry_after: float | None = None


BUSY = Meaning(Answer.PROVIDER_DOWN, retry_after=2)
GONE = Meaning(Answer.BAD_CONTACT, permanent=True)
LIMITED = Meaning(Answer.RATE_LIMITED, retry_after=WINDOW_S)
REFUSED = Meaning(Answer.REFUSED)
TOO_LONG = Meaning(Answer.TOO_LONG)

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
    45033: Meaning(Answer.RATE_LIMITED, retry_after=2),  # 接口并发调用超过限制
    48002: GONE,  # API接口无权限调用
    48006: GONE,  # 接口权限被收回
    49008: GONE,  # 群已经解散
    60020: Meaning(Answer.REFUSED, permanent=True),  # 访问ip不在白名单之中
    82004: REFUSED,  # 不合法的消息内容
    93000: GONE,  # 机器人webhookurl不合法或者机器人已经被移除出群
    93004: GONE,  # 机器人被停用
    93008: GONE,  # 不在群里
}
"""A code that is not here is a refusal that may pass."""


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
        try:
            response = await self._tools.http.post(self._url, params={"key": self._key}, json=body)
        except httpx.TransportError as exc:
            raise DeliveryError(Answer.UNREACHABLE, permanent=False, code=_what_broke(exc)) from exc
        return _read(response)

    async def close(self) -> None:
        """The HTTP client is shared and closed by its owner."""


def _read(response: httpx.Response) -> Accepted:
    """Positive only for HTTP 200 with errcode 0."""
    status = f"HTTP {response.status_code}"
    if response.status_code == 429:
        raise DeliveryError(Answer.RATE_LIMITED, permanent=False, retry_after=_retry_after(response), code=status)
    if response.status_code >= 500:
        raise DeliveryError(Answer.PROVIDER_DOWN, permanent=False, retry_after=_retry_after(response, 2), code=status)
    if response.status_code != 200:
        raise DeliveryError(Answer.REFUSED, permanent=False, code=status)
    try:
        reply = msgspec.json.decode(response.content, type=Reply)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise DeliveryError(Answer.UNREADABLE, permanent=False, code=status) from exc
    if reply.errcode == 0:
        return Accepted(code="0")
    meaning = CODES.get(reply.errcode, REFUSED)
    raise DeliveryError(
        meaning.reason, permanent=meaning.permanent, retry_after=meaning.retry_after, code=str(reply.errcode)
    )


def _retry_after(response: httpx.Response, otherwise: float = WINDOW_S) -> float:
    """Seconds of a Retry-After header; its date form is not worth a clock here."""
    said = response.headers.get("Retry-After", "")
    return float(said) if said.isascii() and said.isdigit() else otherwise


def _what_broke(exc: httpx.TransportError) -> str:
    """``tls`` for a certificate we do not believe, else the name of what happened, for example ConnectError."""
    cause: BaseException | None = exc
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return "tls"
        cause = cause.__cause__ or cause.__context__
    return type(exc).__name__


def open_wecom(url: str, tools: Tools) -> Opened:
    parts = urlsplit(url)
    key = unquote(parts.netloc)
    options = parse_qs(parts.query)
    unknown = set(options) - {"format"}
    wanted = options.get("format", ["text"])[-1]
    if not key or parts.path.strip("/") or unknown or wanted not in ("text", "markdown"):
        raise ConfigError(
            "this is no address of a WeCom group robot.",
            where="contact",
            todo="Write wecom://KEY, KEY being what follows key= in the robot's webhook address; ?format=markdown if wanted.",
        )
    tools.make_http()
    return Opened(WecomRobotSender(key, wanted == "markdown", tools))


CHANNEL = Channel(schemes=("wecom",), open=open_wecom)
