"""A config is taken whole, or every mistake is told at once with its line."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from hub.config_file import ConfigMistakes, Review, load_config, review_config

GOOD = """\
communities:
  main:
    name: 桂花园
sources:
  zigbee2mqtt:
    topics: [zigbee2mqtt/#]
roles:
  property:
    title: {zh: 物业, en: Property}
policies:
  critical:
    steps:
      - roles: [property]
    repeat_every: 1h30m
rules:
  smoke:
    on: [smoke]
    when: alarm
    for: 10s
    severity: critical
    title: {zh: 烟感报警, en: Smoke alarm}
    todo: {zh: 敲门, en: Knock}
"""


def review(tmp_path: Path, text: str, **environment: str) -> Review:
    file = tmp_path / "config.yaml"
    file.write_text(text, encoding="utf-8")
    return review_config(file, environment)


def said(tmp_path: Path, text: str, **environment: str) -> list[str]:
    """Every mistake as ``line: what. todo`` in English."""
    found = review(tmp_path, text, **environment)
    assert found.config is None
    return [m.said("en").removeprefix(f"{m.file}:") for m in found.mistakes]


def test_a_good_file_is_a_config(tmp_path: Path) -> None:
    found = review(tmp_path, GOOD)
    assert found.mistakes == []
    assert found.warnings == []
    assert found.config is not None
    assert found.config.rules["smoke"].hold == timedelta(seconds=10)
    assert found.config.policies["critical"].repeat_every == timedelta(hours=1, minutes=30)
    assert found.config.installation.data_dir == tmp_path / "data"


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [("10s", 10), ("5m", 300), ("24h", 86400), ("1d", 86400), ("1d2h3m4s", 93784), ("0s", 0)],
)
def test_durations_are_numbers_with_a_unit(tmp_path: Path, duration: str, seconds: int) -> None:
    config = review(tmp_path, GOOD.replace("for: 10s", f"for: {duration}")).config
    assert config is not None
    assert config.rules["smoke"].hold == timedelta(seconds=seconds)


@pytest.mark.parametrize("duration", ["10", "10 s", "-5m", "5x", '""', "99999999999999d", "[1]"])
def test_other_durations_are_mistakes(tmp_path: Path, duration: str) -> None:
    (mistake,) = said(tmp_path, GOOD.replace("for: 10s", f"for: {duration}"))
    assert mistake.startswith("19: `rules.smoke.for`: ")
    assert mistake.endswith("Write a duration such as 10s, 5m, 24h or 1d")


def test_all_mistakes_are_told_at_once_in_the_order_of_lines(tmp_path: Path) -> None:
    text = (
        GOOD.replace("name: 桂花园", "nmae: 桂花园")
        .replace("[zigbee2mqtt/#]", "['zigbee2mqtt/#/x']")
        .replace("roles: [property]", "roles: [propety]")
        .replace("severity: critical", "severity: urgent")
        .replace("on: [smoke]", "on: [smok]")
    )
    found = said(tmp_path, text)
    assert found[:4] == [
        "2: `communities.main.name` is missing. Add `name`: Name people know it by",
        "3: There is no setting `nmae`. Did you mean `name`?",
        "6: `#` may only be the whole last level: zigbee2mqtt/#/x. Correct it",
        "13: There is no role `propety`. Did you mean `property`?",
    ]
    assert found[4].startswith("17: `rules.smoke.on.0`: The value 'smok' is not right. Choose one of ")
    assert found[5].startswith("20: `rules.smoke.severity`: The value 'urgent' is not right. Choose one of ")
    assert len(found) == 6


MISTAKES = {
    "unknown section": ("rules:", "rulez:", "15: There is no setting `rulez`. Did you mean `rules`?"),
    "duplicate key": (
        "    when: alarm",
        "    when: alarm\n    when: test",
        "19: `when` stands twice, first in line 18",
    ),
    "unknown policy": (
        "    for: 10s",
        "    policy: critcal",
        "19: There is no policy `critcal`. Did you mean `critical`?",
    ),
    "no default policy": ("severity: critical", "severity: major", "20: Severity major has no default policy"),
    "neither when": ("    when: alarm\n", "", "16: Rule `smoke` needs either `when` or `silent_after`"),
    "unknown community": ("topics: [", "community: maim\n    topics: [", "6: There is no community `maim`. Did you"),
    "plus": ("zigbee2mqtt/#", "zig+/a", "6: `+` must be a whole level: zig+/a"),
    "shared": ("zigbee2mqtt/#", "$share/g/a", "6: Shared subscriptions are refused"),
    "mapping alone": ("topics: [", "envelope: json\n    topics: [", "6: `envelope: json` and `mapping` belong"),
    "steps order": (
        "- roles: [property]",
        "- {after: 5m, roles: [property]}\n      - {after: 1m, roles: [property]}",
        "14: Steps are not in the order of `after`",
    ),
    "no steps": ("steps:\n      - roles: [property]", "steps: []", "12: No steps: nobody is ever told"),
    "text as number": ("zh: 敲门", "zh: 119", "22: `rules.smoke.todo.zh`: The value 119 is not right"),
    "list": ("on: [smoke]", "on: smoke", "17: `rules.smoke.on`: The value 'smoke' is not right. Write a list"),
    "boolean": ("for: 10s", "latch: maybe", "19: `rules.smoke.latch`: The value 'maybe'"),
}


@pytest.mark.parametrize(("old", "new", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in GOOD
    found = said(tmp_path, GOOD.replace(old, new))
    assert any(m.startswith(expected) for m in found), found


@pytest.mark.parametrize(
    ("text", "line"),
    [("a: [1, 2\nb: 3\n", 2), ("a: 1\n\tb: 2\n", 2), ("a: 1\nb: \x07\n", 2), ("a: *nowhere\n", 1), ("a: b: c\n", 1)],
)
def test_what_is_no_yaml_is_told_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    (mistake,) = said(tmp_path, text)
    assert mistake.startswith(f"{line}: ")


@pytest.mark.parametrize("text", ["", "just text\n", "- a\n- b\n", "&a [*a]\n"])
def test_what_holds_no_settings_is_a_mistake(tmp_path: Path, text: str) -> None:
    assert "1: The file holds no settings. Begin with the config.yaml of the repository" in said(tmp_path, text)


def test_secrets_come_from_the_environment(tmp_path: Path) -> None:
    text = GOOD + "influx:\n  token: ${TOKEN_OF_TEST}\n"
    config = review(tmp_path, text, TOKEN_OF_TEST="s3cret").config
    assert config is not None
    assert config.influx.token.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(config)
    (mistake,) = said(tmp_path, text)
    assert mistake.startswith("24: TOKEN_OF_TEST, which `influx.token` uses, is not in the environment")


def test_secrets_come_from_files(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-file\n")
    text = GOOD + "influx:\n  token_file: token\n"
    config = review(tmp_path, text).config
    assert config is not None
    assert config.influx.token.get_secret_value() == "from-file"
    (tmp_path / "token").unlink()
    (mistake,) = said(tmp_path, text)
    assert mistake.startswith("24: The secret file")


def test_a_secret_is_not_given_twice(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("x")
    (mistake,) = said(tmp_path, GOOD + "influx:\n  token_file: token\n  token: y\n")
    assert mistake.startswith("24: Both token_file and what it stands for are set")


def test_files_that_are_named_must_exist(tmp_path: Path) -> None:
    text = GOOD + "devices_dirs: [mine]\nbroker:\n  tls: {ca_file: ca.pem}\nweb: {tls_cert_file: a.pem}\n"
    found = said(tmp_path, text)
    assert [m.split(":")[0] for m in found] == ["23", "25", "26", "26"]


def test_an_empty_list_of_sources_is_only_a_warning(tmp_path: Path) -> None:
    found = review(
        tmp_path, GOOD.replace("  zigbee2mqtt:\n    topics: [zigbee2mqtt/#]\n", "").replace("sources:", "sources: {}")
    )
    assert found.config is not None
    assert [w.what.zh[:6] for w in found.warnings] == ["没有消息来源"]


def test_load_config_raises_all_of_them(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(GOOD.replace("[property]", "[nobody]").replace("when: alarm", "wen: alarm"), encoding="utf-8")
    with pytest.raises(ConfigMistakes) as raised:
        load_config(file)
    assert [m.line for m in raised.value.mistakes] == [13, 18]


def test_a_file_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    (mistake,) = review_config(tmp_path / "none.yaml").mistakes
    assert "cannot be read" in mistake.what.en


def test_a_file_in_another_encoding_is_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes("# ok\nname: 中文".encode("gb18030"))
    (mistake,) = review_config(file).mistakes
    assert mistake.line == 2


def test_the_environment_replaces_single_settings(tmp_path: Path) -> None:
    text = GOOD + "web: {port: 80}\n"
    config = review(
        tmp_path, text, HUB_WEB__PORT="8081", HUB_INFLUX__URL="http://i:1", HUB_INSTALLATION__PUBLIC_URL=""
    ).config
    assert config is not None
    assert (config.web.port, config.influx.url, config.installation.public_url) == (8081, "http://i:1", "")


@pytest.mark.parametrize(
    ("variable", "todo"),
    [("HUB_WEB__PROT", "Did you mean `web.port`?"), ("HUB_WEP__PORT", "Did you mean `web.port`?")],
)
def test_a_variable_that_names_no_setting_is_a_mistake(tmp_path: Path, variable: str, todo: str) -> None:
    (mistake,) = review(tmp_path, GOOD, **{variable: "1"}).mistakes
    assert mistake.said("en").startswith(f"{variable}:1: There is no setting ")
    assert mistake.todo.en == todo
