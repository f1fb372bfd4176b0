"""Inhibition and flapping: what nobody needs to be told, until it needs to be."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from hub.config import RuleConfig
from hub.core.commands import Close, PutDevice, PutPlace
from hub.core.context import Core
from hub.core.decisions import AlertFlapped, AlertHidden, AlertInhibited, AnyDecision, NotificationDue, Reason
from hub.core.flapping import RISES
from hub.core.rules import rule_mistakes
from hub.core.state import State
from hub.model import Alert, Device, Event, Kind, Outcome, Place, PlaceKind, Severity
from tests.core.timeline import RULES, Timeline, dues, rule, settings, told

HOUR = 3600.0
MINUTE = 60.0

QUIET: dict[str, RuleConfig] = RULES | {
    "gateway_down": rule(
        Kind.LIFECYCLE, Severity.MAJOR, when='event == "gateway_offline"', cause="gateway", group_by="place"
    ),
    "power_down": rule(Kind.RELAY, Severity.MAJOR, when="!mains_power", cause="power"),
    "silent": rule(
        Kind.SMOKE,
        Severity.MAJOR,
        silent_after=timedelta(hours=26),
        cause="silent",
        inhibited_by=["gateway", "power"],
    ),
    "gate_open": rule(Kind.GATE, Severity.MINOR, when="open", cause="gate", inhibited_by=["gateway", "power"]),
}
"""The detectors of no. 6 and the east gate speak through the gateway ``lora``, that of no. 7 through ``lora-2``."""


@pytest.fixture
def t() -> Timeline:
    t = Timeline(QUIET)
    t.command(0, PutDevice(actor="clerk", device=Device(id="lora", kind=Kind.LIFECYCLE, place="g")))
    t.command(0, PutDevice(actor="clerk", device=Device(id="lora-2", kind=Kind.LIFECYCLE, place="g")))
    t.command(0, PutDevice(actor="clerk", device=Device(id="meter-6", kind=Kind.RELAY, place="b6")))
    for home in ("1203", "1204"):
        device = Device(id=f"smoke-{home}", kind=Kind.SMOKE, place=home, gateway="lora")
        t.command(0, PutDevice(actor="clerk", device=device))
    other = Device(id="smoke-301", kind=Kind.SMOKE, place="301", gateway="lora-2")
    t.command(0, PutDevice(actor="clerk", device=other))
    gate = Device(id="gate-east", kind=Kind.GATE, place="east", gateway="lora")
    t.command(0, PutDevice(actor="clerk", device=gate))
    return t


def gateway(t: Timeline, at: float, event: Event, id: str = "lora") -> list[AnyDecision]:
    return t.reading(at, id, event, kind=Kind.LIFECYCLE)


def open_gate(t: Timeline, at: float, *, open: bool = True) -> list[AnyDecision]:
    return t.reading(at, "gate-east", kind=Kind.GATE, open=open)


def restarted(t: Timeline) -> None:
    """The hub starts again from its snapshot."""
    state = msgspec.msgpack.decode(msgspec.msgpack.encode(t.core.state), type=State)
    t.core = Core(state, settings(QUIET))


def raised(decisions: list[AnyDecision]) -> list[NotificationDue]:
    return [d for d in dues(decisions) if d.incident]


def the_gate_alert(t: Timeline) -> Alert:
    (alert,) = (a for a in t.core.state.alerts.values() if a.rule == "gate_open")
    return alert


# ── inhibition ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_devices_that_fall_silent_behind_a_dead_gateway_are_not_told(t: Timeline) -> None:
    assert told(gateway(t, HOUR, Event.GATEWAY_OFFLINE)) == ["wuye"]
    t.sent_all(HOUR + 1)
    decisions = t.passed(26 * HOUR)
    inhibited = [d for d in decisions if isinstance(d, AlertInhibited)]
    assert len(inhibited) == 2  # both behind lora; no. 301 speaks through another one
    assert {d.reason for d in inhibited} == {Reason.INHIBITED}
    alerts = [t.core.state.alerts[d.alert] for d in inhibited]
    assert {a.subject for a in alerts} == {"smoke-1203", "smoke-1204"}
    assert {a.incident for a in alerts} == {0}


def test_what_comes_back_with_its_gateway_is_never_told(t: Timeline) -> None:
    gateway(t, 0, Event.GATEWAY_OFFLINE)
    t.sent_all(1)
    assert told(open_gate(t, 60)) == []
    gateway(t, 100, Event.GATEWAY_ONLINE)
    t.sent_all(101)
    assert told(open_gate(t, 150, open=False)) == []
    assert told(t.passed(HOUR)) == []
    assert not [a for a in t.core.state.alerts.values() if a.rule == "gate_open"]


def test_what_still_stands_two_minutes_after_its_gateway_is_back_is_told(t: Timeline) -> None:
    gateway(t, 0, Event.GATEWAY_OFFLINE)
    t.sent_all(1)
    open_gate(t, 60)
    gateway(t, 100, Event.GATEWAY_ONLINE)
    t.sent_all(101)
    assert raised(t.passed(100 + 119)) == []
    (due,) = raised(t.passed(100 + 120))
    assert (due.person, due.reason) == ("wuye", Reason.NO_LONGER_INHIBITED)
    alert = the_gate_alert(t)
    assert (alert.inhibited_by, alert.incident) == (0, due.incident)


def test_the_grace_survives_a_restart(t: Timeline) -> None:
    gateway(t, 0, Event.GATEWAY_OFFLINE)
    t.sent_all(1)
    open_gate(t, 60)
    restarted(t)
    gateway(t, 100, Event.GATEWAY_ONLINE)
    restarted(t)
    assert [d.reason for d in raised(t.passed(220)) if d.reason is Reason.NO_LONGER_INHIBITED]


def test_a_gateway_that_is_down_again_within_the_grace_goes_on_explaining(t: Timeline) -> None:
    gateway(t, 0, Event.GATEWAY_OFFLINE)
    open_gate(t, 60)
    gateway(t, 100, Event.GATEWAY_ONLINE)
    gateway(t, 150, Event.GATEWAY_OFFLINE)
    t.sent_all(151)
    decisions = t.passed(220)
    assert Reason.NO_LONGER_INHIBITED not in [d.reason for d in decisions]
    assert [d.by for d in decisions if isinstance(d, AlertInhibited)]


def test_a_person_who_closes_the_cause_lifts_it_too(t: Timeline) -> None:
    gateway(t, 0, Event.GATEWAY_OFFLINE)
    t.sent_all(1)
    open_gate(t, 60)
    t.command(100, Close(actor="wuye", incident=t.incident.id, outcome=Outcome.FALSE))
    assert Reason.NO_LONGER_INHIBITED in [d.reason for d in raised(t.passed(221))]


def test_smoke_is_never_inhibited(t: Timeline) -> None:
    gateway(t, 0, Event.GATEWAY_OFFLINE)
    t.sent_all(1)
    t.reading(2, "meter-6", kind=Kind.RELAY, mains_power=False)
    t.sent_all(3)
    assert told(t.smoke(60)) == ["wuye", "juwei", "zhiyuan"]


def test_power_down_in_one_tower_explains_that_tower_alone(t: Timeline) -> None:
    t.reading(HOUR, "meter-6", kind=Kind.RELAY, mains_power=False)
    t.sent_all(HOUR + 1)
    decisions = t.passed(26 * HOUR)
    assert len([d for d in decisions if isinstance(d, AlertInhibited)]) == 2
    assert [d.notice.building for d in raised(decisions) if d.notice.rule == "silent"] == ["7号楼"]


def test_another_gateway_explains_nothing_of_a_device_whose_gateway_is_known(t: Timeline) -> None:
    gateway(t, 0, Event.GATEWAY_OFFLINE, "lora-2")
    t.sent_all(1)
    assert told(open_gate(t, 60)) == ["wuye"]


def test_a_gateway_above_explains_devices_that_say_nothing_of_theirs(t: Timeline) -> None:
    t.command(0, PutPlace(actor="clerk", place=Place(id="west", kind=PlaceKind.GATE, name="西门", parent="g")))
    t.command(0, PutDevice(actor="clerk", device=Device(id="gate-west", kind=Kind.GATE, place="west")))
    gateway(t, 1, Event.GATEWAY_OFFLINE, "lora-2")
    t.sent_all(2)
    assert told(t.reading(60, "gate-west", kind=Kind.GATE, open=True)) == []


def test_a_gateway_that_the_messages_name_explains_too(t: Timeline) -> None:
    t.command(0, PutDevice(actor="clerk", device=Device(id="gate-west", kind=Kind.GATE, place="")))
    t.reading(1, "gate-west", kind=Kind.GATE, open=False, gateway="lora-2")
    gateway(t, 2, Event.GATEWAY_OFFLINE, "lora-2")
    t.sent_all(3)
    assert told(t.reading(60, "gate-west", kind=Kind.GATE, open=True)) == []


def test_what_was_told_before_its_gateway_died_stays(t: Timeline) -> None:
    assert told(open_gate(t, 0)) == ["wuye"]
    t.sent_all(1)
    incident = t.incident.id
    gateway(t, 10, Event.GATEWAY_OFFLINE)
    assert t.core.state.incidents[incident].closed_ms is None
    assert the_gate_alert(t).inhibited_by == 0


def test_inhibited_by_is_checked() -> None:
    wrong = QUIET | {
        "smoke": rule(Kind.SMOKE, Severity.CRITICAL, when="alarm", inhibited_by=["power"]),
        "battery": rule(Kind.SMOKE, Severity.MINOR, when="battery_low", inhibited_by=["moon"]),
    }
    assert sorted(m.where for m in rule_mistakes(wrong, [])) == ["rules.battery", "rules.smoke"]


# ── flapping ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def flap(t: Timeline, times: int, *, since: float = 0, every: float = 5 * MINUTE) -> list[list[AnyDecision]]:
    """It opens, and closes half-way to the next time; gives what each opening decided."""
    found = []
    for n in range(times):
        found.append(open_gate(t, since + n * every))
        t.sent_all(since + n * every + 1)
        open_gate(t, since + n * every + every / 2, open=False)
        t.sent_all(since + n * every + every / 2 + 1)
    return found


def test_the_fifth_rise_within_an_hour_is_said_to_flap_and_the_sixth_is_not_told(t: Timeline) -> None:
    rises = flap(t, 7)
    assert [bool(told(decisions)) for decisions in rises] == [True] * RISES + [False] * 2
    flapped = [d for decisions in rises for d in decisions if isinstance(d, AlertFlapped)]
    assert [d.times for d in flapped] == [RISES]  # once an episode
    hidden = [d for decisions in rises for d in decisions if isinstance(d, AlertHidden)]
    assert [d.reason for d in hidden] == [Reason.FLAPPING] * 2


def test_the_alert_says_that_it_flaps(t: Timeline) -> None:
    flap(t, 4)
    open_gate(t, 20 * MINUTE)
    assert the_gate_alert(t).flapping


def test_five_rises_in_two_hours_do_not_flap(t: Timeline) -> None:
    assert all(told(decisions) for decisions in flap(t, 8, every=24 * MINUTE))


def test_an_episode_goes_on_slowly_until_it_is_calm_for_half_an_hour(t: Timeline) -> None:
    flap(t, 5)
    assert told(open_gate(t, 45 * MINUTE)) == []
    open_gate(t, 46 * MINUTE, open=False)
    assert told(open_gate(t, 74 * MINUTE)) == []
    open_gate(t, 75 * MINUTE, open=False)
    assert told(open_gate(t, 104 * MINUTE + 1)) == ["wuye"]
    assert not the_gate_alert(t).flapping


def test_what_stays_met_is_told_when_it_has_calmed_down(t: Timeline) -> None:
    flap(t, 5)
    assert told(open_gate(t, 26 * MINUTE)) == []
    restarted(t)
    assert raised(t.passed(56 * MINUTE - 1)) == []
    (due,) = raised(t.passed(56 * MINUTE))
    assert due.reason is Reason.FLAPPING


def test_flapping_smoke_is_told_every_time(t: Timeline) -> None:
    for n in range(7):
        assert told(t.smoke(n * 60))
        t.command(n * 60 + 5, Close(actor="wuye", incident=t.incident.id, outcome=Outcome.REAL))
        t.clear(n * 60 + 30)
    t.smoke(500)
    assert t.core.state.alerts[t.incident.alerts[0]].flapping


def test_pressing_the_test_key_many_times_is_no_flapping(t: Timeline) -> None:
    for n in range(8):
        assert told(t.reading(n * 60, "smoke-1203", Event.TEST, test=True, alarm=False)) == ["wuye"]
        t.reading(n * 60 + 30, "smoke-1203", test=False, alarm=False)


def test_an_alarm_that_goes_on_after_it_was_closed_has_not_risen_again(t: Timeline) -> None:
    for n in range(7):
        t.smoke(n * 601)
        t.command(n * 601 + 1, Close(actor="wuye", incident=t.incident.id, outcome=Outcome.DUPLICATE))
    assert [len(times) for times in t.core.state.raises.values()] == [1]


def test_old_rises_are_forgotten(t: Timeline) -> None:
    flap(t, 3)
    t.reading(2 * HOUR, "smoke-301", battery_low=True)
    assert list(t.core.state.raises) == ["smoke-301/battery"]


def test_a_jump_of_the_clock_moves_the_rises_along(t: Timeline) -> None:
    flap(t, 5)
    t.passed(25 * MINUTE + 7200, jumped=7200)
    assert told(open_gate(t, 26 * MINUTE + 7200)) == []
