"""The state diagrams in docs/architecture.md are the core's tables."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from enum import Enum
from pathlib import Path

import pytest

from hub.core.alerts import CONDITION
from hub.core.incidents import HANDLING

ROOT = Path(__file__).parents[2]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text("utf-8")

TABLES: dict[str, Mapping[tuple[Enum, Enum], Enum]] = {"condition": {**CONDITION}, "handling": {**HANDLING}}


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
    assert sorted((arrow.partition(":")[0], arrow.rsplit(" ", 1)[1]) for arrow in arrows) == sorted(
        (f"{before.value} --> {after.value}", str(signal.value)) for (before, signal), after in TABLES[name].items()
    )
