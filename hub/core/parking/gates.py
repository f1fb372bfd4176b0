"""Gates: passages from cameras, loops and barriers; one car is one passage however many devices saw it. Pure.

What says what: an event with a plate, or of a car without one, is a camera's; a fact ``open`` is the arm's contact; ``on`` of
a relay is the command to open; ``on`` or a pulse of an input is a loop with a car on it. Which way a car went is the lane's to
say, else the camera's where its word is clear: left, right, up, down and angles depend on how it hangs.
"""

from __future__ import annotations

from hub.core.conditions import ask
from hub.core.context import Core
from hub.core.parking.evidence import note_unread_opening
from hub.core.parking.gate_health import came_down, clock_is_wrong, count_read, lifted, look_over
from hub.core.parking.index import visit_inside
from hub.core.parking.passages import (
    WAIT_MS,
    admit,
    begin,
    direction_of,
    end_windows,
    go_through,
    look_again,
    read_again,
    refuse,
    same_car,
    settle,
)
from hub.core.parking.replays import replay
from hub.core.parking.state import LaneState, Passing
from hub.core.state import DeviceState
from hub.model import Direction, Event, Fact, GateLane, Kind, ReadHow, Reading
from hub.plates import normalised, similar

CARS = frozenset({Event.PLATE, Event.PLATE_ENCRYPTED, Event.VEHICLE_NO_PLATE})

NO_CARS = frozenset({"non_motor", "bicycle", "bike", "motorcycle", "motorbike", "ebike", "tricycle", "person"})
"""Vehicles that cameras report and that need no space of a car."""

WORDS = {
    "in": Direction.IN, "enter": Direction.IN, "entry": Direction.IN, "entrance": Direction.IN, "inbound": Direction.IN,
    "进": Direction.IN, "入": Direction.IN, "进场": Direction.IN, "入场": Direction.IN,
    "out": Direction.OUT, "exit": Direction.OUT, "outbound": Direction.OUT,
    "出": Direction.OUT, "出场": Direction.OUT, "离场": Direction.OUT,
}  # fmt: skip
"""Directions that mean the same wherever the camera hangs. Dahua's approach and leave do not."""

LATE_MS = 60_000
"""A record that waited for longer than this is entered like a replayed one."""


def gate_reading(core: Core, lane: GateLane, device: DeviceState, reading: Reading, at_ms: int) -> None:
    """One reading of a device of a lane."""
    lanes = core.state.parking.lanes
    state = lanes.get(lane.id)
    if state is None:
        state = lanes[lane.id] = LaneState()
    ours = clock_is_wrong(core, state, device, reading, at_ms)
    kept = reading.historical or reading.facts.get("offline_record") is True
    late = kept or (not ours and core.now_ms - at_ms > LATE_MS)
    facts = reading.facts
    if reading.event in CARS:
        if facts.get("vehicle") not in NO_CARS:
            _car_read(core, lane, state, _car(core, device.id, reading, core.now_ms if ours else at_ms), late)
    elif late:
        return  # where the arm was then, nobody asks any more
    elif isinstance(facts.get("open"), bool):
        _arm_moved(core, lane, state, device.id, facts["open"] is True)
    elif reading.kind is Kind.RELAY and facts.get("on") is True:
        state.commanded_ms = core.now_ms
        if not state.arm:
            _arm_up(core, lane, state, anew=False)
    elif reading.kind is Kind.GATE_IO and (facts.get("on") is True or "press" in facts):
        state.loop_ms = core.now_ms
    else:
        return
    look_again(core, lane.id, state)


def lane_due(core: Core, lane: str, due_ms: int) -> None:
    """Something of a lane is due: a car's window, a waiting car, an arm that stays up. An older timer of it does nothing."""
    state = core.state.parking.lanes.get(lane)
    here = core.state.gate_lanes.get(lane)
    if state is None or here is None or state.due_ms is None or due_ms < state.due_ms:
        return
    state.due_ms = None
    end_windows(core, here, state)
    if state.waiting is not None and core.now_ms >= state.waiting.first_ms + WAIT_MS:
        refuse(core, here, state)
    look_over(core, state)
    look_again(core, lane, state)


def forget_lane(core: Core, lane: GateLane) -> None:
    """The lane is taken out of the registry: cars on their way have their entry, and nothing is wrong with it any more."""
    state = core.state.parking.lanes.pop(lane.id, None)
    if state is None:
        return
    for car in state.passing:
        if not car.settled:
            settle(core, lane, state, car)
    for name in list(state.met):
        for device in dict.fromkeys((state.arm, state.camera, state.tailgater, *state.skewed)):
            known = core.state.devices.get(device)
            if known is not None:
                ask(core, known, {name: False}, core.now_ms)


