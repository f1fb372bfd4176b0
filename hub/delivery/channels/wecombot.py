"""``wecombot://MEMBER``: one member of a company, through the WeCom AI bot's standing connection.

The message goes the way the answers come, so nothing needs a public address. WeCom delivers a bot's message only to a
member who has written to that bot before (developer.work.weixin.qq.com/document/path/101463): have each say hello once.
"""

from __future__ import annotations

from urllib.parse import unquote

from hub.delivery.answers import Answer
from hub.delivery.live import Button, answer_key
from hub.delivery.port import Accepted, Message
from hub.delivery.tools import Channel, Opened, Tools, budget_key
from hub.errors import ConfigError, DeliveryError
from hub.model import Purpose
from hub.phrases import Phrase

SCHEME = "wecombot"
PER_MINUTE = 30
"""For one member."""
ASKS = (("accept", Phrase("我去", "I go")), ("decline", Phrase("去不了", "I cannot")))
SILENT = frozenset({Purpose.ENDED, Purpose.TEST, Purpose.PROGRESS, Purpose.DIGEST, Purpose.SILENCED})
"""Purposes that ask nothing of the reader."""


class WecomBotSender:
    """One member."""

    per_minute = PER_MINUTE

    def __init__(self, member: str, tools: Tools) -> None:
        self.provider = budget_key(SCHEME, member)
        self._member = member
        self._tools = tools

    async def send(self, message: Message) -> Accepted:
        link = self._tools.links.get(SCHEME)
        if link is None:
            raise DeliveryError(Answer.UNREACHABLE, permanent=False, code="no accounts.wecom_bot")
        return Accepted(code="0", message_id=await link.send(self._member, message.text, _buttons(message)))

    async def close(self) -> None:
        """The connection is shared and closed by its owner."""


def _buttons(message: Message) -> tuple[Button, ...]:
    notice = message.notice
    if notice.group or notice.test or notice.purpose in SILENT or not notice.incident:
        return ()
    return tuple(
        Button(answer_key(choice, message.community, notice.incident), phrase.said(notice.language))
        for choice, phrase in ASKS
    )


def open_wecombot(url: str, tools: Tools) -> Opened:
    member, _, options = url.partition("://")[2].partition("?")
    member = unquote(member.strip("/"))
    if not member or "/" in member or options:
        raise ConfigError(
            "this is no address of a member.", where="contact", todo="Write wecombot://MEMBER, the member's account."
        )
    return Opened(WecomBotSender(member, tools), by_number=True)


CHANNEL = Channel(schemes=(SCHEME,), open=open_wecombot)
