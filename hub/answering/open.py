"""The connections that config.yaml and the contacts ask for, ready to run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import httpx
import msgspec

from hub.answering import dingtalk_stream, feishu_long, wecom_bot
from hub.answering.dingtalk_stream import DingtalkStream
from hub.answering.feishu_long import FeishuLong
from hub.answering.line import Line
from hub.answering.ntfy_replies import NtfyReplies, servers
from hub.answering.port import Answer
from hub.answering.wecom_bot import WecomBot
from hub.config import AccountsConfig
from hub.delivery.live import LiveLink


class Lines(msgspec.Struct, frozen=True):
    """Each of ``all`` is a task of its own; ``links`` goes into `hub.delivery.tools.Tools`."""

    all: tuple[Line, ...]
    links: dict[str, LiveLink]

    def why_not(self) -> dict[str, str]:
        """Account -> why its connection is down, "" while it stands: for gauges and `hub.answering.reach`."""
        return {line.name: line.why_not for line in self.all}


def open_lines(
    accounts: AccountsConfig,
    contacts: Iterable[str],
    answer: Answer,
    http: httpx.AsyncClient,
    endpoints: Mapping[str, str] = {},
) -> Lines:
    """``contacts``: URLs of everybody's contacts, secrets filled in, for the ntfy servers behind them. ``http``: without
    timeouts of its own. ``endpoints``: scheme -> address instead of the vendor's, as delivery has it."""
    lines: list[Line] = []
    links: dict[str, LiveLink] = {}
    if accounts.wecom_bot is not None:
        bot = WecomBot(accounts.wecom_bot, answer, url=endpoints.get("wecombot", wecom_bot.URL))
        lines.append(bot)
        links["wecombot"] = bot
    if accounts.dingtalk is not None:
        api = endpoints.get("dingtalkapp", dingtalk_stream.API)
        lines.append(DingtalkStream(accounts.dingtalk, answer, http, api=api))
    if accounts.feishu is not None:
        api = endpoints.get("feishuapp", feishu_long.API)
        lines.append(FeishuLong(accounts.feishu, answer, http, api=api))
    lines += [NtfyReplies(server, answer, http) for server in servers(contacts, endpoints.get("ntfy", ""))]
    return Lines(tuple(lines), links)
