"""The times that platforms write, as UTC milliseconds; None for what cannot be read. Never raises.

A message must never be lost over its clock: a fixture of a real gateway carries ``2020-0327T12:39:05.547336Z``.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache

_DAY_MS = 86_400_000
_EPOCH = date(1970, 1, 1).toordinal()
_LATEST_MS = 253_402_300_800_000
"""Year 10000."""

_WRITTEN = re.compile(
    r"\s*(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})[T _-]?(\d{2}):?(\d{2}):?(\d{2})(?:[.,](\d{1,12}))?\s*(Z|[+-]\d{2}:?\d{2})?\s*",
    re.ASCII | re.IGNORECASE,
)


@lru_cache(maxsize=8)
def _midnight_ms(day: str) -> int:
    """A day written ``2022-07-18``; every message of a day asks for the same one."""
    return (date.fromisoformat(day).toordinal() - _EPOCH) * _DAY_MS


def time_ms(value: object, zone: tzinfo = UTC) -> int | None:
    """RFC 3339 with 0 to 12 fraction digits, its compact forms, or an epoch in s, ms, us or ns; ``zone`` for none."""
    if type(value) is str:
        try:  # ChirpStack and The Things Stack: 2022-07-18T09:34:15.775023242+00:00, 2024-11-06T08:43:11.357Z
            if value[10] == "T" and value[19] == "." and (value[-1] == "Z" or value[-6:] == "+00:00"):
                fraction = value[20:23]
                if fraction.isdigit() and len(fraction) == 3:
                    return _second_ms(value[:19]) + int(fraction)
                return _written_ms(value, zone)
        except (ValueError, IndexError):
            pass
        return _written_ms(value, zone)
    if type(value) is int or type(value) is float:
        return epoch_ms(value)
    return None


@lru_cache(1024)
def _second_ms(text: str) -> int:
    """``2022-07-18T09:34:15`` in UTC; many messages come in one second."""
    return _midnight_ms(text[:10]) + (int(text[11:13]) * 3600 + int(text[14:16]) * 60 + int(text[17:19])) * 1000


def epoch_ms(value: float) -> int | None:
    """An epoch in seconds, milliseconds, microseconds or nanoseconds, told apart by size (1973 to 5138 in each)."""
    if not 0 < value < 1e20:  # also refuses NaN
        return None
    if value < 1e11:
        return int(value * 1000)
    if value < 1e14:
        return int(value)
    return int(value // 1000) if value < 1e17 else int(value // 1_000_000)


def _written_ms(text: str, zone: tzinfo) -> int | None:
    if len(text) > 64:
        return None
    # 14 digits are a written local time (20200401182505), 9, 10, 13, 16 and 19 an epoch.
    if len(text) != 14 and text.isascii() and text.isdigit():
        return epoch_ms(int(text)) if len(text) in (9, 10, 13, 16, 19) else None
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    try:
        # A leap second is told as the last one of its minute.
        moment = datetime(int(year), int(month), int(day), int(hour), int(minute), min(int(second), 59), tzinfo=UTC)
        if offset is None:
            moment = moment.replace(tzinfo=zone)
        whole = int(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
    if offset and offset not in "Zz":
        minutes = int(offset[1:3]) * 60 + int(offset[-2:])
        whole += (-minutes if offset[0] == "+" else minutes) * 60_000
    if fraction:
        whole += int(fraction[:3].ljust(3, "0"))
    return whole if 0 <= whole < _LATEST_MS else None
