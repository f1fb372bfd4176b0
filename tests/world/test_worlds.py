"""A thousand seeded worlds: whatever goes wrong, the laws hold."""

from __future__ import annotations

import pytest

from hub.simulate.world.__main__ import failure
from hub.simulate.world.world import run_world

WORLDS = 1000
CHUNK = 20


@pytest.mark.parametrize("first", range(1, WORLDS + 1, CHUNK))
def test_the_laws_hold(first: int) -> None:
    reports = [run_world(seed) for seed in range(first, first + CHUNK)]
    assert [failure(report) for report in reports if report.law] == []
    assert sum(report.counts.get("committed", 0) for report in reports) > 100
