"""Short words for SMS templates and calls: at most 70 characters, no link, no phone number, no brackets."""

from __future__ import annotations

import re

from hub.core.decisions import Notice
from hub.delivery.phrases import LISTS, TELL, TIMES
from hub.model import Purpose

SHORT_CHARS = 70
"""One SMS in Chinese; what the vendors' templates take as one variable is less, and they say so themselves."""

_LINK = re.compile(r"[\w.-]*://[!-~]*|www\.[!-~]*", re.ASCII)
_NUMBER = re.compile(r"\+?\d[\d\- ]{5,}\d")
_BRACKETS = re.compile(r"[【\[]([^】\]]*)[】\]] ?")


def short_text(notice: Notice, title: str, language: str, limit: int = SHORT_CHARS) -> str:
    """``title`` is the message's first line (`Message.title`): mark, where, what, since when. Who goes already and how
    many more there are follow as far as they fit; the first line is cut last."""
    stop = TIMES["stop"].said(language)
    text = _BRACKETS.sub(r"\1 ", title).strip()
    text = _NUMBER.sub("", _LINK.sub("", text)).strip()
    parts = []
    if notice.also or notice.more:
        parts.append(LISTS["in_all"].said(language).format(n=1 + len(notice.also) + notice.more))
    if notice.going and notice.purpose is not Purpose.ENDED:
        missing = max(0, notice.needed - notice.going)
        words = TELL["going_short" if missing else "going_enough"].said(language)
        parts.append(words.format(n=notice.going, m=missing).rstrip("。. "))
    for part in parts:
        if len(text) + len(stop.rstrip()) + len(part) + 1 <= limit:
            text = f"{text}{stop}{part}"
    return text if len(text) <= limit else text[: limit - 1] + "…"
