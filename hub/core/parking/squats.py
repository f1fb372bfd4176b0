"""Squats: what stands in a space and is probably no car, with its evidence. Pure.

    becomes occupied      -> judged (`hub.core.parking.evidence`): a car, or a squat since then, or nobody can say yet
    grace over            -> judged again, for a gate's record may have come late; still a squat: it is told
    now and then          -> a car whose visit ended is looked for anew; a squat whose entry turned up after all was a car
    free                  -> it ends
    somebody looked       -> their word counts for the stay that is on

Law: a stay that somebody called a car is no squat until the space has been free. Nobody promises to find every one: what no
sensor notices begins with somebody's report.
"""

from __future__ import annotations

from hub.core.commands import SayVerdict
from hub.core.conditions import ask
from hub.core.context import Core
from hub.core.parking.estimates import estimate_soon
from hub.core.parking.evidence import (
    A_CAR,
    GONE,
    Likely,
    compiled,
    forget_opening,
    likely_car,
    no_car,
)
from hub.core.parking.index import new_space, put_occupied, put_visit, touched
from hub.core.parking.state import SpaceState
from hub.model import COUNTED, Fact, Space, Squat, Verdict

REMEMBERED_MS = 14 * 86_400_000
"""How long squats stay on the map of hot spots."""
UNSEEN_MS = 24 * 3_600_000
"""A squat that was reported and that no sensor sees ends by itself after this."""
LEDGER, CAMERA = "ledger", "camera"
"""Who found that it was a car, where no person said so."""
DEEPEST = 4
"""Matches that one new match may undo, one after another."""


def judge(core: Core, space: Space, state: SpaceState, until_ms: int, depth: int = 0) -> None:
    """What became of a space that is occupied and has no car yet: a car, a squat, or nobody can say."""
    if state.called_car_ms or state.visit or space.use not in COUNTED:
        return
    likely = likely_car(core, space, state.since_ms, until_ms)
    squat = core.state.parking.squats.get(state.squat)
    if squat is not None and (squat.by or likely is None or CAMERA in squat.evidence):
        return
    squats, why = no_car(core, space, state, likely)
    if squats:
        if squat is None:
            begin(core, space, state, state.since_ms, why)
    elif likely is not None:
        if squat is not None:
            end(core, space, state, Verdict.CAR, LEDGER)
        take(core, space, state, likely, depth)


def take(core: Core, space: Space, state: SpaceState, likely: Likely, depth: int = 0) -> None:
    """This car stands here; whichever space had it is judged anew."""
    put_visit(core, space.id, state, likely.visit, likely.plate)
    core.changes.parking.spaces[space.id] = state
    if likely.opening_ms:
        forget_opening(core, likely.opening_ms)
    other = core.state.parking.spaces.get(likely.space) if likely.space != space.id else None
    if other is None:
        return
    put_visit(core, likely.space, other, 0)
    core.changes.parking.spaces[likely.space] = other
    robbed = core.state.spaces.get(likely.space)
    if other.occupied and robbed is not None and depth < DEEPEST:
        judge(core, robbed, other, other.since_ms, depth + 1)
        look_soon(core, robbed.id, other)


def look_soon(core: Core, id: str, state: SpaceState) -> None:
    """Something of it changed: its next timer is worked out anew."""
    state.due_ms = core.now_ms + 1
    core.arm(state.due_ms, "parking_space", 0, id)


def begin(
    core: Core, space: Space, state: SpaceState, from_ms: int, why: dict[str, str], verdict: Verdict = Verdict.PROBABLE
) -> Squat:
    """A squat is on."""
    zone = compiled(core).zone_of.get(space.id, "")
    squat = Squat(id=core.next_id(), space=space.id, zone=zone, from_ms=from_ms, verdict=verdict, evidence=why)
    core.state.parking.squats[squat.id] = core.changes.parking.squats[squat.id] = squat
    put_visit(core, space.id, state, 0)
    state.squat, state.looked_ms = squat.id, core.now_ms
    core.changes.parking.spaces[space.id] = state
    estimate_soon(core, zone)
    return squat


def tell(core: Core, space: Space, state: SpaceState) -> None:
    """Its grace is over: the rules are asked, and the map of hot spots remembers it."""
    squat = core.state.parking.squats[state.squat]
    remember(core, squat)
    told(core, space.id, {"squat": True}, squat.from_ms)
    sensors = compiled(core).sensors.get(space.id, ())
    device = core.state.devices.get(sensors[0]) if sensors else None
    if device is not None and device.alerts:
        rules = core.rules.rules
        names = (key for key in device.alerts if key in rules and (when := rules[key].when) and "squat" in when.names)
        squat.alert = next((device.alerts[key] for key in names), 0)
    core.changes.parking.squats[squat.id] = squat


