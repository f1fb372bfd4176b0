"""Passages: one car at a lane from its first read to its entry in the ledger. Pure.

A car whose plate is known (a permit, or it is inside) has its entry at once; any other when its window is over, since a
camera may read better or the arm stay down meanwhile. Where a contact tells of the arm, a car without a permit for which
it does not go up has not come in: it waits until it is let in by hand, or is refused.
"""

from __future__ import annotations

import msgspec

from hub.core.context import Core
from hub.core.parking.gate_health import (
    REASON_WITHIN_MS,
    count_read,
    health_due,
    somebody_passed,
    stayed_down_for,
    tailgated,
    went_up_for,
)
from hub.core.parking.hours import hour_of
from hub.core.parking.index import visit_inside
from hub.core.parking.ledger import enter, leave, miss_exit, name_visit, zone_state
from hub.core.parking.permits import permit_of
from hub.core.parking.replays import remember
from hub.core.parking.state import LaneState, Passing
from hub.model import Direction, EntryReason, GateLane, PermitKind
from hub.plates import similar

WAIT_MS = 3 * 60_000
"""How long somebody may take to let a car in by hand."""

HELD_MS = 60_000
"""An arm that has been up for longer is held up: cars that follow each other are not tail-gating."""


def direction_of(core: Core, lane: GateLane, car: Passing) -> Direction | None:
    """The lane's own; else what the camera says in clear words; else out for a car that is inside, in for one that is not."""
    if lane.direction is not None or car.said is not None or not car.plate:
        return lane.direction or car.said
    return Direction.IN if visit_inside(core, lane.zone, car.plate) is None else Direction.OUT


def known(core: Core, lane: GateLane, plate: str) -> bool:
    """Nobody else's plate: it is inside, or may come in."""
    permit = permit_of(core, plate)
    return (permit is not None and permit.stands(core.now_ms)) or visit_inside(core, lane.zone, plate) is not None


def same_car(state: LaneState, known: Passing, car: Passing) -> bool:
    """Both reads are of one car: plates as good as equal, or one unread and the arm has not come down between them."""
    if known.said is not None and car.said is not None and known.said is not car.said:
        return False
    if known.plate and car.plate:
        return known.plate == car.plate or similar(known.plate, car.plate)
    return state.closed_ms <= known.seen_ms


def begin(core: Core, lane: GateLane, state: LaneState, car: Passing) -> None:
    """A car's first read."""
    state.passing.append(car)
    if state.opened_ms is not None:
        go_through(core, state, car)
    if _sure(core, lane, state, car):
        settle(core, lane, state, car)


def read_again(core: Core, lane: GateLane, state: LaneState, car: Passing, read: Passing) -> None:
    """Another read of the same car: the better one stands."""
    car.seen_ms = read.seen_ms
    car.said = car.said or read.said
    if not read.plate:
        return
    if car.settled:
        if not car.plate:
            _name(core, lane, car, read.plate)
        return
    if read.plate != car.plate and _better(core, lane, car, read):
        car.plate, car.read, car.confidence, car.device = read.plate, read.read, read.confidence, read.device
    if _sure(core, lane, state, car):
        settle(core, lane, state, car)


def _better(core: Core, lane: GateLane, car: Passing, read: Passing) -> bool:
    if not car.plate:
        return True
    mine, theirs = known(core, lane, car.plate), known(core, lane, read.plate)
    return theirs if mine is not theirs else read.confidence > car.confidence


def _sure(core: Core, lane: GateLane, state: LaneState, car: Passing) -> bool:
    """It needs no waiting: its plate is known, and no other car may have shared its opening."""
    if not car.plate or not known(core, lane, car.plate):
        return False
    return state.opening == 0 or not any(other is not car and not other.over for other in state.passing)


def _name(core: Core, lane: GateLane, car: Passing, plate: str) -> None:
    """A car that has its entry unread is read after all."""
    car.plate = plate
    visit = core.state.parking.visits.get(car.visit)
    if visit is not None:
        name_visit(core, visit, plate)
    elif car.entry and direction_of(core, lane, car) is Direction.OUT and not car.visit:
        inside = visit_inside(core, lane.zone, plate)
        if inside is not None and zone_state(core, lane.zone).unnamed_outs > 0:
            miss_exit(core, lane, inside, car.at_ms)


