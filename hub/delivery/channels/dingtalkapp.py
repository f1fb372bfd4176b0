"""``dingtalkapp://USERID``: a message of a DingTalk (钉钉) app's robot to one person.

The account is ``accounts.dingtalk``. Facts (open.dingtalk.com, 获取企业内部应用的accessToken, 批量发送人与机器人会话中机器人消息,
企业机器人发送消息的消息类型): POST ``v1.0/oauth2/accessToken`` with appKey and appSecret gives a token for 7200 s; POST
``v1.0/robot/oToMessages/batchSend`` takes it in ``x-acs-dingtalk-access-token``, and ``msgParam`` as a string of JSON. HTTP
200 may still name the person in ``invalidStaffIdList`` or ``flowControlledStaffIdList``: then nothing was sent. Other
refusals are HTTP 4xx with a ``code`` in words. A message that was sent cannot be changed.
"""

from __future__ import annotations

from functools import partial

import msgspec

from hub.config import DingtalkStreamConfig
from hub.delivery.access import Granted
from hub.delivery.address import no_account, parse_address
from hub.delivery.cards import label, no_markup
from hub.delivery.http import BUSY, DENIED, GONE, LIMITED, REFUSED, TOO_LONG, UNREADABLE, Meaning, ask, meaning, read
from hub.delivery.port import Accepted, Message
from hub.delivery.tools import Channel, Opened, Tools, budget_key
from hub.errors import DeliveryError

WHAT = "a person in DingTalk"
TODO = "Write dingtalkapp://USERID with the person's userid; ?card=1 for a card."

CODED = (400, 401, 403, 404)
"""Statuses that come with a code in the body; 429 and 5xx say enough by themselves."""
TOKEN_OVER = frozenset({"InvalidAuthentication", "invalidParameter.token.invalid"})
"""不合法的access_token."""

CODES: dict[str, Meaning] = {
    "InvalidAuthentication": REFUSED,
    "Forbidden.AccessDenied.AccessTokenPermissionDenied": DENIED,  # 没有调用该接口的权限
    "Forbidden.AccessDenied.IpNotInWhiteList": DENIED,  # 访问ip不在白名单之中
    "Forbidden.AccessDenied.QpsLimitForApi": LIMITED,
    "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi": LIMITED,
    "ServiceUnavailable": BUSY,
    "invalidClientIdOrSecret": DENIED,  # 无效的clientId或者clientSecret
    "invalidParameter.msgKey.invalid": REFUSED,
    "invalidParameter.msgParam.invalid": REFUSED,
    "invalidParameter.msgParam.tooLong": TOO_LONG,
    "invalidParameter.param.invalid": REFUSED,
    "invalidParameter.robotCode.auth": DENIED,  # appkey与robotCode不匹配
    "invalidParameter.robotCode.empty": DENIED,
    "invalidParameter.robotCode.notExsit": DENIED,
    "invalidParameter.token.invalid": REFUSED,
    "invalidParameter.userIds.empty": GONE,
    "staffId.notExisted": GONE,
    "system.error": BUSY,
}


class Token(msgspec.Struct):
    code: str = ""
    accessToken: str = ""
    expireIn: float = 7200


class Reply(msgspec.Struct):
    """Neither key nor code is no answer."""

    code: str = ""
    processQueryKey: str = ""
    invalidStaffIdList: list[str] | None = None
    flowControlledStaffIdList: list[str] | None = None


def refusal(code: str) -> DeliveryError:
    if code.startswith("Throttling"):
        return LIMITED.error(code)
    return meaning(code, CODES).error(code)


async def fetch_token(tools: Tools, base: str, account: DingtalkStreamConfig) -> Granted:
    body = {"appKey": account.client_id, "appSecret": account.client_secret.get_secret_value()}
    got = read(await ask(tools, f"{base}/v1.0/oauth2/accessToken", json=body), Token, also=CODED)
    if not got.accessToken:
        raise refusal(got.code) if got.code else UNREADABLE.error("no accessToken")
    return Granted(got.accessToken, got.expireIn)


class DingtalkAppSender:
    """One person."""

    per_minute = 0

    def __init__(self, userid: str, card: bool, account: DingtalkStreamConfig, tools: Tools) -> None:
        self.provider = budget_key("dingtalkapp", account.client_id)
        self._userid = userid
        self._card = card
        self._robot = account.client_id
        self._tools = tools
        self._base = tools.endpoint("dingtalkapp", "https://api.dingtalk.com")
        self._access = tools.access(self.provider, partial(fetch_token, tools, self._base, account))

    async def send(self, message: Message) -> Accepted:
        key, param = self._content(message)
        body: dict[str, object] = {
            "robotCode": self._robot,
            "userIds": [self._userid],
            "msgKey": key,
            "msgParam": msgspec.json.encode(param).decode(),
        }
        token = await self._access.get()
        reply = await self._post(body, token)
        if reply.code in TOKEN_OVER:
            reply = await self._post(body, await self._access.get(refused=token))
        if reply.code:
            raise refusal(reply.code)
        if self._userid in (reply.invalidStaffIdList or ()):
            raise GONE.error("invalidStaffIdList")
        if self._userid in (reply.flowControlledStaffIdList or ()):
            raise LIMITED.error("flowControlledStaffIdList")
        if not reply.processQueryKey:
            raise UNREADABLE.error("no processQueryKey")
        return Accepted(code="0", message_id=reply.processQueryKey)

    async def _post(self, body: dict[str, object], token: str) -> Reply:
        url = f"{self._base}/v1.0/robot/oToMessages/batchSend"
        headers = {"x-acs-dingtalk-access-token": token}
        return read(await ask(self._tools, url, json=body, headers=headers), Reply, also=CODED)

    def _content(self, message: Message) -> tuple[str, dict[str, str]]:
        if not (self._card and message.link):
            return "sampleText", {"content": message.text}
        return "sampleActionCard", {
            "title": message.title,
            "text": no_markup(message.text),
            "singleTitle": label("open", message),
            "singleURL": message.link,
        }

    async def close(self) -> None:
        """The HTTP client is shared and closed by its owner."""


def open_dingtalkapp(url: str, tools: Tools) -> Opened:
    address = parse_address(url, what=WHAT, todo=TODO, options=("card",))
    account = tools.accounts.dingtalk
    if account is None:
        raise no_account("dingtalkapp", "accounts.dingtalk")
    tools.make_http()
    # Its Stream connection takes the number that the reader writes to the robot.
    sender = DingtalkAppSender(address.name, address.on("card"), account, tools)
    return Opened(sender, by_number=True, third_party=True)


CHANNEL = Channel(schemes=("dingtalkapp",), open=open_dingtalkapp)
