"""Inhibition and flapping: what nobody needs to be told, until it needs to be."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import hypothesis
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.config import RuleConfig
from hub.config_file import load_config
from hub.core.commands import Accept, Close, Observe, PutDevice, PutDuty, PutPlace, StartSilence, StartWorks
from hub.core.context import Core
from hub.core.decisions import AlertFlapped, AlertHidden, AlertInhibited, AnyDecision, NotificationDue, Reason
from hub.core.flapping import RISES
from hub.core.rules import Answer, compile_rules, rule_mistakes
from hub.core.state import State
from hub.model import Alert, Condition, Device, Duty, Event, Fact, Kind, Outcome, Place, PlaceKind, Severity
from tests.core.timeline import RULES, Timeline, dues, ms, rule, settings, told

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
    return community()


def community() -> Timeline:
    t = Timeline(QUIET)
    t.command(0, PutDuty(actor="clerk", duty=Duty(id="9", role="guard", person="houbei")))
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


def test_the_shipped_rules_know_a_dead_gateway_and_lost_power() -> None:
    config = load_config(Path(__file__).parents[2] / "config.yaml")
    book = compile_rules(config.rules)

    def met(kind: Kind, event: Event, **facts: Fact) -> list[str]:
        answers = book.answers(kind, event, facts)
        return [r.name for n, r in enumerate(book.by_kind[kind]) if answers[2 * n] == Answer.MET]

    assert met(Kind.LIFECYCLE, Event.GATEWAY_OFFLINE) == ["gateway_down"]
    assert met(Kind.LIFECYCLE, Event.GATEWAY_ONLINE) == []
    assert "power_down" in met(Kind.FIRE_PANEL, Event.FAULT, mains_power=False, fault=True, alarm=False)
    for name in ("sensor_silent", "parking_silent", "gate_offline"):
        assert book.rules[name].inhibited_by == {"gateway", "power"}


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


# ── restarts ─────────────────────────────────────────────────────────────────────────────────────────────────────────

ACTS = (
    "open",
    "shut",
    "dead",
    "back",
    "power",
    "smoke",
    "clear",
    "false",
    "pause",
    "works",
    "see",
    "accept",
    "jump",
    "pass",
)


def act(t: Timeline, at: float, what: str) -> None:
    """One thing that happens to the community at that second."""
    incidents = [i for i in t.core.state.incidents.values() if i.closed_ms is None]
    match what:
        case "open" | "shut":
            open_gate(t, at, open=what == "open")
        case "dead" | "back":
            gateway(t, at, Event.GATEWAY_OFFLINE if what == "dead" else Event.GATEWAY_ONLINE)
        case "power":
            t.reading(at, "meter-6", kind=Kind.RELAY, mains_power=round(at) % 2 == 0)
        case "smoke":
            t.smoke(at)
        case "clear":
            t.clear(at)
        case "false" | "accept":
            for one in incidents[-1:]:
                closing = Close(actor="wuye", incident=one.id, outcome=Outcome.FALSE)
                t.command(at, closing if what == "false" else Accept(actor="wuye", incident=one.id))
        case "pause":
            t.command(at, StartSilence(actor="juwei", until_ms=ms(at + 600), reason="检修", kind="gate"))
        case "works":
            asked = StartWorks(actor="wuye", place="1203", until_ms=ms(at + 3600), person="zhiyuan", reason="烧香")
            t.command(at, asked)
        case "see":
            met = round(at) % 3 > 0
            t.command(at, Observe(actor="system", rule="reach_gap", subject="self:reach", met=met, detail=str(at)))
        case "jump":
            t.passed(at, jumped=round(at) % 7 * 60 - 120)
        case _:
            t.passed(at)


@given(st.lists(st.tuples(st.integers(1, 400), st.sampled_from(ACTS)), max_size=60), st.integers(0, 60))
@hypothesis.settings(max_examples=80, deadline=None)
def test_whatever_is_held_back_survives_a_restart_exactly(acts: list[tuple[int, str]], cut: int) -> None:
    lived, restarting = community(), community()
    at = 0.0
    for index, (pause, what) in enumerate(acts):
        if index == cut:
            recent = restarting.core.recent
            restarted(restarting)
            restarting.core.recent = recent
        at += pause
        act(lived, at, what)
        act(restarting, at, what)
        assert lived.decisions == restarting.decisions
    assert msgspec.msgpack.encode(lived.core.state) == msgspec.msgpack.encode(restarting.core.state)


@given(st.lists(st.tuples(st.integers(1, 400), st.sampled_from(ACTS)), max_size=60))
@hypothesis.settings(max_examples=80, deadline=None)
def test_nothing_critical_is_ever_held_back_and_nothing_is_held_back_for_ever(acts: list[tuple[int, str]]) -> None:
    t = community()
    at = 0.0
    for pause, what in acts:
        at += pause
        act(t, at, what)
    for alert in t.core.state.alerts.values():
        if alert.condition is not Condition.PENDING and alert.closed_ms is None and not alert.incident:
            assert alert.severity is not Severity.CRITICAL
            by = t.core.state.alerts.get(alert.inhibited_by)
            stands = by is not None and by.condition is Condition.ACTIVE and by.closed_ms is None
            assert stands or alert.due_ms is not None
