"""Supervision, duty hours, the clock, and replay."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.core.commands import Accept
from hub.core.context import Core
from hub.core.decisions import AlertCleared, ClockJumped, SensorFellSilent
from hub.core.inputs import Input
from hub.core.rota import on_duty
from hub.core.state import State
from hub.core.step import step
from hub.model import Duty, Event
from tests.core.timeline import START, Timeline, names, told
from tests.core.timeline import settings as core_settings

HOUR = 3600.0
SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_a_detector_silent_for_26_hours_is_told_and_ends_when_it_is_heard() -> None:
    t = Timeline()
    t.reading(0, "smoke-1203", alarm=False)
    t.reading(0, "smoke-1204", alarm=False)
    t.reading(0, "smoke-301", alarm=False)
    t.reading(20 * HOUR, "smoke-1204", alarm=False)
    t.reading(20 * HOUR, "smoke-301", alarm=False)
    decisions = t.passed(26 * HOUR)
    assert [d.device for d in decisions if isinstance(d, SensorFellSilent)] == ["smoke-1203"]
    assert told(decisions) == ["wuye"]
    decisions = t.reading(27 * HOUR, "smoke-1203", alarm=False)
    assert AlertCleared in [type(d) for d in decisions]
    assert not t.core.state.devices["smoke-1203"].silent


def test_a_registered_detector_that_was_never_heard_is_silent_too() -> None:
    t = Timeline()
    decisions = t.passed(26 * HOUR)
    assert len([d for d in decisions if isinstance(d, SensorFellSilent)]) == 3


def test_silence_counts_only_while_the_hub_could_have_heard() -> None:
    t = Timeline()
    for device in ("smoke-1203", "smoke-1204", "smoke-301"):
        t.reading(0, device, alarm=False)
    t.passed(1 * HOUR, drained=False)
    assert names(t.passed(30 * HOUR, drained=False)) == []
    t.passed(31 * HOUR, drained=True)
    assert names(t.passed(55.9 * HOUR)) == []
    assert len([d for d in t.passed(56.1 * HOUR) if isinstance(d, SensorFellSilent)]) == 3


def test_somebody_else_saying_that_it_is_offline_is_not_hearing_it() -> None:
    t = Timeline()
    t.reading(0, "smoke-1203", alarm=False)
    t.reading(25 * HOUR, "smoke-1203", Event.OFFLINE)
    assert "smoke-1203" in [d.device for d in t.passed(26 * HOUR) if isinstance(d, SensorFellSilent)]


def test_a_jump_of_the_clock_moves_every_deadline_along() -> None:
    t = Timeline()
    t.smoke(0)
    t.sent_all(1)
    decisions = t.passed(7200 + 10, jumped=7200)
    assert [d.by_ms for d in decisions if isinstance(d, ClockJumped)] == [7_200_000]
    assert told(decisions) == []
    assert told(t.passed(7200 + 59)) == []
    assert "wuye" in told(t.passed(7200 + 60))


def test_a_jump_back_holds_nothing_up() -> None:
    t = Timeline()
    t.smoke(0)
    t.sent_all(1)
    assert told(t.passed(-3600 + 10, jumped=-3600)) == []
    assert "wuye" in told(t.passed(-3600 + 60))


def test_time_never_runs_backwards_by_a_little() -> None:
    t = Timeline()
    t.passed(100)
    t.smoke(90)
    assert t.core.state.now_ms == START + 100_000


def test_a_duty_across_midnight_belongs_to_the_day_it_starts_on() -> None:
    night = Duty(id="n", role="guard", person="p", from_minute=22 * 60, to_minute=6 * 60, weekdays=(4,))
    friday_23h = START + 7 * 3_600_000
    assert on_duty(night, friday_23h, SHANGHAI)
    assert on_duty(night, friday_23h + 5 * 3_600_000, SHANGHAI)
    assert not on_duty(night, friday_23h + 24 * 3_600_000, SHANGHAI)
    assert not on_duty(night, START, SHANGHAI)


def test_an_alert_after_a_night_of_silence_still_finds_its_timers() -> None:
    t = Timeline()
    t.smoke(0)
    copy = Core(msgspec.msgpack.decode(msgspec.msgpack.encode(t.core.state), type=State), core_settings())
    assert copy.next_due_ms() == t.core.next_due_ms()


_SECONDS = st.integers(0, 200_000)
_STEP = st.tuples(_SECONDS, st.sampled_from(["smoke", "clear", "test", "accept", "pass", "low", "deaf"]))


@settings(max_examples=60, deadline=None)
@given(st.lists(_STEP, max_size=40), st.integers(0, 40))
def test_state_rebuilt_from_snapshot_and_tail_equals_the_state(acts: list[tuple[int, str]], cut: int) -> None:
    """Whatever happened: snapshot anywhere, step the rest again, and nothing differs."""
    t = Timeline(restarts=False)
    inputs: list[Input] = []
    copy: Core | None = None
    original = step

    def keep(at: int, act: str) -> None:
        match act:
            case "smoke":
                t.smoke(at)
            case "clear":
                t.clear(at)
            case "test":
                t.reading(at, "smoke-301", Event.TEST, alarm=False, test=True)
            case "low":
                t.reading(at, "smoke-1204", battery_low=at % 2 == 0)
            case "accept":
                for incident in list(t.core.state.incidents):
                    t.command(at, Accept(actor="zhiyuan", incident=incident))
            case "deaf":
                t.passed(at, drained=at % 2 == 0)
            case _:
                t.passed(at)

    recorded: list[Input] = []
    taken = t._step

    def record(at: float, input: Input) -> object:
        recorded.append(input)
        return taken(at, input)  # type: ignore[arg-type]

    t._step = record  # type: ignore[method-assign,assignment]
    for index, (at, act) in enumerate(sorted(acts, key=lambda a: a[0])):
        if index == cut:
            copy = Core(msgspec.msgpack.decode(msgspec.msgpack.encode(t.core.state), type=State), core_settings())
            inputs.clear()
            recorded.clear()
        keep(at, act)
    if copy is None:
        return
    copy.recent = t.core.recent
    for input in recorded:
        original(copy, input)
    assert msgspec.msgpack.encode(copy.state) == msgspec.msgpack.encode(t.core.state)
