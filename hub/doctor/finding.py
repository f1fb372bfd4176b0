"""One thing that the doctor found, and how bad it is."""

from __future__ import annotations

from enum import Enum

import msgspec

from hub.config import Text
from hub.config_words import both


class Level(Enum):
    """Its mark in front of the line."""

    OK = "✓"
    NOTE = "·"
    WARN = "!"
    BAD = "✗"
    """A critical alert would be lost, or nobody would see it: the exit code says so."""


class Finding(msgspec.Struct, frozen=True):
    """One line of the report."""

    level: Level
    text: Text


def found(level: Level, zh: str, en: str) -> Finding:
    return Finding(level, both(zh, en))


def ok(zh: str, en: str) -> Finding:
    return found(Level.OK, zh, en)


def note(zh: str, en: str) -> Finding:
    return found(Level.NOTE, zh, en)


def warn(zh: str, en: str) -> Finding:
    return found(Level.WARN, zh, en)


def bad(zh: str, en: str) -> Finding:
    return found(Level.BAD, zh, en)


def age(ms: int) -> Text:
    """How long ago, in the largest unit that fits."""
    seconds = max(0, ms) / 1000
    for size, zh, en in ((86400, "天", "d"), (3600, "小时", "h"), (60, "分钟", "min")):
        if seconds >= size:
            return both(f"{seconds / size:.0f}{zh}前", f"{seconds / size:.0f} {en} ago")
    return both(f"{seconds:.0f}秒前", f"{seconds:.0f} s ago")


def size(count: int) -> str:
    """Bytes as people say them."""
    number = float(count)
    for unit in ("B", "KB", "MB", "GB"):
        if number < 1024:
            return f"{number:.0f} {unit}"
        number /= 1024
    return f"{number:.1f} TB"
