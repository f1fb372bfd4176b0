"""`hub check` says what is wrong, in the reader's language, and its exit code says whether."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.check import run_check

SHIPPED = Path(__file__).parents[2] / "config.yaml"


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    file = tmp_path / "config.yaml"
    file.write_text(SHIPPED.read_text("utf-8").replace("repeat_every: 3m", "repeat_evry: 3m"), encoding="utf-8")
    return file


def test_mistakes_are_printed_in_chinese(
    broken: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LANG", raising=False)
    assert run_check(broken) == 1
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith(f"{broken}:")
    assert out[0].endswith("没有 `repeat_evry` 这个设置。是不是 `repeat_every`?")
    assert out[-1] == "共 1 处要改"


def test_mistakes_are_printed_in_english_where_lang_says_so(
    broken: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    assert run_check(broken) == 1
    assert "There is no setting `repeat_evry`. Did you mean `repeat_every`?" in capsys.readouterr().out


def test_the_shipped_config_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_check(SHIPPED) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_a_wrong_condition_is_told_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = SHIPPED.read_text("utf-8").replace("when: tamper\n", "when: tampr\n")
    file = tmp_path / "config.yaml"
    file.write_text(text, encoding="utf-8")
    assert run_check(file) == 1
    line = text[: text.index("when: tampr")].count("\n") + 1
    assert f"{file}:{line}: rules.tamper.when" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("#act: []", "act: [sirn]", "There is no action `sirn`"),
        ("#quorum: {}", "quorum: {proprty: 1}", "There is no role `proprty`"),
        ("#channels: []", "channels: [wecm]", "There is no channel `wecm`"),
        ("roles: [guard]}", "roles: []}", "This step has no role, person or action"),
        ("#holidays: CN", "holidays: XX", "there is no calendar of a country 'XX'"),
        ("#hours: 08:30-17:30", "hours: 8-17", "Write hours such as 08:30-17:30"),
        (
            "\nactions:",
            "\nactions:\n  bell: {title: {zh: 铃, en: Bell}}\nold_actions:",
            "needs either `topic` or `url`",
        ),
    ],
)
def test_names_and_hours_of_the_people_side_are_checked(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    old: str,
    new: str,
    said: str,
) -> None:
    monkeypatch.setenv("LANG", "en")
    text = SHIPPED.read_text("utf-8")
    assert old in text
    file = tmp_path / "config.yaml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert run_check(file) == 1
    assert said in capsys.readouterr().out
