"""From readings to alerts."""

from __future__ import annotations

from collections.abc import Sequence

from hub.core.alerts import CONDITION, Signal
from hub.core.commands import Accept, Close
from hub.core.decisions import AlertPending, AlertRaised, DuplicateIgnored, Reason, RuleFaulted
from hub.model import Condition, Event, Handling, Kind, Outcome, Severity
from tests.core.timeline import RULES, Timeline, ms, names, rule, told


def raised(decisions: Sequence[object]) -> list[str]:
    return [d.rule for d in decisions if isinstance(d, AlertRaised)]


def test_smoke_alerts_three_roles_at_once() -> None:
    t = Timeline()
    decisions = t.smoke(1)
    assert raised(decisions) == ["smoke"]
    assert told(decisions) == ["wuye", "juwei", "zhiyuan"]


def test_a_second_alarm_message_changes_nothing() -> None:
    t = Timeline()
    t.smoke(1)
    assert t.smoke(2) == []


def test_a_test_is_told_as_a_test_and_never_as_a_fire() -> None:
    t = Timeline()
    decisions = t.reading(1, "smoke-1203", Event.TEST, alarm=True, test=True)
    assert raised(decisions) == ["smoke_test"]
    assert [d.notice.test for d in t.decisions if hasattr(d, "notice")] == [True]


def test_an_unregistered_detector_still_alerts() -> None:
    t = Timeline()
    decisions = t.reading(1, "stranger", Event.ALARM, alarm=True)
    assert raised(decisions) == ["smoke"]
    assert told(decisions) == ["wuye", "juwei", "zhiyuan"]


def test_a_historical_record_is_kept_and_never_alerts() -> None:
    t = Timeline()
    assert raised(t.reading(1, "smoke-1203", Event.ALARM, alarm=True, historical=True)) == []


def test_a_configuration_reply_neither_raises_nor_clears() -> None:
    t = Timeline()
    t.smoke(1)
    assert names(t.reading(2, "smoke-1203", Event.CONFIG_RESPONSE, alarm=False)) == []
    assert t.core.state.devices["smoke-1203"].alarm is True


def test_missing_facts_neither_raise_nor_clear() -> None:
    t = Timeline()
    t.smoke(1)
    t.reading(2, "smoke-1203", battery_pct=80)
    (alert,) = t.core.state.alerts.values()
    assert alert.condition is Condition.ACTIVE


def test_a_retained_alarm_raises_what_is_not_there_yet_and_never_a_second_one() -> None:
    t = Timeline()
    (first,) = (
        d for d in t.reading(1, "smoke-1203", Event.ALARM, alarm=True, retained=True) if isinstance(d, AlertRaised)
    )
    assert first.reason is Reason.RETAINED_STATE
    assert raised(t.reading(2, "smoke-1203", Event.ALARM, alarm=True, retained=True)) == []


def test_a_critical_message_that_waited_in_a_queue_alerts_and_is_marked_late() -> None:
    t = Timeline()
    (alert,) = (
        d for d in t.reading(7200, "smoke-1203", Event.ALARM, alarm=True, device_at=3600) if isinstance(d, AlertRaised)
    )
    assert alert.late
    assert t.core.state.alerts[alert.alert].at_ms == ms(3600)


def test_device_time_of_1970_or_2099_is_not_believed() -> None:
    t = Timeline()
    t.reading(10, "smoke-1203", Event.ALARM, alarm=True, device_at=-1_700_000_000)
    t.reading(20, "smoke-301", Event.ALARM, alarm=True, device_at=2_000_000_000)
    assert sorted(a.at_ms for a in t.core.state.alerts.values()) == [ms(10), ms(20)]


def test_the_same_natural_key_is_one_reading() -> None:
    t = Timeline()
    t.reading(1, "smoke-1203", alarm=False, key="7")
    decisions = t.reading(2, "smoke-1203", alarm=False, key="7")
    assert [d.reason for d in decisions if isinstance(d, DuplicateIgnored)] == [Reason.DUPLICATE_KEY]


def test_equal_heartbeats_are_two_heartbeats_unless_the_broker_says_otherwise() -> None:
    t = Timeline()
    t.reading(1, "smoke-1203", Event.HEARTBEAT)
    assert names(t.reading(2, "smoke-1203", Event.HEARTBEAT)) == []
    decisions = t.reading(3, "smoke-1203", Event.HEARTBEAT, duplicate=True)
    assert [d.reason for d in decisions if isinstance(d, DuplicateIgnored)] == [Reason.DUPLICATE_DELIVERY]


