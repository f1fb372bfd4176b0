"""Spaces: occupancy believed after a debounce, dead sensors, who should stand there, overstay, lanes kept free. Pure.

    shown    what its living sensors say together; None when they disagree, or none lives
    believed what they have said for the debounce; a space whose sensor wavers all day is unknown until it has been steady

One timer a space, the nearest of debounce, grace, overstay, dead sensor, another look. A replayed reading changes what is
believed where it is the newest news, and never raises an alert. News that waited is believed a debounce after it came, so
that what is behind it in the queue comes first.
"""

from __future__ import annotations

from hub.core.context import Core
from hub.core.localtime import local_day
from hub.core.parking.estimates import estimate_soon
from hub.core.parking.evidence import (
    A_CAR,
    GONE,
    MINUTE_MS,
    NOT_CARS,
    WANDER_MS,
    Likely,
    Tier,
    compiled,
    entitled,
    likely_car,
    mistaken,
    own_car,
    strong,
    weak,
)
from hub.core.parking.index import new_space, put_occupied, put_visit, standing, touched
from hub.core.parking.sensors import Heard, heard
from hub.core.parking.squats import (
    CAMERA,
    UNSEEN_MS,
    begin,
    end,
    gone,
    is_told,
    its_car_left,
    judge,
    take,
    tell,
    told,
)
from hub.core.parking.state import SpaceState
from hub.core.state import DeviceState
from hub.model import COUNTED, Event, Kind, Reading, Space, SpaceUse, Squat, Verdict

FLIPS_MANY = 20
"""Changes of one day that did not last; a sensor that wavers more is not believed."""
STEADY_MS = 60 * MINUTE_MS
"""Once it has been steady for this long it is believed again."""
ANOTHER_LOOK_MS = 4 * MINUTE_MS
"""How often a space that is occupied is judged again."""
REPLAY_MS = 2 * MINUTE_MS
"""Within this a gate that was offline has replayed what it kept."""
OUT_MS = 5 * MINUTE_MS
"""A car that is out by the ledger has surely left its space."""
OLD_MS = MINUTE_MS
"""News this much older than the newest is out of order; clocks differ by less."""

PARKING, STARTUP = Kind.PARKING, Event.STARTUP  # a name is looked up four times as fast as a member

KEPT_FREE = {SpaceUse.FIRE_LANE: "fire_lane", SpaceUse.NO_PARKING: "no_parking"}
ENDS_WITH_THE_STAY = {"fire_lane": False, "no_parking": False, "overstay": False, "unentitled": False}


def space_reading(core: Core, space: Space, device: DeviceState, reading: Reading, at_ms: int) -> None:
    """One reading of a space's sensor, or of a camera that looks at it. The first lines are the hot path."""
    facts = reading.facts
    occupied = facts.get("occupied")
    state = core.state.parking.spaces.get(space.id)
    if state is not None and occupied is state.shown and occupied is not None and "fault" not in facts:
        if at_ms > state.heard_ms:
            state.heard_ms = at_ms
        return
    if device.kind is not PARKING:
        _looked_at(core, space, reading, at_ms)
        return
    if state is None:
        state = new_space(core, space.id, at_ms)
    alone = len(compiled(core).sensors.get(space.id, ())) < 2
    if at_ms < state.heard_ms - OLD_MS and (reading.historical or alone):
        return
    state.heard_ms = max(state.heard_ms, at_ms)
    if reading.historical:
        if isinstance(occupied, bool) and alone and at_ms >= state.shown_ms:
            _replayed(core, space, state, occupied, at_ms)
        return
    if reading.event is STARTUP or facts.get("installed") is True:
        state.flips = 0  # recalibrated, or another one
        touched(core, space.id)
    said = heard(core, space)
    _show(core, space.id, state, said[0], at_ms)
    look(core, space, state, said)


