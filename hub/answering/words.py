"""What a typed line or a pressed button means. Pure tables and one reader."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

import msgspec

from hub.delivery.live import read_key


class Act(StrEnum):
    """What somebody may say about an incident; the values are the choices of buttons."""

    ACCEPT = "accept"
    DECLINE = "decline"
    SAY_FALSE = "say_false"
    ARRIVE = "arrive"
    ASK_HELP = "ask_help"


WORDS: dict[Act, tuple[str, ...]] = {
    Act.ACCEPT: ("1", "我去", "接警", "ok", "我来", "马上去", "马上到", "我马上去", "i go", "go", "accept"),
    Act.DECLINE: ("2", "去不了", "我去不了", "不去", "不能去", "来不了", "i cannot", "cannot", "can't", "decline"),
    Act.SAY_FALSE: ("3", "误报", "是误报", "false", "false alarm", "say_false"),
    Act.ARRIVE: ("到场", "已到", "已到场", "到了", "我到了", "arrived", "on site", "arrive"),
    Act.ASK_HELP: ("求助", "需要支援", "请求支援", "支援", "需要帮助", "help", "ask_help"),
}
"""Whole lines only: 我去不了 begins with 我去, and 收到 promises nothing."""

_ACTS = {word: act for act, words in WORDS.items() for word in words}
_LOOSE = "。.,,、!!??~～…;;:: \t\r\n\u3000\ufe0f\u20e3\u200b\"'“”‘’()()[]【】"
"""What people put round a number: punctuation, quotes, the marks that make 1 a keycap."""
_NUMBERED = re.compile(r"(.+?)[\s,,、.。第#]+(\d{1,2})[件个]?")
LONGEST = 64
"""Nothing that we understand is longer."""


class Said(msgspec.Struct, frozen=True):
    """One understood answer."""

    act: Act
    which: int = 0
    """Number in the list that this person was last shown, from 1; 0: they named none."""


def read_words(text: str) -> Said | None:
    """A typed line; None when it is not understood, because a guess would send somebody, or nobody."""
    # A mention of the bot comes first in a group: @bot 1.
    line = re.sub(r"^(?:@\S+\s+)+", "", unicodedata.normalize("NFKC", text[: LONGEST * 4]).strip())
    line = " ".join(line.casefold().strip(_LOOSE).split())
    if not line or len(line) > LONGEST:
        return None
    if line in _ACTS:
        return Said(_ACTS[line])
    match = _NUMBERED.fullmatch(line)
    if match is None:
        return None
    act = _ACTS.get(match.group(1).strip(_LOOSE))
    return Said(act, int(match.group(2))) if act is not None and int(match.group(2)) else None


def read_choice(key: str) -> Said | None:
    """The choice of a button's key."""
    said = read_words(read_key(key).choice)
    return None if said is None else Said(said.act)
