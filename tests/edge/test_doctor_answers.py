"""The doctor names who cannot answer, and why."""

from __future__ import annotations

import pytest

from hub.config_file import load_config
from hub.doctor.answers import look_at_answers
from hub.doctor.finding import Level
from hub.looking import Looking
from tests.edge.installation import Installation, person


def findings(installation: Installation) -> list[tuple[Level, str, str]]:
    config = load_config(installation.config)
    return [(one.level, one.text.zh, one.text.en) for one in look_at_answers(config, Looking(config))]


def test_before_the_first_start_there_is_nobody(installation: Installation) -> None:
    assert [level for level, _, _ in findings(installation)] == [Level.NOTE]


def test_it_names_them_by_reason(installation: Installation) -> None:
    installation.keep(
        [
            *person("li", "wecom://KEY"),
            *person("wu", "alisms://13800138000"),
            *person("wang", "ntfy://topic"),
            *person("zhao", "wecombot://zhao"),
        ]
    )
    found = findings(installation)
    texts = " | ".join(en for _, _, en in found)
    assert "li cannot answer what they are told: only a group robot" in texts
    assert "wu cannot answer what they are told: only SMS or calls of a cloud" in texts
    assert "zhao cannot answer what they are told: config.yaml has no account" in texts
    assert found[-1][0] is Level.OK
    assert "1 of 4 people can answer by themselves" in found[-1][2]
    assert "4 人中 1 人能自己应答" in found[-1][1]


@pytest.mark.parametrize("url", ["inbox://li", "wecom://KEY"])
def test_when_nobody_can_it_warns(installation: Installation, url: str) -> None:
    installation.keep(person("li", url))
    assert {level for level, _, _ in findings(installation)} == {Level.WARN}
