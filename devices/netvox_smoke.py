"""Netvox wireless smoke and CO detectors."""

from __future__ import annotations

from devices._netvox import TTN, alarm, model
from hub.decode.port import Example
from hub.model import Event, Fact, Kind


def _smoke(state: bytes) -> tuple[Event, dict[str, Fact]]:
    # Its heat sensor is part of the fire detector: high temperature alone is a fire alarm, too.
    hot = state[1] != 0
    on = state[0] != 0 or hot
    temperature = int.from_bytes(state[2:4], "big", signed=True) / 10
    # The vendor's example calls 120 what no home reaches and still works: the unit is not said, so it stays raw.
    facts: dict[str, Fact] = {"alarm": on, "high_temp_alarm": hot, "temperature_raw": temperature}
    return (Event.ALARM if on else Event.STATUS), facts


def _co(state: bytes) -> tuple[Event, dict[str, Fact]]:
    event, facts = alarm(state)
    facts["high_temp_alarm"] = state[1] != 0
    return event, facts


def _vape(state: bytes) -> tuple[Event, dict[str, Fact]]:
    """Smoke of cigarettes and incense, noise, tampering, power lost."""
    event, facts = alarm(state)
    facts["tamper"] = state[2] != 0
    facts["mains_power"] = state[3] == 0
    return event, facts


MODELS = (
    model(
        "netvox/ra02a",
        0x0A,
        Kind.SMOKE,
        "Netvox RA02A",
        _smoke,
        (
            Example(
                hex="010a011e010104b0000000",
                port=6,
                meaning={
                    "kind": "smoke",
                    "event": "alarm",
                    "alarm": True,
                    "battery_v": 3.0,
                    "temperature_raw": 120.0,
                    "high_temp_alarm": True,
                },
                source=f"{TTN}/ra02a-codec.yaml",
            ),
            Example(
                hex="820a038407080100000000",
                port=7,
                meaning={"event": "config_response", "alarm": None},
                source=f"{TTN}/ra02a-codec.yaml",
            ),
        ),
    ),
    model(
        "netvox/ra02c",
        0x11,
        Kind.CO,
        "Netvox RA02C",
        _co,
        (
            Example(
                hex="0111011e00010000000000",
                port=6,
                meaning={"kind": "co", "event": "status", "alarm": False, "high_temp_alarm": True, "battery_v": 3.0},
                source=f"{TTN}/ra02c-codec.yaml",
            ),
            Example(
                hex="0111006415202008110000",
                port=6,
                meaning={"event": "version_report", "alarm": None},
                source=f"{TTN}/ra02c-codec.yaml",
            ),
            Example(
                hex="8411640000000000000000",
                port=7,
                meaning={"event": "config_response", "alarm": None},
                source=f"{TTN}/ra02c-codec.yaml",
            ),
        ),
    ),
    model(
        "netvox/ra02g",
        0xD7,
        Kind.SMOKE,
        "Netvox RA02G",
        _vape,
        (
            Example(
                hex="01d7010001000000000000",
                port=6,
                meaning={"kind": "smoke", "event": "alarm", "alarm": True, "tamper": False, "mains_power": True},
                source=f"{TTN}/payload/ra02g.js: composed from its layout",
            ),
        ),
    ),
)
