"""The ledger: its law holds after every step, whatever the cameras miss, and a crash changes nothing."""

from __future__ import annotations

from random import Random

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.core.commands import CorrectLedger
from hub.core.decisions import CommandRefused
from hub.model import Direction, EntryReason, Event, PermitKind
from hub.store.snapshots import state_bytes
from tests.core.parking.yard import CAR, OTHER, THIRD, Yard
from tests.core.timeline import refusal

IN, OUT = Direction.IN, Direction.OUT
PASSED, OFFICE = EntryReason.PASSED, EntryReason.OFFICE
MISSED_ENTRY, MISSED_EXIT = EntryReason.MISSED_ENTRY, EntryReason.MISSED_EXIT


def passed(yard: Yard, *cars: tuple[str, str]) -> None:
    """Each passes a minute after the one before; "" is a car that nobody reads."""
    for camera, plate in cars:
        at = yard.now + 60
        if plate:
            yard.plate(at, camera, plate)
        else:
            yard.unread(at, camera)
        yard.passed(at + 30)


def test_a_car_that_enters_twice_went_out_unseen() -> None:
    yard = Yard()
    passed(yard, ("cam-s-in", CAR), ("cam-s-in", CAR))
    assert yard.ledger() == [(IN, PASSED, CAR), (OUT, MISSED_EXIT, CAR), (IN, PASSED, CAR)]
    assert yard.inside() == [CAR]


def test_a_car_that_enters_twice_was_the_car_out_that_nobody_could_name() -> None:
    yard = Yard()
    passed(yard, ("cam-s-in", CAR), ("cam-s-out", ""))
    assert (yard.inside(), yard.zone().unnamed_outs) == ([CAR], 1)
    passed(yard, ("cam-s-in", CAR))
    assert yard.ledger() == [(IN, PASSED, CAR), (OUT, PASSED, ""), (IN, PASSED, CAR)]
    assert (yard.inside(), yard.zone().unnamed_outs) == ([CAR], 0)


def test_a_car_out_that_never_came_in_is_the_oldest_that_nobody_read() -> None:
    yard = Yard()
    passed(yard, ("cam-s-in", ""), ("cam-s-in", ""))
    first, _ = sorted(yard.core.state.parking.visits)
    passed(yard, ("cam-s-out", CAR))
    assert yard.inside() == [""]
    assert yard.visits[first].plate == CAR
    assert MISSED_ENTRY not in [one.reason for one in yard.entries]


def test_a_car_out_that_never_came_in_was_missed() -> None:
    yard = Yard()
    passed(yard, ("cam-s-in", OTHER), ("cam-s-out", CAR))
    assert yard.ledger() == [(IN, PASSED, OTHER), (IN, MISSED_ENTRY, CAR), (OUT, PASSED, CAR)]


def test_a_car_out_that_nobody_read_ends_the_visit_of_nobody_named() -> None:
    yard = Yard()
    passed(yard, ("cam-s-in", CAR), ("cam-s-in", ""), ("cam-s-out", ""))
    assert (yard.inside(), yard.zone().unnamed_outs) == ([CAR], 0)


def test_each_zone_has_its_own_ledger() -> None:
    yard = Yard()
    passed(yard, ("cam-s-in", CAR), ("cam-bay", CAR))
    assert (yard.inside(), yard.inside("bay")) == ([CAR], [CAR])
    passed(yard, ("cam-bay-out", CAR))
    assert (yard.inside(), yard.inside("bay")) == ([CAR], [])


def test_the_hour_counts_what_was_seen_and_closes_with_the_next() -> None:
    yard = Yard()
    passed(yard, ("cam-s-in", CAR), ("cam-s-in", CAR), ("cam-s-out", CAR))
    hour = yard.core.state.parking.hours[""]
    assert (hour.ins, hour.outs) == (2, 1)
    yard.plate(3 * 3600, "cam-s-in", CAR)
    yard.passed(3 * 3600 + 30)
    closed = yard.changes.parking.hours
    assert [(one.ins, one.outs) for one in closed.values()] == [(2, 1)]
    assert list(closed) == [f"|{hour.hour_ms}"]


def test_the_office_corrects_by_entries_and_says_why() -> None:
    yard = Yard()
    yard.correct(60, IN, "沪a·12345", note="camera was dirty")
    yard.correct(120, OUT, CAR)
    assert yard.ledger() == [(IN, OFFICE, CAR), (OUT, OFFICE, CAR)]
    assert (yard.entries[0].actor, yard.entries[0].note) == ("desk", "camera was dirty")
    assert refusal(yard.correct(180, OUT, CAR)) == f"{CAR} is not inside"
    assert refusal(yard.correct(180, IN, OTHER, note=" ")).startswith("a correction needs a note")
    yard.correct(200, IN, CAR)
    assert refusal(yard.correct(220, IN, CAR)) == f"{CAR} is inside already"
    future = CorrectLedger(actor="desk", direction=IN, plate=OTHER, at_ms=yard.core.now_ms + 1, note="seen")
    (refused,) = yard.command(220, future)
    assert isinstance(refused, CommandRefused)
    nowhere = CorrectLedger(actor="desk", direction=IN, plate=OTHER, zone="moon", note="seen")
    assert refusal(yard.command(220, nowhere)) == "there is no zone moon"


