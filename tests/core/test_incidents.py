"""From alerts to people, and back."""

from __future__ import annotations

from hub.core.commands import Accept, Arrive, Close, Decline, EndSilence, PutDuty, PutPerson, StartSilence, TellTest
from hub.core.decisions import (
    AlertHidden,
    CommandRefused,
    IncidentClosed,
    NotificationCancelled,
    NotificationFailed,
    NotificationHeld,
    NotificationMissed,
    NotificationSent,
    Reason,
)
from hub.core.incidents import HANDLING, Act
from hub.model import Duty, Handling, NotificationState, Outcome, Purpose
from tests.core.timeline import Timeline, dues, ms, names, person, told


def test_at_60_s_nobody_accepted_and_the_next_step_is_taken() -> None:
    t = Timeline()
    t.smoke(0)
    t.sent_all(1)
    assert told(t.passed(59.9)) == []
    decisions = t.passed(60)
    held = [d for d in decisions if isinstance(d, NotificationHeld)]
    assert [(d.role, d.reason) for d in held] == [("backup", Reason.ROLE_EMPTY)]
    assert [(d.person, d.purpose) for d in dues(decisions)] == [("wuye", Purpose.ESCALATED)]


def test_an_accept_stops_the_steps_that_wait_for_it() -> None:
    t = Timeline()
    t.smoke(0)
    t.sent_all(1)
    t.command(30, Accept(actor="zhiyuan", incident=t.incident.id))
    assert told(t.passed(61)) == []
    assert t.incident.accepted_ms == ms(30)


def test_accepting_twice_changes_nothing() -> None:
    t = Timeline()
    t.smoke(0)
    t.command(30, Accept(actor="zhiyuan", incident=t.incident.id))
    assert t.command(31, Accept(actor="zhiyuan", incident=t.incident.id)) == []


def test_accepted_and_nothing_since_pages_everybody_again() -> None:
    t = Timeline()
    t.smoke(0)
    t.sent_all(1)
    t.command(30, Accept(actor="zhiyuan", incident=t.incident.id))
    decisions = t.passed(30 + 600)
    assert [(d.person, d.purpose) for d in dues(decisions)] == [
        ("wuye", Purpose.REPAGED),
        ("juwei", Purpose.REPAGED),
        ("zhiyuan", Purpose.REPAGED),
    ]


def test_on_site_is_not_paged_again() -> None:
    t = Timeline()
    t.smoke(0)
    t.sent_all(1)
    t.command(30, Arrive(actor="zhiyuan", incident=t.incident.id))
    assert told(t.passed(7200)) == []


def test_nobody_at_all_starts_the_policy_again_and_again() -> None:
    t = Timeline()
    t.smoke(0)
    t.sent_all(1)
    t.passed(60)
    t.sent_all(61)
    decisions = t.passed(60 + 180)
    assert told(decisions) == ["wuye", "juwei", "zhiyuan"]
    assert t.incident.round == 1


def test_the_end_is_told_once_to_everybody_who_was_told() -> None:
    t = Timeline()
    t.smoke(0)
    t.sent_all(1)
    incident = t.incident.id
    t.command(20, Accept(actor="zhiyuan", incident=incident))
    t.command(40, Arrive(actor="zhiyuan", incident=incident))
    decisions = t.command(90, Close(actor="zhiyuan", incident=incident, outcome=Outcome.FALSE, cause="做饭油烟"))
    assert [(d.person, d.purpose) for d in dues(decisions)] == [
        ("wuye", Purpose.ENDED),
        ("juwei", Purpose.ENDED),
        ("zhiyuan", Purpose.ENDED),
    ]
    assert dues(decisions)[0].notice.cause == "做饭油烟"
    t.sent_all(91)
    assert not t.core.state.incidents
    assert not t.core.state.alerts
    assert not t.core.state.notifications
    (refused,) = t.command(95, Close(actor="wuye", incident=incident, outcome=Outcome.REAL))
    assert isinstance(refused, CommandRefused)


