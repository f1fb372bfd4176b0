"""Rows of gates and parking for the pages: 120 spaces on a plan, a fire lane, two gates, a week of hours, passages, squats."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection

from hub.core.parking.state import ParkingChanges, SpaceState
from hub.gates.rows import Entry, EntryState, Given
from hub.gates.rows import put as put_entries
from hub.gates.wanted import Wish
from hub.model import (
    Alert,
    Census,
    Condition,
    Device,
    Direction,
    EntryReason,
    Estimate,
    Fact,
    GateLane,
    Handling,
    Incident,
    Kind,
    LedgerEntry,
    PermitKind,
    Place,
    PlaceKind,
    ReadHow,
    Severity,
    Space,
    SpaceUse,
    Squat,
    Verdict,
    Visit,
    Watch,
    ZoneHour,
)
from hub.store.rows_parking import parking_writes
from tests.web.world import HERE, NIGHT_MS, World

HOUR = 3_600_000
DAY = 24 * HOUR
EAST, WEST = "east", "west"
SPACES = 120
PLATE = "沪A12345"
LIST_TOPIC = "device/n-cam/message/down/white_list_operator"


def write(connection: Connection, changes: ParkingChanges) -> None:
    for statement, found in parking_writes("sqlite", HERE, changes):
        connection.execute(statement, found)


def put(world: World, changes: ParkingChanges) -> None:
    with world.engine.begin() as connection:
        write(connection, changes)
    world.bump()


def space_of(n: int) -> Space:
    """Rows of bays along two lanes; the last two are a fire lane and a no-parking bay."""
    row, column = divmod(n, 20)
    use = {118: SpaceUse.FIRE_LANE, 119: SpaceUse.NO_PARKING}.get(n, SpaceUse.RESIDENT)
    return Space(id=f"s{n}", use=use, x=4 + column * 2.8, y=4 + row * 5.4 + (row // 2) * 6, angle=90)


def state_of(n: int) -> SpaceState:
    occupied = None if n % 23 == 5 else n % 5 != 0 or n == 118
    return SpaceState(occupied=occupied, since_ms=NIGHT_MS - n * 60_000, squat=7 if n in (31, 52, 53) else 0)


def park(world: World, *, drawn: bool = True) -> None:
    """Everything at once."""
    zones = (
        Place(id=EAST, kind=PlaceKind.AREA, name="东区", parent=""),
        Place(id=WEST, kind=PlaceKind.AREA, name="西区"),
    )
    world.register(
        *zones,
        Place(id="n-gate", kind=PlaceKind.GATE, name="北门"),
        Place(id="s-gate", kind=PlaceKind.GATE, name="南门"),
    )
    for n in range(SPACES):
        zone = EAST if n < 60 else WEST
        world.register(
            Place(id=f"s{n}", kind=PlaceKind.SPACE, name=f"{'A' if n < 60 else 'B'}{n % 60 + 1}", parent=zone)
        )
        one = space_of(n)
        world.put_registry("space", one.id, one if drawn else msgspec.structs.replace(one, x=0.0, y=0.0))
    gates(world)
    put(
        world,
        ParkingChanges(
            spaces={f"s{n}": state_of(n) for n in range(SPACES)},
            estimates={
                EAST: Estimate(zone=EAST, at_ms=NIGHT_MS, total=60, left=17, bound=2, present=43, unknown=3),
                WEST: Estimate(
                    zone=WEST, at_ms=NIGHT_MS, total=58, left=9, bound=3, present=49, unknown=2, drift="gates"
                ),
            },
            hours=_hours(),
            entries=_entries(),
            visits={1: _visit(1, None), 2: _visit(2, NIGHT_MS - HOUR)},
            squats={
                n: Squat(
                    id=n,
                    space=f"s{(31, 52, 53, 31, 31, 12)[n % 6]}",
                    zone=EAST,
                    from_ms=NIGHT_MS - n * 9 * HOUR,
                    until_ms=NIGHT_MS - n * 9 * HOUR + HOUR,
                    verdict=Verdict.BIKE if n % 3 else Verdict.PROBABLE,
                )
                for n in range(1, 30)
            },
            censuses={1: Census(id=1, zone=EAST, at_ms=NIGHT_MS - DAY, actor="wu", spaces={}, corrected=2)},
            watches={
                1: Watch(
                    id=1,
                    zone=EAST,
                    from_ms=NIGHT_MS - DAY,
                    until_ms=NIGHT_MS + 6 * DAY,
                    owner="wu",
                    reason="北侧清理",
                    before=14,
                    after=3,
                )
            },
        ),
    )


def gates(world: World) -> None:
    """Two lanes at the north gate, one that takes a list and is behind with it; a lane at the south gate whose camera is off."""
    for lane in (
        GateLane(id="n-in", gate="n-gate", direction=Direction.IN, devices=("n-cam",), list_topic=LIST_TOPIC),
        GateLane(id="n-out", gate="n-gate", direction=Direction.OUT, devices=("n-out-cam",)),
        GateLane(id="s-both", gate="s-gate", devices=("s-cam", "s-arm")),
    ):
        world.put_registry("gate_lane", lane.id, lane)
    blind: dict[str, Fact] = {"blind": True, "list_stale": True}
    world.device(Device(id="n-cam", kind=Kind.LPR, place="n-gate", name="北门进口相机"), seen_ms=NIGHT_MS, facts=blind)
    world.device(Device(id="n-out-cam", kind=Kind.LPR, place="n-gate", name="北门出口相机"), seen_ms=NIGHT_MS)
    world.device(
        Device(id="s-cam", kind=Kind.LPR, place="s-gate", name="南门相机"), seen_ms=NIGHT_MS - HOUR, silent=True
    )
    world.device(
        Device(id="s-arm", kind=Kind.GATE, place="s-gate", name="南门杆位"),
        seen_ms=NIGHT_MS,
        facts={"open": True, "stuck_open": True},
    )
    world.device(Device(id="loop", kind=Kind.GATE, place="n-gate", name="北门地感"), seen_ms=NIGHT_MS)
    listed(world, PLATE, EntryState.REFUSED, f"4003 {PLATE} list is full")
    listed(world, "沪B11111", EntryState.CONFIRMED, "")
    listed(world, "沪B22222", EntryState.CONFIRMED, "")
    listed(world, "沪B33333", EntryState.WAITING, "")


def listed(world: World, plate: str, state: EntryState, said: str) -> None:
    """One row of the north camera's list."""
    given = Given(topic=LIST_TOPIC, wish=Wish(), since_ms=NIGHT_MS - HOUR)
    one = Entry(
        lane="n-in", plate=plate, wanted=True, state=state, tries=2, at_ms=NIGHT_MS - 60_000, said=said, given=given
    )
    with world.engine.begin() as connection:
        put_entries(connection, HERE, [one])


