"""Who holds a role now, for a place, and whether they may be told now. Pure: time zone and calendar are arguments.

The core's door to `hub.core.roster` (duties, overrides, calendar) and `hub.core.willing` (hours, sleep, leave, consent).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo

from hub.core.context import Core
from hub.core.localtime import DAY_MS
from hub.core.roster import Roster
from hub.core.shifts import shift_at
from hub.core.willing import Unwilling, asleep, unwilling_at, willing_edges
from hub.model import Duty, Person, Severity

__all__ = [
    "Unwilling",
    "asleep",
    "boundaries",
    "changes_after",
    "holders",
    "on_duty",
    "restday",
    "roster",
    "unwilling",
    "unwilling_at",
]


def holders(core: Core, role: str, place: str) -> list[Person]:
    """People who hold the role for the place now by the rota, willing or not, in the order of duty id, then override id."""
    return roster(core).holders(role, place, core.now_ms)


def unwilling(core: Core, person: Person, severity: Severity) -> Unwilling | None:
    """Why this person may not be told of something that severe now: refused, on leave, off hours, asleep. None: tell."""
    return unwilling_at(core.settings.zone, person, severity, core.now_ms)


def restday(core: Core, now_ms: int) -> bool:
    """Is the local day of that moment one of rest: by the site's calendar, else the country's, else the weekday?"""
    return roster(core).restday(now_ms)


def boundaries(core: Core, from_ms: int, until_ms: int) -> list[int]:
    """Moments after ``from_ms`` and before ``until_ms`` at which holders, willingness or the day's being one of rest may
    change for anybody; between two of them nothing of the rota changes."""
    found = roster(core).edges(from_ms, until_ms)
    for person in core.state.people.values():
        found.update(willing_edges(core.settings.zone, person, from_ms, until_ms))
    return sorted(edge for edge in found if from_ms < edge < until_ms)


def changes_after(core: Core, now_ms: int) -> int | None:
    """The next moment at which anything of the rota may change; None: not within 400 days."""
    for days in (2, 30, 400):
        found = boundaries(core, now_ms, now_ms + days * DAY_MS)
        if found:
            return found[0]
    return None


def on_duty(duty: Duty, now_ms: int, zone: tzinfo, rests: Mapping[int, bool] = {}) -> bool:
    """Does this duty have a shift at that moment, whoever's turn it is? Overrides and "I'm home" are the roster's."""
    return shift_at(duty, now_ms, zone, rests) is not None


def roster(core: Core) -> Roster:
    """The rota as it stands; made once and thrown away when the registry changes."""
    if core.roster is None:
        state = core.state
        core.roster = Roster(
            people=state.people,
            duties=state.duties.values(),
            overrides=state.overrides.values(),
            calendar=state.calendar,
            restdays=core.settings.restdays,
            places=state.places,
            zone=core.settings.zone,
        )
    return core.roster
