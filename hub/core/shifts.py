"""Shifts: what a duty means on one day. Pure.

Law: a duty has at most one shift a day, it belongs to the day it starts on, and shifts of one duty never overlap.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import tzinfo

import msgspec

from hub.core.localtime import day_of, local_day, moment, span, zone_named
from hub.model import CalendarDay, Days, Duty

ROTATION_EPOCH = 719_167
"""1970-01-05, a Monday: from where the turns of a duty without a first day are counted."""


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of time in which one person holds a role, by a duty or by an override."""

    role: str
    person: str
    from_ms: int
    until_ms: int
    place: str = ""
    duty: str = ""
    """Empty: added by ``override``."""
    day: int = 0
    """Ordinal of the local day that it belongs to."""
    override: str = ""


def is_rest(rests: Mapping[int, bool], day: int) -> bool:
    """Is that day (an ordinal) a day of rest? A day that the calendar does not know goes by its weekday: never a gap."""
    known = rests.get(day)
    return (day - 1) % 7 >= 5 if known is None else known


def with_site(restdays: Mapping[int, bool], calendar: Mapping[str, CalendarDay]) -> Mapping[int, bool]:
    """The country's calendar with the site's own words over it."""
    site = {day: one.rest for one in calendar.values() if (day := day_of(one.date)) is not None}
    return {**restdays, **site} if site else restdays


def on_turn(duty: Duty, day: int) -> str:
    """Whose turn it is on that day: local dates are counted, so a change of the clock never moves a turn."""
    if not duty.rotation:
        return duty.person
    people = (duty.person, *duty.rotation)
    first = day_of(duty.from_date) or ROTATION_EPOCH
    return people[(day - first) // max(duty.turn_days, 1) % len(people)]


def in_force(duty: Duty, day: int) -> bool:
    """Is that day between the duty's first and last day?"""
    first, last = day_of(duty.from_date), day_of(duty.until_date)
    return (first is None or day >= first) and (last is None or day <= last)


def force_ends(duty: Duty, zone: tzinfo) -> list[int]:
    """The moments at which the duty comes into force and goes out of it, as far as it has them."""
    first, last = day_of(duty.from_date), day_of(duty.until_date)
    found = [] if first is None else [moment(zone, first, 0)]
    return found if last is None else [*found, moment(zone, last + 1, 0)]


def shift_on(duty: Duty, day: int, zone: tzinfo, rests: Mapping[int, bool]) -> Shift | None:
    """The shift that the duty has on that day, in its own zone, or None."""
    if (day - 1) % 7 not in duty.weekdays or not in_force(duty, day):
        return None
    if duty.days is not Days.EVERY and is_rest(rests, day) is not (duty.days is Days.RESTDAYS):
        return None
    from_ms, until_ms = span(zone_named(duty.zone, zone), day, duty.from_minute, duty.to_minute)
    if from_ms == until_ms:  # the clock skips it
        return None
    return Shift(
        role=duty.role,
        person=on_turn(duty, day),
        from_ms=from_ms,
        until_ms=until_ms,
        place=duty.place,
        duty=duty.id,
        day=day,
    )


def shifts_between(duty: Duty, from_ms: int, until_ms: int, zone: tzinfo, rests: Mapping[int, bool]) -> Iterator[Shift]:
    """The duty's shifts that reach into that time, in order."""
    own = zone_named(duty.zone, zone)
    for day in range(local_day(own, from_ms) - 1, local_day(own, until_ms) + 1):
        shift = shift_on(duty, day, zone, rests)
        if shift is not None and shift.from_ms < until_ms and from_ms < shift.until_ms:
            yield shift


def shift_at(duty: Duty, now_ms: int, zone: tzinfo, rests: Mapping[int, bool] = {}) -> Shift | None:
    """The duty's shift that is on at that moment, or None."""
    return next(shifts_between(duty, now_ms, now_ms + 1, zone, rests), None)
