"""Replays: records that a camera kept while it was offline, or that waited somewhere. Pure.

They are entered at their own time and never alert. What was seen live already adds nothing; where the ledger had guessed
meanwhile, the record takes the guess's place.
"""

from __future__ import annotations

from bisect import bisect_left, insort

from hub.core.context import Core
from hub.core.parking.guesses import KEPT_MS, take_guess
from hub.core.parking.index import index, note_inside, oldest_nameless, visit_inside
from hub.core.parking.ledger import enter, leave, miss_exit, name_visit, write_entry, zone_state
from hub.core.parking.state import GuessKind, LaneState, ParkingState, Passing
from hub.model import Direction, EntryReason, GateLane, LedgerEntry, ReadHow, Visit
from hub.plates import similar

REMEMBERED = 512
"""Cars of a lane that replayed records are compared with, at least: about a day of a busy gate."""


def remember(core: Core, state: LaneState, at_ms: int, plate: str, direction: Direction) -> None:
    """A car passed the lane. Cars of long ago are forgotten, for the plates' sake: no replay is so late."""
    car = (at_ms, plate, direction.value)
    if not state.passed or car >= state.passed[-1]:
        state.passed.append(car)
    else:
        insort(state.passed, car)
    if len(state.passed) > 2 * REMEMBERED:
        del state.passed[:-REMEMBERED]
    if state.passed[0][0] < core.now_ms - KEPT_MS:
        del state.passed[: bisect_left(state.passed, (core.now_ms - KEPT_MS, "", ""))]


def forget_plates(parking: ParkingState, plates: set[str]) -> None:
    """These cars are known by no plate any more: a replay of one is taken for the unread car that passed then."""
    for lane in parking.lanes.values():
        lane.passed = [(at_ms, "" if plate in plates else plate, way) for at_ms, plate, way in lane.passed]
        lane.last_plate = "" if lane.last_plate in plates else lane.last_plate
    parking.guesses = [one for one in parking.guesses if one.visit.plate not in plates]


def replay(core: Core, lane: GateLane, state: LaneState, car: Passing, direction: Direction) -> None:
    """Enter a record at its own time, unless it is known.

    1. Seen already? 2. What a guess stood for? 3. An entry of its own; a car that was seen again later has gone since.
    """
    if _seen(core, lane, state, car, direction):
        return
    remember(core, state, car.at_ms, car.plate, direction)
    guessed = take_guess(core, lane.zone, car.plate, direction, car.at_ms) if car.plate else None
    if guessed is not None:
        _settle_guess(core, lane, guessed.kind, guessed.visit, car)
        return
    again_ms = None
    if direction is Direction.IN and car.plate and visit_inside(core, lane.zone, car.plate) is None:
        again_ms = _seen_later(core, lane.zone, car)
    move = enter if direction is Direction.IN else leave
    entry = move(core, lane, at_ms=car.at_ms, plate=car.plate, read=car.read, device=car.device)
    if again_ms is not None:
        miss_exit(core, lane, core.state.parking.visits[entry.visit], again_ms)


def _seen(core: Core, lane: GateLane, state: LaneState, car: Passing, direction: Direction) -> bool:
    """It is one of the lane's cars within the window of one car, by plate or because one of the two was not read."""
    within_ms = core.settings.parking.one_car_ms
    at = bisect_left(state.passed, (car.at_ms - within_ms, "", ""))
    while at < len(state.passed) and state.passed[at][0] <= car.at_ms + within_ms:
        known_ms, plate, way = state.passed[at]
        if way == direction.value and (not plate or not car.plate or plate == car.plate or similar(plate, car.plate)):
            if car.plate and not plate:
                state.passed[at] = (known_ms, car.plate, way)
                visit = oldest_nameless(core, lane.zone, known_ms)
                if visit is not None and visit.in_ms == known_ms and direction is Direction.IN:
                    name_visit(core, visit, car.plate)
            return True
        at += 1
    return False


def _seen_later(core: Core, zone: str, car: Passing) -> int | None:
    """When this car was seen next, at any lane of the zone."""
    later = [
        at_ms
        for lane in core.state.gate_lanes.values()
        if lane.zone == zone and lane.id in core.state.parking.lanes
        for at_ms, plate, _ in core.state.parking.lanes[lane.id].passed
        if plate == car.plate and at_ms > car.at_ms
    ]
    return min(later, default=None)


def _settle_guess(core: Core, lane: GateLane, kind: GuessKind, visit: Visit, car: Passing) -> None:
    """The visit gets its true time. A car that was taken for another one, nameless, is given back: then it is an entry too."""
    match kind:
        case GuessKind.ENTRY:
            visit.in_ms, visit.in_how = car.at_ms, EntryReason.PASSED
        case GuessKind.EXIT:
            visit.out_ms, visit.out_how = car.at_ms, EntryReason.PASSED
        case GuessKind.TAKEN:
            nameless = Visit(
                id=core.next_id(), zone=visit.zone, in_ms=visit.in_ms, in_entry=visit.in_entry, in_how=visit.in_how
            )
            core.state.parking.visits[nameless.id] = core.changes.parking.visits[nameless.id] = nameless
            note_inside(index(core), nameless)
            visit.in_ms, visit.in_how = car.at_ms, EntryReason.PASSED
            visit.in_entry = _own_entry(core, lane, Direction.IN, visit, car).id
        case GuessKind.NAMED:
            zone_state(core, visit.zone).unnamed_outs += 1
            visit.out_ms, visit.out_how = car.at_ms, EntryReason.PASSED
            visit.out_entry = _own_entry(core, lane, Direction.OUT, visit, car).id
    core.changes.parking.visits[visit.id] = visit


def _own_entry(core: Core, lane: GateLane, direction: Direction, visit: Visit, car: Passing) -> LedgerEntry:
    return write_entry(
        core, lane, direction, EntryReason.PASSED, visit, at_ms=car.at_ms, read=ReadHow.PLATE, device=car.device
    )