def space_due(core: Core, space: str, due_ms: int) -> None:
    """Debounce, grace, overstay, another look or a dead sensor is due. An older timer does nothing."""
    state = core.state.parking.spaces.get(space)
    if state is None or state.due_ms != due_ms:
        return
    state.due_ms = None
    known = core.state.spaces.get(space)
    if known is None:  # removed
        if not state.squat:
            del core.state.parking.spaces[space]
            core.parking_index = None
        return
    said = heard(core, known)
    if (said[0] is None) is not (state.shown is None):  # a sensor died; what it says it says by itself
        _show(core, space, state, said[0], core.now_ms)
        state.believe_ms = core.now_ms
    look(core, known, state, said)


def rebase_spaces(core: Core, by_ms: int) -> None:
    """The wall clock jumped: what has lasted for ten minutes has still lasted for ten minutes."""
    core.parking_index = None
    for state in core.state.parking.spaces.values():
        state.since_ms += by_ms
        state.shown_ms += by_ms
        state.believe_ms += by_ms
        state.heard_ms += by_ms
        state.looked_ms += by_ms
        if state.due_ms is not None:
            state.due_ms += by_ms


def look(core: Core, space: Space, state: SpaceState, said: Heard) -> None:
    """Do what is due by now, and arm the timer for what is due next."""
    now = core.now_ms
    if state.flips >= FLIPS_MANY and state.occupied is not None:
        put_occupied(core, space.id, state, None, now)
        state.believe_ms = now + STEADY_MS
        _changed(core, space, state)
    elif state.shown is not state.occupied and not state.doubted and state.believe_ms <= now:
        _believe(core, space, state)
    elif _changed_places(core, space, state):
        put_occupied(core, space.id, state, state.occupied, state.shown_ms)
        _arrives(core, space, state, state.shown_ms)
        _changed(core, space, state)
    if state.occupied or state.squat:
        _stands(core, space, state, said[0])
    due_ms = _next(core, space, state, said[1])
    if due_ms != state.due_ms:
        state.due_ms = due_ms
        core.arm(due_ms, "parking_space", 0, space.id)


# ── what the sensors say ─────────────────────────────────────────────────────────────────────────────────────────────


def _show(core: Core, id: str, state: SpaceState, shown: bool | None, at_ms: int) -> None:
    """The sensors say something else; what did not last is counted."""
    if shown is state.shown:
        return
    touched(core, id)
    if shown is state.occupied and state.shown is not None and shown is not None:
        zone = core.settings.zone
        same_day = local_day(zone, at_ms) == local_day(zone, state.flipped_ms)
        state.flips, state.flipped_ms = state.flips + 1 if same_day else 1, at_ms
    state.shown, state.shown_ms = shown, max(at_ms, state.shown_ms)
    late = core.now_ms - at_ms > OLD_MS  # it waited somewhere: what is behind it in the queue comes first
    lasts_ms = core.settings.parking.debounce_ms if state.flips < FLIPS_MANY else STEADY_MS
    state.believe_ms = (core.now_ms if late else at_ms) + lasts_ms
    if shown is False:
        state.doubted = False


def _replayed(core: Core, space: Space, state: SpaceState, occupied: bool, at_ms: int) -> None:
    """The newest news, though old: believed, and nobody is told."""
    state.shown, state.shown_ms = occupied, at_ms
    if occupied is not state.occupied:
        before = state.occupied
        put_occupied(core, space.id, state, occupied, at_ms)
        if occupied:
            put_visit(core, space.id, state, A_CAR, state.plate)
        else:
            _leaves(core, space, state, before)
        _changed(core, space, state)
    look(core, space, state, heard(core, space))


# ── what is believed ─────────────────────────────────────────────────────────────────────────────────────────────────


def _believe(core: Core, space: Space, state: SpaceState) -> None:
    before, now, until_ms = state.occupied, state.shown, state.since_ms
    put_occupied(core, space.id, state, now, state.shown_ms)
    if state.flips >= FLIPS_MANY:
        state.flips = 0
    if now is False:
        _leaves(core, space, state, before)
    elif now is True and before is False:
        _arrives(core, space, state, until_ms)
    elif now is True and not state.squat and not state.visit:
        if space.use in COUNTED and weak(core, space):
            judge(core, space, state, state.since_ms)
        else:  # nobody knows since when: it is taken for a car
            put_visit(core, space.id, state, own_car(core, space), state.plate)
    _changed(core, space, state)


