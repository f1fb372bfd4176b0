"""Spaces left: what live sensors, dead ones, the gates and time make of it."""

from __future__ import annotations

from hub.core.context import Core
from hub.core.parking.estimates import estimate_now, estimate_soon, zone_due
from hub.core.parking.state import SpaceState, ZoneState
from hub.model import EntryReason, Estimate, Visit
from tests.core.parking.lots import START, lot, set_space, whole

DAY_MS = 86_400_000


def test_live_sensors_are_nearly_exact() -> None:
    core = lot(spaces=20)
    for n in range(20):
        set_space(core, n, occupied=n < 13)
    made = whole(core)
    assert (made.total, made.left, made.unknown) == (20, 7, 0)
    assert made.bound <= 3


def test_the_bound_grows_with_each_space_that_nobody_sees() -> None:
    bounds = []
    for dead in (0, 6, 12):
        core = lot(spaces=20)
        for n in range(dead, 20):
            set_space(core, n, occupied=n % 2 == 0)
        made = whole(core)
        assert made.unknown == dead
        bounds.append(made.bound)
    assert bounds == sorted(set(bounds))


def test_a_dead_space_of_a_home_follows_its_car() -> None:
    lefts = []
    for inside in (False, True):
        core = lot(spaces=10, homes=True, gates=True)
        for n in range(5, 10):
            set_space(core, n, occupied=False)
        if inside:
            for n in range(5):
                core.state.parking.visits[n + 1] = visit(n + 1, f"h{n}")
        lefts.append(whole(core).left)
    assert lefts[0] - lefts[1] in (3, 4)


def test_a_sensor_that_is_not_heard_any_more_is_unknown() -> None:
    core = lot(spaces=4)
    for n in range(4):
        set_space(core, n, occupied=True)
    core.state.parking.spaces["p03"].heard_ms = START - core.settings.parking.dead_ms - 1
    assert whole(core).unknown == 1


def test_without_sensors_the_gates_carry_the_zone_and_the_bound_grows_with_passages() -> None:
    core = lot(spaces=50, gates=True)
    zone = core.state.parking.zones[""] = ZoneState(ins=30, census_ms=START, passed=30)
    first = whole(core)
    zone.ins, zone.outs = 430, 405
    later = whole(core)
    assert (first.left, later.left) == (20, 25)
    assert later.bound > first.bound


def test_without_sensors_gates_or_census_nothing_is_promised() -> None:
    assert whole(lot(spaces=40)).bound >= 8


def test_left_is_never_below_nothing_or_above_all() -> None:
    core = lot(spaces=5, gates=True)
    core.state.parking.zones[""] = ZoneState(ins=90, census_ms=START)
    assert whole(core).left == 0
    core.state.parking.zones[""] = ZoneState(outs=90, census_ms=START)
    assert whole(core).left == 5


def test_soon_is_at_most_once_a_second_and_the_same_words_make_no_row() -> None:
    core = lot(spaces=4)
    for n in range(4):
        set_space(core, n, occupied=False)
    estimate_soon(core, "")
    first = known(core)
    set_space(core, 0, occupied=True)
    estimate_soon(core, "")
    assert known(core) is first
    core.now_ms += 1000
    estimate_soon(core, "")
    assert known(core).left == first.left - 1
    core.take()
    core.now_ms += 1000
    estimate_soon(core, "")
    assert not core.changes.parking.estimates


def test_a_doubted_sensor_is_believed_once_it_has_changed() -> None:
    core = lot(spaces=3)
    for n in range(3):
        set_space(core, n, occupied=True)
    space: SpaceState = core.state.parking.spaces["p00"]
    space.doubted_ms = START
    assert whole(core).unknown == 1
    space.since_ms = START + 1
    assert whole(core).unknown == 0


def test_a_sensor_that_its_homes_cars_contradict_is_doubted_until_it_changes() -> None:
    core = lot(spaces=3, homes=True, gates=True)
    for n in range(3):
        set_space(core, n, occupied=True)
        core.state.parking.spaces[f"p{n:02}"].since_ms = START - 2 * DAY_MS
    visits = core.state.parking.visits
    visits[1] = visit(1, "h0", START - DAY_MS)  # it came again, and the space had never been free
    visits[2] = visit(2, "h1", START - 3 * DAY_MS)
    zone_due(core, "", core.zones_due_ms or 0)
    doubted = [bool(core.state.parking.spaces[f"p{n:02}"].doubted_ms) for n in range(3)]
    assert doubted == [True, False, False]  # of the third home nobody knows a car
    assert known(core).unknown == 1


def visit(id: int, home: str, in_ms: int = START) -> Visit:
    return Visit(id=id, zone="", plate=home, home=home, in_ms=in_ms, in_entry=0, in_how=EntryReason.PASSED)


def known(core: Core) -> Estimate:
    estimate = core.state.parking.zones[""].estimate
    assert estimate is not None
    return estimate


def test_each_minute_estimates_once_and_arms_the_next() -> None:
    core = lot(spaces=2)
    for n in range(2):
        set_space(core, n, occupied=False)
    estimate_now(core, "")
    armed = [timer for timer in core.timers if timer[1] == "parking_zone"]
    assert armed
