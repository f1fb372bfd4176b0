"""Who is on duty now: read from the registry's duty rows, by the core's own reading of a duty."""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from hub.core import rota
from hub.model import Duty


def on_duty(duties: Iterable[Duty], role: str, now_ms: int, timezone: str) -> list[str]:
    """Ids of the people who hold the role now, in the order of the rota."""
    zone = ZoneInfo(timezone)
    people = [duty.person for duty in duties if duty.role == role and rota.on_duty(duty, now_ms, zone)]
    return list(dict.fromkeys(people))
