"""The hub was not there for a while: what fell due meanwhile is done now, once; nobody is sent what was owed each minute."""

from __future__ import annotations

from collections import Counter

from hub.model import Purpose
from tests.core.timeline import Timeline, dues, ms


def test_after_an_hour_away_each_person_has_one_message_and_the_policy_goes_on_from_now() -> None:
    t = Timeline()
    t.reading(0, "smoke-1203", alarm=True)
    back = dues(t.back(3600))
    assert back
    assert max(Counter((d.person, d.contact) for d in back).values()) == 1
    (incident,) = t.core.state.incidents.values()
    assert incident.due_ms is not None
    assert incident.due_ms >= ms(3600 + 60)


def test_a_step_that_fell_due_while_the_hub_was_away_comes_at_once() -> None:
    t = Timeline()
    t.reading(0, "smoke-1203", alarm=True)
    assert Purpose.ESCALATED in {d.notice.purpose for d in dues(t.back(70))}


def test_a_stay_shorter_than_anything_due_changes_nothing() -> None:
    t = Timeline()
    t.reading(0, "smoke-1203", alarm=True)
    assert dues(t.back(2)) == []
