"""Drills take the real path and never mix with what is real."""

from __future__ import annotations

from datetime import timedelta

from hub.config import ActionConfig, PolicyConfig, StepConfig
from hub.core.decisions import AlertRaised, DrillStarted, IncidentClosed, IncidentOpened, Reason
from hub.drills import score
from hub.model import Incident, Notification, NotificationState, Outcome, Purpose, Severity
from tests.core.timeline import Timeline, asked, dues, held, ms, refusal, text, told


def test_a_drill_is_told_on_the_real_path_and_marked() -> None:
    t = Timeline()
    decisions = t.drill(0)
    assert told(decisions) == ["wuye", "juwei", "zhiyuan"]
    (started,) = (d for d in decisions if isinstance(d, DrillStarted))
    assert (started.incident, started.person, started.place) == (t.incident.id, "wuye", "1203")
    (raised,) = (d for d in decisions if isinstance(d, AlertRaised))
    assert (raised.subject, raised.reason) == ("drill:1203", Reason.DRILL)
    assert (t.incident.drill, t.incident.cause, t.incident.place) == (True, "drill:fire", "b6")
    assert [a.drill for a in t.core.state.alerts.values()] == [True]


def test_nobody_answers_a_drill_and_it_is_escalated_like_a_fire() -> None:
    t = Timeline()
    t.drill(0)
    t.sent_all(1)
    assert asked(t.passed(60)) == [("wuye", Purpose.ESCALATED)]


def test_a_real_alarm_in_a_drill_is_a_fire_of_its_own() -> None:
    t = Timeline()
    t.drill(0)
    t.sent_all(1)
    decisions = t.smoke(5)
    assert told(decisions) == ["wuye", "juwei", "zhiyuan"]
    (opened,) = (d for d in decisions if isinstance(d, IncidentOpened))
    real = t.core.state.incidents[opened.incident]
    assert (real.drill, real.cause) == (False, "fire")
    assert len(t.core.state.incidents) == 2


def test_a_drill_never_joins_a_fire() -> None:
    t = Timeline()
    t.smoke(0)
    t.sent_all(1)
    t.drill(5)
    assert [(i.drill, len(i.alerts)) for i in t.core.state.incidents.values()] == [(False, 1), (True, 1)]


def test_a_reading_does_not_end_a_drill() -> None:
    t = Timeline()
    t.drill(0)
    t.clear(5)
    assert t.incident.drill


def test_whatever_the_closer_says_it_was_a_drill() -> None:
    t = Timeline()
    t.drill(0)
    t.sent_all(1)
    decisions = t.close(50, "wuye", Outcome.FALSE)
    assert [d.outcome for d in decisions if isinstance(d, IncidentClosed)] == [Outcome.DRILL]
    assert asked(decisions) == [(who, Purpose.ENDED) for who in ("wuye", "juwei", "zhiyuan")]


def test_one_drill_at_a_time_in_a_building() -> None:
    t = Timeline()
    t.drill(0)
    first = t.incident.id
    assert refusal(t.drill(5, "1204")) == f"a drill is already open there: close incident {first} first"
    assert told(t.drill(6, "301")) == ["wuye", "juwei", "zhiyuan"]


def test_a_drill_needs_a_place_and_a_rule() -> None:
    t = Timeline()
    assert refusal(t.drill(0, "9999")) == "there is no place 9999"
    assert refusal(t.drill(0, rule="meteor")) == "there is no rule meteor"


def sirens() -> Timeline:
    siren = ActionConfig(title=text("警铃"), topic="siren", payload="on")
    lights = ActionConfig(title=text("灯"), topic="lights", payload="on", in_drills=True)
    step = StepConfig(roles=["property"], act=["siren", "lights"])
    return Timeline(
        policies={"critical": PolicyConfig(steps=[step], repeat_every=timedelta(minutes=3))},
        actions={"siren": siren, "lights": lights},
    )


def test_a_drill_acts_only_where_the_action_says_so() -> None:
    t = sirens()
    decisions = t.drill(0)
    assert told(decisions) == ["wuye", "action:lights"]
    assert held(decisions) == [("action:siren", Reason.DRILL)]


def test_a_drill_that_says_so_acts_with_everything_and_undoes_it() -> None:
    t = sirens()
    assert told(t.drill(0, acts=True)) == ["wuye", "action:siren", "action:lights"]
    t.sent_all(1)
    assert told(t.close(60, "wuye")) == ["wuye", "action:siren", "action:lights"]


# ── the score ────────────────────────────────────────────────────────────────────────────────────────────────────────


def told_rows(t: Timeline) -> list[Notification]:
    return list(t.core.state.notifications.values())


def test_a_drill_is_scored_by_its_times_and_by_whom_it_reached() -> None:
    t = Timeline()
    first, *_ = dues(t.drill(0))
    t.receipt(2, first)
    t.accept(42, "zhiyuan")
    t.arrive(200, "zhiyuan")
    incident = t.incident
    scored = score(incident, incident.responders, told_rows(t), building="b6", place="1203")
    assert (scored.place, scored.building, scored.at_ms) == ("1203", "b6", ms(0))
    assert (scored.first_accept_s, scored.on_site_s) == (42.0, 200.0)
    assert (scored.told, scored.reached, scored.went, scored.closed) == (3, 1, 1, False)


def test_a_drill_that_nobody_answered_has_no_times() -> None:
    t = Timeline()
    t.drill(0)
    scored = score(t.incident, t.incident.responders, told_rows(t))
    assert (scored.first_accept_s, scored.on_site_s, scored.told, scored.reached) == (None, None, 3, 0)


def test_the_end_actions_and_other_incidents_do_not_count() -> None:
    incident = Incident(id=1, place="b6", cause="drill:fire", severity=Severity.CRITICAL, opened_ms=ms(0), drill=True)

    def row(id: int, person: str, purpose: Purpose, of: int = 1) -> Notification:
        return Notification(
            id=id,
            incident=of,
            person=person,
            role="property",
            purpose=purpose,
            severity=Severity.CRITICAL,
            created_ms=ms(0),
            state=NotificationState.SENT,
            sent_ms=ms(1),
        )

    rows = [
        row(2, "wuye", Purpose.RAISED),
        row(3, "wuye", Purpose.ESCALATED),
        row(4, "action:siren", Purpose.RAISED),
        row(5, "juwei", Purpose.ENDED),
        row(6, "zhiyuan", Purpose.RAISED, of=9),
    ]
    scored = score(incident, [], rows)
    assert (scored.told, scored.reached) == (1, 1)
