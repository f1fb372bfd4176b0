"""Silences, works and false alarms as those affected live through them; and what the hub observes of itself."""

from __future__ import annotations

import msgspec
import pytest

from hub.core.commands import (
    Accept,
    Close,
    Decline,
    EndSilence,
    EndWorks,
    Observe,
    PutDevice,
    PutDuty,
    PutPerson,
    StartSilence,
    StartWorks,
)
from hub.core.context import Core
from hub.core.decisions import (
    AlertRaised,
    AnyDecision,
    CommandRefused,
    IncidentOpened,
    NotificationHeld,
    Reason,
    SilenceReminded,
    WorksEnded,
    WorksStarted,
)
from hub.core.rules import FALSE_ALARMS, REACH_GAP
from hub.core.state import State
from hub.model import Device, Duty, Event, Kind, Outcome, Purpose, Works
from tests.core.timeline import Timeline, dues, ms, names, person, settings, told

MINUTE = 60.0
HOUR = 3600.0
DAY = 86_400.0


@pytest.fixture
def t() -> Timeline:
    """The usual community, with a guard at the console and a heat detector beside the smoke detector of 1203."""
    t = Timeline()
    t.command(0, PutPerson(actor="clerk", person=person("baoan")))
    t.command(0, PutDuty(actor="clerk", duty=Duty(id="9", role="guard", person="baoan")))
    t.command(0, PutPerson(actor="clerk", person=person("zhuhu")))
    t.command(0, PutDevice(actor="clerk", device=Device(id="smoke-1203b", kind=Kind.SMOKE, place="1203")))
    return t


def restarted(t: Timeline) -> None:
    state = msgspec.msgpack.decode(msgspec.msgpack.encode(t.core.state), type=State)
    t.core = Core(state, settings())


def announced(decisions: list[AnyDecision]) -> list[tuple[str, Reason]]:
    return [(d.person, d.reason) for d in dues(decisions) if d.purpose is Purpose.SILENCED]


def refusal(decisions: list[AnyDecision]) -> str:
    (refused,) = decisions
    assert isinstance(refused, CommandRefused)
    return refused.detail


# ── silences ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def silence(until: float, actor: str = "juwei", reason: str = "换电池", **selectors: str) -> StartSilence:
    return StartSilence(actor=actor, until_ms=ms(until), reason=reason, **selectors)


def test_those_affected_hear_why_and_until_when(t: Timeline) -> None:
    decisions = t.command(0, silence(HOUR, place="b6"))
    assert announced(decisions) == [("wuye", Reason.SILENCE_STARTED)]
    notice = dues(decisions)[0].notice
    assert (notice.note, notice.until_ms, notice.place) == ("换电池", ms(HOUR), "6号楼")


def test_whoever_starts_it_is_not_told_what_they_have_just_done(t: Timeline) -> None:
    assert announced(t.command(0, silence(HOUR, actor="wuye"))) == []


def test_a_quarter_of_an_hour_before_the_end_its_owner_and_those_affected_are_reminded_once(t: Timeline) -> None:
    t.command(0, silence(HOUR))
    t.sent_all(1)
    assert announced(t.passed(45 * MINUTE - 1)) == []
    decisions = t.passed(45 * MINUTE)
    assert announced(decisions) == [("wuye", Reason.SILENCE_ENDS_SOON), ("juwei", Reason.SILENCE_ENDS_SOON)]
    assert [d.owner for d in decisions if isinstance(d, SilenceReminded)] == ["juwei"]
    t.sent_all(45 * MINUTE + 1)
    restarted(t)
    assert announced(t.passed(59 * MINUTE)) == []


def test_a_short_one_reminds_at_half_its_time(t: Timeline) -> None:
    t.command(0, silence(10 * MINUTE))
    t.sent_all(1)
    assert announced(t.passed(5 * MINUTE))


def test_a_reminder_survives_a_restart(t: Timeline) -> None:
    t.command(0, silence(HOUR))
    t.sent_all(1)
    restarted(t)
    assert announced(t.passed(45 * MINUTE))


