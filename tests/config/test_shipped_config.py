"""config.yaml at the top shows every setting with its default."""

from __future__ import annotations

import re
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from hub.config import Config, Section
from hub.config_file import review_config
from hub.config_yaml import Plain, Written
from hub.model import DERIVED, Severity

SHIPPED = Path(__file__).parents[2] / "config.yaml"
_COMMENTED_SETTING = re.compile(r"^(\s*)#(?=\S|  )", re.MULTILINE)
"""``#key:`` shows a setting, ``# text`` is prose."""


SECRETS = ("CTWING_TOKEN", "WECOM_APP_SECRET", "WECOM_BOT_SECRET", "DINGTALK_SECRET", "FEISHU_SECRET")


def everything_shown() -> dict[str, Plain]:
    """The file with its commented settings switched on."""
    text = _COMMENTED_SETTING.sub(r"\1", SHIPPED.read_text("utf-8"))
    written = Written(text, dict.fromkeys(SECRETS, "x"))
    assert written.found == []
    assert isinstance(written.value, dict)
    return written.value


def sections(annotation: Any, value: Any) -> list[tuple[type[Section], dict[str, Any]]]:
    """Every section in ``value`` with what stands in it."""
    if get_origin(annotation) in (Union, UnionType):
        annotation = next(a for a in get_args(annotation) if a is not type(None))
    if get_origin(annotation) is dict:
        return [found for item in value.values() for found in sections(get_args(annotation)[1], item)]
    if get_origin(annotation) is list:
        return [found for item in value for found in sections(get_args(annotation)[0], item)]
    if not (isinstance(annotation, type) and issubclass(annotation, Section)):
        return []
    found = [(annotation, value)]
    for name, field in annotation.model_fields.items():
        if (field.alias or name) in value:
            found += sections(field.annotation, value[field.alias or name])
    return found


def test_the_shipped_config_has_no_mistake_and_no_warning() -> None:
    found = review_config(SHIPPED, {})
    assert [m.said("en") for m in found.mistakes + found.warnings] == []


def test_every_setting_is_shown() -> None:
    shown: dict[type[Section], set[str]] = {}
    for section, value in sections(Config, everything_shown()):
        shown.setdefault(section, set()).update(value)
    missing = [
        f"{section.__name__}.{field.alias or name}"
        for section in [*Section.__subclasses__()]
        for name, field in section.model_fields.items()
        if (field.alias or name) not in shown.get(section, set())
    ]
    assert missing == []


def test_a_commented_setting_shows_its_default() -> None:
    plain = Written(SHIPPED.read_text("utf-8"), {}).value
    assert isinstance(plain, dict)
    shown = everything_shown()
    wrong = []
    for name, field in Config.model_fields.items():
        section = field.annotation
        if not (isinstance(section, type) and issubclass(section, Section)):
            continue
        written_in, shown_in = plain.get(name) or {}, shown[name]
        assert isinstance(written_in, dict)
        assert isinstance(shown_in, dict)
        for key in shown_in.keys() - written_in.keys():
            default = section.model_fields[key].get_default(call_default_factory=True)
            if default is None:
                continue
            given = getattr(section.model_validate({key: shown_in[key]}), key)
            if given != default:
                wrong.append(f"{name}.{key}: {given!r} is not the default {default!r}")
    assert wrong == []


def test_every_severity_has_a_policy_and_every_rule_both_languages() -> None:
    config = review_config(SHIPPED, {}).config
    assert config is not None
    assert set(Severity) <= set(config.policies)
    for name, rule in config.rules.items():
        for text in (rule.title, rule.todo):
            assert re.search(r"[\u4e00-\u9fff]", text.zh), name
            assert not re.search(r"[\u4e00-\u9fff]", text.en), name
            assert len(text.zh.encode()) < 400, name


def test_what_threatens_life_is_critical_and_latches() -> None:
    config = review_config(SHIPPED, {}).config
    assert config is not None
    for name in ("smoke", "heat", "gas", "co", "sos"):
        assert config.rules[name].severity is Severity.CRITICAL
        assert config.rules[name].latch
    assert config.rules["smoke"].cause == "fire"
    everybody = {"property", "guard", "committee", "volunteer"}
    assert set(config.policies["critical"].steps[0].roles) >= everybody


def test_what_the_core_finds_out_about_gates_and_spaces_is_told_by_a_rule() -> None:
    """`entered_twice` stands in the ledger alone; `stuck_open` waits for lanes in the registry, and `open` is asked instead."""
    config = review_config(SHIPPED, {}).config
    assert config is not None
    conditions = [rule.when or "" for rule in config.rules.values()]
    told = {name for name in DERIVED if any(re.search(rf"\b{name}\b", one) for one in conditions)}
    assert DERIVED - told == {"entered_twice", "stuck_open"}
