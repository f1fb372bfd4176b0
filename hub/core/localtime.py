"""Local days and minutes as moments, across changes of the clock. Pure: a zone is an argument, a table of its changes.

Law: the moments of one zone's minutes never run backwards. A minute that the clock skips is the moment of the skip; one
that it shows twice is the first. So each moment belongs to exactly one local day and two shifts that touch never gap.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from hub.model import Window

DAY_MINUTES = 1440
DAY_MS = 86_400_000
_FIRST_DAY, _LAST_DAY = 3, date.max.toordinal() - 3
"""So that "for ever" written as 9999-12-31 is a date like any other, in every zone."""


@lru_cache(maxsize=16_384)
def moment(zone: tzinfo, day: int, minute: int) -> int:
    """The moment, in ms, of that minute of the local day (an ordinal); from 1440 on it is the next day's."""
    day = min(max(day + minute // DAY_MINUTES, _FIRST_DAY), _LAST_DAY)
    hour, minute = divmod(minute % DAY_MINUTES, 60)
    local = datetime.combine(date.fromordinal(day), time(hour, minute), zone)
    found = round(local.timestamp())
    if datetime.fromtimestamp(found, zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        found = _skip(zone, round(local.replace(fold=1).timestamp()), found)
    return found * 1000


def _skip(zone: tzinfo, before: int, after: int) -> int:
    """The second at which the zone's offset changes between those two."""
    offset = datetime.fromtimestamp(before, zone).utcoffset()
    while after - before > 1:
        middle = (before + after) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


def local_day(zone: tzinfo, now_ms: int) -> int:
    """Ordinal of the local day that the moment belongs to."""
    day = datetime.fromtimestamp(now_ms // 1000, UTC).astimezone(zone).toordinal()
    # Where the clock goes back over midnight the new day has begun all the same.
    return day + 1 if now_ms >= moment(zone, day + 1, 0) else day


def span(zone: tzinfo, day: int, from_minute: int, to_minute: int) -> tuple[int, int]:
    """Begin and end of a stretch of that day; an end not after the begin is on the next day, equal ends last 24 hours."""
    until = to_minute if to_minute > from_minute else to_minute + DAY_MINUTES
    return moment(zone, day, from_minute), moment(zone, day, until)


def window_at(zone: tzinfo, window: Window, now_ms: int) -> tuple[int, int] | None:
    """Begin and end of the window that is open at that moment, or None."""
    day = local_day(zone, now_ms)
    for started in (day, day - 1):
        begin, end = span(zone, started, window.from_minute, window.to_minute)
        if begin <= now_ms < end:
            return begin, end
    return None


def next_opening(zone: tzinfo, window: Window, now_ms: int) -> int:
    """When the window opens next, after that moment; a window that the clock skips whole does not open that day."""
    day = local_day(zone, now_ms)
    while True:
        begin, end = span(zone, day, window.from_minute, window.to_minute)
        if now_ms < begin < end:
            return begin
        day += 1


@lru_cache(maxsize=256)
def zone_named(name: str, fallback: tzinfo) -> tzinfo:
    """The zone of that IANA name; the fallback for "" and for a name that this machine does not know."""
    if not name:
        return fallback
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # a rota must not stop because a zone was renamed
        return fallback


@lru_cache(maxsize=4096)
def day_of(iso: str) -> int | None:
    """Ordinal of an ISO 8601 date (``2027-02-06``), or None for anything else."""
    try:
        day = date.fromisoformat(iso)
    except ValueError:
        return None
    return day.toordinal() if day.isoformat() == iso else None
