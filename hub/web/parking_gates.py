"""Gates and their lanes: what is wrong with each, in words, and whether its camera has the list of permits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection, desc, func, select

from hub.gates.rows import EntryState, in_sync
from hub.model import Direction, GateLane, Place, PlaceKind
from hub.plates import masked
from hub.store.schema_parking import ledger, list_entry
from hub.web import parking, rows
from hub.web.language import marked, translated
from hub.web.view import Picture

WRONG: Mapping[str, str] = {
    "offline": marked("离线"),
    "stuck_open": marked("抬杆不落"),
    "stuck_closed": marked("不抬杆"),
    "forced": marked("被强行抬起"),
    "blind": marked("车牌识别率过低"),
    "clock_wrong": marked("相机时钟不准"),
    "list_stale": marked("名单没有同步"),
    "tailgating": marked("有车跟进"),
}
"""What may be wrong with a lane, the worst first: offline, or a derived fact of one of its devices."""
WAYS: Mapping[str, str] = {Direction.IN: marked("进口"), Direction.OUT: marked("出口")}
BOTH_WAYS = marked("进出同道")
NO_ANSWER = marked("相机没有应答:查它是否通电、联网")
REFUSED = marked("相机拒收:%(said)s")
NO_WORDS = marked("没有说明原因")


class ListView(msgspec.Struct, frozen=True, kw_only=True):
    """How far one camera's list is."""

    there: int
    """Plates that it has confirmed."""
    behind: int
    """Plates that it has yet to take, or to give up."""
    refused: int
    """Of those, the ones that it has refused."""
    confirmed_ms: int | None
    error: str = ""
    """What went wrong last, in plain words."""
    error_ms: int | None = None


class DeviceView(msgspec.Struct, frozen=True, kw_only=True):
    """One device at a lane."""

    id: str
    name: str
    kind: str
    silent: bool
    seen_ms: int | None


class LaneView(msgspec.Struct, frozen=True, kw_only=True):
    """One lane."""

    id: str
    way: str
    wrong: tuple[str, ...]
    """Keys of `WRONG`."""
    open: bool
    devices: list[DeviceView]
    passed_ms: int | None
    """When the last car passed."""
    list: ListView | None
    """None: it takes no list."""


class GateHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One gate."""

    id: str
    name: str
    lanes: list[LaneView]
    loose: list[DeviceView]
    """Devices that stand at it and belong to no lane."""

    @property
    def state(self) -> str:
        """wrong, unknown or ok."""
        if any(lane.wrong for lane in self.lanes) or any(one.silent for one in self.loose):
            return "wrong"
        known = [one for lane in self.lanes for one in lane.devices] + self.loose
        return "ok" if known and all(one.seen_ms is not None for one in known) else "unknown"


def health_of(picture: Picture) -> list[GateHealth]:
    """Every gate, in the order of the registry."""
    connection, community = picture.connection, picture.community
    gates = [one for one in picture.registry.places.values() if one.kind is PlaceKind.GATE]
    if not gates:
        return []
    lanes = parking.lanes(connection, community)
    devices = {one.id: one for one in rows.devices(connection, community)}
    passed = _last_passages(connection, community)
    lists = lists_of(picture, lanes)
    return [_gate(picture, gate, lanes, devices, passed, lists) for gate in gates]


def _gate(
    picture: Picture,
    gate: Place,
    lanes: Sequence[GateLane],
    devices: Mapping[str, rows.DeviceRow],
    passed: Mapping[str, int],
    lists: Mapping[str, ListView],
) -> GateHealth:
    taken = {device for lane in lanes for device in lane.devices}
    return GateHealth(
        id=gate.id,
        name=gate.name,
        lanes=[
            _lane(
                picture,
                lane,
                [devices[id] for id in lane.devices if id in devices],
                passed.get(lane.id),
                lists.get(lane.id),
            )
            for lane in lanes
            if lane.gate == gate.id
        ],
        loose=[_device(one) for one in devices.values() if one.place == gate.id and one.id not in taken],
    )


def _lane(
    picture: Picture, lane: GateLane, here: Sequence[rows.DeviceRow], passed_ms: int | None, list: ListView | None
) -> LaneView:
    wrong = [name for name in WRONG if any(one.facts.get(name) is True for one in here)]
    if any(one.silent for one in here):
        wrong.insert(0, "offline")
    return LaneView(
        id=lane.id,
        way=picture.word(WAYS, lane.direction) if lane.direction else translated(picture.language, BOTH_WAYS),
        wrong=tuple(wrong),
        open=any(one.facts.get("open") is True for one in here),
        devices=[_device(one) for one in here],
        passed_ms=passed_ms,
        list=list,
    )


def _device(one: rows.DeviceRow) -> DeviceView:
    return DeviceView(id=one.id, name=one.name or one.id, kind=one.kind, silent=one.silent, seen_ms=one.last_seen_ms)


def _last_passages(connection: Connection, community: str) -> dict[str, int]:
    """lane -> when the last car passed it."""
    query = (
        select(ledger.c.lane, func.max(ledger.c.at_ms).label("at_ms"))
        .where(ledger.c.community == community, ledger.c.lane != "")
        .group_by(ledger.c.lane)
    )
    return {row.lane: row.at_ms for row in connection.execute(query)}


def lists_of(picture: Picture, lanes: Sequence[GateLane]) -> dict[str, ListView]:
    """lane -> how far its list is, of each lane that takes one."""
    taking = [lane.id for lane in lanes if lane.list_topic]
    if not taking:
        return {}
    counts = in_sync(picture.connection, picture.community)
    return {lane: _list(picture, lane, counts.get(lane, {})) for lane in taking}


def _list(picture: Picture, lane: str, counts: Mapping[EntryState, int]) -> ListView:
    here = (list_entry.c.community == picture.community, list_entry.c.lane == lane)
    confirmed = list_entry.c.state == EntryState.CONFIRMED.value
    newest = select(func.max(list_entry.c.at_ms)).where(*here, confirmed)
    failed = (
        select(list_entry.c.plate, list_entry.c.state, list_entry.c.said, list_entry.c.at_ms)
        .where(*here, ~confirmed, list_entry.c.tries > 0, list_entry.c.said != "")
        .order_by(desc(list_entry.c.at_ms))
        .limit(1)
    )
    error = picture.connection.execute(failed).first()
    there = counts.get(EntryState.CONFIRMED, 0)
    return ListView(
        there=there,
        behind=sum(counts.values()) - there,
        refused=counts.get(EntryState.REFUSED, 0),
        confirmed_ms=picture.connection.execute(newest).scalar(),
        error=_error(picture.language, error.state, error.said, error.plate) if error else "",
        error_ms=error.at_ms if error else None,
    )


def _error(language: str, state: str, said: str, plate: str) -> str:
    """In plain words; a camera that repeats the plate gives it away to nobody."""
    if state != EntryState.REFUSED:
        return translated(language, NO_ANSWER)
    words = said.replace(plate, masked(plate)) if plate else said
    return translated(language, REFUSED) % {"said": words or translated(language, NO_WORDS)}
