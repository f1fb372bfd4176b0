"""Moments as people read them, in the installation's zone. Reads no clock."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from hub.delivery.phrases import TIMES

HOUR_MS = 3_600_000
LONG_MS = 12 * HOUR_MS
"""From here on a reader wants to know how long, too."""
MANY_HOURS = 72


def local(at_ms: int, now_ms: int, zone: ZoneInfo, language: str) -> str:
    """``03:12``, with the date when that is not today."""
    at = datetime.fromtimestamp(at_ms / 1000, zone)
    now = datetime.fromtimestamp(now_ms / 1000, zone)
    clock = f"{at:%H:%M}"
    if at.date() == now.date():
        return clock
    if language.startswith("en"):
        return f"{at:%Y-%m-%d} {clock}" if at.year != now.year else f"{at:%m-%d} {clock}"
    year = f"{at.year}年" if at.year != now.year else ""
    return f"{year}{at.month}月{at.day}日{clock}"


def since(at_ms: int, now_ms: int, zone: ZoneInfo, language: str, *, short: bool) -> str:
    """Since when, as it follows what happened; ``short`` is the form of critical messages."""
    at = local(at_ms, now_ms, zone, language)
    if short:
        return TIMES["since_short"].said(language).format(at=at)
    text = TIMES["since"].said(language).format(at=at)
    if now_ms - at_ms >= LONG_MS:
        hours = (now_ms - at_ms) // HOUR_MS
        key, n = ("hours", hours) if hours < MANY_HOURS else ("days", hours // 24)
        text += TIMES[key].said(language).format(n=n)
    return text
