"""Milesight pipe pressure, water level and distance sensors (EM500 and EM310)."""

from __future__ import annotations

from devices._milesight import COMMON, GUIDE, TB, model, temperature, unsigned
from hub.decode.port import Example
from hub.model import Fact, Kind

_BROKEN = 0xFFFD
"""And above: the probe says that it is out of order."""


def _pressure(value: bytes) -> dict[str, Fact]:
    return {"pressure_kpa": int.from_bytes(value, "little", signed=True)}


def _level(value: bytes) -> dict[str, Fact]:
    depth = unsigned(value)
    return {"level_cm": depth} if depth < _BROKEN else {"fault": True}


def _distance(value: bytes) -> dict[str, Fact]:
    distance = unsigned(value)
    return {"distance_mm": distance} if distance < _BROKEN else {"fault": True}


MODELS = (
    model(
        "milesight/em500-pp",
        Kind.PRESSURE,
        "Milesight EM500-PP",
        {**COMMON, (0x03, 0x7B): (2, _pressure)},
        (
            Example(
                hex="01755c037b0a00",
                port=85,
                meaning={"kind": "pressure", "event": "status", "pressure_kpa": 10, "battery_pct": 92},
                source="TheThingsNetwork/lorawan-devices vendor/milesight-iot/em500-pp-codec.yaml",
            ),
        ),
        signature=lambda told: (0x03, 0x7B) in told,
        history={(0x20, 0xCE): (6, _pressure)},
    ),
    model(
        "milesight/em500-swl",
        Kind.LEVEL,
        "Milesight EM500-SWL",
        {**COMMON, (0x03, 0x77): (2, _level), (0xFF, 0x1B): (5, lambda _: {})},
        (
            Example(
                hex="01756403770200",
                port=85,
                meaning={"kind": "level", "event": "status", "level_cm": 2, "battery_pct": 100},
                source=f"{TB}/EM500-SWL",
            ),
        ),
        signature=lambda told: (0x03, 0x77) in told,
        history={(0x20, 0xCE): (6, _level)},
    ),
    model(
        "milesight/em500-udl",
        Kind.DISTANCE,
        "Milesight EM500-UDL, EM310-UDL",
        {**COMMON, (0x03, 0x82): (2, _distance), (0x04, 0x00): (1, lambda value: {"tilted": value[0] != 0})},
        (
            Example(
                hex="01756403821e00040000",
                port=85,
                meaning={"kind": "distance", "event": "status", "distance_mm": 30, "tilted": False, "battery_pct": 100},
                source=f"{GUIDE} em-series/em310-udl: composed from its table",
            ),
        ),
        signature=lambda told: (0x03, 0x82) in told,
        history={(0x20, 0xCE): (6, _distance)},
        profiles=("em310-udl",),
    ),
    model(
        "milesight/em400",
        Kind.DISTANCE,
        "Milesight EM400-TLD, EM400-MUD",
        {
            **COMMON,
            (0x03, 0x67): (2, temperature),
            (0x04, 0x82): (2, _distance),
            (0x05, 0x00): (1, lambda value: {"tilted": value[0] != 0}),
            (0x83, 0x67): (3, lambda value: temperature(value[:2])),
            (0x84, 0x82): (3, lambda value: {**_distance(value[:2]), "alarm": value[2] == 1}),
        },
        (
            Example(
                hex="01755c0367010104824408050001",
                port=85,
                meaning={
                    "kind": "distance",
                    "event": "status",
                    "distance_mm": 2116,
                    "tilted": True,
                    "battery_pct": 92,
                    "temperature": 25.7,
                },
                source=f"{GUIDE} em-series/em400-mud",
            ),
            Example(
                hex="8367e800018482410601",
                port=85,
                meaning={"event": "alarm", "alarm": True, "distance_mm": 1601, "temperature": 23.2},
                source=f"{GUIDE} em-series/em400-mud",
            ),
        ),
        signature=lambda told: bool(told & {(0x04, 0x82), (0x84, 0x82)}),
        profiles=("em400-tld", "em400-mud", "em400-udl"),
    ),
)