def go_through(core: Core, state: LaneState, car: Passing) -> None:
    """The arm is up for this car; a second one close behind another on the same opening is tail-gating."""
    car.opening = state.opening
    close_ms = core.settings.parking.one_car_ms
    car.tailgated = core.now_ms - state.up_ms <= HELD_MS and any(
        other is not car and other.opening == car.opening and abs(car.first_ms - other.first_ms) <= close_ms
        for other in state.passing
    )
    state.cars += 1
    went_up_for(core, state)


def settle(core: Core, lane: GateLane, state: LaneState, car: Passing) -> None:
    """The car has its entry, or waits before the arm."""
    car.settled = True
    count_read(core, state, reads=1 if car.plate else 0, unread=0 if car.plate else 1)
    direction = direction_of(core, lane, car)
    if direction is None:
        return  # nobody knows which way it went: counted as unread, never in the ledger
    if direction is Direction.IN and _held_back(core, state, car):
        if state.waiting is not None and state.waiting.plate != car.plate:
            refuse(core, lane, state)
        state.waiting = msgspec.structs.replace(car)
        return
    admit(core, lane, state, car, direction)


def admit(core: Core, lane: GateLane, state: LaneState, car: Passing, direction: Direction) -> None:
    """Its entry."""
    move = enter if direction is Direction.IN else leave
    reason = EntryReason.TAILGATED if car.tailgated else EntryReason.PASSED
    entry = move(core, lane, at_ms=car.at_ms, plate=car.plate, read=car.read, reason=reason, device=car.device)
    car.entry, car.visit = entry.id, entry.visit
    state.last_plate = car.plate
    if state.waiting is not None and state.waiting.plate == car.plate:
        state.waiting = None
    remember(core, state, car.at_ms, car.plate, direction)
    somebody_passed(core, state)
    if car.tailgated:
        tailgated(core, state, car.device)


def _held_back(core: Core, state: LaneState, car: Passing) -> bool:
    """It stands before the arm: denied, or without a permit where the contact says that the arm stayed down."""
    if car.opening:
        return False
    permit = permit_of(core, car.plate) if car.plate else None
    if permit is not None and permit.kind is PermitKind.DENIED:
        return True
    if not state.arm or "stuck_closed" in state.met:
        return False
    return permit is None or not permit.stands(core.now_ms)


def refuse(core: Core, lane: GateLane, state: LaneState) -> None:
    """Nobody let it in."""
    state.waiting = None
    hour_of(core, lane.zone, core.now_ms).refused += 1


def end_windows(core: Core, lane: GateLane, state: LaneState) -> None:
    """Cars whose window is over have their entry, through the opening that they shared."""
    window_ms, now = core.settings.parking.one_car_ms, core.now_ms
    for car in state.passing:
        if car.over or now < car.first_ms + window_ms:
            continue
        if not car.opening and state.opening and state.up_ms >= car.first_ms - REASON_WITHIN_MS:
            go_through(core, state, car)
        if not car.settled:
            settle(core, lane, state, car)
        car.over = True
        if state.arm and not car.opening and car.plate and direction_of(core, lane, car) is Direction.IN:
            permit = permit_of(core, car.plate)
            if permit is not None and permit.stands(now):
                stayed_down_for(core, state)


def look_again(core: Core, lane: str, state: LaneState) -> None:
    """Arm the lane's timer for whatever is due first."""
    window_ms = core.settings.parking.one_car_ms
    due = health_due(state)
    due += [car.first_ms + window_ms for car in state.passing if not car.over]
    if state.waiting is not None:
        due.append(state.waiting.first_ms + WAIT_MS)
    due_ms = min(due, default=None)
    if due_ms != state.due_ms:
        state.due_ms = due_ms
        core.arm(due_ms, "parking_lane", 0, lane)