def _changed(core: Core, space: Space, state: SpaceState) -> None:
    core.changes.parking.spaces[space.id] = state
    estimate_soon(core, compiled(core).zone_of.get(space.id, ""))


def _arrives(core: Core, space: Space, state: SpaceState, free_since_ms: int) -> None:
    if state.squat:
        end(core, space, state)  # reported where the sensor saw nothing, and gone since
    state.looked_ms = core.now_ms
    soon = state.since_ms - free_since_ms <= WANDER_MS
    if soon and not weak(core, space) and _may_be_back(core, space, state.visit):
        return  # it has come back, or the sensor had lost it
    put_visit(core, space.id, state, 0)
    if space.use in COUNTED:
        judge(core, space, state, state.since_ms)
    elif space.use in KEPT_FREE:
        likely = likely_car(core, space, state.since_ms, state.since_ms)
        if likely is not None and likely.plate and not likely.space:
            take(core, space, state, likely)


def _changed_places(core: Core, space: Space, state: SpaceState) -> bool:
    """It was free for less than the debounce, and by the sensor's word a bike took the place of a car or a car that of a bike."""
    if not state.occupied or not state.shown or state.shown_ms <= state.since_ms or state.believe_ms > core.now_ms:
        return False
    squat = core.state.parking.squats.get(state.squat)
    if squat is None:
        return space.use in COUNTED and not state.called_car_ms and weak(core, space)
    return not squat.by and strong(core, space)


def _may_be_back(core: Core, space: Space, visit: int) -> bool:
    """The car that left this very space is inside and stands nowhere else."""
    if visit == A_CAR:
        return True
    parking = core.state.parking
    if visit not in parking.visits:
        return False
    others = standing(core).spaces_of.get(visit, ()) if visit > 0 else ()
    return not any(id != space.id and parking.spaces[id].occupied is not False for id in others)


def _leaves(core: Core, space: Space, state: SpaceState, was_occupied: bool | None) -> None:
    """Free: whatever was said of the stay is over; which car left is remembered for a while."""
    if state.squat:
        end(core, space, state)
        put_visit(core, space.id, state, 0)
    elif state.visit <= 0:
        # Whatever nobody could name was a car; but not where nobody knows when it left.
        put_visit(core, space.id, state, A_CAR if was_occupied and state.visit != GONE else 0)
    state.plate, state.called_car_ms = "", 0
    told(core, space.id, dict(ENDS_WITH_THE_STAY), core.now_ms)


# ── while something stands there ─────────────────────────────────────────────────────────────────────────────────────


def _stands(core: Core, space: Space, state: SpaceState, said: bool | None) -> None:
    """Graces that are over, and another look at what it may be."""
    now, told_of = core.now_ms, core.settings.parking
    kept_free = KEPT_FREE.get(space.use)
    if kept_free is not None:
        # What a replay left behind is told once the sensor has said so itself.
        if state.occupied and state.since_ms + told_of.lane_ms <= now and said:
            told(core, space.id, {kept_free: True}, state.since_ms)
    elif space.use in COUNTED:
        if state.occupied:
            _another_look(core, space, state)
        if state.squat:
            _squat_stands(core, space, state)
        elif state.occupied and said:
            _car_stands(core, space, state)


def _another_look(core: Core, space: Space, state: SpaceState) -> None:
    """The ledger may have learned something since: a car whose visit ended cannot stand here, a late record explains a squat."""
    if its_car_left(core, state):
        gone(core, space.id, state)
    if state.visit == GONE:
        likely = mistaken(core, space)
        if likely is not None:
            take(core, space, state, likely)
        elif state.looked_ms + OUT_MS <= core.now_ms:
            put_visit(core, space.id, state, 0, state.plate)
            judge(core, space, state, core.now_ms)
    elif not state.visit:
        judge(core, space, state, state.since_ms)


