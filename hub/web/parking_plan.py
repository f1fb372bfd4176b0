"""The plan of spaces: where each lies on the drawing and how each stands, in a word and a pattern as well as a colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from math import ceil, cos, radians, sin, sqrt

import msgspec
from sqlalchemy import Connection

from hub.core.parking.state import SpaceState
from hub.model import COUNTED, Estimate, GateLane, Kind, Place, PlaceKind, Space, SpaceUse
from hub.web import parking, rows
from hub.web.language import marked
from hub.web.parking_gates import WRONG
from hub.web.view import Picture

MARGIN_M = 2.5
BAY_M, LANE_M = 3.0, 8.5
GRID_COLUMNS = 20


class Stand(StrEnum):
    """How one space stands, as a screen says it."""

    FREE = "free"
    CAR = "car"
    SQUAT = "squat"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"
    CLEAR = "clear"
    """A fire lane or no-parking bay with nothing in it: clear, and no space to park in."""


STAND: Mapping[str, str] = {
    Stand.FREE: marked("空"),
    Stand.CAR: marked("有车"),
    Stand.SQUAT: marked("疑似非机动车"),
    Stand.BLOCKED: marked("通道被占"),
    Stand.UNKNOWN: marked("不明"),
    Stand.CLEAR: marked("通道畅通"),
}
MARK: Mapping[str, str] = {
    Stand.FREE: "",
    Stand.CAR: "●",
    Stand.SQUAT: "▲",
    Stand.BLOCKED: "✕",
    Stand.UNKNOWN: "?",
    Stand.CLEAR: "—",
}
"""Drawn in the space, so that nobody needs to see its colour."""

DRIFT: Mapping[str, str] = {
    "gates": marked("道闸计数有偏差,建议清点一次"),
    "sensors": marked("车位传感器有偏差,建议清点一次"),
    "census": marked("刚做的清点对不上,建议再清点一次"),
}
DRIFT_ONE = marked("%(name)s有偏差,请检查")


class Bay(msgspec.Struct, frozen=True, kw_only=True):
    """One space on the drawing, in its units (centimetres)."""

    id: str
    name: str
    zone: str
    use: SpaceUse
    stand: Stand
    x: int
    y: int
    length: int
    width: int
    angle: float
    since_ms: int = 0


class ZoneView(msgspec.Struct, frozen=True, kw_only=True):
    """One zone: spaces left and how far off that may be."""

    id: str
    name: str
    total: int
    left: int | None
    """None: nobody knows."""
    bound: int
    unknown: int
    drift: str
    at_ms: int

    @property
    def text(self) -> str:
        """17 ±2, as large as a screen has room for."""
        return "–" if self.left is None else f"{self.left} ±{self.bound}" if self.bound else str(self.left)


class GateView(msgspec.Struct, frozen=True, kw_only=True):
    """One gate and what is wrong with it."""

    id: str
    name: str
    state: str
    """ok, open, offline, wrong or unknown."""
    said: tuple[str, ...]
    """Titles of the rules that speak of it."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything on the plan page."""

    width: int
    height: int
    bays: list[Bay]
    zones: list[ZoneView]
    gates: list[GateView]
    labels: list[tuple[int, int, str]]
    """(x, y, name of a zone), where the drawing was made by us."""


def stand_of(space: Space, now: SpaceState | None) -> Stand:
    lane = space.use in (SpaceUse.FIRE_LANE, SpaceUse.NO_PARKING)
    if now is None or now.occupied is None:
        return Stand.UNKNOWN
    if not now.occupied:
        return Stand.CLEAR if lane else Stand.FREE
    if lane:
        return Stand.BLOCKED
    return Stand.SQUAT if now.squat else Stand.CAR


def stands(connection: Connection, community: str) -> dict[str, Stand]:
    """space -> how it stands."""
    now = parking.spaces_now(connection, community)
    return {one.id: stand_of(one, now.get(one.id)) for one in parking.spaces(connection, community)}


def zone_of(places: Mapping[str, Place], space: str) -> str:
    place = places.get(space)
    return place.parent if place else ""


def plan_of(picture: Picture) -> Plan:
    connection, community, places = picture.connection, picture.community, picture.registry.places
    known = parking.spaces(connection, community)
    now = parking.spaces_now(connection, community)
    by_zone: dict[str, list[Space]] = {}
    for one in sorted(known, key=lambda one: (zone_of(places, one.id), natural(_name(places, one.id)))):
        by_zone.setdefault(zone_of(places, one.id), []).append(one)
    drawn = any(one.x or one.y for one in known)
    laid, labels = (known, []) if drawn else _grid(by_zone, picture)
    left, top, right, bottom = _frame(laid)
    bays = [
        Bay(
            id=one.id,
            name=_name(places, one.id),
            zone=zone_of(places, one.id),
            use=one.use,
            stand=stand_of(one, now.get(one.id)),
            x=round((one.x - left) * 100),
            y=round((one.y - top) * 100),
            length=round(one.length * 100),
            width=round(one.width * 100),
            angle=one.angle,
            since_ms=now[one.id].since_ms if one.id in now else 0,
        )
        for one in laid
    ]
    return Plan(
        width=round((right - left) * 100),
        height=round((bottom - top) * 100),
        bays=bays,
        zones=zones_of(picture, by_zone, {one.id: one.stand for one in bays}),
        gates=gates_of(picture),
        labels=[(round((x - left) * 100), round((y - top) * 100), name) for x, y, name in labels],
    )


