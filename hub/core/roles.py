"""Who holds a role now, for a place. Pure: the time zone is an argument."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

from hub.core.context import Core
from hub.model import Duty, Person


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
