"""Whatever the core can decide, a person can read in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import pytest

from hub import phrases
from hub.core.decisions import Reason
from hub.delivery import phrases as parts
from hub.delivery.answers import Answer
from hub.model import Condition, Handling, Kind, NotificationState, Outcome, Purpose, Severity
from hub.phrases import Phrase


@pytest.mark.parametrize(
    ("enum", "table"),
    [
        (Reason, phrases.REASONS),
        (Severity, phrases.SEVERITIES),
        (Handling, phrases.HANDLINGS),
        (Condition, phrases.CONDITIONS),
        (Outcome, phrases.OUTCOMES),
        (Purpose, phrases.PURPOSES),
        (NotificationState, phrases.NOTIFICATION_STATES),
        (Kind, phrases.KINDS),
        (Answer, phrases.RECEIPTS),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_every_member_has_a_phrase_in_both_languages(enum: type[StrEnum], table: Mapping[str, Phrase]) -> None:
    assert {str(key) for key in table} == {str(member) for member in enum}
    assert [key for key, phrase in table.items() if not phrase.zh.strip() or not phrase.en.strip()] == []


@pytest.mark.parametrize("table", [parts.MARKS, parts.PLACES, parts.TELL, parts.TIMES, parts.END])
def test_both_languages_of_a_part_have_the_same_blanks(table: Mapping[str, Phrase]) -> None:
    for name, phrase in table.items():
        blanks = [blank for blank in ("{n}", "{m}", "{at}", "{link}", "{cause}", "{community}") if blank in phrase.zh]
        assert all(blank in phrase.en for blank in blanks), name


def test_a_real_alarm_of_a_fire_detector_is_a_fire() -> None:
    assert phrases.outcome_phrase(Outcome.REAL, Kind.SMOKE).zh == "真火警"
    assert phrases.outcome_phrase(Outcome.REAL, Kind.GATE).zh == "属实"