def test_its_end_is_told_too(t: Timeline) -> None:
    t.command(0, silence(HOUR))
    t.sent_all(1)
    t.passed(45 * MINUTE)
    t.sent_all(45 * MINUTE + 1)
    assert announced(t.passed(HOUR)) == [("wuye", Reason.SILENCE_ENDED), ("juwei", Reason.SILENCE_ENDED)]


def test_one_ended_early_reminds_nobody(t: Timeline) -> None:
    t.command(0, silence(HOUR))
    t.sent_all(1)
    (id,) = t.core.state.silences
    assert announced(t.command(60, EndSilence(actor="juwei", silence=id)))
    t.sent_all(61)
    assert names(t.passed(2 * HOUR)) == []


@pytest.mark.parametrize(
    ("wrong", "because"),
    [
        (silence(-1), "future"),
        (silence(31 * DAY), "30 days"),
        (silence(HOUR, reason="  "), "say why"),
        (silence(HOUR, place="b9"), "no place b9"),
        (silence(HOUR, kind="toaster"), "no kind toaster"),
        (silence(HOUR, rule="moon"), "no rule moon"),
        (silence(HOUR, device="smoke-9"), "no device smoke-9"),
    ],
)
def test_a_silence_that_would_pause_nothing_is_refused_in_plain_words(
    t: Timeline, wrong: StartSilence, because: str
) -> None:
    assert because in refusal(t.command(10, wrong))
    assert not t.core.state.silences


def test_smoke_under_a_silence_is_told(t: Timeline) -> None:
    t.command(0, silence(HOUR, place="1203"))
    assert told(t.smoke(10)) == ["wuye", "juwei", "zhiyuan"]


# ── works ────────────────────────────────────────────────────────────────────────────────────────────────────────────


INCENSE = StartWorks(actor="wuye", place="1203", until_ms=0, person="zhuhu", reason="烧香")


def works(t: Timeline, at: float = 0, until: float = 2 * HOUR, asked: StartWorks = INCENSE) -> list[AnyDecision]:
    decisions = t.command(at, msgspec.structs.replace(asked, until_ms=ms(until)))
    t.sent_all(at)
    t.decisions = decisions
    return decisions


def test_the_console_and_the_person_on_site_hear_that_works_begin_and_end(t: Timeline) -> None:
    decisions = works(t)
    assert [d.owner for d in decisions if isinstance(d, WorksStarted)] == ["wuye"]
    assert announced(decisions) == [("baoan", Reason.WORKS), ("zhuhu", Reason.WORKS)]
    decisions = t.passed(2 * HOUR)
    assert [type(d) for d in decisions if isinstance(d, WorksEnded)]
    assert announced(decisions) == [("baoan", Reason.WORKS_ENDED), ("zhuhu", Reason.WORKS_ENDED)]
    assert not t.core.state.works


def test_smoke_at_works_is_told_to_the_console_and_the_person_on_site_alone_and_hidden_from_nobody(t: Timeline) -> None:
    works(t)
    decisions = t.smoke(60)
    assert told(decisions) == ["baoan", "zhuhu"]
    assert any(isinstance(d, AlertRaised) for d in decisions)
    assert any(isinstance(d, IncidentOpened) for d in decisions)
    kept = [(d.person, d.reason) for d in decisions if isinstance(d, NotificationHeld)]
    assert kept == [("wuye", Reason.WORKS), ("juwei", Reason.WORKS), ("zhiyuan", Reason.WORKS)]


def test_nobody_accepted_within_a_minute_so_everybody_has_it(t: Timeline) -> None:
    works(t)
    t.smoke(60)
    t.sent_all(61)
    restarted(t)
    assert told(t.passed(119)) == []
    assert told(t.passed(120)) == ["wuye", "juwei", "zhiyuan"]  # both steps together; nobody is backup
    assert t.incident.widened