def test_a_marked_redelivery_changes_nothing() -> None:
    yard = Yard(restarts=False)
    facts = {"plate": CAR}
    yard.seen(10, "cam-s-in", Event.PLATE, dict(facts))
    yard.passed(60)
    yard.plate(100, "cam-s-out", CAR)
    yard.passed(160)
    before = msgspec.msgpack.encode(yard.core.state.parking)
    yard.seen(200, "cam-s-in", Event.PLATE, dict(facts), duplicate=True)
    yard.passed(260)
    assert msgspec.msgpack.encode(yard.core.state.parking) == before


PLATES = st.sampled_from([CAR, OTHER, THIRD, "沪A12346", "京QZ0001", ""])
CAMERAS = st.sampled_from(
    ["cam-in", "cam-in-2", "cam-out", "cam-s-in", "cam-s-out", "cam-both", "cam-bay", "cam-bay-out"]
)
GAPS = st.sampled_from([0.0, 1.0, 4.0, 14.0, 16.0, 70.0, 4000.0])
STEPS = st.one_of(
    st.tuples(st.just("pass"), GAPS, CAMERAS, PLATES),
    st.tuples(st.just("replay"), GAPS, CAMERAS, PLATES),
    st.tuples(st.just("again"), GAPS, CAMERAS, PLATES),
    st.tuples(st.just("arm"), GAPS, st.sampled_from(["arm-in", "arm-out"]), st.sampled_from(["up", "down"])),
    st.tuples(st.just("loop"), GAPS, st.sampled_from(["loop-in", "loop-out"]), st.just("")),
    st.tuples(st.just("relay"), GAPS, st.just("relay-bay"), st.just("")),
    st.tuples(st.just("correct"), GAPS, st.sampled_from(["in", "out"]), PLATES),
    st.tuples(st.just("permit"), GAPS, st.sampled_from(["resident", "denied"]), st.sampled_from([CAR, OTHER])),
)


def play(yard: Yard, steps: list[tuple[str, float, str, str]]) -> None:
    for n, (what, gap, who, which) in enumerate(steps):
        at = yard.now + gap
        match what:
            case "pass":
                yard.passed(at)
                if which:
                    yard.plate(at, who, which, confidence=60 + n)
                else:
                    yard.unread(at, who)
            case "replay":
                yard.replayed(at, who, max(0.0, at - 61 * (n + 1)), which)
            case "again":
                yard.seen(at, who, Event.PLATE, {"plate": which or CAR}, duplicate=True)
            case "arm":
                yard.arm(at, who, which == "up")
            case "loop":
                yard.loop(at, who)
            case "relay":
                yard.relay(at)
            case "correct":
                yard.correct(at, Direction(who), which)
            case _:
                yard.passed(at)
                yard.permit(which, PermitKind(who))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, max_size=30))
def test_the_law_holds_after_every_step_and_every_crash(steps: list[tuple[str, float, str, str]]) -> None:
    """`Yard` checks the law, and steps a twin that knows only the encoded state, before every step."""
    yard = Yard()
    play(yard, steps)
    yard.passed(yard.now + 20)  # the windows are over
    yard.passed(yard.now + 400)
    assert all(car.over for lane in yard.core.state.parking.lanes.values() for car in lane.passing)
    assert state_bytes(yard.core.state) == state_bytes(yard._restarted().state)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["cam-s-in", "cam-s-out"]), PLATES), max_size=25))
def test_records_replayed_after_they_were_seen_live_add_nothing(cars: list[tuple[str, str]]) -> None:
    yard = Yard(restarts=False)
    for camera, plate in cars:
        at = yard.now + 60
        if plate:
            yard.plate(at, camera, plate)
        else:
            yard.unread(at, camera)
    yard.passed(yard.now + 60)
    entries, zone = len(yard.entries), msgspec.json.encode(yard.zone())
    for n, (camera, plate) in enumerate(cars):
        yard.replayed(5000 + n, camera, 60 * (n + 1) + 1, plate)
    assert (len(yard.entries), msgspec.json.encode(yard.zone())) == (entries, zone)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=24), st.randoms(use_true_random=False))
def test_once_every_record_has_come_those_inside_are_those_inside(cars: list[tuple[int, bool]], order: Random) -> None:
    """Cars go in and out by turns; some records come live, the others are replayed at the end, in whatever order."""
    yard = Yard(restarts=False)
    inside: set[str] = set()
    kept: list[tuple[float, str, str]] = []
    for n, (which, live) in enumerate(cars):
        plate, at = [CAR, OTHER, THIRD, "京QZ0001"][which], 200.0 * (n + 1)
        camera = "cam-s-out" if plate in inside else "cam-s-in"
        inside ^= {plate}
        if live:
            yard.plate(at, camera, plate)
        else:
            kept.append((at, camera, plate))
    yard.passed(8000)
    order.shuffle(kept)
    for n, (happened, camera, plate) in enumerate(kept):
        yard.replayed(8001 + n, camera, happened, plate)
    assert sorted(yard.inside()) == sorted(inside)
    assert yard.zone().unnamed_outs == 0
