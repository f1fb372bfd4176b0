"""Who is on duty now: read from the registry's rows, by the core's own reading of the rota."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from hub.calendar import restdays_around
from hub.config import InstallationConfig
from hub.core.roster import Roster
from hub.web.rows import Registry


def roster_of(registry: Registry, installation: InstallationConfig, now_ms: int) -> Roster:
    """The rota of one community as its rows have it: ask it who holds a role, or for its shifts."""
    zone = ZoneInfo(installation.timezone)
    return Roster(
        people=registry.people,
        duties=registry.duties.values(),
        overrides=registry.overrides.values(),
        calendar=registry.calendar,
        restdays=restdays_around(installation.holidays, now_ms, zone),
        places=registry.places,
        zone=zone,
    )
