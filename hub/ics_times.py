"""When an event of an iCalendar file takes place: its zone, its repetitions, what they leave out. Edge: `icalendar`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo

import msgspec
from dateutil.rrule import rrulestr  # type: ignore[import-untyped]
from icalendar import Event

from hub.config import Text
from hub.config_words import both

MAX_DAYS = 400
"""Longest stretch over which a repeated event is written out."""
MAX_TIMES = 1000
"""Most repetitions of one event."""
_FREQUENCIES = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}


class IcsMistake(msgspec.Struct, frozen=True):
    """One event that cannot be taken: which, why, and what to do."""

    event: str
    text: Text


class NotTaken(ValueError):
    """Why this event is not taken."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.text = both(zh, en)


class Occurrence(msgspec.Struct, frozen=True):
    """One time at which an event takes place."""

    from_ms: int
    until_ms: int
    named_ms: int
    """What names it among its repetitions: where it began before somebody moved it."""


def occurrences(event: Event, zone: tzinfo, moved: frozenset[int]) -> list[Occurrence]:
    """Every time at which it takes place; ``moved`` repetitions have an event of their own. Raises `NotTaken`."""
    begin = _local(event, "DTSTART", event.start, zone)
    end = _local(event, "DTEND", event.end, zone).astimezone(begin.tzinfo)
    if end <= begin:
        raise NotTaken(
            "没有持续时间:请写明结束时间(DTEND 或 DURATION)", "it lasts no time: give its end (DTEND or DURATION)"
        )
    own = recurrence_ms(event, zone)
    if own is not None:
        return [Occurrence(milliseconds(begin), milliseconds(end), own)]
    length = end.replace(tzinfo=None) - begin.replace(tzinfo=None)
    left_out = {milliseconds(aware(at, zone)) for at in event.exdates} | moved
    found: list[Occurrence] = []
    for start in _starts(event, begin, zone):
        from_ms = milliseconds(start)
        if from_ms not in left_out:
            until = (start.replace(tzinfo=None) + length).replace(tzinfo=start.tzinfo)
            found.append(Occurrence(from_ms, milliseconds(until), from_ms))
    return found


def recurrence_ms(event: Event, zone: tzinfo) -> int | None:
    """Which repetition this event stands for (RECURRENCE-ID); None: it stands for itself."""
    named = event.get("RECURRENCE-ID")
    if named is None:
        return None
    if "RANGE" in named.params:
        raise NotTaken(
            "改动了此后的所有重复:请在日历里拆成两个日程", "it moves all later repetitions: split it into two events"
        )
    return milliseconds(aware(named.dt, zone))


def aware(at: date, zone: tzinfo) -> datetime:
    """A date is its first minute, a time without a zone is the installation's."""
    local = at if isinstance(at, datetime) else datetime.combine(at, time())
    return local if local.tzinfo else local.replace(tzinfo=zone)


def milliseconds(at: datetime) -> int:
    return round(at.timestamp()) * 1000


def _local(event: Event, key: str, at: date, zone: tzinfo) -> datetime:
    named = event[key].params.get("TZID") if key in event else None
    if named and isinstance(at, datetime) and at.tzinfo is None:
        raise NotTaken(
            f"不认识时区 {named}:请用 Asia/Shanghai 这样的名称", f"there is no time zone {named}: write Asia/Shanghai"
        )
    return aware(at, zone)


def _starts(event: Event, begin: datetime, zone: tzinfo) -> Iterator[datetime]:
    if "RDATE" in event or "EXRULE" in event or len(event.rrules) > 1:
        raise NotTaken("重复方式太复杂:请改成几个单独的日程", "it repeats in too complex a way: make it several events")
    if not event.rrules:
        yield begin
        return
    rule = dict(event.rrules[0])
    count, until = rule.pop("COUNT", [None])[0], rule.pop("UNTIL", [None])[0]
    last = begin + timedelta(days=MAX_DAYS)
    end = None if until is None else _until(until, zone)
    if (count is None and end is None) or (end is not None and end > last):
        raise _too_long()
    if rule.get("FREQ", [""])[0] not in _FREQUENCIES:
        raise NotTaken("重复得太密:最多每天一次", "it repeats too often: at most daily")
    taken = 0
    naive_last = last.replace(tzinfo=None)
    for naive in rrulestr(_words(rule, naive_last), dtstart=begin.replace(tzinfo=None)):
        start: datetime = naive.replace(tzinfo=begin.tzinfo)
        if (end is not None and start > end) or taken == count:
            return
        taken += 1
        if taken > MAX_TIMES:
            raise _too_long()
        yield start
    if count is not None and taken < count:
        raise _too_long()


def _until(until: date, zone: tzinfo) -> datetime:
    """The last moment at which a repetition may begin; a date includes its whole day."""
    end = aware(until, zone)
    return end if isinstance(until, datetime) else end + timedelta(days=1, seconds=-1)


def _words(rule: dict[str, list[object]], last: datetime) -> str:
    """The rule again, with an end of ours: so that one which never comes true ends too."""
    parts = [f"{key}={','.join(str(value) for value in values)}" for key, values in rule.items()]
    return ";".join([*parts, f"UNTIL={last:%Y%m%dT%H%M%S}"])


def _too_long() -> NotTaken:
    return NotTaken(
        f"重复没有结束,或超过 {MAX_DAYS} 天、{MAX_TIMES} 次:给重复一个更早的结束日期,或在值班表里建一个固定班次",
        f"it repeats without an end, or for more than {MAX_DAYS} days or {MAX_TIMES} times: "
        "give it an earlier end, or make it a duty of the rota",
    )


def utc(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)
