"""``feishuapp://OPEN_ID``: a card of a Feishu (飞书) app to one person, changed in place when something happens.

The account is ``accounts.feishu``. Facts (open.feishu.cn, 自建应用获取 tenant_access_token, 发送消息, 更新应用发送的消息卡片): the token
lives up to 2 hours; POST ``im/v1/messages?receive_id_type=open_id`` gives ``message_id``; PATCH ``im/v1/messages/ID`` changes
a card that is at most 14 days old, was not withdrawn and says ``update_multi``, at most 5 times a second. A refusal is HTTP
400 or 200 with a ``code``; 230001 with ``invalid receive_id`` is about the person. Buttons without an address come back over
the app's long connection (card.action.trigger).
"""

from __future__ import annotations

from functools import partial
from urllib.parse import quote

import msgspec

from hub.config import FeishuConfig
from hub.delivery.access import Granted
from hub.delivery.address import no_account, parse_address
from hub.delivery.cards import CANNOT, GO, answer_word, asks, label
from hub.delivery.channels.feishu import card, open_button
from hub.delivery.http import CROWDED, DENIED, GONE, LIMITED, REFUSED, TOO_LONG, UNREADABLE, Meaning, ask, meaning, read
from hub.delivery.port import Accepted, Message
from hub.delivery.tools import Channel, Opened, Tools, budget_key
from hub.errors import DeliveryError

WHAT = "a person in Feishu"
TODO = "Write feishuapp://OPEN_ID with the person's open_id for this app (ou_…)."

CODED = (400, 401, 403)
TOKEN_OVER = frozenset({99991661, 99991663, 99991668, 99991671})
"""Missing, invalid, not of this kind, not an access token."""
NOT_CHANGED = frozenset({230001, 230011, 230031, 230110})
"""Wrong id, withdrawn, too old, deleted: another card instead."""

CODES: dict[int, Meaning] = {
    10003: DENIED,  # invalid param: app_id or app_secret
    10014: DENIED,  # app secret invalid
    11232: CROWDED,  # frequency limited
    230001: REFUSED,  # invalid request parameter, see `refusal`
    230002: GONE,  # bot or user not in the chat
    230006: DENIED,  # bot ability is not activated
    230011: REFUSED,  # the message was withdrawn
    230013: GONE,  # bot has NO availability to this user
    230020: CROWDED,  # rate limited
    230022: REFUSED,  # contains sensitive information
    230025: TOO_LONG,
    230027: DENIED,  # lack of necessary permissions
    230028: REFUSED,  # did not pass the audit
    230031: REFUSED,  # too old to be changed
    230034: GONE,  # receive_id invalid
    230053: GONE,  # the user has stopped receiving messages of this bot
    230099: REFUSED,  # failed to create card content
    230110: REFUSED,  # deleted
    99991400: LIMITED,  # request trigger frequency limit
    99991401: DENIED,  # ip not allowed
    99991661: REFUSED,
    99991663: REFUSED,
    99991668: REFUSED,
    99991671: REFUSED,
    99991672: DENIED,  # the app lacks a scope
}


class Token(msgspec.Struct):
    code: int
    tenant_access_token: str = ""
    expire: float = 7200


class Sent(msgspec.Struct):
    message_id: str = ""


class Reply(msgspec.Struct):
    """No code is no answer."""

    code: int
    msg: str = ""
    data: Sent | None = None


def refusal(code: int, msg: str) -> DeliveryError:
    if code == 230001 and "receive_id" in msg:
        return GONE.error(f"{code} receive_id")
    return meaning(code, CODES).error(str(code))


async def fetch_token(tools: Tools, base: str, account: FeishuConfig) -> Granted:
    body = {"app_id": account.app_id, "app_secret": account.app_secret.get_secret_value()}
    url = f"{base}/open-apis/auth/v3/tenant_access_token/internal"
    got = read(await ask(tools, url, json=body), Token, also=CODED)
    if got.code != 0 or not got.tenant_access_token:
        raise refusal(got.code, "")
    return Granted(got.tenant_access_token, got.expire)


class FeishuAppSender:
    """One person."""

    per_minute = 0

    def __init__(self, open_id: str, account: FeishuConfig, tools: Tools) -> None:
        self.provider = budget_key("feishuapp", account.app_id)
        self._open_id = open_id
        self._tools = tools
        self._base = tools.endpoint("feishuapp", "https://open.feishu.cn")
        self._access = tools.access(self.provider, partial(fetch_token, tools, self._base, account))

    async def send(self, message: Message) -> Accepted:
        content = msgspec.json.encode(card(message, self._buttons(message))).decode()
        url = f"{self._base}/open-apis/im/v1/messages"
        if message.updates:
            changed = await self._call("PATCH", f"{url}/{quote(message.updates, safe='')}", {"content": content})
            if changed.code == 0:
                return Accepted(code="0", message_id=message.updates)
            if changed.code not in NOT_CHANGED:
                raise refusal(changed.code, changed.msg)
        body = {"receive_id": self._open_id, "msg_type": "interactive", "content": content}
        sent = await self._call("POST", f"{url}?receive_id_type=open_id", body)
        if sent.code != 0:
            raise refusal(sent.code, sent.msg)
        if sent.data is None or not sent.data.message_id:
            raise UNREADABLE.error("no message_id")
        return Accepted(code="0", message_id=sent.data.message_id)

    async def _call(self, method: str, url: str, body: dict[str, str]) -> Reply:
        token = await self._access.get()
        reply = await self._ask(method, url, body, token)
        if reply.code in TOKEN_OVER:
            reply = await self._ask(method, url, body, await self._access.get(refused=token))
        return reply

    async def _ask(self, method: str, url: str, body: dict[str, str], token: str) -> Reply:
        headers = {"Authorization": f"Bearer {token}"}
        return read(await ask(self._tools, url, json=body, headers=headers, method=method), Reply, also=CODED)

    def _buttons(self, message: Message) -> list[dict[str, object]]:
        if not asks(message):
            return [open_button(message)] if message.link else []
        buttons = [
            self._button("go", GO, "primary", message),
            self._button("cannot", CANNOT, "default", message),
        ]
        return [*buttons, {**open_button(message), "type": "default"}] if message.link else buttons

    @staticmethod
    def _button(name: str, number: str, kind: str, message: Message) -> dict[str, object]:
        text = {"tag": "plain_text", "content": label(name, message)}
        return {"tag": "button", "text": text, "type": kind, "value": {"key": answer_word(number, message)}}

    async def close(self) -> None:
        """The HTTP client is shared and closed by its owner."""


def open_feishuapp(url: str, tools: Tools) -> Opened:
    address = parse_address(url, what=WHAT, todo=TODO)
    account = tools.accounts.feishu
    if account is None:
        raise no_account("feishuapp", "accounts.feishu")
    tools.make_http()
    return Opened(FeishuAppSender(address.name, account, tools), by_number=True, third_party=True)


CHANNEL = Channel(schemes=("feishuapp",), open=open_feishuapp)
