"""Worlds that broke a law once, each with what it had found."""

from __future__ import annotations

import pytest

from hub.simulate.world.world import run_world

FOUND = {
    1000072: "the rest of a digest stood overdue while its person slept",
    1000087: "a restart after a time away sent hundreds of repeats",
    1000158: "an announcement was forgotten while its message carried another",
    1000005: "what a failing message carried joined the attempt that had just failed",
    1000076: "a part that was sent on its own account was opened again",
    1002667: "an announcement that carried another was not in the rows any more",
    1003518: "a message waited in its lane into its reader's sleep",
    1003721: "a call waited in its lane into the end of the night calls",
    1007598: "a receipt that came while the hub opened was dropped",
}


@pytest.mark.parametrize("seed", FOUND, ids=[what.replace(" ", "-") for what in FOUND.values()])
def test_what_was_found_once_stays_mended(seed: int) -> None:
    assert run_world(seed).law == ""
