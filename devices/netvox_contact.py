"""Netvox door contacts, reed switches and vibration sensors."""

from __future__ import annotations

from devices._netvox import TB, TTN, model
from hub.decode.port import Example, Model
from hub.model import Event, Fact, Kind


def _contact(state: bytes) -> tuple[Event, dict[str, Fact]]:
    return Event.STATUS, {"open": state[0] != 0}


def _contacts(state: bytes) -> tuple[Event, dict[str, Fact]]:
    """Two contacts; ``open`` when either is."""
    return Event.STATUS, {"open": state[0] != 0 or state[1] != 0}


def _shock(state: bytes) -> tuple[Event, dict[str, Fact]]:
    return Event.STATUS, {"motion": state[0] != 0}


def _door(name: str, code: int, hex_: str, source: str, *, two: bool = False) -> Model:
    battery = (int(hex_[6:8], 16) & 0x7F) / 10
    return model(
        f"netvox/{name}",
        code,
        Kind.DOOR,
        f"Netvox {name.upper()}",
        _contacts if two else _contact,
        (
            Example(
                hex=hex_,
                port=6,
                meaning={"kind": "door", "event": "status", "open": True, "battery_v": battery, "alarm": None},
                source=source,
            ),
        ),
    )


MODELS = (
    _door("r311a", 0x02, "0102011c01000000000000", f"{TB}/R311A"),
    _door("r718f", 0x1D, "011d012401000000000000", f"{TTN}/r718f-codec.yaml"),
    _door("r730f", 0x7D, "017d012401000000000000", f"{TTN}/payload/r311a_r718f_r730f.js: from its layout"),
    _door(
        "r730f2", 0x7E, "017e012401000000000000", f"{TTN}/payload/r718da2_r718db2_r718f2.js: from its layout", two=True
    ),
    _door("r718f2", 0x3E, "013e011e01000000000000", f"{TTN}/r718f2-codec.yaml", two=True),
    model(
        "netvox/r718da",
        0x1A,
        Kind.VIBRATION,
        "Netvox R718DA",
        _shock,
        (
            Example(
                hex="011a012401000000000000",
                port=6,
                meaning={"kind": "vibration", "event": "status", "motion": True, "battery_v": 3.6, "alarm": None},
                source=f"{TB}/R718DA",
            ),
        ),
    ),
    model(
        "netvox/r718db",
        0x1B,
        Kind.VIBRATION,
        "Netvox R718DB",
        _shock,
        (
            Example(
                hex="011b012000000000000000",
                port=6,
                meaning={"kind": "vibration", "event": "status", "motion": False, "battery_v": 3.2, "alarm": None},
                source=f"{TTN}/payload/r718da_r718db_r718j_r718lb_r718mba.js: same layout, device code 27",
            ),
        ),
    ),
)
