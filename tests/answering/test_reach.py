"""Who can answer, and why not."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from hub.answering.reach import CANNOT, Cannot, cannot_answer
from hub.config import AccountsConfig, DingtalkStreamConfig, FeishuConfig, WecomAppConfig, WecomBotConfig
from hub.model import CHANNELS, Contact, Person

NONE = AccountsConfig()
ALL = AccountsConfig(
    wecom_bot=WecomBotConfig(bot_id="b", secret=SecretStr("x")),
    wecom_app=WecomAppConfig(corp_id="c", agent_id=1, secret=SecretStr("x"), callback_token=SecretStr("t")),
    dingtalk=DingtalkStreamConfig(client_id="c", client_secret=SecretStr("x")),
    feishu=FeishuConfig(app_id="a", app_secret=SecretStr("x")),
    voice_token=SecretStr("v"),
)
PUBLIC = "https://hub.example"


def why(*urls: str, accounts: AccountsConfig = ALL, public_url: str = "", **more: dict[str, str]) -> Cannot | None:
    contacts = tuple(Contact(id=str(n), url=url) for n, url in enumerate(urls))
    return cannot_answer(Person(id="wang", name="w", contacts=contacts), accounts, public_url, **more)


@pytest.mark.parametrize(
    ("urls", "public_url", "reason"),
    [
        ((), "", Cannot.NO_CONTACT),
        (("wecom://KEY",), "", Cannot.GROUP_ONLY),
        (("wecom://KEY",), PUBLIC, Cannot.GROUP_ONLY),
        (("wecombot://wang",), "", None),
        (("dingtalkapp://wang",), "", None),
        (("feishuapp://ou",), "", None),
        (("wecomapp://wang",), "", Cannot.NO_CALLBACK),
        (("wecomapp://wang",), PUBLIC, None),
        (("alisms://1",), "", Cannot.SMS_ONLY),
        (("alivoice://1",), PUBLIC, None),
        (("modemsms://13800138000",), "", None),
        (("modemring://13800138000",), "", Cannot.ONE_WAY),
        (("webpush://1",), "", Cannot.PUSH_ONLY),
        (("webpush://1",), PUBLIC, None),
        (("inbox://wang",), "", Cannot.PUSH_ONLY),
        (("ntfy://topic",), "", None),
        (("webhook://x",), PUBLIC, Cannot.ONE_WAY),
        (("wecom://KEY", "alisms://1"), "", Cannot.SMS_ONLY),
        (("wecom://KEY", "wecombot://wang"), "", None),
    ],
)
def test_why_not(urls: tuple[str, ...], public_url: str, reason: Cannot | None) -> None:
    assert why(*urls, public_url=public_url) == reason


@pytest.mark.parametrize("url", ["wecombot://w", "wecomapp://w", "dingtalkapp://w", "feishuapp://w"])
def test_without_an_account_nothing_comes_back(url: str) -> None:
    assert why(url, accounts=NONE, public_url=PUBLIC) is Cannot.NO_ACCOUNT


def test_a_connection_that_is_down() -> None:
    assert why("wecombot://w", connections={"wecom_bot": "refused: errcode 853000"}) is Cannot.LINE_DOWN
    assert why("wecombot://w", connections={}) is Cannot.LINE_DOWN
    assert why("wecombot://w", connections={"wecom_bot": ""}) is None
    assert why("wecombot://w", "ntfy://t", connections={"wecom_bot": "timeout"}) is None


def test_every_reason_has_words_and_every_channel_an_answer() -> None:
    assert set(CANNOT) == set(Cannot)
    for scheme in CHANNELS:
        assert why(f"{scheme}://x", accounts=NONE) in {*Cannot, None}
