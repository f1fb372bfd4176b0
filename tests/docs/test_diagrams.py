"""The state diagrams in docs/architecture.md are the core's tables."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hub.core.alerts import CONDITION
from hub.core.incidents import HANDLING

ROOT = Path(__file__).parents[2]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text("utf-8")

TABLES = {
    "condition": [(before.value, signal.value, after.value) for (before, signal), after in CONDITION.items()],
    "handling": [(before.value, act.value, after.value) for (before, act), after in HANDLING.items()],
}


def test_the_file_is_as_the_script_draws_it() -> None:
    checked = subprocess.run(
        [sys.executable, "scripts/diagrams", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", TABLES)
def test_every_transition_of_the_table_and_no_other_is_drawn(name: str, language: str) -> None:
    begin = f"<!-- diagram {name} {language} -->"
    assert ARCHITECTURE.count(begin) == 1
    drawing = ARCHITECTURE.partition(begin)[2].partition("<!-- /diagram -->")[0]
    arrows = [line.strip() for line in drawing.splitlines() if "-->" in line and "[*]" not in line]
    drawn = [(arrow.split()[0], arrow.rsplit(" ", 1)[1], arrow.partition(":")[0].split()[2]) for arrow in arrows]
    assert sorted(drawn) == sorted(TABLES[name])
