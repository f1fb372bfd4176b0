"""What the cards of all channels have in common: who may press what, in which words, in which colour."""

from __future__ import annotations

import hashlib

from hub.delivery.port import Message
from hub.model import Purpose, Severity
from hub.phrases import Phrase

BUTTONS: dict[str, Phrase] = {
    "go": Phrase("我去", "I go"),
    "cannot": Phrase("去不了", "I cannot"),
    "open": Phrase("点开处理", "Answer here"),
    "over": Phrase("已结束", "Over"),
}
"""Labels; the vendors cut what is longer than about ten characters."""

ASKS_NOTHING = frozenset({Purpose.ENDED, Purpose.TEST, Purpose.DIGEST, Purpose.SILENCED})

GO, CANNOT = "1", "2"
"""As by number and by key press."""


def label(name: str, message: Message) -> str:
    return BUTTONS[name].said(message.notice.language)


def answer_word(number: str, message: Message) -> str:
    """What a button that needs no page sends back: ``1:<token>`` or ``2:<token>``."""
    return f"{number}:{message.token}"


def asks(message: Message) -> bool:
    """Whether there is something to say yes or no to: one incident, and one person who may answer."""
    notice = message.notice
    return bool(message.token) and notice.incident != 0 and notice.purpose not in ASKS_NOTHING


def rest(message: Message) -> str:
    """The text without its first line, which a card shows as its head."""
    return message.text.removeprefix(message.title).lstrip("。. ") or message.text


def colour(message: Message) -> str:
    """red, orange, yellow, blue; green when it is over."""
    if message.notice.purpose is Purpose.ENDED:
        return "green"
    return {Severity.CRITICAL: "red", Severity.MAJOR: "orange", Severity.MINOR: "yellow", Severity.INFO: "blue"}[
        message.notice.severity
    ]


def card_id(message: Message) -> str:
    """The same for each attempt of one notification, so that a repeat after a crash replaces instead of doubling."""
    return hashlib.sha256(f"{message.community}|{message.notification}|{message.person}".encode()).hexdigest()[:24]


def no_markup(text: str) -> str:
    """Words that people typed must not become a link or a mention in what a vendor takes for markup."""
    return text.translate(_MARKUP)


_MARKUP = str.maketrans({"<": "＜", ">": "＞", "[": "［", "]": "］"})