def test_a_second_home_tells_everybody_again_and_needs_an_accept_of_its_own() -> None:
    t = Timeline()
    t.smoke(0)
    t.sent_all(1)
    t.command(10, Accept(actor="zhiyuan", incident=t.incident.id))
    decisions = t.smoke(20, "smoke-1204")
    assert [(d.person, d.purpose) for d in dues(decisions)] == [
        ("wuye", Purpose.GREW),
        ("juwei", Purpose.GREW),
        ("zhiyuan", Purpose.GREW),
    ]
    assert dues(decisions)[0].notice.homes == 2
    assert t.incident.handling is Handling.NEW


def test_another_tower_is_another_incident() -> None:
    t = Timeline()
    t.smoke(0)
    t.smoke(1, "smoke-301")
    assert len(t.core.state.incidents) == 2


def test_an_alert_that_recovers_by_itself_ends_its_incident() -> None:
    t = Timeline()
    t.reading(0, "smoke-1203", battery_low=True)
    t.sent_all(1)
    decisions = t.reading(100, "smoke-1203", battery_low=False)
    (closed,) = (d for d in decisions if isinstance(d, IncidentClosed))
    assert closed.outcome is Outcome.RECOVERED
    assert told(decisions) == ["wuye"]


def test_whoever_declines_is_not_asked_again() -> None:
    t = Timeline()
    t.smoke(0)
    t.sent_all(1)
    t.command(5, Decline(actor="wuye", incident=t.incident.id))
    decisions = t.passed(60)
    assert told(decisions) == []
    assert Reason.DECLINED in [d.reason for d in decisions if isinstance(d, NotificationHeld)]


def test_backing_out_after_an_accept_asks_the_others_again() -> None:
    t = Timeline()
    t.smoke(0)
    t.sent_all(1)
    t.command(5, Accept(actor="zhiyuan", incident=t.incident.id))
    decisions = t.command(9, Decline(actor="zhiyuan", incident=t.incident.id))
    assert told(decisions) == ["wuye", "juwei"]
    assert t.incident.handling is Handling.NEW


# ── the ladder of one person ─────────────────────────────────────────────────────────────────────────────────────────


def test_no_receipt_in_ten_seconds_is_the_next_contact() -> None:
    t = Timeline()
    t.smoke(0)
    decisions = t.passed(10)
    assert [d.reason for d in decisions if isinstance(d, NotificationFailed)] == [Reason.NO_RECEIPT_IN_TIME] * 3
    assert ("wuye", "wuye1") in [(d.person, d.contact) for d in dues(decisions)]


def test_a_refusal_is_the_next_contact_at_once() -> None:
    t = Timeline()
    first = dues(t.smoke(0))[0]
    (failed, due) = t.receipt(1, first, sent=False, code="93000")
    assert isinstance(failed, NotificationFailed)
    assert failed.code == "93000"
    assert dues([due])[0].contact == "wuye1"


def test_a_receipt_that_comes_late_still_counts() -> None:
    t = Timeline()
    first = dues(t.smoke(0))[0]
    t.passed(10)
    assert names(t.receipt(12, first)) == ["NotificationSent"]
    assert "wuye" not in told(t.passed(25))


def test_a_ladder_that_fails_for_good_is_a_visible_miss() -> None:
    t = Timeline()
    due = next(d for d in dues(t.smoke(0)) if d.person == "juwei")
    decisions = t.receipt(1, due, sent=False, permanent=True, code="40001")
    assert names(decisions) == ["NotificationFailed", "NotificationMissed"]
    assert isinstance(decisions[1], NotificationMissed)
    assert t.core.state.notifications[due.notification].state is NotificationState.MISSED


def test_a_provider_that_asks_to_wait_is_waited_for() -> None:
    t = Timeline()
    due = next(d for d in dues(t.smoke(0)) if d.person == "juwei")
    t.receipt(1, due, sent=False, retry_after_ms=3_000)
    assert "juwei" not in told(t.passed(3.9))
    assert "juwei" in told(t.passed(4.0))


