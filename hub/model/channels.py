"""What each channel is by nature: who carries it, what it may say, whether it counts. Keyed by the scheme of a contact's URL.

The core decides by this table, the prover proves by it, and delivery's channel files are held to it by a test.
"""

from __future__ import annotations

import msgspec


class ChannelNature(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of contact."""

    provider: str
    """Who carries it: two contacts of one provider fail together."""
    private: bool = False
    """Carries a room; everything else passes through a third party and carries none."""
    group: bool = False
    """Always read by several people, whatever the contact says."""
    counts: bool = True
    """False: a convenience. It is told beside the ladder, never instead of it, and proves nothing."""
    rings: bool = False
    """A phone that rings: wakes people, and is capped at night."""
    updates: bool = False
    """A message that is there can be changed instead of sending another."""
    per_minute: int = 0
    """The provider's own limit for one contact; 0: none that we know of."""
    person: bool = True
    """False: no human reads it (a webhook, an action)."""


CHANNELS: dict[str, ChannelNature] = {
    # No updates: the page is live and shows each incident as it is now.
    "inbox": ChannelNature(provider="hub", private=True, counts=False),
    "wecom": ChannelNature(provider="wecom", group=True, per_minute=20),
    "wecomapp": ChannelNature(provider="wecom", per_minute=30),
    "wecombot": ChannelNature(provider="wecom", per_minute=30),
    "wechat": ChannelNature(provider="wecom", per_minute=30),
    "dingtalk": ChannelNature(provider="dingtalk", group=True, per_minute=20),
    "dingtalkapp": ChannelNature(provider="dingtalk"),
    "feishu": ChannelNature(provider="feishu", group=True, per_minute=100),
    "lark": ChannelNature(provider="lark", group=True, per_minute=100),
    "feishuapp": ChannelNature(provider="feishu", updates=True),
    "serverchan": ChannelNature(provider="serverchan", counts=False),
    "bark": ChannelNature(provider="bark", counts=False),
    "barks": ChannelNature(provider="bark", counts=False),
    "pushdeer": ChannelNature(provider="pushdeer", counts=False),
    "pushdeers": ChannelNature(provider="pushdeer", counts=False),
    "pushplus": ChannelNature(provider="pushplus", counts=False),
    "wxpusher": ChannelNature(provider="wxpusher", counts=False),
    "alisms": ChannelNature(provider="aliyun", per_minute=1),
    "alivoice": ChannelNature(provider="aliyun", rings=True, per_minute=1),
    "tencentsms": ChannelNature(provider="tencentcloud", per_minute=1),
    "tencentvoice": ChannelNature(provider="tencentcloud", rings=True, per_minute=1),
    "modemsms": ChannelNature(provider="modem", per_minute=10),
    "modemring": ChannelNature(provider="modem", rings=True, per_minute=2),
    "webpush": ChannelNature(provider="webpush", updates=True),
    "ntfy": ChannelNature(provider="ntfy", updates=True),
    "ntfys": ChannelNature(provider="ntfy", updates=True),
    "mailto": ChannelNature(provider="mail", private=True),
    "mailtos": ChannelNature(provider="mail", private=True),
    "webhook": ChannelNature(provider="webhook", person=False),
    "webhooks": ChannelNature(provider="webhook", person=False),
    "json": ChannelNature(provider="webhook", person=False),
    "jsons": ChannelNature(provider="webhook", person=False),
    "form": ChannelNature(provider="webhook", person=False),
    "forms": ChannelNature(provider="webhook", person=False),
    "xml": ChannelNature(provider="webhook", person=False),
    "xmls": ChannelNature(provider="webhook", person=False),
    "action": ChannelNature(provider="action", counts=False, person=False),
}
"""Scheme -> nature. A scheme that is not here (Apprise knows more) is `OTHER`."""

OTHER = ChannelNature(provider="other")


def nature(url: str) -> ChannelNature:
    """Nature of a contact by its URL; the scheme may still stand before ``${NAME}`` secrets."""
    return CHANNELS.get(url.partition(":")[0].lower(), OTHER)
