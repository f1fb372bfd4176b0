"""Netvox geomagnetic and radar parking sensors."""

from __future__ import annotations

from devices._netvox import TB, TTN, model
from hub.decode.port import Example
from hub.model import Event, Fact, Kind


def _space(state: bytes) -> tuple[Event, dict[str, Fact]]:
    return Event.STATUS, {"occupied": state[0] != 0}


MODELS = (
    model(
        "netvox/r719a",
        0x59,
        Kind.PARKING,
        "Netvox R719A",
        _space,
        (
            Example(
                hex="0159012401000000000000",
                port=6,
                meaning={
                    "kind": "parking",
                    "event": "status",
                    "occupied": True,
                    "battery_v": 3.6,
                    "battery_low": False,
                },
                source=f"{TB}/R719A",
            ),
            Example(
                hex="015900640b202004240000",
                port=6,
                meaning={"event": "version_report", "occupied": None},
                source=f"{TTN}/r719a-codec.yaml",
            ),
            Example(
                hex="8259003c003c0100000000",
                port=7,
                meaning={"event": "config_response", "occupied": None},
                source=f"{TB}/R719A",
            ),
        ),
    ),
    model(
        "netvox/r719b",
        0xAF,
        Kind.PARKING,
        "Netvox R719B",
        _space,
        (
            Example(
                hex="01af011e01000000000000",
                port=6,
                meaning={"kind": "parking", "event": "status", "occupied": True, "battery_v": 3.0},
                source=f"{TTN}/payload/r719a.js: same layout, device code 175",
            ),
        ),
    ),
)
