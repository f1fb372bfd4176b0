"""Permits under their one spelling; a household's cars forgotten; no device remembers the last car."""

from __future__ import annotations

from hub.core.commands import EraseHousehold, PutPermit, PutPlace, Remove
from hub.core.decisions import AnyDecision, CommandRefused, HouseholdErased, RegistryChanged
from hub.core.notices import _told
from hub.core.parking.state import Guess, GuessKind, LaneState
from hub.model import Direction, EntryReason, Event, Fact, Kind, Permit, Place, PlaceKind, PlanTurn, Visit
from tests.core.timeline import START, Timeline

MINE, OTHER = "沪A12345", "沪AD67890"


def refused(decisions: list[AnyDecision]) -> str:
    return next((one.detail for one in decisions if isinstance(one, CommandRefused)), "")


def with_permits() -> Timeline:
    t = Timeline()
    t.command(0, PutPlace(actor="clerk", place=Place(id="h", kind=PlaceKind.HOME, name="1501室", parent="")))
    t.command(0, PutPermit(actor="clerk", permit=Permit(plate=MINE, place="h")))
    t.command(0, PutPermit(actor="clerk", permit=Permit(plate=OTHER, place="1203")))
    return t


def test_a_permit_is_kept_under_its_one_spelling() -> None:
    t = Timeline()
    t.command(0, PutPermit(actor="clerk", permit=Permit(plate="沪a·12345")))
    t.command(1, PutPermit(actor="clerk", permit=Permit(plate="沪Ａ 12345", place="1203")))
    assert t.core.state.permits == {MINE: Permit(plate=MINE, place="1203")}
    t.command(2, Remove(actor="clerk", what="permit", id="沪A-12345"))
    assert t.core.state.permits == {}


def test_a_refusal_names_no_plate() -> None:
    t = Timeline()
    said = refused(t.command(0, Remove(actor="clerk", what="permit", id=MINE)))
    assert said
    assert MINE not in said


def test_erasing_a_household_takes_its_permits_and_leaves_its_neighbours() -> None:
    t = with_permits()
    t.core.state.turns["t"] = PlanTurn(
        id="t", plan="p", place="h", plate=MINE, paid=False, from_date="2027-01-01", until_date="2027-01-08"
    )
    decisions = t.command(1, EraseHousehold(actor="clerk", place="h"))
    assert list(t.core.state.permits) == [OTHER]
    assert t.core.state.turns["t"].plate == ""
    assert t.changes.permits == {MINE: None}
    assert t.changes.erased_plates == {MINE}
    (said,) = [one for one in decisions if isinstance(one, HouseholdErased)]
    assert (said.place, said.permits) == ("h", 1)
    assert [one.id for one in decisions if isinstance(one, RegistryChanged)] == [""]
    assert MINE not in repr(decisions)


def test_a_car_that_is_inside_keeps_its_plate_until_it_has_left() -> None:
    t = with_permits()
    stay = Visit(id=5, zone="", plate="沪B99999", home="h", in_ms=START, in_entry=5, in_how=EntryReason.PASSED)
    t.core.state.parking.visits[5] = stay
    t.command(1, EraseHousehold(actor="clerk", place="h"))
    assert (stay.plate, stay.home) == ("沪B99999", "")
    assert t.changes.parking.visits == {5: stay}
    assert t.changes.erased_plates == {MINE, "沪B99999"}


def test_what_replays_are_known_by_forgets_the_plate_too() -> None:
    """Snapshots hold it: else a quiet lane would keep the plate for months."""
    t = with_permits()
    gone = Visit(id=5, zone="", plate=MINE, in_ms=1, out_ms=2, in_entry=5, in_how=EntryReason.PASSED)
    parking = t.core.state.parking
    parking.lanes["a"] = LaneState(passed=[(1, MINE, "in"), (2, OTHER, "in")], last_plate=MINE)
    parking.guesses = [Guess(kind=GuessKind.EXIT, visit=gone)]
    t.command(1, EraseHousehold(actor="clerk", place="h"))
    assert parking.lanes["a"].passed == [(1, "", "in"), (2, OTHER, "in")]
    assert MINE not in repr(parking)


def test_what_is_no_home_is_refused() -> None:
    t = with_permits()
    assert refused(t.command(1, EraseHousehold(actor="clerk", place="nowhere"))) != ""
    assert refused(t.command(1, EraseHousehold(actor="clerk", place="6"))) != ""
    assert list(t.core.state.permits) == [MINE, OTHER]


def test_a_device_does_not_remember_the_last_car() -> None:
    t = Timeline()
    t.reading(0, "cam", kind=Kind.LPR, event=Event.PLATE, plate=MINE, direction=Direction.IN.value)
    assert t.core.state.devices["cam"].facts == {"direction": "in"}


def test_no_message_says_a_plate_or_one_that_it_may_mean() -> None:
    facts: dict[str, Fact] = {"plate": MINE, "label": f"{MINE} {OTHER}", "direction": "in"}
    assert _told(facts) == {"direction": "in"}
    assert _told({"label": "person"}) == {"label": "person"}