def test_an_accepted_one_stays_with_the_few(t: Timeline) -> None:
    works(t)
    t.smoke(60)
    t.sent_all(61)
    t.command(70, Accept(actor="baoan", incident=t.incident.id))
    assert told(t.passed(200)) == []


def test_whoever_backs_out_leaves_it_to_everybody(t: Timeline) -> None:
    works(t)
    t.smoke(60)
    t.sent_all(61)
    t.command(70, Accept(actor="baoan", incident=t.incident.id))
    assert told(t.command(80, Decline(actor="baoan", incident=t.incident.id))) == ["wuye", "juwei", "zhiyuan"]


def test_a_second_detector_in_another_home_widens_it_at_once(t: Timeline) -> None:
    works(t)
    t.smoke(60)
    t.sent_all(61)
    t.command(65, Accept(actor="baoan", incident=t.incident.id))
    assert told(t.smoke(70, "smoke-1204")) == ["wuye", "juwei", "zhiyuan"]


def test_a_second_detector_in_the_same_home_widens_it_at_once(t: Timeline) -> None:
    works(t)
    t.smoke(60)
    t.sent_all(61)
    assert told(t.smoke(70, "smoke-1203b")) == ["wuye", "juwei", "zhiyuan"]
    assert t.incident.widened


def test_smoke_in_another_home_is_told_to_everybody(t: Timeline) -> None:
    works(t)
    assert told(t.smoke(60, "smoke-1204")) == ["wuye", "juwei", "zhiyuan"]


def test_what_is_no_alarm_is_told_as_always(t: Timeline) -> None:
    works(t)
    assert told(t.reading(60, "smoke-1203", battery_low=True)) == ["wuye"]


def test_without_anybody_at_the_console_nothing_is_narrowed() -> None:
    t = Timeline()
    t.command(0, PutPerson(actor="clerk", person=person("zhuhu")))
    works(t)
    assert told(t.smoke(60)) == ["wuye", "juwei", "zhiyuan"]


def test_after_the_works_smoke_is_told_to_everybody(t: Timeline) -> None:
    works(t)
    (id,) = t.core.state.works
    t.command(30, EndWorks(actor="zhuhu", works=id))
    assert told(t.smoke(60)) == ["wuye", "juwei", "zhiyuan"]
    assert "no such works" in refusal(t.command(61, EndWorks(actor="zhuhu", works=id)))


def test_the_end_of_works_is_what_the_clock_on_the_wall_shows(t: Timeline) -> None:
    works(t)
    assert any(isinstance(d, WorksEnded) for d in t.passed(2 * HOUR, jumped=HOUR))


@pytest.mark.parametrize(
    ("more", "because"),
    [
        ({"place": "b6"}, "none"),
        ({"place": "nowhere"}, "no place"),
        ({"person": "nobody"}, "nobody is called"),
        ({"reason": " "}, "say why"),
    ],
)
def test_works_need_a_home_a_person_and_a_reason(t: Timeline, more: dict[str, str], because: str) -> None:
    assert because in refusal(works(t, asked=msgspec.structs.replace(INCENSE, **more)))


def test_works_last_at_most_four_hours_and_do_not_pile_up(t: Timeline) -> None:
    assert "at most 4 hours" in refusal(works(t, until=4 * HOUR + 1))
    assert "future" in refusal(works(t, at=10, until=10))
    works(t, at=20, until=4 * HOUR)
    assert "until 20:00 already" in refusal(works(t, at=30, until=3 * HOUR))
    assert [type(w) for w in t.core.state.works.values()] == [Works]


# ── false alarms ─────────────────────────────────────────────────────────────────────────────────────────────────────


def cry_wolf(t: Timeline, at: float, outcome: Outcome = Outcome.FALSE) -> None:
    t.smoke(at)
    fire = next(i for i in t.core.state.incidents.values() if i.cause == "fire" and i.closed_ms is None)
    t.command(at + 10, Close(actor="wuye", incident=fire.id, outcome=outcome))
    t.clear(at + 20)


