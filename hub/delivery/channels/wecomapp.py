"""``wecomapp://MEMBER``: a message of a WeCom (企业微信) app to one member, also through the WeChat plug-in.

The account is ``accounts.wecom_app``. The plug-in shows text; it shows neither markdown nor the buttons of a card, so
text is the default and ``?card=1`` is for those who use WeCom itself.

Facts (developer.work.weixin.qq.com/document/path/…): token 91039, kept 7200 s; message/send 90236, with ``invaliduser``
and ``unlicenseduser`` beside errcode 0; 30 a minute for one app and member, the rest is dropped without a word (90312);
codes 90313. A card is updated (94888) with the ``response_code`` that sending it returns: good once, for 72 hours. The
next one only comes with a click, through the app's callback. So a card can be changed once, and a text never: that is
why the channel's nature does not claim updates.
"""

from __future__ import annotations

import re
from functools import partial

import msgspec

from hub.config import WecomAppConfig
from hub.delivery.access import Granted
from hub.delivery.address import no_account, not_an_address, parse_address
from hub.delivery.cards import CANNOT, GO, answer_word, asks, card_id, label, rest
from hub.delivery.http import BUSY, CROWDED, DENIED, GONE, LIMITED, REFUSED, TOO_LONG, Meaning, ask, meaning, read
from hub.delivery.port import Accepted, Message
from hub.delivery.tools import Channel, Opened, Tools, budget_key
from hub.errors import DeliveryError

PER_MINUTE = 30
WHAT = "a member of a WeCom app"
TODO = "Write wecomapp://MEMBER with one member's account (账号); ?card=1 for a card."

TOKEN_OVER = frozenset({40014, 42001, 41001})
"""不合法的access_token, 已过期, 缺少."""

CODES: dict[int, Meaning] = {
    -1: BUSY,  # 系统繁忙
    6000: BUSY,  # 数据版本冲突
    40001: DENIED,  # 不合法的secret参数
    40003: GONE,  # 无效的UserID
    40013: DENIED,  # 不合法的CorpID
    40014: REFUSED,  # 不合法的access_token, also after another was fetched
    40056: DENIED,  # 不合法的agentid
    40058: REFUSED,  # 不合法的参数
    41001: REFUSED,  # 缺少access_token参数
    42001: REFUSED,  # access_token已过期
    44004: REFUSED,  # 文本消息content参数为空
    45002: TOO_LONG,  # 消息内容大小超过限制
    45009: LIMITED,  # 接口调用超过限制
    45033: CROWDED,  # 接口并发调用超过限制
    48002: DENIED,  # API接口无权限调用
    60011: DENIED,  # 指定的成员/部门/标签参数无权限
    60020: DENIED,  # 访问ip不在白名单之中
    60111: GONE,  # UserID不存在
    81013: GONE,  # 全部接收人无权限或不存在
    82001: GONE,  # 指定的成员/部门/标签全部无效
    301002: DENIED,  # 无权限操作指定的应用
}

SEEN_IP = re.compile(r"from ip: ?([0-9A-Fa-f.:]+?)[,;\s]*(?:$|[,;\s])")


class Token(msgspec.Struct):
    errcode: int
    errmsg: str = ""
    access_token: str = ""
    expires_in: float = 7200


class Reply(msgspec.Struct):
    """No errcode is no answer."""

    errcode: int
    errmsg: str = ""
    invaliduser: str = ""
    unlicenseduser: str = ""
    response_code: str = ""


def refusal(errcode: int, errmsg: str) -> DeliveryError:
    """The vendor's code; for an address that is not trusted (可信IP) also which one the vendor saw, to be entered there."""
    code = str(errcode)
    seen = SEEN_IP.search(errmsg) if errcode == 60020 else None
    return meaning(errcode, CODES).error(f"{code} ip={seen.group(1)}" if seen else code)


async def fetch_token(tools: Tools, base: str, account: WecomAppConfig) -> Granted:
    query = {"corpid": account.corp_id, "corpsecret": account.secret.get_secret_value()}
    got = read(await ask(tools, f"{base}/gettoken", params=query, method="GET"), Token)
    if got.errcode != 0 or not got.access_token:
        raise refusal(got.errcode, got.errmsg)
    return Granted(got.access_token, got.expires_in)


