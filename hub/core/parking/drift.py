"""Drift: gates and spaces disagree for long; the source that is likely wrong is named and its device's rules are asked. Pure."""

from __future__ import annotations

import math

from hub.core.conditions import ask
from hub.core.context import Core
from hub.core.parking.index import touched
from hub.core.parking.site import Site
from hub.core.parking.state import ZoneState

GATES, SENSORS, CENSUS = "gates", "sensors", "census"
LONG_MS = 24 * 3_600_000
"""A space of a home that is out and that shows occupied for this long contradicts the gates."""
JUST_COUNTED_MS = 3_600_000


def look_for_drift(core: Core, here: Site, state: ZoneState, zone: str, occupied: float, variance: float) -> str:
    """Source that has drifted, "" for none; told once when it begins and once when it is over."""
    said = core.settings.parking
    apart = abs(state.ins - state.outs - state.offset - occupied)
    told = "" if state.estimate is None else state.estimate.drift
    if apart <= max(said.drift_cars, 3 * math.sqrt(max(variance, state.wander))):
        state.drift_since_ms = None
        if told:
            _tell(core, here, told, drifted=False)
        return ""
    if state.drift_since_ms is None:
        state.drift_since_ms = core.now_ms
    if told or core.now_ms - state.drift_since_ms < said.drift_ms:
        return told
    source = _source(core, here, state, zone)
    _tell(core, here, source, drifted=True)
    return source


def _source(core: Core, here: Site, state: ZoneState, zone: str) -> str:
    """A space that contradicts, the census if it was just taken, else the lane that reads worst."""
    contradicting = _contradicting(core, here, zone)
    if contradicting:
        return contradicting
    if (
        state.census_ms
        and state.drift_since_ms is not None
        and state.drift_since_ms - state.census_ms < JUST_COUNTED_MS
    ):
        return CENSUS
    rated = []
    for id, lane in sorted(core.state.gate_lanes.items()):
        one = core.state.parking.lanes.get(id)
        if lane.zone == zone and one is not None and one.openings:
            rated.append((one.reads / one.openings, id))
    return min(rated)[1] if rated else GATES


def _contradicting(core: Core, here: Site, zone: str) -> str:
    """The counted space that has shown occupied for longest while each home that it belongs to is out."""
    inside = {visit.home for visit in core.state.parking.visits.values() if visit.home}
    found = []
    for id in here.counted.get(zone, ()):
        space, one = core.state.spaces[id], core.state.parking.spaces.get(id)
        if one is None or not one.occupied or core.now_ms - one.since_ms < LONG_MS:
            continue
        if space.homes and inside.isdisjoint(space.homes):
            found.append((one.since_ms, id))
    return min(found)[1] if found else ""


def doubt_stuck(core: Core, here: Site) -> None:
    """A sensor that has said "occupied" while its home's cars went and came again is stuck: it is doubted until it changes."""
    since: dict[str, int] = {}
    for visit in core.state.parking.visits.values():
        if visit.home:
            since[visit.home] = min(visit.in_ms, since.get(visit.home, visit.in_ms))
    before_ms = core.now_ms - LONG_MS
    for id in here.counted.get("", ()):
        one = core.state.parking.spaces.get(id)
        if one is None or not one.occupied or one.since_ms > before_ms or one.doubted_ms or one.squat:
            continue
        came = [since[home] for home in core.state.spaces[id].homes if home in since]
        if came and min(came) > one.since_ms:
            one.doubted_ms = core.now_ms
            touched(core, id)


def _tell(core: Core, here: Site, source: str, *, drifted: bool) -> None:
    """Its device's rules are asked; of a source without a device the first gate device of all is."""
    lane = core.state.gate_lanes.get(source)
    devices = lane.devices if lane is not None else here.sensors.get(source, ()) or tuple(sorted(here.lane_of))
    for id in devices:
        device = core.state.devices.get(id)
        if device is not None:
            ask(core, device, {"drifted": drifted}, core.now_ms)
            return
