"""Netvox water leak detectors: spots, ropes and cables."""

from __future__ import annotations

from devices._netvox import TTN, alarm, either, model
from hub.decode.port import Example
from hub.model import Event, Fact, Kind


def _climate(state: bytes) -> tuple[Event, dict[str, Fact]]:
    on = state[4] != 0
    facts: dict[str, Fact] = {
        "alarm": on,
        "temperature": int.from_bytes(state[0:2], "big", signed=True) / 100,
        "humidity": int.from_bytes(state[2:4], "big") / 100,
    }
    return (Event.ALARM if on else Event.STATUS), facts


def _tank(state: bytes) -> tuple[Event, dict[str, Fact]]:
    on = state[5] != 0
    facts: dict[str, Fact] = {"alarm": on, "fault": state[4] != 0, "count": int.from_bytes(state[0:4], "big")}
    return (Event.ALARM if on else Event.FAULT if facts["fault"] else Event.STATUS), facts


def _cable(state: bytes) -> tuple[Event, dict[str, Fact]]:
    """Metres along the cable where it is wet, in steps of 10 cm; 0: dry."""
    place = int.from_bytes(state[0:2], "big")
    facts: dict[str, Fact] = {"alarm": place != 0}
    if place:
        facts["distance_mm"] = place * 100
    return (Event.ALARM if place else Event.STATUS), facts


def _example(codec: str, hex_: str, port: int = 6, /, **meaning: object) -> tuple[Example, ...]:
    return (Example(hex=hex_, port=port, meaning=meaning, source=f"{TTN}/{codec}-codec.yaml"),)


_WET = {"kind": "leak", "event": "alarm", "alarm": True, "battery_v": 3.0}
_DRY = {"kind": "leak", "event": "status", "alarm": False, "battery_v": 3.6}

MODELS = (
    model("netvox/r311w", 0x06, Kind.LEAK, "Netvox R311W", either, _example("r311w", "0106011e00010000000000", **_WET)),
    model(
        "netvox/r718wa", 0x32, Kind.LEAK, "Netvox R718WA", alarm, _example("r718wa", "0132011e01000000000000", **_WET)
    ),
    model(
        "netvox/r718wb",
        0x12,
        Kind.LEAK,
        "Netvox R718WB",
        alarm,
        _example("r718wb", "0112011e01000000000000", **_WET)
        + _example("r718wb", "8212038407080100000000", 7, event="config_response", alarm=None),
    ),
    model(
        "netvox/r718wa2",
        0x46,
        Kind.LEAK,
        "Netvox R718WA2",
        either,
        _example("r718wa2", "0146011e01000000000000", **_WET),
    ),
    model(
        "netvox/r718wb2",
        0x47,
        Kind.LEAK,
        "Netvox R718WB2",
        either,
        _example("r718wb2", "0147011e01000000000000", **_WET),
    ),
    model(
        "netvox/r718waa",
        0xBE,
        Kind.LEAK,
        "Netvox R718WAA",
        _climate,
        _example("r718waa", "01be012409ea1a90000000", **_DRY, temperature=25.38, humidity=68.0),
    ),
    model(
        "netvox/r718wba",
        0x6B,
        Kind.LEAK,
        "Netvox R718WBA",
        _climate,
        _example("r718wba", "016b012409ea1a90000000", **_DRY, temperature=25.38, humidity=68.0),
    ),
    model(
        "netvox/r720flt",
        0xD4,
        Kind.LEAK,
        "Netvox R720FLT",
        _tank,
        _example("r720flt", "01d4012400000064000000", **_DRY, count=100, fault=False),
    ),
    model(
        "netvox/ra07w",
        0x0C,
        Kind.LEAK,
        "Netvox RA07W",
        _cable,
        _example("ra07w", "010c017601010000000000", kind="leak", event="alarm", alarm=True, battery_v=11.8),
    ),
    model(
        "netvox/r718we",
        0x8F,
        Kind.LEAK,
        "Netvox R718WE",
        _cable,
        _example("ra07w", "018f012400000000000000", kind="leak", event="status", alarm=False, battery_v=3.6),
    ),
)