def tasks(t: Timeline) -> list[str]:
    return [a.subject for a in t.core.state.alerts.values() if a.rule == FALSE_ALARMS and a.closed_ms is None]


def test_the_third_false_alarm_within_30_days_makes_somebody_move_or_change_the_detector(t: Timeline) -> None:
    cry_wolf(t, 0)
    cry_wolf(t, 5 * DAY)
    cry_wolf(t, 20 * DAY)
    restarted(t)
    t.passed(20 * DAY + 30)
    assert tasks(t) == ["smoke-1203"]
    assert not t.core.state.false_alarms


def test_while_the_task_stands_nothing_is_counted_and_then_it_counts_anew(t: Timeline) -> None:
    for day in range(5):
        cry_wolf(t, day * DAY)
        t.passed(day * DAY + 30)
    assert tasks(t) == ["smoke-1203"]
    assert not t.core.state.false_alarms
    task = next(i for i in t.core.state.incidents.values() if i.cause == FALSE_ALARMS)
    t.command(5 * DAY, Close(actor="wuye", incident=task.id, outcome=Outcome.REAL, cause="移位"))
    cry_wolf(t, 6 * DAY)
    assert len(t.core.state.false_alarms["smoke-1203"]) == 1


def test_three_false_alarms_in_a_year_are_no_task(t: Timeline) -> None:
    for day in (0, 31, 62):
        cry_wolf(t, day * DAY)
    t.passed(63 * DAY)
    assert tasks(t) == []


def test_real_ones_drills_and_tests_do_not_count(t: Timeline) -> None:
    cry_wolf(t, 0, Outcome.REAL)
    cry_wolf(t, DAY, Outcome.DRILL)
    t.reading(2 * DAY, "smoke-1203", Event.TEST, test=True, alarm=False)
    for incident in list(t.core.state.incidents.values()):
        if incident.test:
            t.command(2 * DAY + 1, Close(actor="wuye", incident=incident.id, outcome=Outcome.FALSE))
    t.smoke(3 * DAY)
    fire = next(i for i in t.core.state.incidents.values() if i.cause == "fire" and i.closed_ms is None)
    fire.drill = True
    t.command(3 * DAY + 1, Close(actor="wuye", incident=fire.id, outcome=Outcome.FALSE))
    assert not t.core.state.false_alarms


# ── what the hub observes of itself ──────────────────────────────────────────────────────────────────────────────────


def seen(
    met: bool, detail: str = "", subject: str = "self:reach", actor: str = "system", rule: str = REACH_GAP
) -> Observe:
    return Observe(actor=actor, rule=rule, subject=subject, met=met, detail=detail)


def test_what_the_hub_observes_of_itself_is_told_once_and_ends_when_it_is_over(t: Timeline) -> None:
    decisions = t.command(0, seen(True, "6号楼: only Li"))
    assert told(decisions) == ["wuye"]
    (alert,) = t.core.state.alerts.values()
    assert (alert.rule, alert.place, alert.facts) == (REACH_GAP, "g", {"description": "6号楼: only Li"})
    t.sent_all(1)
    assert told(t.command(10, seen(True, "7号楼: nobody"))) == []
    assert alert.facts == {"description": "7号楼: nobody"}
    assert told(t.command(20, seen(False))) == ["wuye"]  # the end
    t.sent_all(21)
    assert not t.core.state.alerts


def test_each_subject_is_an_incident_of_its_own(t: Timeline) -> None:
    t.command(0, seen(True, subject="self:b6"))
    assert told(t.command(1, seen(True, subject="self:b7"))) == ["wuye"]
    assert len(t.core.state.incidents) == 2


def test_only_the_hub_observes_itself_and_only_what_it_knows(t: Timeline) -> None:
    assert "only the hub" in refusal(t.command(0, seen(True, actor="wuye")))
    assert "no built-in rule moon" in refusal(t.command(0, seen(True, rule="moon")))
    assert "self:" in refusal(t.command(0, seen(True, subject="smoke-1203")))
    assert t.command(0, seen(False)) == []