class WecomAppSender:
    """One member."""

    per_minute = PER_MINUTE

    def __init__(self, member: str, card: bool, account: WecomAppConfig, tools: Tools) -> None:
        self.provider = budget_key("wecomapp", account.corp_id, str(account.agent_id), member)
        self._member = member
        self._card = card
        self._agent = account.agent_id
        self._callback = bool(account.callback_token.get_secret_value())
        self._tools = tools
        self._base = tools.endpoint("wecomapp", "https://qyapi.weixin.qq.com/cgi-bin")
        key = budget_key("wecomapp", account.corp_id, str(account.agent_id))
        self._access = tools.access(key, partial(fetch_token, tools, self._base, account))

    async def send(self, message: Message) -> Accepted:
        card = self._template_card(message) if self._card else None
        if card is not None and message.updates:
            body = {"userids": [self._member], "agentid": self._agent, "response_code": message.updates}
            changed = await self._call("update_template_card", {**body, "template_card": card})
            if changed.errcode == 0:
                return self._accepted(changed)
            # Used up, too old, or not a card: another one instead. What hinders that too is said by its answer.
        content: dict[str, object] = {"touser": self._member, "agentid": self._agent}
        if card is None or "replace_text" in card:  # that is only for a card that is there
            content |= {"msgtype": "text", "text": {"content": message.text}, "safe": 0}
        else:
            content |= {"msgtype": "template_card", "template_card": card}
        return self._accepted(await self._call("send", content))

    async def _call(self, what: str, body: dict[str, object]) -> Reply:
        token = await self._access.get()
        reply = await self._post(what, body, token)
        if reply.errcode in TOKEN_OVER:
            # Not a retry of the message: the vendor refused our stale token and took nothing.
            reply = await self._post(what, body, await self._access.get(refused=token))
        return reply

    async def _post(self, what: str, body: dict[str, object], token: str) -> Reply:
        url = f"{self._base}/message/{what}"
        return read(await ask(self._tools, url, params={"access_token": token}, json=body), Reply)

    def _accepted(self, reply: Reply) -> Accepted:
        if reply.errcode != 0:
            raise refusal(reply.errcode, reply.errmsg)
        for name in ("invaliduser", "unlicenseduser"):
            if getattr(reply, name):
                raise GONE.error(name)
        return Accepted(code="0", message_id=reply.response_code)

    def _template_card(self, message: Message) -> dict[str, object] | None:
        """None for what has no button: a card without one cannot be sent (a notice needs an address to open)."""
        card: dict[str, object] = {
            "card_type": "button_interaction",
            "main_title": {"title": message.title},
            "sub_title_text": rest(message),
            # A task id may be used once; the time lets a repeat after a crash through: rather twice than never.
            "task_id": f"{card_id(message)}-{self._tools.now_ms()}",
        }
        if message.link:
            card["card_action"] = {"type": 1, "url": message.link}
        if self._callback and asks(message):
            card["button_list"] = [
                {"text": label("go", message), "style": 1, "type": 0, "key": answer_word(GO, message)},
                {"text": label("cannot", message), "style": 4, "type": 0, "key": answer_word(CANNOT, message)},
            ]
        elif message.link:
            card["button_list"] = [{"text": label("open", message), "style": 1, "type": 1, "url": message.link}]
        elif message.updates:
            over = label("over", message)
            card["button_list"] = [{"text": over, "style": 4, "key": "over"}]
            card["replace_text"] = over
        else:
            return None
        return card

    async def close(self) -> None:
        """The HTTP client is shared and closed by its owner."""


def open_wecomapp(url: str, tools: Tools) -> Opened:
    address = parse_address(url, what=WHAT, todo=TODO, options=("card",))
    if "|" in address.name or address.name == "@all":
        raise not_an_address(WHAT, TODO)  # with several, a refused one goes unnoticed
    account = tools.accounts.wecom_app
    if account is None:
        raise no_account("wecomapp", "accounts.wecom_app")
    tools.make_http()
    sender = WecomAppSender(address.name, address.on("card"), account, tools)
    return Opened(sender, by_number=bool(account.callback_token.get_secret_value()), third_party=True)


CHANNEL = Channel(schemes=("wecomapp",), open=open_wecomapp)