def rebase_gates(core: Core, by_ms: int) -> None:
    """The wall clock jumped: what is under way at a lane moves along."""
    for state in core.state.parking.lanes.values():
        for car in [*state.passing, *([state.waiting] if state.waiting is not None else ())]:
            car.first_ms += by_ms
            car.seen_ms += by_ms
        for name in ("due_ms", "opened_ms", "lifted_ms", "tailgated_ms"):
            at_ms = getattr(state, name)
            if at_ms is not None:
                setattr(state, name, at_ms + by_ms)
        for name in ("up_ms", "closed_ms", "commanded_ms", "read_ms", "loop_ms", "last_ms"):
            if getattr(state, name):
                setattr(state, name, getattr(state, name) + by_ms)


def entered_twice(core: Core, lane: GateLane, plate: str) -> bool:
    """A car comes in that is inside already, and no car out is unnamed that it may have been."""
    state = core.state.parking.lanes.get(lane.id)
    plate = normalised(plate)
    if lane.direction is not Direction.IN or visit_inside(core, lane.zone, plate) is None:
        return False
    zone = core.state.parking.zones.get(lane.zone)
    if zone is not None and zone.unnamed_outs:
        return False
    since_ms = core.now_ms - core.settings.parking.one_car_ms
    here = [] if state is None else [car.plate for car in state.passing if car.seen_ms >= since_ms]
    return not any(one == plate or similar(one, plate) for one in here)


def _car(core: Core, device: str, reading: Reading, at_ms: int) -> Passing:
    facts = reading.facts
    plate = facts.get("plate")
    confidence = facts.get("confidence")
    encrypted = reading.event is Event.PLATE_ENCRYPTED or facts.get("encrypted") is True
    plate = normalised(plate) if isinstance(plate, str) and not encrypted else ""
    return Passing(
        at_ms=at_ms,
        first_ms=core.now_ms,
        seen_ms=core.now_ms,
        device=device,
        plate=plate,
        read=ReadHow.PLATE if plate else ReadHow.ENCRYPTED if encrypted else ReadHow.UNREAD,
        confidence=float(confidence) if isinstance(confidence, int | float) else 0.0,
        said=_way(facts),
    )


def _way(facts: dict[str, Fact]) -> Direction | None:
    said = facts.get("direction")
    return WORDS.get(said.lower()) if isinstance(said, str) else None


def _car_read(core: Core, lane: GateLane, state: LaneState, car: Passing, late: bool) -> None:
    if late:
        direction = direction_of(core, lane, car)
        if direction is not None:
            replay(core, lane, state, car, direction)
        return
    state.read_ms, state.camera = core.now_ms, car.device
    since_ms = core.now_ms - core.settings.parking.one_car_ms
    if state.passing:
        state.passing = [one for one in state.passing if not one.over or one.seen_ms >= since_ms]
    for one in reversed(state.passing):
        if one.seen_ms >= since_ms and same_car(state, one, car):
            read_again(core, lane, state, one, car)
            return
    begin(core, lane, state, car)


def _arm_moved(core: Core, lane: GateLane, state: LaneState, device: str, up: bool) -> None:
    """The contact says where the arm is; only a change is news, and the first word only says where it was."""
    anew, state.arm = bool(state.arm), device
    if up and state.opened_ms is None:
        state.opened_ms = core.now_ms
        _arm_up(core, lane, state, anew)
    elif not up and state.opened_ms is not None:
        _arm_down(core, lane, state)


def _arm_up(core: Core, lane: GateLane, state: LaneState, anew: bool) -> None:
    """It went up: for the first car that still stands before it, else for one that waited, else nobody knows why."""
    state.up_ms, state.cars = core.now_ms, 0
    state.opening += 1
    before = [car for car in state.passing if not car.over]
    car = next((one for one in before if not one.opening), None)
    car = car or next((one for one in before if one.tailgated and not one.settled), None)
    if car is not None:
        go_through(core, state, car)
    elif state.waiting is not None:
        car = state.waiting
        state.waiting = None
        go_through(core, state, car)
        admit(core, lane, state, car, Direction.IN)
    elif anew:
        lifted(core, state, lane.direction is Direction.OUT)


def _arm_down(core: Core, lane: GateLane, state: LaneState) -> None:
    """It came down. Nobody was read: a car that the loop noticed, else only an opening."""
    up_ms, state.opened_ms, state.closed_ms = state.opened_ms or 0, None, core.now_ms
    came_down(core, state)
    if state.cars or any(not car.over and not car.opening for car in state.passing):
        return
    if state.loop_ms >= up_ms - core.settings.parking.one_car_ms:
        now = core.now_ms
        car = Passing(
            at_ms=up_ms, first_ms=now, seen_ms=now, device=state.arm, read=ReadHow.NONE, opening=state.opening
        )
        state.cars = 1
        state.passing.append(car)
    else:
        count_read(core, state, openings=1)
        if lane.direction is not Direction.OUT:
            note_unread_opening(core, lane.zone, up_ms)
