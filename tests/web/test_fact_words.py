"""What facts are called on screens."""

from __future__ import annotations

from hub.model import DERIVED, FACTS
from hub.web.fact_words import FACT


def test_every_fact_has_a_word() -> None:
    assert set(FACT) == set(FACTS) | DERIVED
