"""Netvox emergency buttons and pull cords, door bells and plain buttons."""

from __future__ import annotations

from devices._netvox import TTN, alarm, either, model
from hub.decode.port import Example
from hub.model import Event, Fact, Kind


def _bell(state: bytes) -> tuple[Event, dict[str, Fact]]:
    return (Event.PRESS if state[0] else Event.STATUS), {"alarm": False}


def _keys(state: bytes) -> tuple[Event, dict[str, Fact]]:
    return (Event.PRESS if any(state[:3]) else Event.STATUS), {}


def _elder(state: bytes) -> tuple[Event, dict[str, Fact]]:
    """Emergency, and nobody moved for long."""
    event, facts = alarm(state)
    facts["no_activity_alarm"] = state[1] != 0
    return event, facts


def _example(codec: str, hex_: str, port: int = 6, /, **meaning: object) -> tuple[Example, ...]:
    return (Example(hex=hex_, port=port, meaning=meaning, source=f"{TTN}/{codec}-codec.yaml"),)


_HELP = {"kind": "sos", "event": "alarm", "alarm": True}

MODELS = (
    model(
        "netvox/r312a",
        0x4D,
        Kind.SOS,
        "Netvox R312A",
        alarm,
        _example("r312a", "014d011e01000000000000", **_HELP, battery_v=3.0)
        + _example("r312a", "014d00640b201907180000", event="version_report", alarm=None)
        + _example("r312a", "8205", 13, kind="sos", event="config_response", alarm=None),
        button=True,
    ),
    model(
        "netvox/r312",
        0x55,
        Kind.DOORBELL,
        "Netvox R312",
        _bell,
        _example("r312", "0155011e01000000000000", kind="doorbell", event="press", alarm=False, battery_v=3.0),
    ),
    model(
        "netvox/r718t",
        0x31,
        Kind.SOS,
        "Netvox R718T",
        alarm,
        _example("r718t", "0131012401000000000000", **_HELP, battery_v=3.6),
    ),
    model(
        "netvox/rb02i",
        0x10,
        Kind.SOS,
        "Netvox RB02I",
        alarm,
        _example("rb02i", "0110006432201909190000", event="version_report", alarm=None)
        + _example("rb02i", "8110000000000000000000", 7, event="config_response", alarm=None),
    ),
    model(
        "netvox/r718t2",
        0x48,
        Kind.SOS,
        "Netvox R718T2",
        either,
        _example("r718t2", "0148012400010000000000", **_HELP, battery_v=3.6),
    ),
    model(
        "netvox/r309",
        0xD3,
        Kind.SOS,
        "Netvox R309",
        _elder,
        _example("r309", "01d3012400000000000000", event="status", alarm=False, no_activity_alarm=False, battery_v=3.6),
    ),
    model(
        "netvox/rb02b",
        0xA6,
        Kind.BUTTON,
        "Netvox RB02B",
        _keys,
        _example("rb02b", "01a6012401000000000000", kind="button", event="press", battery_v=3.6, alarm=None),
    ),
    model(
        "netvox/rb02c",
        0xA7,
        Kind.BUTTON,
        "Netvox RB02C",
        _keys,
        _example("rb02c", "01a7012401000100000000", kind="button", event="press", battery_v=3.6, alarm=None),
    ),
)
