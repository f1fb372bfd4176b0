"""Whom a policy tells, when, and who is left out: each timeline runs beside a twin that is restarted at every step."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.config import ActionConfig, PolicyConfig, StepConfig
from hub.core import asking
from hub.core.commands import (
    Accept,
    EndSilence,
    PutCalendarDay,
    PutOverride,
    PutPerson,
    PutPlace,
    StartSilence,
)
from hub.core.decisions import AnyDecision, IncidentOpened, PolicyAdvanced, Reason
from hub.core.rota import Unwilling
from hub.model import (
    CalendarDay,
    Days,
    Event,
    Handling,
    Kind,
    Override,
    Person,
    Place,
    PlaceKind,
    Purpose,
    Severity,
    Window,
)
from tests.core.timeline import (
    RULES,
    Timeline,
    asked,
    dues,
    going,
    held,
    ms,
    person,
    rule,
    text,
    told,
)

HOUR = 3600.0
DAY = 24 * HOUR
SATURDAY = 16 * HOUR
"""08:00 on the day after the start, which is a Friday at 16:00."""
NIGHT = Window(from_minute=22 * 60, to_minute=6 * 60)


def step(after: float, roles: str = "", **more: object) -> StepConfig:
    return StepConfig.model_validate({"after": timedelta(seconds=after), "roles": roles.split()} | more)


def policy(*steps: StepConfig, **more: object) -> PolicyConfig:
    return PolicyConfig.model_validate({"steps": list(steps)} | more)


def critical(*steps: StepConfig, **more: object) -> Timeline:
    """A community whose critical alerts are told by this policy."""
    return Timeline(policies={"critical": policy(*steps, **more)})


# ── whom a step names ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_step_names_people_beside_roles() -> None:
    t = critical(step(0, "property", people=["houbei", "zhiyuan"]))
    assert told(t.smoke(0)) == ["wuye", "houbei", "zhiyuan"]
    roles = {n.person: n.role for n in t.core.state.notifications.values()}
    assert roles == {"wuye": "property", "houbei": "", "zhiyuan": ""}


def test_somebody_named_twice_is_told_once() -> None:
    t = critical(step(0, "property committee", people=["wuye"]))
    decisions = t.smoke(0)
    assert told(decisions) == ["wuye", "juwei"]
    assert held(decisions) == [("wuye", Reason.ALREADY_TOLD)]


def test_a_person_who_is_gone_is_said_to_be_missing() -> None:
    t = critical(step(0, "property", people=["nobody"]))
    assert held(t.smoke(0)) == [("nobody", Reason.ROLE_EMPTY)]


def test_a_step_may_go_over_some_channels_only() -> None:
    t = critical(step(0, "property", channels=["ntfy"]))
    t.smoke(0)
    assert [n.channels for n in t.core.state.notifications.values()] == [("ntfy",)]


# ── an empty step costs no time ──────────────────────────────────────────────────────────────────────────────────────


def test_an_empty_step_costs_no_minute_and_those_after_it_come_earlier() -> None:
    t = critical(step(0, "backup"), step(60, "property"), step(180, "committee"))
    decisions = t.smoke(0)
    assert held(decisions) == [("backup", Reason.ROLE_EMPTY)]
    assert asked(decisions) == [("wuye", Purpose.RAISED)]
    t.sent_all(1)
    assert told(t.passed(119)) == []
    assert asked(t.passed(120)) == [("juwei", Purpose.ESCALATED)]


def test_an_empty_step_in_the_middle_is_passed_over_when_its_time_comes() -> None:
    t = critical(step(0, "property"), step(60, "backup"), step(3600, "committee"))
    t.smoke(0)
    t.sent_all(1)
    assert asked(t.passed(60)) == [("juwei", Purpose.ESCALATED)]


def test_a_policy_with_nobody_at_all_says_so_and_starts_again() -> None:
    t = critical(step(0, "backup"), step(60, "backup"), repeat_every=timedelta(minutes=3))
    assert held(t.smoke(0)) == [("backup", Reason.ROLE_EMPTY)] * 2
    t.on_duty("backup", "houbei")
    assert told(t.passed(179)) == []
    assert told(t.passed(180)) == ["houbei"]


def test_a_step_whose_people_cannot_go_is_as_good_as_empty() -> None:
    t = critical(step(0, "property"), step(600, "property"), step(1200, "committee"))
    t.smoke(0)
    t.sent_all(1)
    assert told(t.decline(5, "wuye")) == ["juwei"]


def test_when_everybody_told_so_far_has_declined_the_next_step_comes_now() -> None:
    t = critical(step(0, "property committee"), step(600, "volunteer"))
    t.smoke(0)
    t.sent_all(1)
    assert told(t.decline(5, "wuye")) == []
    assert asked(t.decline(8, "juwei")) == [("zhiyuan", Purpose.ESCALATED)]


def test_people_who_may_not_be_told_are_an_empty_step_for_what_is_critical(monkeypatch: pytest.MonkeyPatch) -> None:
    def asleep(_core: object, one: Person, _severity: Severity) -> Unwilling | None:
        return Unwilling(Reason.ASLEEP, ms(8 * HOUR)) if one.id == "wuye" else None

    monkeypatch.setattr(asking, "unwilling", asleep)
    t = critical(step(0, "property"), step(60, "committee"))
    assert "juwei" in told(t.smoke(0))


def test_what_is_minor_waits_for_people_who_may_be_told_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "unwilling", lambda *_: Unwilling(Reason.ASLEEP, ms(8 * HOUR)))
    t = Timeline(policies={"minor": policy(step(0, "property"), step(60, "committee"))})
    assert "juwei" not in told(list(t.reading(0, "smoke-1203", battery_low=True)))


# ── days, and who is awake ───────────────────────────────────────────────────────────────────────────────────────────


def by_day() -> Timeline:
    return critical(
        step(0, "property", days=Days.WORKDAYS), step(0, "committee", days=Days.RESTDAYS), step(60, "volunteer")
    )


def test_on_a_workday_the_step_for_days_of_rest_is_skipped_with_a_reason() -> None:
    t = by_day()
    decisions = t.smoke(0)
    assert ("committee", Reason.WRONG_DAY) in held(decisions)
    assert told(decisions)[0] == "wuye"


def test_at_the_weekend_the_other_step_is_taken() -> None:
    t = by_day()
    decisions = t.smoke(SATURDAY)
    assert held(decisions) == [("property", Reason.WRONG_DAY)]
    assert told(decisions) == ["juwei"]


def test_a_saturday_that_the_site_calls_a_workday_is_one() -> None:
    t = by_day()
    t.command(0, PutCalendarDay(actor="clerk", day=CalendarDay(date="2027-01-16", rest=False, name="调休")))
    assert told(t.smoke(SATURDAY))[0] == "wuye"


def sleeper(t: Timeline, who: str, *, home_until_ms: int = 0) -> None:
    one = Person(id=who, name=who, contacts=person(who).contacts, sleep=NIGHT, home_until_ms=home_until_ms)
    t.command(t.now, PutPerson(actor="clerk", person=one))


def test_at_night_whoever_is_awake_comes_first() -> None:
    t = critical(step(0, "property committee", awake=True), step(60, "property committee"))
    sleeper(t, "wuye")
    decisions = t.smoke(8 * HOUR)
    assert held(decisions) == [("wuye", Reason.NOT_AWAKE_FIRST)]
    assert told(decisions) == ["juwei"]
    t.sent_all(8 * HOUR + 1)
    assert told(t.passed(8 * HOUR + 60)) == ["wuye", "juwei"]


def test_when_everybody_sleeps_nobody_waits() -> None:
    t = critical(step(0, "property", awake=True), step(60, "property"))
    sleeper(t, "wuye")
    assert told(t.smoke(8 * HOUR)) == ["wuye"]


def test_somebody_who_said_that_they_are_home_is_awake() -> None:
    t = critical(step(0, "property committee", awake=True))
    sleeper(t, "wuye", home_until_ms=ms(9 * HOUR))
    assert told(t.smoke(8 * HOUR)) == ["wuye", "juwei"]


# ── repeats, quorum, pages ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_step_is_repeated_until_the_next_one() -> None:
    t = critical(step(0, "property", repeat_every=timedelta(seconds=40)), step(100, "committee"))
    t.smoke(0)
    t.sent_all(1)
    assert asked(t.passed(40)) == [("wuye", Purpose.ESCALATED)]
    assert {d.reason for d in dues(t.decisions)} == {Reason.NOBODY_ACCEPTED}
    t.sent_all(41)
    assert told(t.passed(79)) == []
    assert told(t.passed(80)) == ["wuye"]
    assert t.incident.repeats == 2
    t.sent_all(81)
    assert told(t.passed(100)) == ["juwei"]
    t.sent_all(101)
    assert told(t.passed(1000)) == []


def test_a_step_is_not_repeated_once_it_is_answered() -> None:
    t = critical(step(0, "property committee", repeat_every=timedelta(seconds=40)))
    t.smoke(0)
    t.sent_all(1)
    t.accept(30, "juwei")
    assert told(t.passed(500)) == []


def test_a_step_that_waits_for_arrival_goes_on_after_an_accept_but_not_to_those_there() -> None:
    t = critical(step(0, "property"), step(300, "committee volunteer", until="on_site"))
    t.smoke(0)
    t.sent_all(1)
    t.accept(10, "wuye")
    assert told(t.passed(300)) == ["juwei", "zhiyuan"]


def test_repeats_missed_while_it_was_answered_are_not_made_up_for() -> None:
    t = critical(step(0, "property committee", repeat_every=timedelta(seconds=40), quorum={"committee": 1}))
    t.smoke(0)
    t.sent_all(1)
    t.accept(5, "wuye")
    t.accept(6, "juwei")
    t.passed(1000)
    t.decline(1001, "juwei")
    t.sent_all(1002)
    assert told(t.passed(1030)) == []
    assert told(t.passed(1041)) == []  # wuye goes and juwei cannot: nobody is left whom the step could ask
    assert t.incident.repeats == 26


def quorum() -> Timeline:
    """At least one of property and one neighbour."""
    t = critical(step(0, "property"), step(60, "property committee volunteer", quorum={"property": 1, "committee": 1}))
    t.smoke(0)
    t.sent_all(1)
    return t


def test_a_quorum_that_is_short_takes_the_step_although_somebody_accepted() -> None:
    t = quorum()
    t.accept(10, "wuye")
    decisions = t.passed(60)
    assert [d.reason for d in decisions if isinstance(d, PolicyAdvanced)] == [Reason.QUORUM_SHORT]
    assert {d.reason for d in dues(decisions)} == {Reason.QUORUM_SHORT}
    assert told(decisions) == ["juwei", "zhiyuan"]
    assert held(decisions) == [("wuye", Reason.INCIDENT_ANSWERED)]


def test_a_quorum_that_is_there_makes_the_step_unnecessary() -> None:
    t = quorum()
    t.accept(10, "wuye")
    t.accept(20, "juwei")
    assert [r.role for r in t.incident.responders] == ["property", "committee"]
    assert told(t.passed(60)) == []


def test_whoever_cannot_go_is_not_counted_for_a_quorum() -> None:
    t = quorum()
    t.accept(10, "wuye")
    t.decline(20, "juwei")
    assert told(t.passed(60)) == ["zhiyuan"]


def test_accepted_and_nothing_since_with_nobody_else_to_page_asks_the_steps_to_come() -> None:
    t = critical(step(0, "property"), step(60, "committee"), repage_after=timedelta(minutes=10))
    t.smoke(0)
    t.sent_all(1)
    t.accept(30, "wuye")
    assert asked(t.passed(630)) == [("wuye", Purpose.REPAGED), ("juwei", Purpose.REPAGED)]
    t.sent_all(631)
    assert told(t.passed(1229)) == []
    assert told(t.passed(1230)) == ["wuye", "juwei"]


def test_a_decline_by_somebody_else_does_not_put_the_page_off() -> None:
    t = Timeline()
    t.smoke(0)
    t.sent_all(1)
    t.accept(30, "zhiyuan")
    t.decline(500, "wuye")
    assert told(t.passed(630)) == ["juwei", "zhiyuan"]


# ── working hours ────────────────────────────────────────────────────────────────────────────────────────────────────


def office() -> Timeline:
    hours = {"hours": "08:30-17:30"}
    return Timeline(
        {name: RULES[name] for name in ("battery", "gate_open")},
        policies={
            "minor": policy(step(0, "property"), step(2 * HOUR, "committee"), **hours),
            "major": policy(step(0, "property"), **hours),
        },
    )


MONDAY_0830 = 64.5 * HOUR


def test_what_is_minor_on_a_friday_night_is_told_on_monday_morning() -> None:
    t = office()
    decisions = t.reading(4 * HOUR, "smoke-1203", battery_low=True)
    assert told(decisions) == []
    assert [reason for _, reason in held(decisions)] == [Reason.WORKING_HOURS]
    assert t.incident.from_ms == ms(MONDAY_0830)
    assert told(t.passed(MONDAY_0830 - 1)) == []
    assert asked(t.passed(MONDAY_0830)) == [("wuye", Purpose.RAISED)]
    t.sent_all(MONDAY_0830 + 1)
    assert told(t.passed(MONDAY_0830 + 2 * HOUR)) == ["juwei"]


def test_in_working_hours_it_is_told_at_once_and_what_is_left_waits_for_the_next() -> None:
    t = office()
    assert told(t.reading(0, "smoke-1203", battery_low=True)) == ["wuye"]
    t.sent_all(1)
    assert told(t.passed(MONDAY_0830 - 1)) == []
    assert told(t.passed(MONDAY_0830)) == ["juwei"]


def test_a_monday_of_rest_is_waited_out_too() -> None:
    t = office()
    t.command(0, PutCalendarDay(actor="clerk", day=CalendarDay(date="2027-01-18", rest=True)))
    t.reading(4 * HOUR, "smoke-1203", battery_low=True)
    assert t.incident.from_ms == ms(MONDAY_0830 + DAY)


def test_what_is_major_never_waits_for_the_office() -> None:
    t = office()
    t.reading(4 * HOUR, "gate-east", kind=Kind.GATE, open=True)
    decisions = t.passed(4 * HOUR + 180)
    assert told(decisions) == ["wuye"]
    assert held(decisions) == []


def test_the_end_of_a_silence_at_night_still_waits_for_the_office() -> None:
    t = office()
    silence = StartSilence(actor="wuye", until_ms=ms(5 * HOUR), reason="换电池", rule="battery")
    t.command(0, silence)
    t.reading(4 * HOUR, "smoke-1203", battery_low=True)
    assert told(t.passed(5 * HOUR)) == []
    assert told(t.passed(MONDAY_0830)) == ["wuye"]


def test_another_silence_that_ends_says_nothing_twice() -> None:
    t = office()
    t.reading(4 * HOUR, "smoke-1203", battery_low=True)
    t.command(5 * HOUR, StartSilence(actor="wuye", until_ms=ms(9 * HOUR), reason="别的", place="b7"))
    (id,) = t.core.state.silences
    assert held(t.command(6 * HOUR, EndSilence(actor="wuye", silence=id))) == []


# ── policies by place ────────────────────────────────────────────────────────────────────────────────────────────────


def tower() -> Timeline:
    t = Timeline(policies={"critical_tower": policy(step(0, "committee"), needed=3)})
    b6 = Place(id="b6", kind=PlaceKind.BUILDING, name="6号楼", parent="g", policies={"critical": "critical_tower"})
    t.command(0, PutPlace(actor="clerk", place=b6))
    return t


def test_a_building_has_a_policy_of_its_own_for_all_its_homes() -> None:
    t = tower()
    assert told(t.smoke(0)) == ["juwei"]
    assert (t.incident.policy, t.incident.needed) == ("critical_tower", 3)


def test_other_buildings_keep_the_policy_of_the_community() -> None:
    t = tower()
    assert told(t.smoke(0, "smoke-301")) == ["wuye", "juwei", "zhiyuan"]


def test_the_nearest_place_has_the_word() -> None:
    t = tower()
    home = Place(
        id="1203", kind=PlaceKind.HOME, name="1203室", parent="b6", floor=12, policies={"critical": "critical"}
    )
    t.command(0, PutPlace(actor="clerk", place=home))
    assert told(t.smoke(0)) == ["wuye", "juwei", "zhiyuan"]


def test_an_incident_that_worsens_takes_the_policy_of_its_place() -> None:
    rules = {
        "warm": rule(Kind.SMOKE, Severity.MINOR, when="battery_low", cause="fire"),
        "smoke": rule(Kind.SMOKE, Severity.CRITICAL, when="alarm && !test", latch=True, cause="fire"),
    }
    t = Timeline(rules, policies={"critical_tower": policy(step(0, "committee"))})
    b6 = Place(id="b6", kind=PlaceKind.BUILDING, name="6号楼", parent="g", policies={"critical": "critical_tower"})
    t.command(0, PutPlace(actor="clerk", place=b6))
    assert told(t.reading(0, "smoke-1203", battery_low=True)) == ["wuye"]
    assert told(t.smoke(5)) == ["juwei"]
    assert t.incident.policy == "critical_tower"


# ── acting ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def acting(*, in_drills: bool = False, tell_end: bool = True, **more: object) -> Timeline:
    siren = ActionConfig(title=text("警铃"), topic="siren/{building}", payload="on", undo="off", in_drills=in_drills)
    gate = ActionConfig(title=text("抬杆"), topic="gate/{place}", payload="up")
    steps = (step(0, "property", act=["siren"]), step(60, "committee", act=["siren", "gate"]))
    return Timeline(
        policies={
            "critical": policy(*steps, tell_end=tell_end, **more),
            "info": policy(step(0, "property", act=["siren"])),
        },
        actions={"siren": siren, "gate": gate},
    )


def test_a_step_acts_after_telling_and_each_action_once() -> None:
    t = acting(repeat_every=timedelta(minutes=3))
    assert told(t.smoke(0)) == ["wuye", "action:siren"]
    t.sent_all(1)
    assert told(t.passed(60)) == ["juwei", "action:gate"]
    t.sent_all(61)
    assert told(t.passed(240)) == ["wuye"]


def test_the_end_undoes_what_was_done_even_where_people_are_not_told_the_end() -> None:
    t = acting(tell_end=False)
    t.smoke(0)
    t.sent_all(1)
    assert asked(t.close(30, "wuye")) == [("action:siren", Purpose.ENDED)]


def test_a_test_never_acts() -> None:
    t = acting()
    decisions = t.reading(0, "smoke-1203", Event.TEST, alarm=True, test=True)
    assert told(decisions) == ["wuye"]
    assert held(decisions) == [("action:siren", Reason.TEST_PRESSED)]


def test_an_action_that_failed_for_good_is_tried_again_in_the_next_round() -> None:
    t = acting(repeat_every=timedelta(minutes=3))
    siren = next(d for d in dues(t.smoke(0)) if d.person == "action:siren")
    t.receipt(1, siren, sent=False, permanent=True)
    assert "action:siren" in told(t.passed(60))


def test_an_action_that_is_configured_nowhere_is_said() -> None:
    t = critical(step(0, "property", act=["fountain"]))
    assert held(t.smoke(0)) == [("action:fountain", Reason.NO_CONTACT)]


def test_a_step_that_only_acts_does_not_bring_the_next_one_forward() -> None:
    siren = ActionConfig(title=text("警铃"), topic="siren", payload="on")
    t = Timeline(policies={"critical": policy(step(0, act=["siren"]), step(60, "property"))}, actions={"siren": siren})
    assert told(t.smoke(0)) == ["action:siren"]


def test_actions_are_nobody_to_page_or_to_wait_for() -> None:
    t = acting(repage_after=timedelta(minutes=10))
    t.smoke(0)
    t.sent_all(1)
    t.accept(10, "wuye")
    assert told(t.passed(610)) == ["wuye", "juwei"]


# ── growing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_goes_already_accepts_a_second_home_by_saying_so_again() -> None:
    t = Timeline()
    t.smoke(0)
    t.sent_all(1)
    t.accept(10, "zhiyuan")
    t.smoke(20, "smoke-1204")
    t.sent_all(21)
    before = t.incident.handling
    assert told(t.accept(25, "zhiyuan")) == []
    assert (before, t.incident.handling) == (Handling.NEW, Handling.ACCEPTED)
    assert going(t.incident) == ["zhiyuan"]
    assert told(t.passed(200)) == []


def test_a_cover_is_told_in_stead() -> None:
    """The rota decides who holds a role; steps ask it anew each time."""
    t = Timeline()
    t.smoke(0)
    t.sent_all(1)
    cover = Override(id="o", role="backup", person="houbei", from_ms=ms(0), until_ms=ms(DAY))
    t.command(2, PutOverride(actor="clerk", override=cover))
    t.on_duty("backup", "houbei")
    assert told(t.passed(60)) == ["houbei", "wuye"]


def test_an_incident_opens_once() -> None:
    t = Timeline()
    assert sum(isinstance(d, IncidentOpened) for d in t.smoke(0)) == 1
    t.command(1, Accept(actor="wuye", incident=t.incident.id))
    assert sum(isinstance(d, IncidentOpened) for d in t.smoke(2, "smoke-1204")) == 0


# ── no step comes late ───────────────────────────────────────────────────────────────────────────────────────────────

_SECONDS = st.integers(0, 900)
_STEPS = st.builds(
    StepConfig,
    after=st.builds(timedelta, seconds=_SECONDS),
    roles=st.lists(st.sampled_from(["property", "committee", "volunteer", "backup"]), max_size=3, unique=True),
    people=st.lists(st.sampled_from(["houbei", "ghost"]), max_size=1),
    until=st.sampled_from(["accepted", "on_site", "closed"]),
    quorum=st.dictionaries(st.sampled_from(["property", "committee"]), st.integers(1, 2), max_size=1),
    repeat_every=st.none() | st.builds(timedelta, seconds=st.integers(20, 400)),
    awake=st.booleans(),
    days=st.sampled_from(list(Days)),
)
_POLICIES = st.builds(
    PolicyConfig,
    steps=st.lists(_STEPS, min_size=1, max_size=4),
    needed=st.integers(1, 3),
    repeat_every=st.none() | st.builds(timedelta, seconds=st.integers(30, 900)),
    repage_after=st.none() | st.builds(timedelta, seconds=st.integers(30, 900)),
)


@settings(max_examples=60, deadline=None)
@given(_POLICIES, st.lists(st.tuples(_SECONDS, st.sampled_from(["pass", "sent", "decline"])), max_size=12))
def test_while_nobody_accepts_no_step_is_ever_late(config: PolicyConfig, acts: list[tuple[int, str]]) -> None:
    """Whatever is empty, repeated or declined: each step of the first round is taken at its time or before."""
    t = Timeline(policies={"critical": config})
    taken: dict[int, float] = {}

    def note(now: float, decisions: list[AnyDecision]) -> None:
        for one in decisions:
            if isinstance(one, PolicyAdvanced):
                taken.setdefault(one.step, now)

    note(0, t.smoke(0))
    now = 0
    due = sorted(step.after.total_seconds() for step in config.steps)
    for after, act in [*acts, (900, "pass")]:
        now += after
        note(now, t.passed(now))
        if act == "sent":
            t.sent_all(now)
        elif act == "decline":
            note(now, t.decline(now, "juwei"))
        assert all(index in taken for index, seconds in enumerate(due) if seconds <= now)
    assert len(taken) == len(due)


@settings(max_examples=40, deadline=None)
@given(_POLICIES, st.integers(0, 300), st.integers(0, 300))
def test_after_an_accept_only_what_waits_for_more_is_taken(config: PolicyConfig, accepted: int, there: int) -> None:
    t = Timeline(policies={"critical": config})
    t.smoke(0)
    t.passed(accepted)
    t.accept(accepted, "wuye")
    before = t.incident.step
    decisions = t.passed(accepted + there)
    for one in decisions:
        if isinstance(one, PolicyAdvanced):
            index = one.step
            step_taken = t.settings.policy("critical").steps[index]
            assert index >= before
            assert step_taken.until is not Handling.ACCEPTED or step_taken.quorum
    t.arrive(accepted + there, "wuye")
    assert t.incident.page_ms is None
