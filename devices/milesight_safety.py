"""Milesight gas detectors, air monitors and the SOS button."""

from __future__ import annotations

from devices._milesight import COMMON, GUIDE, TB, humidity, model, temperature, unsigned
from hub.decode.port import Example
from hub.model import Fact, Kind

_PRESSES = {1: "short", 2: "long", 3: "double"}
_POLARIZING = 0xFFFE
"""And above: the sensor warms up, or is broken."""


def _press(value: bytes) -> dict[str, Fact]:
    # A press of a kind that the document does not list is still somebody's call for help.
    return {"alarm": True, "press": _PRESSES.get(value[0], "other")}


def _gas(value: bytes) -> dict[str, Fact]:
    return {"alarm": value[0] != 0}


def _valve(value: bytes) -> dict[str, Fact]:
    return {"valve": "open" if value[0] else "closed"}


def _fault(value: bytes) -> dict[str, Fact]:
    """0 power off, 1 power on, 2 sensor fault, 3 fault over, 4 sensor wears out soon, 5 sensor worn out."""
    if value[0] in (0, 1):
        return {"mains_power": value[0] == 1}
    return {"fault": value[0] != 3}


def _nh3(value: bytes) -> dict[str, Fact]:
    raw = unsigned(value)
    return {"nh3": raw / 100} if raw < _POLARIZING else {}


def _h2s(value: bytes) -> dict[str, Fact]:
    raw = unsigned(value)
    return {"h2s": raw / 100} if raw < _POLARIZING else {}


def _h2s_fine(value: bytes) -> dict[str, Fact]:
    raw = unsigned(value)
    return {"h2s": raw / 1000} if raw < _POLARIZING else {}


MODELS = (
    model(
        "milesight/gs101",
        Kind.GAS,
        "Milesight GS101",
        {
            (0x05, 0x8E): (1, _gas),
            (0x06, 0x01): (1, _valve),
            (0x07, 0x01): (1, lambda value: {"on": value[0] != 0}),
            (0x08, 0x90): (4, lambda _: {}),
            (0xFF, 0x3F): (1, _fault),
        },
        (
            Example(
                hex="058e00060101070100",
                port=85,
                meaning={"kind": "gas", "event": "status", "alarm": False, "valve": "open", "on": False},
                source=f"{TB}/GS101",
            ),
            Example(
                hex="058e01060100070101",
                port=85,
                meaning={"kind": "gas", "event": "alarm", "alarm": True, "valve": "closed"},
                source=f"{GUIDE} gs-series/gs101: composed from its table",
            ),
            Example(
                hex="ff3f02",
                port=85,
                meaning={"kind": "gas", "event": "fault", "fault": True, "alarm": None},
                source=f"{GUIDE} gs-series/gs101: composed from its table",
            ),
        ),
        signature=lambda told: (0x05, 0x8E) in told,
    ),
    model(
        "milesight/gs301",
        Kind.AIR_QUALITY,
        "Milesight GS301",
        {
            **COMMON,
            (0x02, 0x67): (2, temperature),
            (0x03, 0x68): (1, humidity),
            (0x04, 0x7D): (2, _nh3),
            (0x05, 0x7D): (2, _h2s),
            (0x06, 0x7D): (2, _h2s_fine),
            (0x07, 0xEA): (5, lambda _: {}),
            (0xFF, 0x7C): (43, lambda _: {}),
        },
        (
            Example(
                hex="01756402671c01036864047d0000057d0100",
                port=85,
                meaning={
                    "kind": "air_quality",
                    "event": "status",
                    "alarm": None,
                    "battery_pct": 100,
                    "temperature": 28.4,
                    "humidity": 50.0,
                    "nh3": 0.0,
                    "h2s": 0.01,
                },
                source=f"{TB}/GS301",
            ),
        ),
        signature=lambda told: (0x04, 0x7D) in told or (0x05, 0x7D) in told or (0x06, 0x7D) in told,
    ),
    model(
        "milesight/ws101",
        Kind.SOS,
        "Milesight WS101",
        {**COMMON, (0xFF, 0x2E): (1, _press)},
        (
            Example(
                hex="017510ff2e01",
                port=85,
                meaning={"kind": "sos", "event": "press", "press": "short", "alarm": True, "battery_pct": 16},
                source=f"{TB}/WS101",
            ),
            Example(
                hex="ff2e02",
                port=85,
                meaning={"kind": "sos", "event": "press", "press": "long", "alarm": True},
                source=f"{GUIDE} ws-series/ws101: composed from its table",
            ),
            Example(
                hex="017564",
                port=85,
                meaning={"kind": "sos", "event": "status", "alarm": None, "battery_pct": 100},
                source=f"{GUIDE} ws-series/ws101: composed from its table",
            ),
        ),
        signature=lambda told: (0xFF, 0x2E) in told,
        press=True,
    ),
)