def _squat_stands(core: Core, space: Space, state: SpaceState) -> None:
    squat = core.state.parking.squats.get(state.squat)
    if squat is None:
        state.squat = 0
    elif not state.occupied and squat.from_ms + UNSEEN_MS <= core.now_ms:
        end(core, space, state)
    elif _told_at(core, state, squat) <= core.now_ms and not is_told(core, space.id, "squat"):
        tell(core, space, state)


def _told_at(core: Core, state: SpaceState, squat: Squat) -> int:
    """After its grace, and not at once when it was found late: a gate that is back may still be replaying."""
    return max(squat.from_ms + core.settings.parking.squat_ms, state.looked_ms + REPLAY_MS)


def _car_stands(core: Core, space: Space, state: SpaceState) -> None:
    now, told_of = core.now_ms, core.settings.parking
    limit = space.overstay_ms if space.overstay_ms is not None else told_of.overstay_ms
    if limit is not None and state.since_ms + limit <= now:
        told(core, space.id, {"overstay": True}, state.since_ms)
    if space.homes and state.plate and state.since_ms + told_of.squat_ms <= now:
        told(core, space.id, {"unentitled": not entitled(core, space, state.plate)}, state.since_ms)


def _looked_at(core: Core, space: Space, reading: Reading, at_ms: int) -> None:
    """A camera that looks at the space saw a car's plate, or something that is no car."""
    state = core.state.parking.spaces.get(space.id)
    if state is None or reading.historical or at_ms < state.since_ms:
        return
    plate = reading.facts.get("plate")
    if isinstance(plate, str) and plate and state.occupied is not False:
        visits, states = core.state.parking.visits.values(), core.state.parking.spaces.items()
        visit = next((one.id for one in visits if one.plate == plate), A_CAR)
        before = next((id for id, one in states if visit > 0 and one.visit == visit), "")
        if state.squat:
            end(core, space, state, Verdict.CAR, CAMERA)
        take(core, space, state, Likely(Tier.SAME, visit, plate, before))
        look(core, space, state, heard(core, space))
        return
    known = state.squat or state.called_car_ms or space.use not in COUNTED
    if state.occupied and not known and reading.facts.get("label") in NOT_CARS:
        begin(core, space, state, state.since_ms, {CAMERA: str(reading.facts["label"])})
        look(core, space, state, heard(core, space))


# ── the timer ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _next(core: Core, space: Space, state: SpaceState, dies_ms: int | None) -> int | None:
    """When something is due next."""
    now, next_ms = core.now_ms, dies_ms
    if not state.doubted and state.believe_ms > now:
        next_ms = state.believe_ms if next_ms is None else min(next_ms, state.believe_ms)
    if state.occupied or state.squat:
        for due_ms in _graces(core, space, state):
            if due_ms > now and (next_ms is None or due_ms < next_ms):
                next_ms = due_ms
    return next_ms


def _graces(core: Core, space: Space, state: SpaceState) -> list[int]:
    told_of = core.settings.parking
    kept_free = KEPT_FREE.get(space.use)
    if kept_free is not None:
        told_ms = state.since_ms + told_of.lane_ms
        return [] if is_told(core, space.id, kept_free) else [told_ms, core.now_ms + ANOTHER_LOOK_MS]
    if space.use not in COUNTED:
        return []
    dues = [] if state.visit == A_CAR else [core.now_ms + ANOTHER_LOOK_MS]
    if state.visit == GONE:
        dues.append(state.looked_ms + OUT_MS)
    squat = core.state.parking.squats.get(state.squat)
    if squat is not None:
        return [*dues, _told_at(core, state, squat), squat.from_ms + UNSEEN_MS]
    limit = space.overstay_ms if space.overstay_ms is not None else told_of.overstay_ms
    if limit is not None:
        dues.append(state.since_ms + limit)
    if space.homes and state.plate:
        dues.append(state.since_ms + told_of.squat_ms)
    return dues
