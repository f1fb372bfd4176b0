"""Who can answer what they are told, and who cannot and why. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from hub.config import AccountsConfig
from hub.model import Person, nature
from hub.phrases import Phrase

LINKED = frozenset({"ntfy", "ntfys", "webpush", "mailto", "mailtos", "inbox", "wecomapp", "wecombot", "dingtalkapp",
    "feishuapp", "serverchan", "bark", "pushdeer", "pushplus", "wxpusher"})  # fmt: skip
"""Channels whose messages carry a personal link where there is a public address. SMS carries none: the provider forbids
it."""
CALLED_BACK = frozenset({"alivoice", "tencentvoice", "alisms", "tencentsms"})
"""Key presses and text messages come to POST /receipts/{provider}."""
LINES = {"wecombot": "wecom_bot", "dingtalkapp": "dingtalk", "feishuapp": "feishu"}
"""Scheme -> account whose connection takes the answers."""


class Cannot(StrEnum):
    """Why somebody cannot answer, the nearest remedy first."""

    NO_CONTACT = "no_contact"
    GROUP_ONLY = "group_only"
    NO_ACCOUNT = "no_account"
    LINE_DOWN = "line_down"
    NO_CALLBACK = "no_callback"
    SMS_ONLY = "sms_only"
    PUSH_ONLY = "push_only"
    ONE_WAY = "one_way"


CANNOT: dict[Cannot, Phrase] = {
    Cannot.NO_CONTACT: Phrase("没有登记联系方式", "no contact is registered"),
    Cannot.GROUP_ONLY: Phrase(
        "只有群机器人,群里不能应答;登记一个个人联系方式",
        "only a group robot, and nobody can answer from a group; register a contact of their own",
    ),
    Cannot.NO_ACCOUNT: Phrase(
        "config.yaml 的 accounts 里没有这个平台的账号",
        "config.yaml has no account of that provider under accounts",
    ),
    Cannot.LINE_DOWN: Phrase("平台的连接断着", "the connection to the provider is down"),
    Cannot.NO_CALLBACK: Phrase(
        "企业微信应用没有回调(callback_token 与 public_url 都要设),可改用 wecombot://",
        "the WeCom app has no callback (it needs callback_token and public_url); use wecombot:// instead",
    ),
    Cannot.SMS_ONLY: Phrase(
        "只有云短信或语音,回执要有 public_url;可加 4G 模块(modemsms://)",
        "only SMS or calls of a cloud, whose answers need a public_url; or add a 4G modem (modemsms://)",
    ),
    Cannot.PUSH_ONLY: Phrase(
        "网页推送、邮件、收件箱要有 public_url 才能应答", "web push, mail and the inbox need a public_url to answer"
    ),
    Cannot.ONE_WAY: Phrase("联系方式只能发不能回", "their contacts only send; nothing comes back"),
}


def cannot_answer(
    person: Person, accounts: AccountsConfig, public_url: str, connections: Mapping[str, str] | None = None
) -> Cannot | None:
    """Why this person cannot answer over any of their contacts, None when they can. ``connections``: account -> why its
    connection is down, "" while it stands; None: not known, for example because the hub is not running."""
    if not person.contacts:
        return Cannot.NO_CONTACT
    found: list[Cannot] = []
    for contact in person.contacts:
        scheme = contact.url.partition(":")[0].lower()
        why = Cannot.GROUP_ONLY if contact.group or nature(contact.url).group else None
        why = why or _why_not(scheme, accounts, public_url, connections)
        if why is None:
            return None
        found.append(why)
    return min(found, key=_WEIGHT.index)


_WEIGHT = [
    Cannot.LINE_DOWN,
    Cannot.NO_ACCOUNT,
    Cannot.NO_CALLBACK,
    Cannot.PUSH_ONLY,
    Cannot.SMS_ONLY,
    Cannot.ONE_WAY,
    Cannot.GROUP_ONLY,
]
"""Of several reasons the one that is mended most easily."""


def _why_not(
    scheme: str, accounts: AccountsConfig, public_url: str, connections: Mapping[str, str] | None
) -> Cannot | None:
    if scheme in ("ntfy", "ntfys", "modemsms"):
        return None
    if scheme in LINES:
        account = LINES[scheme]
        if getattr(accounts, account) is None:
            return Cannot.NO_ACCOUNT
        down = connections is not None and connections.get(account, "not started") != ""
        return Cannot.LINE_DOWN if down and not public_url else None
    if scheme == "wecomapp":
        if accounts.wecom_app is None:
            return Cannot.NO_ACCOUNT
        return None if public_url else Cannot.NO_CALLBACK
    if scheme in CALLED_BACK:
        return None if public_url and accounts.voice_token.get_secret_value() else Cannot.SMS_ONLY
    if scheme in LINKED:
        return None if public_url else Cannot.PUSH_ONLY
    return Cannot.ONE_WAY
