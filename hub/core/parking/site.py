"""The site as parking needs it: which lane a device belongs to, which space it stands in. An index, rebuilt when the registry
changes. Pure."""

from __future__ import annotations

import msgspec

from hub.core.state import State
from hub.model import COUNTED, GateLane, Kind, PlaceKind, Space

STANDS_IN_A_SPACE = frozenset({Kind.PARKING, Kind.LPR, Kind.CAMERA})
"""Sensors say whether it is occupied; cameras say by which car."""


class Site(msgspec.Struct, frozen=True):
    """Looked up on the hot path; ids only."""

    lane_of: dict[str, GateLane]
    """Device address -> its lane."""
    space_of: dict[str, Space]
    """Address of a sensor or camera that stands in a space -> the space."""
    zone_of: dict[str, str]
    """Space id -> id of its zone, "" when it stands in none."""
    sensors: dict[str, tuple[str, ...]]
    """Space id -> its sensors."""
    counted: dict[str, tuple[str, ...]]
    """Zone id -> its counted spaces, in the order of their ids; "" holds all of them."""
    owned: dict[str, tuple[str, ...]]
    """Home -> the spaces that are its own."""
    gated: frozenset[str]
    """Zones that cars are counted into and out of."""
    zones: tuple[str, ...]
    """Every zone with a counted space or a lane, and "" for the whole community."""


def site_of(state: State) -> Site:
    """Compile the registry."""
    lane_of = {device: lane for lane in state.gate_lanes.values() for device in lane.devices}
    sensors: dict[str, list[str]] = {}
    space_of: dict[str, Space] = {}
    for device in state.registered.values():
        space = state.spaces.get(device.place)
        if space is not None and device.kind in STANDS_IN_A_SPACE:
            space_of[device.id] = space
            if device.kind is Kind.PARKING:
                sensors.setdefault(space.id, []).append(device.id)
    owned: dict[str, list[str]] = {}
    for space in state.spaces.values():
        for home in space.homes:
            owned.setdefault(home, []).append(space.id)
    zone_of = {id: _zone(state, id) for id in state.spaces}
    counted: dict[str, list[str]] = {"": []}
    for id in sorted(state.spaces):
        if state.spaces[id].use in COUNTED:
            counted[""].append(id)
            if zone_of[id]:
                counted.setdefault(zone_of[id], []).append(id)
    zones = {"", *counted, *(lane.zone for lane in state.gate_lanes.values())}
    return Site(
        lane_of=lane_of,
        space_of=space_of,
        zone_of=zone_of,
        sensors={place: tuple(sorted(devices)) for place, devices in sensors.items()},
        counted={zone: tuple(ids) for zone, ids in counted.items()},
        owned={home: tuple(ids) for home, ids in owned.items()},
        gated=frozenset(lane.zone for lane in lane_of.values()),
        zones=tuple(sorted(zones)),
    )


def _zone(state: State, space: str) -> str:
    place = state.places.get(space)
    parent = state.places.get(place.parent) if place is not None else None
    return parent.id if parent is not None and parent.kind is PlaceKind.AREA else ""
