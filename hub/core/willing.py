"""Whether somebody may be told at a moment: consent, leave, hours, sleep. Pure: zone and moment are arguments."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo

import msgspec

from hub.core.decisions import Reason
from hub.core.localtime import local_day, next_opening, span, window_at
from hub.model import SEVERITY_ORDER, Person, Severity


class Unwilling(msgspec.Struct, frozen=True):
    """Why somebody who holds the role is not told now."""

    reason: Reason
    until_ms: int | None = None
    """When they may be told; None: waiting does not help."""


_REFUSED = Unwilling(Reason.REFUSED)


def unwilling_at(zone: tzinfo, person: Person, severity: Severity, now_ms: int) -> Unwilling | None:
    """Why this person may not be told of something that severe at that moment; the first of refusal, leave, hours, sleep."""
    if not person.agreed:
        return _REFUSED
    away_until = _away_until(person, now_ms)
    if away_until is not None:
        return Unwilling(Reason.ON_LEAVE, away_until)
    if person.home_until_ms > now_ms:
        return None
    if person.hours and all(window_at(zone, window, now_ms) is None for window in person.hours):
        return Unwilling(Reason.OFF_HOURS, min(next_opening(zone, window, now_ms) for window in person.hours))
    if person.sleep is not None and SEVERITY_ORDER[severity] > SEVERITY_ORDER[person.wakes_for]:
        sleep = window_at(zone, person.sleep, now_ms)
        if sleep is not None:
            for_ever = person.sleep.from_minute == person.sleep.to_minute
            return Unwilling(Reason.ASLEEP, None if for_ever else sleep[1])
    return None


def asleep(zone: tzinfo, person: Person, now_ms: int) -> tuple[int, int] | None:
    """Begin and end of the sleep that is on at that moment, or None; what they said of being at home does not count."""
    return None if person.sleep is None else window_at(zone, person.sleep, now_ms)


def _away_until(person: Person, now_ms: int) -> int | None:
    """The end of the leave that is on, and of what follows it at once."""
    until: int | None = None
    for leave in sorted(person.leave, key=lambda leave: leave.from_ms):
        if leave.from_ms <= (now_ms if until is None else until) < leave.until_ms:
            until = leave.until_ms
    return until


def willing_edges(zone: tzinfo, person: Person, from_ms: int, until_ms: int) -> Iterator[int]:
    """Moments, some outside that time, at which the answer of `unwilling_at` may change for them."""
    yield person.home_until_ms
    for leave in person.leave:
        yield leave.from_ms
        yield leave.until_ms
    windows = (*person.hours, person.sleep) if person.sleep else person.hours
    for window in windows:
        if window.from_minute != window.to_minute:
            for day in range(local_day(zone, from_ms) - 1, local_day(zone, until_ms) + 1):
                yield from span(zone, day, window.from_minute, window.to_minute)
