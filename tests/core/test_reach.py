"""What the reach prover finds, case by case; each community is the smallest that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import msgspec
import pytest

from hub.config import PolicyConfig, RuleConfig, StepConfig
from hub.core.policies import Settings, compile_settings
from hub.core.reach import Gap, Proof, Registry, prove
from hub.core.reach_people import BROKEN, NOT_COUNTED
from hub.core.rules import compile_rules
from hub.model import (
    Contact,
    Days,
    Device,
    Duty,
    Kind,
    Leave,
    Override,
    Person,
    Place,
    PlaceKind,
    Severity,
    Window,
)
from tests.core.reach_worlds import ALL_DAY, DAY_MS, HOUR_MS, MIDNIGHT, ZONE
from tests.core.timeline import ROLES, rule

NIGHT = Window(from_minute=2 * 60, to_minute=6 * 60)
BY_DAY = Window(from_minute=6 * 60, to_minute=2 * 60)
"""All the rest of the day."""
RULES = {"smoke": rule(Kind.SMOKE, Severity.CRITICAL, when="alarm", latch=True, cause="fire")}
BOTH = (
    StepConfig(roles=["property", "volunteer"]),
    StepConfig(after=timedelta(minutes=1), roles=["property", "volunteer", "backup"]),
)
PLACES = {
    "g": Place(id="g", kind=PlaceKind.COMMUNITY, name="g"),
    "b6": Place(id="b6", kind=PlaceKind.BUILDING, name="6号楼", parent="g"),
    "b7": Place(id="b7", kind=PlaceKind.BUILDING, name="7号楼", parent="g"),
}


def somebody(id: str, *schemes: str, **more: object) -> Person:
    contacts = tuple(Contact(id=scheme, url=f"{scheme}://{id}") for scheme in schemes)
    return msgspec.structs.replace(Person(id=id, name=id, contacts=contacts), **more)


LI = somebody("li", "wecomapp", "alivoice")
WANG = somebody("wang", "alivoice", "alisms")
ZHAO = somebody("zhao", "tencentvoice")


def duty(role: str, person: str, **more: object) -> Duty:
    return msgspec.structs.replace(Duty(id=f"{role}-{person}", role=role, person=person), **more)


def registry(*people: Person, duties: tuple[Duty, ...] = (), **more: object) -> Registry:
    duties = duties or (duty("property", "li"), duty("volunteer", "wang"))
    known = Registry(people={one.id: one for one in people}, places=PLACES, duties=duties)
    return msgspec.structs.replace(known, **more)


def settings(
    *steps: StepConfig,
    rules: Mapping[str, RuleConfig] = RULES,
    policies: Mapping[str, PolicyConfig] = {},
) -> Settings:
    return compile_settings(
        community="g",
        community_name="",
        community_address="",
        rules=compile_rules(rules),
        policies={"critical": PolicyConfig(steps=list(steps or BOTH)), **policies},
        roles=ROLES,
        safety_sources=frozenset(),
        receipt_within_ms=10_000,
        zone=ZONE,
    )


def proof_of(known: Registry, *steps: StepConfig, days: int = 7) -> Proof:
    return prove(known, settings(*steps), MIDNIGHT, days)


def one_gap(proof: Proof) -> Gap:
    assert not proof.proved
    (gap,) = proof.gaps
    return gap


def test_two_people_over_two_providers_are_enough() -> None:
    proof = proof_of(registry(LI, WANG))
    assert proof.proved
    assert (proof.checked, proof.places, proof.within_ms) == (1 * 2 * 7 * 1440, 2, 60_000)


def test_a_night_in_which_one_may_not_be_told_is_a_gap_that_comes_again() -> None:
    gap = one_gap(proof_of(registry(LI, msgspec.structs.replace(WANG, hours=(BY_DAY,)))))
    assert (gap.from_ms, gap.until_ms) == (MIDNIGHT + 2 * HOUR_MS, MIDNIGHT + 6 * HOUR_MS - 60_000)
    assert (gap.people, gap.providers, gap.places) == (("li",), ("wecom",), ("b6", "b7"))
    assert (gap.times, gap.daily, gap.last_ms) == (7, True, gap.until_ms + 6 * DAY_MS)
    assert [(one.role, one.person, one.reason) for one in gap.why] == [
        ("volunteer", "wang", "off_hours"),
        ("backup", "", "role_empty"),
    ]


def test_sleep_hides_nothing_critical() -> None:
    sleepers = (msgspec.structs.replace(one, sleep=ALL_DAY) for one in (LI, WANG))
    assert proof_of(registry(*sleepers)).proved


@pytest.mark.parametrize("second", [somebody("wang", "wecomapp"), somebody("wang", "wechat", "alivoice")])
def test_two_people_over_one_provider_are_not_enough(second: Person) -> None:
    gap = one_gap(proof_of(registry(LI, second)))
    assert (gap.people, gap.providers, gap.times) == (("li", "wang"), ("wecom",), 1)
    assert (gap.from_ms, gap.until_ms) == (MIDNIGHT, MIDNIGHT + 7 * DAY_MS)


def test_one_person_over_two_providers_is_not_enough() -> None:
    known = registry(LI, duties=(duty("property", "li"), duty("volunteer", "li")))
    assert one_gap(proof_of(known)).people == ("li",)


@pytest.mark.parametrize("scheme", ["inbox", "bark", "serverchan", "webhook", "json"])
def test_what_does_not_count_proves_nothing(scheme: str) -> None:
    gap = one_gap(proof_of(registry(LI, somebody("wang", scheme))))
    assert gap.people == ("li",)
    assert gap.why[0].reason == NOT_COUNTED


def test_a_webhook_before_a_phone_takes_the_message() -> None:
    assert not proof_of(registry(LI, somebody("wang", "webhook", "alivoice"))).proved


def test_conveniences_beside_the_ladder_take_nothing_from_it() -> None:
    assert proof_of(registry(LI, somebody("wang", "inbox", "bark", "alivoice"))).proved


def test_leave_is_a_gap_to_the_millisecond() -> None:
    away = Leave(from_ms=MIDNIGHT + DAY_MS + 1, until_ms=MIDNIGHT + DAY_MS + HOUR_MS + 7)
    gap = one_gap(proof_of(registry(LI, msgspec.structs.replace(WANG, leave=(away,)))))
    assert (gap.from_ms, gap.until_ms) == (away.from_ms, away.until_ms - 60_000)


def test_a_refusal_is_a_gap() -> None:
    gap = one_gap(proof_of(registry(LI, msgspec.structs.replace(WANG, agreed=False))))
    assert gap.why[0].reason == "refused"


def test_a_cover_fills_the_hole_of_a_leave_and_only_there() -> None:
    away = Leave(from_ms=MIDNIGHT + DAY_MS, until_ms=MIDNIGHT + 3 * DAY_MS)
    cover = Override(
        id="c", role="volunteer", person="zhao", from_ms=away.from_ms, until_ms=MIDNIGHT + 2 * DAY_MS, instead_of="wang"
    )
    known = registry(LI, msgspec.structs.replace(WANG, leave=(away,)), ZHAO, overrides=(cover,))
    gap = one_gap(proof_of(known))
    assert (gap.from_ms, gap.until_ms) == (cover.until_ms, away.until_ms - 60_000)


def test_a_cover_on_a_floor_is_proved_for_that_floor() -> None:
    floor = Place(id="b6-3", kind=PlaceKind.FLOOR, name="3层", parent="b6")
    cover = Override(
        id="c",
        role="volunteer",
        person="li",
        from_ms=0,
        until_ms=MIDNIGHT + 60 * DAY_MS,
        instead_of="wang",
        place="b6-3",
    )
    known = registry(LI, WANG, overrides=(cover,), places={**PLACES, "b6-3": floor})
    assert one_gap(proof_of(known)).places == ("b6-3",)


def test_only_the_building_without_its_own_people_has_a_gap() -> None:
    duties = (duty("property", "li"), duty("volunteer", "wang", place="b7"))
    gap = one_gap(proof_of(registry(LI, WANG, duties=duties)))
    assert (gap.places, gap.people) == (("b6",), ("li",))


def test_days_of_rest_move_with_the_calendar() -> None:
    duties = (duty("property", "li"), duty("volunteer", "wang", days=Days.WORKDAYS))
    saturday = (MIDNIGHT + 8 * HOUR_MS) // DAY_MS + 719_163 + 1
    plain = one_gap(proof_of(registry(LI, WANG, duties=duties)))
    assert (plain.from_ms, plain.until_ms) == (MIDNIGHT + DAY_MS, MIDNIGHT + 3 * DAY_MS - 60_000)
    moved = one_gap(proof_of(registry(LI, WANG, duties=duties, rests={saturday: False})))
    assert moved.from_ms == plain.from_ms + DAY_MS


def test_a_step_that_asks_who_is_awake_leaves_it_to_the_next() -> None:
    sleeper = msgspec.structs.replace(WANG, sleep=NIGHT)
    awake = StepConfig(roles=["property", "volunteer"], awake=True)
    later = StepConfig(after=timedelta(minutes=5), roles=["volunteer"])
    assert proof_of(registry(LI, sleeper), awake, later).proved
    gap = one_gap(proof_of(registry(LI, sleeper), awake))
    assert (gap.from_ms, gap.until_ms) == (MIDNIGHT + 2 * HOUR_MS, MIDNIGHT + 6 * HOUR_MS)


def test_channels_of_a_step_decide_over_what_they_are_told() -> None:
    calls = StepConfig(roles=["property", "volunteer"], channels=["alivoice"])
    gap = one_gap(proof_of(registry(LI, WANG), calls))
    assert (gap.people, gap.providers) == (("li", "wang"), ("aliyun",))


def test_a_third_step_counts_only_where_the_second_reaches_nobody() -> None:
    first = StepConfig(roles=["property"])
    third = StepConfig(after=timedelta(hours=1), roles=["volunteer"])
    empty = StepConfig(after=timedelta(minutes=1), roles=["backup"])
    again = StepConfig(after=timedelta(minutes=1), roles=["property"])
    assert proof_of(registry(LI, WANG), first, empty, third).proved
    assert one_gap(proof_of(registry(LI, WANG), first, again, third)).people == ("li",)


def test_a_place_with_a_policy_of_its_own_is_proved_by_it() -> None:
    lonely = PolicyConfig(steps=[StepConfig(roles=["property"])])
    places = {**PLACES, "b7": msgspec.structs.replace(PLACES["b7"], policies={"critical": "lonely"})}
    proof = prove(registry(LI, WANG, places=places), settings(policies={"lonely": lonely}), MIDNIGHT, 1)
    assert one_gap(proof).places == ("b7",)


def test_a_phone_that_may_have_rung_out_is_no_proof_by_itself() -> None:
    capped = somebody("wang", "alivoice", "wecomapp", sleep=ALL_DAY, night_calls=3)
    gap = one_gap(proof_of(registry(LI, capped)))
    assert (gap.people, gap.providers) == (("li", "wang"), ("wecom",))
    assert proof_of(registry(LI, somebody("wang", "alivoice", sleep=ALL_DAY, night_calls=0))).proved


def test_a_contact_known_to_be_broken_is_passed_over() -> None:
    assert not proof_of(registry(LI, WANG, broken=frozenset({"wang/alivoice", "wang/alisms"}))).proved
    other = somebody("wang", "wecomapp", "alivoice")
    assert proof_of(registry(LI, other, broken=frozenset({"wang/wecomapp"}))).proved
    dead = one_gap(proof_of(registry(LI, WANG, broken=frozenset({"wang/alivoice", "wang/alisms"}))))
    assert dead.why[0].reason == BROKEN


def test_nobody_at_all() -> None:
    gap = one_gap(proof_of(registry()))
    assert (gap.people, gap.providers, gap.unseen) == ((), (), True)
    inbox = one_gap(proof_of(registry(somebody("li", "inbox"), somebody("wang", "bark"))))
    assert (inbox.people, inbox.unseen) == ((), False)
    assert {one.reason for one in gap.why} == {"role_empty"}


def test_a_detector_outside_the_buildings_is_proved_where_it_stands() -> None:
    shed = Place(id="shed", kind=PlaceKind.AREA, name="车棚", parent="g")
    duties = (duty("property", "li"), duty("volunteer", "wang", place="b6"), duty("backup", "wang", place="b7"))
    known = registry(LI, WANG, duties=duties, places={**PLACES, "shed": shed})
    assert proof_of(known).proved
    with_smoke = msgspec.structs.replace(known, devices=(Device(id="s", kind=Kind.SMOKE, place="shed"),))
    assert one_gap(proof_of(with_smoke)).places == ("shed",)


def test_rules_that_are_not_life_safety_are_not_asked_about() -> None:
    rules = {
        "smoke": RULES["smoke"],
        "battery": rule(Kind.SMOKE, Severity.MINOR, when="battery_low"),
        "door": rule(Kind.DOOR, Severity.CRITICAL, when="alarm"),
    }
    assert prove(registry(LI, WANG), settings(rules=rules), MIDNIGHT, 1).rules == ("smoke",)


def test_more_gaps_than_anybody_reads_are_counted() -> None:
    leave = tuple(
        Leave(from_ms=MIDNIGHT + n * 2 * HOUR_MS + n, until_ms=MIDNIGHT + (2 * n + 1) * HOUR_MS) for n in range(150)
    )
    proof = proof_of(registry(LI, msgspec.structs.replace(WANG, leave=leave)), days=30)
    assert (len(proof.gaps), proof.more) == (100, 50)
