"""Who holds a role now, for a place, and whether they may be told now. Pure: time zone and calendar are arguments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

import msgspec

from hub.core.context import Core
from hub.core.decisions import Reason
from hub.model import Duty, Person, Severity


class Unwilling(msgspec.Struct, frozen=True):
    """Why somebody who holds the role is not told now."""

    reason: Reason
    until_ms: int | None = None
    """When they may be told; None: waiting does not help."""


def unwilling(core: Core, person: Person, severity: Severity) -> Unwilling | None:
    """Why this person may not be told of something that severe now: refused, on leave, off hours, asleep. None: tell."""
    return None


def restday(core: Core, now_ms: int) -> bool:
    """Is it a day of rest there? The site's word, then the country's (调休), then the weekday."""
    local = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(core.settings.zone).date()
    said = core.state.calendar.get(local.isoformat())
    if said is not None:
        return said.rest
    return core.settings.restdays.get(local.toordinal(), local.weekday() >= 5)


def on_duty(duty: Duty, now_ms: int, zone: tzinfo) -> bool:
    """Does this duty cover that moment? One that crosses midnight belongs to the weekday it starts on."""
    local = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone)
    minute = local.hour * 60 + local.minute
    if duty.from_minute == duty.to_minute:
        return local.weekday() in duty.weekdays
    if duty.from_minute < duty.to_minute:
        return local.weekday() in duty.weekdays and duty.from_minute <= minute < duty.to_minute
    if minute >= duty.from_minute:
        return local.weekday() in duty.weekdays
    yesterday = (local - timedelta(days=1)).weekday()
    return yesterday in duty.weekdays and minute < duty.to_minute


def holders(core: Core, role: str, place: str) -> list[Person]:
    """People who hold the role for the place now, in the order of their duties' ids."""
    places = {p.id for p in core.ancestors(place)} | {""}
    found: dict[str, Person] = {}
    for duty in sorted(core.state.duties.values(), key=lambda d: d.id):
        if duty.role != role or duty.place not in places:
            continue
        person = core.state.people.get(duty.person)
        if person is not None and on_duty(duty, core.now_ms, core.settings.zone):
            found.setdefault(person.id, person)
    return list(found.values())
