"""Hubs that tell people wrongly: each has one fault built into its core, and the law of it must notice."""

from __future__ import annotations

from typing import Any

import pytest

import hub.core.asking
import hub.core.incidents
import hub.core.steps
import hub.core.works
from hub.core.context import Core
from hub.core.policies import Step
from hub.core.telling import tell
from hub.model import Incident, NotificationState, Sees
from tests.world.test_broken_hubs import broken_laws


def nothing(*_: object, **__: object) -> None:
    """Stands where something should be done."""


def first(law: str, seed: int) -> set[str]:
    """Laws broken in the seeds from there on, up to the first that breaks this one."""
    return broken_laws(until=law, seeds=range(seed, seed + 40))


def test_works_that_narrow_for_ever_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = hub.core.works.step_taken

    def narrow(core: Core, incident: Incident, index: int, *more: Any) -> Step | None:
        works = core.state.works.get(incident.works)
        if works is None:
            return real(core, incident, index, *more)
        step = core.settings.policy(incident.policy).steps[index]
        hub.core.works._tell_few(core, incident, step, works, *more)
        return None

    monkeypatch.setattr(hub.core.steps, "step_taken", narrow)
    assert "9" in first("9", 1)


def test_a_silence_that_hides_critical_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.core.silences.NEVER_SILENCED", None)
    assert {"9", "10"} & first("10", 1)


def test_an_empty_step_that_is_waited_for_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.core.steps.bring_forward", nothing)
    assert "9" in first("9", 1)


def test_a_step_that_comes_late_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Core.arm

    def late(self: Core, due_ms: int | None, what: str, id: int, device: str = "") -> None:
        real(self, due_ms + 5000 if due_ms is not None and what == "incident" else due_ms, what, id, device)

    monkeypatch.setattr(Core, "arm", late)
    assert "9" in first("9", 1)


def test_a_page_that_never_comes_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.core.going.watch", nothing)
    assert "9" in first("9", 1)


def test_a_page_that_asks_nobody_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.core.steps.page_others", nothing)
    assert "9" in first("9", 1)


def test_a_symptom_that_is_forgotten_with_its_cause_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.core.alerts.lifted", nothing)
    monkeypatch.setattr("hub.core.incidents.lifted", nothing)
    assert "10" in first("10", 1)


def test_a_room_that_goes_to_a_group_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.core.notices.sees", lambda *_: Sees.ROOM)
    assert "8" in first("8", 1)


def test_a_key_holder_in_a_message_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.core.notices._address", lambda _, line: line[0].key_holder if line else "")
    assert "8" in first("8", 1)


def test_a_role_that_sees_too_much_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.core.notices.sees", lambda *_: Sees.FLOOR)
    assert "8" in first("8", 1)


def test_telling_whoever_sleeps_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.core.telling.unwilling", nothing)
    assert "11" in first("11", 1)


def test_a_phone_that_rings_all_night_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.core.ladder.capped", lambda *_: False)
    assert "12" in first("12", 1)


def test_a_lane_that_overruns_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.core.lanes.token_ms", lambda core, *_, **__: core.now_ms)
    assert "13" in first("13", 1)


def test_a_notification_that_is_cancelled_after_its_end_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.core.telling.UNDER_WAY", tuple(NotificationState))
    assert "14" in first("14", 1)


def test_what_is_carried_and_left_behind_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.core.receipts._land", nothing)
    assert "15" in first("15", 1)


def test_an_end_that_is_told_twice_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = hub.core.incidents._tell_end

    def twice(core: Core, incident: Incident) -> None:
        real(core, incident)
        real(core, incident)

    monkeypatch.setattr(hub.core.incidents, "_tell_end", twice)
    assert "16" in first("16", 1)


def test_an_end_that_nobody_hears_of_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub.core.incidents, "_tell_end", nothing)
    assert {"16", "18"} & first("16", 1)


def test_a_siren_in_a_drill_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def acts(core: Core, incident: Incident, name: str, purpose: Any, reason: Any) -> None:
        action = core.person(f"action:{name}")
        if action is not None and action.id not in incident.told:
            tell(core, incident, action, "action", purpose, reason)

    monkeypatch.setattr(hub.core.asking, "_act", acts)
    assert "17" in first("17", 1)


def test_a_siren_that_goes_on_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = tell

    def forgets(core: Core, incident: Incident, somebody: Any, *more: Any) -> Any:
        return None if somebody.id.startswith("action:") else real(core, incident, somebody, *more)

    monkeypatch.setattr(hub.core.incidents, "tell", forgets)
    assert {"16", "18"} & first("18", 1)
