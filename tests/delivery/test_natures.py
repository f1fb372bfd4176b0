"""Each channel file against the table that the core decides by."""

from __future__ import annotations

import pytest

from hub.delivery.channels.apprise_channel import UNTRUE
from hub.delivery.senders import channel_files, open_channel
from hub.errors import ConfigError
from hub.model.channels import CHANNELS
from tests.delivery.vendors import tools

SAMPLES = {
    "inbox": "inbox://wang",
    "wecom": "wecom://KEY",
    "wecomapp": "wecomapp://wang",
    "dingtalk": "dingtalk://TOKEN",
    "dingtalkapp": "dingtalkapp://u1",
    "feishu": "feishu://HOOK",
    "lark": "lark://HOOK",
    "feishuapp": "feishuapp://ou_1",
    "serverchan": "serverchan://SCT1",
    "bark": "bark://KEY",
    "barks": "barks://KEY@bark.example.org",
    "pushdeer": "pushdeer://PDU1",
    "pushdeers": "pushdeers://PDU1@push.example.org",
    "ntfy": "ntfy://fire",
    "ntfys": "ntfys://ntfy.sh/fire",
    "webhook": "webhook://127.0.0.1/hook",
    "webhooks": "webhooks://127.0.0.1/hook",
    "mailto": "mailto://127.0.0.1?from=hub@hub.test&to=wang@home.test&mode=insecure",
    "pushplus": "pushplus://0123456789abcdef0123456789abcdef",
    "wxpusher": "wxpusher://AT_token/UID_abc",
    "wechat": "wechat://corp:secret@1000002/@wang",
    "json": "json://127.0.0.1/hook",
    "form": "form://127.0.0.1/hook",
    "xml": "xml://127.0.0.1/hook",
}
VENDORS_CLOUD = {"serverchan", "bark", "barks", "pushdeer", "pushdeers", "pushplus", "wxpusher", "ntfy", "ntfys"}
VENDORS_CLOUD |= {"wecomapp", "dingtalkapp", "feishuapp"}


@pytest.mark.parametrize("scheme", [one for one in channel_files() if one not in UNTRUE])
def test_a_scheme_has_a_nature(scheme: str) -> None:
    assert scheme in CHANNELS


@pytest.mark.parametrize("scheme", SAMPLES)
def test_a_channel_is_what_its_nature_says(scheme: str) -> None:
    nature = CHANNELS[scheme]
    opened = open_channel(SAMPLES[scheme], {}, tools("http://127.0.0.1:1"))
    assert opened.sender.per_minute == nature.per_minute
    if nature.private:
        assert not opened.third_party
    if scheme in VENDORS_CLOUD:
        assert opened.third_party
    if nature.group:
        assert not opened.by_number


@pytest.mark.parametrize(
    ("contact", "todo"),
    [
        ("wecomapp://wang", "accounts.wecom_app"),
        ("dingtalkapp://u1", "accounts.dingtalk"),
        ("feishuapp://ou_1", "accounts.feishu"),
    ],
)
def test_a_contact_of_an_account_that_is_not_set_says_what_to_fill_in(contact: str, todo: str) -> None:
    with pytest.raises(ConfigError, match=todo) as caught:
        open_channel(contact, {}, tools("http://127.0.0.1:1", accounts=None))
    assert "config.yaml" in caught.value.todo


@pytest.mark.parametrize(
    "contact",
    [
        "wecomapp://",
        "wecomapp://a|b",
        "wecomapp://@all",
        "wecomapp://a?x=1",
        "dingtalk://",
        "dingtalk://a/b",
        "dingtalkapp://",
        "feishu://",
        "feishu://a#b",
        "lark://a?sign=1",
        "feishuapp://",
        "feishuapp://a?card=1",
        "serverchan://",
        "bark://",
        "bark://@host",
        "bark://KEY@",
        "pushdeer://",
        "pushdeer://KEY@",
        "webhook://",
        "webhook://host:x/",
        "ntfy://",
        "ntfy://host:1",
        "ntfy://host/a%2Fb",
        "ntfy://host/a b",
        "ntfy://host/a/b",
        "ntfy://host/a?x=1",
        "ntfy://[/a",
    ],
)
def test_an_address_that_can_never_work_is_a_config_error(contact: str) -> None:
    scheme = contact.partition(":")[0]
    with pytest.raises(ConfigError) as caught:
        open_channel(contact, {}, tools("http://127.0.0.1:1"))
    assert f"{scheme}" in caught.value.todo


@pytest.mark.parametrize(
    "contact", [url for url in SAMPLES.values() if "KEY" in url or "TOKEN" in url or "HOOK" in url]
)
def test_the_budget_key_does_not_tell_the_secret(contact: str) -> None:
    provider = open_channel(contact, {}, tools("http://127.0.0.1:1")).sender.provider
    assert not any(secret in provider for secret in ("KEY", "TOKEN", "HOOK"))
