"""Hours: what each zone's hour is made of, for the table of parking needs. Pure."""

from __future__ import annotations

from hub.core.context import Core
from hub.model import ZoneHour

HOUR_MS = 3_600_000


def hour_of(core: Core, zone: str, at_ms: int) -> ZoneHour:
    """The hour of the zone that is on; one that is over goes into the batch's changes, complete.

    What is replayed from an hour that was closed already counts in the hour that is on: closed hours are not in the state.
    """
    hours = core.state.parking.hours
    hour = hours.get(zone)
    began_ms = at_ms - at_ms % HOUR_MS
    if hour is None or began_ms > hour.hour_ms:
        if hour is not None:
            core.changes.parking.hours[f"{zone}|{hour.hour_ms}"] = hour
        hour = hours[zone] = ZoneHour(zone=zone, hour_ms=began_ms)
    return hour
