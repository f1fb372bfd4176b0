"""Night calls: a phone that rings wakes people, so each of them says how often it may in one sleep. Pure."""

from __future__ import annotations

from hub.core.context import Core
from hub.core.rota import asleep
from hub.model import Person


def asleep_since(core: Core, person: Person) -> int | None:
    """When the sleep that is on began; None: awake, or at home and asked to be told."""
    sleep = _sleep(core, person)
    return None if sleep is None else sleep[0]


def awake_at(core: Core, person: Person) -> int | None:
    """When the sleep that is on ends."""
    sleep = _sleep(core, person)
    return None if sleep is None else sleep[1]


def _sleep(core: Core, person: Person) -> tuple[int, int] | None:
    if person.sleep is None or person.home_until_ms > core.now_ms:
        return None
    return asleep(core.settings.zone, person, core.now_ms)


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
        # Up at home for a while they are in the same sleep still: what rang in it before counts when they lie down again.
        if person.sleep is None or asleep(core.settings.zone, person, core.now_ms) is None:
            core.state.calls.pop(person.id, None)
        return
    calls = [at for at in core.state.calls.get(person.id, ()) if at >= since]
    core.state.calls[person.id] = [*calls, core.now_ms]