def remember(core: Core, squat: Squat) -> None:
    """The map of hot spots shows it."""
    known = core.state.parking.squatted.get(squat.space, [])
    known = [at for at in known if at > core.now_ms - REMEMBERED_MS and at != squat.from_ms]
    core.state.parking.squatted[squat.space] = sorted([*known, squat.from_ms])


def end(core: Core, space: Space, state: SpaceState, verdict: Verdict | None = None, by: str = "") -> None:
    """The squat is over: the space is free, or somebody said what it is."""
    squat = core.state.parking.squats.pop(state.squat, None)
    state.squat = 0
    core.changes.parking.spaces[space.id] = state
    if squat is None:
        return
    squat.until_ms = max(core.now_ms, squat.from_ms)
    squat.verdict = verdict or squat.verdict
    squat.by = by or squat.by
    if squat.verdict in (Verdict.CAR, Verdict.NOTHING):
        known = core.state.parking.squatted.get(space.id, [])
        if squat.from_ms in known:
            known.remove(squat.from_ms)
    core.changes.parking.squats[squat.id] = squat
    told(core, space.id, {"squat": False}, core.now_ms)
    estimate_soon(core, squat.zone)


def told(core: Core, space: str, facts: dict[str, Fact], at_ms: int) -> None:
    """Ask the rules of the space's first sensor about what it has not been told yet."""
    for id in compiled(core).sensors.get(space, ())[:1]:
        device = core.state.devices.get(id)
        if device is not None:
            news = {name: fact for name, fact in facts.items() if device.facts.get(name, False) is not fact}
            if news:
                ask(core, device, news, at_ms)


def is_told(core: Core, space: str, name: str) -> bool:
    """The rules have been asked about it for the stay that is on; without a sensor there is nobody to ask."""
    sensors = compiled(core).sensors.get(space, ())
    device = core.state.devices.get(sensors[0]) if sensors else None
    return device is None or device.facts.get(name) is True


def its_car_left(core: Core, state: SpaceState) -> bool:
    """By the ledger the car that seems to stand here is out."""
    return state.visit > 0 and state.visit not in core.state.parking.visits


def gone(core: Core, id: str, state: SpaceState) -> None:
    """The match was wrong, or the space is about to be shown as free: it is judged a little later."""
    put_visit(core, id, state, GONE)
    state.looked_ms = core.now_ms


def say_verdict(core: Core, command: SayVerdict) -> str | None:
    """Somebody looked: a car, a bike, nothing; gives why not, in plain words, or None."""
    space = core.state.spaces.get(command.space)
    if space is None:
        return f"there is no space {command.space}"
    if command.verdict is Verdict.PROBABLE:
        return "say what stands there: a car, a bike or nothing"
    if command.verdict is Verdict.BIKE and space.use not in COUNTED:
        return f"space {space.id} is no space for cars: whatever stands there is told as that"
    seen(core, space, command.verdict, command.actor, command.photo)
    return None


def seen(core: Core, space: Space, verdict: Verdict, by: str, photo: int = 0) -> None:
    """What somebody saw in a space: said on purpose, or in a census."""
    states = core.state.parking.spaces
    state = states.get(space.id)
    if state is None:
        state = new_space(core, space.id, core.now_ms)
    core.changes.parking.spaces[space.id] = state
    squat = core.state.parking.squats.get(state.squat)
    if photo and squat is not None:
        squat.evidence = {**squat.evidence, "photo": str(photo)}
    match verdict:
        case Verdict.CAR:
            end(core, space, state, Verdict.CAR, by)
            if state.occupied:
                state.called_car_ms = core.now_ms
                put_visit(core, space.id, state, state.visit if state.visit > 0 else A_CAR, state.plate)
        case Verdict.BIKE:
            _bike(core, space, state, squat, by, photo)
        case Verdict.NOTHING:
            end(core, space, state, Verdict.NOTHING, by)
            _free(core, space, state)
    estimate_soon(core, compiled(core).zone_of.get(space.id, ""))


def _bike(core: Core, space: Space, state: SpaceState, squat: Squat | None, by: str, photo: int) -> None:
    state.called_car_ms = 0
    if squat is None:
        from_ms = state.since_ms if state.occupied else core.now_ms
        why = {"photo": str(photo)} if photo else {}
        squat = begin(core, space, state, from_ms, why, Verdict.BIKE)
    squat.verdict, squat.by = Verdict.BIKE, by
    core.changes.parking.squats[squat.id] = squat
    look_soon(core, space.id, state)


def _free(core: Core, space: Space, state: SpaceState) -> None:
    """Nothing stands there, whatever the sensor says; it is believed again once it says so too."""
    if state.shown:
        state.doubted = True
        state.flips += 1
        touched(core, space.id)
    if state.occupied is not False:
        put_occupied(core, space.id, state, False, core.now_ms)
    put_visit(core, space.id, state, 0)
    state.called_car_ms = 0
    told(core, space.id, dict.fromkeys(("fire_lane", "no_parking", "overstay", "unentitled"), False), core.now_ms)