SQUAT = 700
"""The incident of `squatted`."""


def squatted(world: World, space: str = "s31") -> None:
    """Something has stood in a space for ten minutes that is probably no car; told a moment ago."""
    world.incident(
        Incident(
            id=SQUAT,
            place=EAST,
            cause="squat",
            severity=Severity.MINOR,
            opened_ms=NIGHT_MS - 20_000,
            alerts=[SQUAT + 1],
            policy="major",
            step=1,
        )
    )
    world.alert(
        Alert(
            id=SQUAT + 1,
            rule="space_squat",
            severity=Severity.MINOR,
            subject="geo-31",
            kind=Kind.PARKING,
            place=space,
            incident=SQUAT,
            condition=Condition.ACTIVE,
            handling=Handling.NEW,
            raised_ms=NIGHT_MS - 20_000,
            at_ms=NIGHT_MS - 620_000,
            facts={"squat": True},
        )
    )
    world.device(
        Device(id="geo-31", kind=Kind.PARKING, place=space, name="A32地磁"),
        seen_ms=NIGHT_MS,
        facts={"occupied": True, "squat": True},
    )
    world.bump()


def _hours() -> dict[str, ZoneHour]:
    start = NIGHT_MS // HOUR * HOUR
    found: dict[str, ZoneHour] = {}
    for back in range(5 * 24):
        at, clock = start - back * HOUR, (start // HOUR - back + 8) % 24
        full = 60 if clock in (20, 21, 22, 23, 0, 1) else 44 if clock > 17 or clock < 7 else 26 + clock % 5
        found[f"{EAST}|{at}"] = ZoneHour(
            zone=EAST,
            hour_ms=at,
            ins=14 if clock in (17, 18, 19) else 3,
            outs=16 if clock in (7, 8) else 2,
            full_ms=20 * 60_000 if full == 60 else 0,
            occupied_ms=full * HOUR,
            refused=2 if clock == 21 else 0,
        )
    return found


def _entries() -> list[LedgerEntry]:
    reasons = list(EntryReason)
    reads = list(ReadHow)
    return [
        LedgerEntry(
            id=n,
            at_ms=NIGHT_MS - n * 7 * 60_000,
            kept_ms=NIGHT_MS,
            direction=Direction.IN if n % 2 else Direction.OUT,
            reason=EntryReason.PASSED if n % 4 else reasons[n // 4 % len(reasons)],
            gate="n-gate" if n % 3 else "s-gate",
            zone=EAST,
            plate="" if n % 5 == 0 else PLATE if n == 1 else f"沪B{10000 + n * 137}",
            read=reads[1 + n % 3] if n % 5 == 0 else ReadHow.PLATE,
            visit=n,
            kind=PermitKind.RESIDENT if n % 3 else None,
        )
        for n in range(1, 25)
    ]


def _visit(number: int, out_ms: int | None) -> Visit:
    return Visit(
        id=number,
        zone=EAST,
        plate=PLATE,
        kind=PermitKind.RESIDENT,
        in_ms=NIGHT_MS - 3 * HOUR,
        in_entry=1,
        in_how=EntryReason.PASSED,
        out_ms=out_ms,
        out_how=EntryReason.MISSED_EXIT if out_ms else None,
    )
