"""docs/operations.md holds what the code holds, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

from hub.config import StoreConfig
from hub.mqtt.mosquitto_conf import MOSQUITTO_SETTINGS
from hub.platforms import PLATFORMS

ZH, EN = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8").split("\n# Operations\n")


def test_every_broker_setting_stands_in_both_halves() -> None:
    for line in MOSQUITTO_SETTINGS.splitlines():
        if line and not line.startswith("#"):
            name = line.split()[0]
            wanted = f"`{name}" if name == "max_inflight_messages" else f"`{line}`"
            assert wanted in ZH, line
            assert wanted in EN, line


def test_both_halves_have_the_same_sections_and_tables() -> None:
    zh, en = (re.findall(r"^## ", half, re.MULTILINE) for half in (ZH, EN))
    assert len(zh) == len(en)
    assert len(re.findall(r"^\|", ZH, re.MULTILINE)) == len(re.findall(r"^\|", EN, re.MULTILINE))


def test_every_platform_of_connect_is_named() -> None:
    for name in PLATFORMS:
        assert name in ZH
        assert name in EN


def test_the_defaults_of_retention_are_those_of_the_config() -> None:
    store = StoreConfig()
    assert f"{store.keep_readings.days} 天" in ZH
    assert f"{store.keep_readings.days} days" in EN
    for half in (ZH, EN):
        assert f"{store.keep_bytes // 10**9} GB" in half