def zones_of(picture: Picture, by_zone: Mapping[str, Sequence[Space]], stand: Mapping[str, Stand]) -> list[ZoneView]:
    """Each zone by its estimate; by its sensors alone, with what they do not know as the bound, where there is none."""
    told = parking.estimates(picture.connection, picture.community)
    found = [
        _zone(picture, id, told.get(id), [one for one in by_zone.get(id, ()) if one.use in COUNTED], stand)
        for id in dict.fromkeys([*by_zone, *told])
    ]
    return [one for one in found if one.total]


def _zone(
    picture: Picture, id: str, told: Estimate | None, counted: Sequence[Space], stand: Mapping[str, Stand]
) -> ZoneView:
    name = picture.places.name(id) or picture.community_name
    if told is not None:
        return ZoneView(
            id=id,
            name=name,
            total=told.total,
            left=told.left,
            bound=told.bound,
            unknown=told.unknown,
            drift=told.drift,
            at_ms=told.at_ms,
        )
    free = sum(stand[one.id] is Stand.FREE for one in counted)
    unknown = sum(stand[one.id] is Stand.UNKNOWN for one in counted)
    return ZoneView(
        id=id,
        name=name,
        total=len(counted),
        left=free + unknown // 2 if unknown < len(counted) else None,
        bound=unknown - unknown // 2,
        unknown=unknown,
        drift="",
        at_ms=picture.now_ms,
    )


def zone_views(picture: Picture) -> list[ZoneView]:
    """The zones alone, for whoever draws no plan."""
    by_zone: dict[str, list[Space]] = {}
    for one in parking.spaces(picture.connection, picture.community):
        by_zone.setdefault(zone_of(picture.registry.places, one.id), []).append(one)
    return zones_of(picture, by_zone, stands(picture.connection, picture.community))


def gates_of(picture: Picture) -> list[GateView]:
    gates = [one for one in picture.registry.places.values() if one.kind is PlaceKind.GATE]
    if not gates:
        return []
    lanes = parking.lanes(picture.connection, picture.community)
    devices = {one.id: one for one in rows.devices(picture.connection, picture.community)}
    said: dict[str, list[str]] = {}
    for alert in parking.open_alerts(picture.connection, picture.community):
        said.setdefault(alert.place, []).append(picture.rule_title(alert.rule))
    return [_gate(gate, lanes, devices, tuple(dict.fromkeys(said.get(gate.id, [])))) for gate in gates]


def _gate(
    gate: Place, lanes: Sequence[GateLane], devices: Mapping[str, rows.DeviceRow], said: tuple[str, ...]
) -> GateView:
    ids = {device for lane in lanes if lane.gate == gate.id for device in lane.devices}
    here = [one for one in devices.values() if one.id in ids or one.place == gate.id]
    if said or any(one.facts.get(name) is True for one in here for name in WRONG):
        state = "wrong"
    elif not here:
        state = "unknown"
    elif any(one.silent or one.last_seen_ms is None for one in here):
        state = "offline"
    elif any(one.kind == Kind.GATE and one.facts.get("open") is True for one in here):
        state = "open"
    else:
        state = "ok"
    return GateView(id=gate.id, name=gate.name, state=state, said=said)


def _grid(
    by_zone: Mapping[str, Sequence[Space]], picture: Picture
) -> tuple[list[Space], list[tuple[float, float, str]]]:
    """Sites without coordinates: a tidy grid for each zone, in the order of the names."""
    laid: list[Space] = []
    labels: list[tuple[float, float, str]] = []
    top = 0.0
    for zone, found in by_zone.items():
        labels.append((0.0, top, picture.places.name(zone) or picture.community_name))
        top += 4.5
        columns = min(GRID_COLUMNS, max(6, ceil(sqrt(len(found) * 3))))
        for n, one in enumerate(found):
            x, y = BAY_M / 2 + n % columns * BAY_M, top + n // columns * 6.0
            laid.append(msgspec.structs.replace(one, x=x, y=y, length=5.0, width=2.6, angle=90.0))
        top += ceil(len(found) / columns) * 6.0 + 1.0
    return laid, labels


def _frame(laid: Sequence[Space]) -> tuple[float, float, float, float]:
    """The smallest rectangle round all of them, with a margin."""
    xs: list[float] = []
    ys: list[float] = []
    for one in laid:
        c, s = abs(cos(radians(one.angle))), abs(sin(radians(one.angle)))
        across, down = (one.length * c + one.width * s) / 2, (one.length * s + one.width * c) / 2
        xs += [one.x - across, one.x + across]
        ys += [one.y - down, one.y + down]
    if not xs:
        return 0.0, 0.0, 10.0, 10.0
    return min(xs) - MARGIN_M, min(ys) - MARGIN_M - 1, max(xs) + MARGIN_M, max(ys) + MARGIN_M


def _name(places: Mapping[str, Place], space: str) -> str:
    place = places.get(space)
    return place.name if place else space


def natural(name: str) -> tuple[str, int, str]:
    """A2 before A10."""
    head = name.rstrip("0123456789")
    number = name[len(head) :]
    return head, int(number) if number else 0, name
