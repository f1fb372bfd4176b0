"""Night calls: a phone that rings wakes people, so each of them says how often it may in one sleep. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from hub.core.context import Core
from hub.model import Person


def asleep_since(core: Core, person: Person) -> int | None:
    """When the sleep that is on began; None: awake, or at home and asked to be told."""
    window = person.sleep
    if window is None or person.home_until_ms > core.now_ms:
        return None
    zone = core.settings.zone
    local = datetime.fromtimestamp(core.now_ms / 1000, UTC).astimezone(zone)
    minute = local.hour * 60 + local.minute
    day = local.date()
    if window.from_minute < window.to_minute:
        if not window.from_minute <= minute < window.to_minute:
            return None
    elif window.to_minute <= minute < window.from_minute:
        return None
    elif window.from_minute > window.to_minute and minute < window.to_minute:
        day -= timedelta(days=1)
    start = datetime.combine(day, time(window.from_minute // 60 % 24, window.from_minute % 60), zone)
    return round(start.timestamp() * 1000)


def awake_at(core: Core, person: Person) -> int | None:
    """When the sleep that is on ends."""
    since = asleep_since(core, person)
    if since is None or person.sleep is None:
        return None
    minutes = (person.sleep.to_minute - person.sleep.from_minute) % 1440 or 1440
    return since + minutes * 60_000


def capped(core: Core, person: Person, waiting: bool) -> bool:
    """Has their phone rung as often as it may in this sleep? ``waiting``: one more call is on its way."""
    if person.night_calls is None:
        return False
    since = asleep_since(core, person)
    if since is None:
        return False
    calls = sum(1 for at in core.state.calls.get(person.id, ()) if at >= since)
    return calls + waiting >= person.night_calls


def rang(core: Core, person: Person) -> None:
    """Count a call in the sleep that is on."""
    since = asleep_since(core, person)
    if since is None:
        core.state.calls.pop(person.id, None)
        return
    calls = [at for at in core.state.calls.get(person.id, ()) if at >= since]
    core.state.calls[person.id] = [*calls, core.now_ms]
