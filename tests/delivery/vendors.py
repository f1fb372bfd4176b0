"""Sending over one contact to a vendor of ours, whose token calls check the account."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec
import pytest
from pydantic import SecretStr

from hub.config import AccountsConfig, DingtalkStreamConfig, FeishuConfig, WecomAppConfig
from hub.delivery.port import Accepted, Message
from hub.delivery.senders import Senders
from hub.delivery.tools import Tools
from hub.errors import DeliveryError
from tests.delivery.notices import message
from tests.delivery.peers import Peer, Reply, Request, json_reply, provider

NOW_MS = 1_772_305_980_000
LINK = "https://hub.example.org/a/tok.en"

ACCOUNTS = AccountsConfig(
    wecom_app=WecomAppConfig(corp_id="ww1", agent_id=1000002, secret=SecretStr("s1")),
    dingtalk=DingtalkStreamConfig(client_id="ding1", client_secret=SecretStr("s2")),
    feishu=FeishuConfig(app_id="cli_1", app_secret=SecretStr("s3")),
)

Script = Callable[[Request], Reply]


def personal(text: str = "【紧急】6号楼12层烟感报警 03:12。①敲门", **changes: object) -> Message:
    """A message with an answer link."""
    return msgspec.structs.replace(message(text), **{"link": LINK, "token": "tok.en", **changes})


def tools(url: str, now_ms: int = NOW_MS, accounts: AccountsConfig | None = ACCOUNTS) -> Tools:
    """Every vendor is at ``url``."""
    at_root = ("wecomapp", "dingtalkapp", "feishu", "lark", "feishuapp", "serverchan", "bark", "pushdeer", "ntfy")
    endpoints = {
        "wecom": f"{url}/cgi-bin/webhook/send",
        "dingtalk": f"{url}/robot/send",
        **dict.fromkeys(at_root, url),
    }
    return Tools(now_ms=lambda: now_ms, endpoints=endpoints, accounts=accounts)


def token_call(request: Request) -> Reply | None:
    """The vendors' token calls; None for any other. A wrong account gets the vendor's refusal."""
    if request.path == "/gettoken":
        right = request.query == {"corpid": ["ww1"], "corpsecret": ["s1"]} and request.method == "GET"
        if not right:
            return json_reply({"errcode": 40001, "errmsg": "invalid credential"})
        return json_reply({"errcode": 0, "errmsg": "ok", "access_token": "T1", "expires_in": 7200})
    if request.path == "/v1.0/oauth2/accessToken":
        if request.json() != {"appKey": "ding1", "appSecret": "s2"}:
            return json_reply({"code": "invalidClientIdOrSecret", "message": "?"}, 400)
        return json_reply({"accessToken": "T1", "expireIn": 7200})
    if request.path == "/open-apis/auth/v3/tenant_access_token/internal":
        if request.json() != {"app_id": "cli_1", "app_secret": "s3"}:
            return json_reply({"code": 10014, "msg": "app secret invalid"})
        return json_reply({"code": 0, "msg": "ok", "tenant_access_token": "T1", "expire": 7200})
    return None


def with_tokens(answer: Script) -> Script:
    return lambda request: token_call(request) or answer(request)


def sending(peer: Peer, contact: str, *messages: Message, within: float = 20.0, now_ms: int = NOW_MS) -> list[Accepted]:
    """Send over ``contact``, in which ``HOST`` stands for the peer, one message after the other."""

    async def talk() -> list[Accepted]:
        senders = Senders({}, tools(peer.url(), now_ms))
        try:
            sender = senders.open(contact.replace("HOST", f"127.0.0.1:{peer.port}")).sender
            async with asyncio.timeout(within):
                return [await sender.send(one) for one in messages or (personal(),)]
        finally:
            await senders.close()

    return asyncio.run(talk())


def asked(peer: Peer) -> list[Request]:
    """What the vendor was asked, without the token calls."""
    return [one for one in list(peer.seen.queue) if token_call(one) is None]


def send(contact: str, answer: Script, *messages: Message) -> tuple[list[Accepted], list[Request]]:
    with provider(with_tokens(answer)) as peer:
        accepted = sending(peer, contact, *messages)
        return accepted, asked(peer)


def refused(contact: str, reply: Reply, *messages: Message) -> DeliveryError:
    with provider(with_tokens(lambda _: reply)) as peer, pytest.raises(DeliveryError) as caught:
        sending(peer, contact, *messages)
    return caught.value