def test_critical_goes_round_the_ladder_five_times_before_it_is_missed() -> None:
    t = Timeline()
    first = next(d for d in dues(t.smoke(0)) if d.person == "juwei")
    attempts = [d for second in range(1, 400) for d in dues(t.passed(second)) if d.notification == first.notification]
    assert [d.attempt for d in attempts] == [2, 3, 4, 5]
    assert t.core.state.notifications[first.notification].state is NotificationState.MISSED


def test_what_is_under_way_is_cancelled_by_the_end() -> None:
    t = Timeline()
    t.smoke(0)
    decisions = t.command(3, Close(actor="wuye", incident=t.incident.id, outcome=Outcome.TEST))
    assert sum(isinstance(d, NotificationCancelled) for d in decisions) == 3


def test_the_receipt_of_a_test_message_ends_it() -> None:
    t = Timeline()
    (due,) = dues(t.command(0, TellTest(actor="clerk", person="wuye", contact="wuye1")))
    assert due.contact == "wuye1"
    assert isinstance(t.receipt(1, due)[0], NotificationSent)
    assert not t.core.state.notifications


# ── who sees what ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_property_sees_the_room_and_volunteers_the_floor() -> None:
    t = Timeline()
    notices = {d.person: d.notice for d in dues(t.smoke(0))}
    assert (notices["wuye"].building, notices["wuye"].floor, notices["wuye"].place) == ("6号楼", 12, "1203室")
    assert (notices["zhiyuan"].building, notices["zhiyuan"].floor, notices["zhiyuan"].place) == ("6号楼", 12, "")


def test_what_leaves_through_a_third_party_carries_no_room() -> None:
    t = Timeline()
    t.smoke(0)
    ntfy = next(d.notice for d in dues(t.passed(10)) if d.contact == "wuye1")
    assert (ntfy.floor, ntfy.place) == (12, "")


def test_a_group_sees_the_building_only() -> None:
    t = Timeline()
    t.command(0, PutPerson(actor="clerk", person=person("qun", "wecom://robot")))
    t.command(0, PutDuty(actor="clerk", duty=Duty(id="4", role="property", person="qun")))
    notice = next(d.notice for d in dues(t.smoke(1)) if d.person == "qun")
    assert (notice.building, notice.floor, notice.place, notice.group) == ("6号楼", None, "", True)


# ── silences ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def silence(until: float, **selectors: str) -> StartSilence:
    return StartSilence(actor="wuye", until_ms=ms(until), reason="换电池", **selectors)


def test_a_silence_holds_back_and_ends_by_itself() -> None:
    t = Timeline()
    t.command(0, silence(1000, place="b6"))
    decisions = t.reading(10, "smoke-1203", battery_low=True)
    assert told(decisions) == []
    assert [d.reason for d in decisions if isinstance(d, AlertHidden)] == [Reason.SILENCED]
    assert told(t.passed(1000)) == ["wuye"]


def test_a_silence_ended_early_tells_at_once() -> None:
    t = Timeline()
    t.command(0, silence(1000, rule="battery"))
    t.reading(10, "smoke-1203", battery_low=True)
    (id,) = t.core.state.silences
    assert told(t.command(50, EndSilence(actor="wuye", silence=id))) == ["wuye"]
    t.sent_all(51)
    assert told(t.passed(1000)) == []


def test_a_silence_never_hides_critical() -> None:
    t = Timeline()
    t.command(0, silence(1000))
    assert told(t.smoke(10)) == ["wuye", "juwei", "zhiyuan"]


def test_a_silence_elsewhere_hides_nothing() -> None:
    t = Timeline()
    t.command(0, silence(1000, place="b7"))
    assert told(t.reading(10, "smoke-1203", battery_low=True)) == ["wuye"]


def test_every_handling_state_has_its_acts() -> None:
    assert set(HANDLING) == {(h, a) for h in Handling if h is not Handling.DONE for a in Act}