def test_a_redelivered_alarm_that_cleared_meanwhile_is_taken_rather_twice_than_never() -> None:
    t = Timeline()
    t.smoke(1)
    incident = t.incident.id
    t.clear(2)
    t.command(3, Close(actor="wuye", incident=incident, outcome=Outcome.FALSE))
    decisions = t.reading(4, "smoke-1203", Event.ALARM, alarm=True, duplicate=True)
    assert raised(decisions) == ["smoke"]


def test_low_battery_needs_only_one_of_its_two_facts() -> None:
    t = Timeline()
    assert raised(t.reading(1, "smoke-1203", battery_pct=9)) == ["battery"]
    assert raised(t.reading(1, "smoke-301", battery_low=True)) == ["battery"]


def test_a_condition_must_hold_for_its_time() -> None:
    t = Timeline()
    decisions = t.reading(0, "gate-east", kind=Kind.GATE, open=True)
    assert AlertPending in [type(d) for d in decisions]
    assert raised(t.passed(179)) == []
    assert raised(t.passed(180)) == ["gate_open"]


def test_a_condition_that_ends_early_leaves_nothing() -> None:
    t = Timeline()
    t.reading(0, "gate-east", kind=Kind.GATE, open=True)
    t.reading(100, "gate-east", kind=Kind.GATE, open=False)
    assert raised(t.passed(400)) == []
    assert not t.core.state.alerts
    assert not t.core.state.incidents


def test_clear_is_a_condition_of_its_own() -> None:
    t = Timeline()
    t.reading(1, "boiler", kind=Kind.TEMPERATURE, temperature=70.0)
    t.reading(2, "boiler", kind=Kind.TEMPERATURE, temperature=55.0)
    (alert,) = t.core.state.alerts.values()
    assert alert.condition is Condition.ACTIVE
    t.reading(3, "boiler", kind=Kind.TEMPERATURE, temperature=45.0)
    assert alert.closed_ms == ms(3)
    assert alert.outcome is Outcome.RECOVERED


def test_a_latched_alert_stays_until_a_person_closes_it() -> None:
    t = Timeline()
    t.smoke(1)
    t.clear(60)
    (alert,) = t.core.state.alerts.values()
    assert (alert.condition, alert.handling, alert.closed_ms) == (Condition.CLEARED, Handling.NEW, None)


def test_an_accepted_alert_that_cleared_is_told_again_when_it_rises() -> None:
    t = Timeline()
    t.smoke(1)
    t.command(5, Accept(actor="zhiyuan", incident=t.incident.id))
    t.clear(10)
    assert "wuye" in told(t.smoke(20))
    assert t.incident.handling is Handling.NEW


def test_an_alert_closed_while_it_goes_on_comes_back() -> None:
    t = Timeline()
    t.smoke(1)
    t.command(5, Close(actor="wuye", incident=t.incident.id, outcome=Outcome.FALSE))
    assert raised(t.smoke(60)) == []
    assert raised(t.smoke(700)) == ["smoke"]


def test_two_cars_are_two_alerts_and_each_is_shown_for_a_while() -> None:
    from hub.core.commands import PutPermit
    from hub.model import Permit

    t = Timeline()
    t.command(0, PutPermit(actor="clerk", permit=Permit(plate="沪A12345")))
    seen = [
        raised(t.reading(n, "camera-east", Event.PLATE, kind=Kind.LPR, plate=plate))
        for n, plate in enumerate(("沪A12345", "沪B00001", "沪B00002", "沪B00001"))
    ]
    assert seen == [[], ["unknown_car"], ["unknown_car"], []]
    t.passed(3600)
    assert not t.core.state.alerts


def test_without_a_permit_list_no_car_is_unknown() -> None:
    t = Timeline()
    assert raised(t.reading(1, "camera-east", Event.PLATE, kind=Kind.LPR, plate="沪B00001")) == []


def test_a_rule_that_fails_is_an_alert_of_its_own() -> None:
    t = Timeline(RULES | {"odd": rule(Kind.SMOKE, Severity.MINOR, when="press > 3")})
    decisions = t.reading(1, "smoke-1203", alarm=False, press="short")
    assert [d.rule for d in decisions if isinstance(d, RuleFaulted)] == ["odd"]
    assert raised(decisions) == ["rule_fault"]


def test_an_unreadable_payload_of_a_life_safety_source_alerts_once() -> None:
    t = Timeline()
    assert raised(t.undecodable(1, "safety")) == ["undecodable"]
    assert raised(t.undecodable(2, "safety")) == []
    assert raised(t.undecodable(3, "parking")) == []
    assert raised(t.undecodable(4, "parking", "smoke-301")) == ["undecodable"]


def test_every_state_of_a_condition_has_its_way_out() -> None:
    assert {state for state, _ in CONDITION} == set(Condition)
    assert {signal for _, signal in CONDITION} == set(Signal)
