"""Temporary plans: who comes next, what a turn does, and what is refused."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec
import pytest

from hub.core.commands import AnyCommand, PutPermit, PutPlace, PutPlan, PutTurn, Remove
from hub.core.context import Core
from hub.core.decisions import CommandRefused
from hub.core.inputs import Commanded
from hub.core.parking.plans import application, book_of, holds, proposed, shares
from hub.core.policies import compile_settings
from hub.core.rules import compile_rules
from hub.core.state import State
from hub.core.step import step
from hub.model import ParkingPlan, Permit, PermitKind, Place, PlaceKind, PlanTurn

ZONE = ZoneInfo("Asia/Shanghai")
NOW = 1_800_000_000_000  # 2027-01-15 16:00 in Shanghai
DAY = 86_400_000
PLAN = ParkingPlan(
    id="spring", name="春季", free=1, paid=1, from_date="2027-01-16", until_date="2027-02-28", turn_days=7
)


class Desk:
    """A community with one building of six floors, and the plan."""

    def __init__(self, plan: ParkingPlan = PLAN) -> None:
        settings = compile_settings(
            community="ghy",
            community_name="桂花园",
            community_address="",
            rules=compile_rules({}),
            policies={},
            roles={},
            safety_sources=frozenset(),
            receipt_within_ms=10_000,
            zone=ZONE,
        )
        self.core = Core(State(community="ghy", now_ms=NOW), settings)
        self.plan = plan
        self.do(PutPlace(actor="a", place=Place(id="b1", kind=PlaceKind.BUILDING, name="1号楼")))
        for floor in range(1, 7):
            home = Place(id=f"h{floor}", kind=PlaceKind.HOME, name=f"{floor}01室", parent="b1", floor=floor)
            self.do(PutPlace(actor="a", place=home))
        assert self.do(PutPlan(actor="a", plan=plan)) == ""

    def do(self, command: AnyCommand, at_ms: int = NOW) -> str:
        """Why it was refused, "" when it was not."""
        step(self.core, Commanded(now_ms=at_ms, command=command, row=1))
        decisions, _ = self.core.take()
        return next((one.detail for one in decisions if isinstance(one, CommandRefused)), "")

    def apply(self, floor: int, days_ago: int) -> None:
        permit = application("spring", f"h{floor}", f"沪A0000{floor}", NOW - days_ago * DAY)
        assert self.do(PutPermit(actor="a", permit=permit)) == ""

    def give(self, turn: PlanTurn, at_ms: int = NOW) -> str:
        return self.do(PutTurn(actor="a", turn=turn), at_ms)

    def next(self, day: str) -> list[tuple[str, bool]]:
        return [(one.place, one.paid) for one in proposed(self.core, self.plan, day)]


def turn(floor: int, from_date: str, until_date: str, *, paid: bool = False, id: str = "") -> PlanTurn:
    return PlanTurn(
        id=id or f"t-{floor}-{from_date}",
        plan="spring",
        place=f"h{floor}",
        plate=f"沪A0000{floor}",
        paid=paid,
        from_date=from_date,
        until_date=until_date,
    )


def test_whoever_waited_longest_comes_first_and_has_the_free_place() -> None:
    desk = Desk()
    for floor, days in ((4, 1), (5, 3), (6, 2)):
        desk.apply(floor, days)
    assert desk.next("2027-01-16") == [("h5", False), ("h6", True)]


def test_low_floors_come_first_where_the_plan_says_so_but_not_twice() -> None:
    desk = Desk(msgspec.structs.replace(PLAN, first_floors=2))
    for floor, days in ((1, 0), (5, 3), (6, 2)):
        desk.apply(floor, days)
    assert desk.next("2027-01-16") == [("h1", False), ("h5", True)]
    for one in proposed(desk.core, desk.plan, "2027-01-16"):
        assert desk.give(one) == ""
    later = NOW + 9 * DAY
    desk.do(PutPermit(actor="a", permit=application("spring", "h1", "沪A00001", later)), later)
    desk.do(PutPermit(actor="a", permit=application("spring", "h5", "沪A00005", later)), later)
    assert desk.next("2027-01-25") == [("h6", False), ("h1", True)], "h6 has had no turn; one place is left for h1"


def test_a_free_place_goes_to_whoever_has_had_fewer_free_turns() -> None:
    desk = Desk()
    desk.give(turn(4, "2027-01-16", "2027-01-16"))
    desk.give(turn(5, "2027-01-16", "2027-01-16", paid=True))
    later = NOW + 3 * DAY
    for floor, since in ((4, later - 2), (5, later - 1)):
        permit = application("spring", f"h{floor}", f"沪A0000{floor}", since)
        assert desk.do(PutPermit(actor="a", permit=permit), later) == ""
    assert desk.next("2027-01-20") == [("h4", True), ("h5", False)]


def test_a_turn_makes_a_permit_that_begins_and_ends_by_itself() -> None:
    desk = Desk()
    assert desk.give(turn(4, "2027-01-16", "2027-01-22")) == ""
    permit = desk.core.state.permits["沪A00004"]
    assert (permit.kind, permit.plan, permit.place) == (PermitKind.TEMPORARY, "spring", "h4")
    begins = NOW + 8 * 3_600_000
    assert (permit.from_ms, permit.until_ms) == (begins, begins + 7 * DAY)
    assert [permit.stands(at) for at in (begins - 1, begins, begins + 7 * DAY - 1, begins + 7 * DAY)] == [
        False,
        True,
        True,
        False,
    ]


def test_a_turn_that_follows_the_last_one_lets_the_car_stay() -> None:
    desk = Desk()
    desk.give(turn(4, "2027-01-16", "2027-01-22"))
    assert desk.give(turn(4, "2027-01-23", "2027-01-29")) == ""
    permit = desk.core.state.permits["沪A00004"]
    assert permit.until_ms is not None
    assert permit.from_ms is not None
    assert permit.until_ms - permit.from_ms == 14 * DAY
    assert all(holds(book_of(desk.core, PLAN), one) for one in desk.core.state.turns.values())


def test_a_turn_that_is_over_is_history_and_makes_no_permit() -> None:
    desk = Desk(msgspec.structs.replace(PLAN, from_date="2026-12-01"))
    assert desk.give(turn(4, "2026-12-01", "2026-12-07")) == ""
    assert desk.core.state.permits == {}
    assert [(one.place, one.free, one.last) for one in shares(book_of(desk.core, desk.plan))] == [
        ("h4", 1, "2026-12-07")
    ]


def test_a_turn_ends_early_by_removing_its_permit_and_stays_in_the_ledger() -> None:
    desk = Desk()
    desk.give(turn(4, "2027-01-16", "2027-01-22"))
    assert "no free place" in desk.give(turn(5, "2027-01-18", "2027-01-20"))
    assert desk.do(Remove(actor="a", what="permit", id="沪A00004")) == ""
    assert desk.give(turn(5, "2027-01-18", "2027-01-20")) == ""
    assert [(one.place, one.free) for one in shares(book_of(desk.core, PLAN))] == [("h5", 1), ("h4", 1)]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (turn(4, "2027-01-16", "2027-01-22", id="t-1-2027-01-16"), "never changed"),
        (turn(1, "2027-01-20", "2027-01-24", paid=True), "has a turn from 2027-01-16 to 2027-01-22 already"),
        (turn(4, "2027-01-22", "2027-01-25"), "no free place"),
        (turn(9, "2027-01-23", "2027-01-25"), "is no home"),
        (turn(4, "2027-01-23", "2027-01-32"), "first and last day"),
        (turn(4, "2027-1-23", "2027-1-24"), "first and last day"),
        (turn(4, "2027-01-25", "2027-01-24"), "first and last day"),
        (turn(4, "2027-01-15", "2027-01-16"), "runs from 2027-01-16"),
        (turn(4, "2027-02-25", "2027-03-01"), "runs from 2027-01-16"),
        (turn(4, "2027-01-23", "2027-01-30"), "at most 7 days"),
        (msgspec.structs.replace(turn(4, "2027-01-23", "2027-01-29"), plan="autumn"), "no plan autumn"),
        (msgspec.structs.replace(turn(4, "2027-01-23", "2027-01-29"), plate="A1"), "province sign"),
        (msgspec.structs.replace(turn(4, "2027-01-23", "2027-01-29"), plate="沪A·00004"), "without spaces"),
        (turn(6, "2027-01-23", "2027-01-29"), "has a permit that has not ended"),
        (turn(5, "2027-01-23", "2027-01-29"), "is denied"),
    ],
)
def test_what_is_refused_says_why_and_changes_nothing(given: PlanTurn, why: str) -> None:
    desk = Desk()
    desk.give(turn(1, "2027-01-16", "2027-01-22"))
    desk.do(PutPermit(actor="a", permit=Permit(plate="沪A00006", place="h6")))
    desk.do(PutPermit(actor="a", permit=Permit(plate="沪A00005", kind=PermitKind.DENIED, reason="欠费")))
    permits = dict(desk.core.state.permits)
    assert why in desk.give(given)
    assert len(desk.core.state.turns) == 1
    assert desk.core.state.permits == permits


@pytest.mark.parametrize(
    ("plan", "why"),
    [
        (msgspec.structs.replace(PLAN, until_date="2027-01-01"), "first and last day"),
        (msgspec.structs.replace(PLAN, from_date="16.1.2027"), "first and last day"),
        (msgspec.structs.replace(PLAN, free=0, paid=0), "at least one place"),
        (msgspec.structs.replace(PLAN, turn_days=0), "1 to 366 days"),
        (msgspec.structs.replace(PLAN, zone="nowhere"), "no place nowhere"),
        (msgspec.structs.replace(PLAN, name=" "), "an id and a name"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(plan: ParkingPlan, why: str) -> None:
    assert why in Desk().do(PutPlan(actor="a", plan=plan))


@pytest.mark.parametrize(
    ("permit", "why"),
    [
        (Permit(plate="A12345"), "province sign"),
        (Permit(plate="沪A12345", kind=PermitKind.DENIED), "say why"),
        (Permit(plate="沪A12345", from_ms=2, until_ms=1), "ends before it begins"),
    ],
)
def test_a_permit_that_cannot_be_is_refused(permit: Permit, why: str) -> None:
    assert why in Desk().do(PutPermit(actor="a", permit=permit))
