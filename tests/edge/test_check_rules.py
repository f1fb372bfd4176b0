"""`hub check` holds critical rules against every alarm that the catalogue knows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hub.catalogue import load_catalogue
from hub.check import alarm_examples, run_check
from hub.model import LIFE_SAFETY, Kind

SHIPPED = Path(__file__).parents[2] / "config.yaml"


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "en_GB.UTF-8")


def written(tmp_path: Path, old: str, new: str) -> Path:
    text = SHIPPED.read_text("utf-8")
    assert old in text
    file = tmp_path / "config.yaml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return file


def test_the_catalogue_gives_alarms_of_the_kinds_that_threaten_life() -> None:
    kinds = {kind for kind, _ in alarm_examples(load_catalogue())}
    assert {Kind.SMOKE, Kind.LEAK} <= kinds
    assert kinds & LIFE_SAFETY


def test_the_shipped_config_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_check(SHIPPED) == 0
    assert capsys.readouterr().out.startswith("No mistakes")


def test_a_critical_rule_that_needs_a_fact_some_alarm_lacks_is_refused_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = re.search(r"  smoke:\n    on: \[smoke\]\n    when: .*\n", SHIPPED.read_text("utf-8"))
    assert wanted is not None
    file = written(tmp_path, wanted[0], "  smoke:\n    on: [smoke]\n    when: alarm && battery_pct > 5.0\n")
    line = next(n for n, text in enumerate(file.read_text("utf-8").splitlines(), 1) if "battery_pct > 5.0" in text)
    assert run_check(file) == 1
    out = capsys.readouterr().out
    assert f"{file}:{line}: rules.smoke.when: is unknown for a real smoke alarm" in out
    assert out.splitlines()[-1] == "1 to mend"


def test_a_device_file_that_does_not_import_is_a_mistake_with_its_own_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "broken.py").write_text("MODEL = None\nimport nothing_of_that_name\n")
    file = written(tmp_path, "#devices_dirs: []", "devices_dirs: [mine]")
    assert run_check(file) == 1
    assert f"{folder / 'broken.py'}:2: Device file: It does not import" in capsys.readouterr().out
