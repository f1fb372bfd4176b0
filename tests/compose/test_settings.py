"""The broker of compose and the broker that `broker: auto` starts keep what was acknowledged in the same way."""

from __future__ import annotations

from pathlib import Path

from hub.mqtt.mosquitto_conf import MOSQUITTO_SETTINGS

SHIPPED = Path(__file__).parent.parent.parent / "config" / "mosquitto.conf"
OF_THE_MACHINE = {"listener", "persistence_location", "password_file", "log_dest", "log_timestamp_format"}


def settings(text: str) -> dict[str, str]:
    lines = (line.strip() for line in text.splitlines())
    return {name: value for name, _, value in (line.partition(" ") for line in lines if line and line[0] != "#")}


def test_both_brokers_have_the_same_settings() -> None:
    shipped = settings(SHIPPED.read_text("utf-8"))
    assert {name: value for name, value in shipped.items() if name not in OF_THE_MACHINE} == settings(
        MOSQUITTO_SETTINGS
    )
