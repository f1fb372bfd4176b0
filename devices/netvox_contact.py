"""Netvox door contacts, reed switches and vibration sensors."""

from __future__ import annotations

from devices._netvox import TB, TTN, State, model
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


def _shocks(state: bytes) -> tuple[Event, dict[str, Fact]]:
    """Two probes; ``motion`` when either moves."""
    return Event.STATUS, {"motion": state[0] != 0 or state[1] != 0}


def _window(state: bytes) -> tuple[Event, dict[str, Fact]]:
    """A reed switch, and a listener for breaking glass."""
    return Event.STATUS, {"open": state[0] != 0, "motion": state[1] != 0}


def _input(state: bytes) -> tuple[Event, dict[str, Fact]]:
    """A dry contact: what hangs on it, only its owner knows."""
    return Event.STATUS, {"on": state[0] != 0}


def _inputs(state: bytes) -> tuple[Event, dict[str, Fact]]:
    """Two dry contacts; ``on`` when either is."""
    return Event.STATUS, {"on": state[0] != 0 or state[1] != 0}


def _presence(state: bytes) -> tuple[Event, dict[str, Fact]]:
    facts: dict[str, Fact] = {
        "temperature": int.from_bytes(state[0:2], "big", signed=True) / 100,
        "illuminance": int.from_bytes(state[2:4], "big"),
        "motion": state[4] != 0,
        "tamper": state[5] != 0,
    }
    return (Event.MOTION if facts["motion"] else Event.STATUS), facts


def _sibling(name: str, code: int, kind: Kind, state: State, told: str, script: str, **meaning: object) -> Model:
    """A model that shares another's layout; ``told``: the 7 bytes of state in its example."""
    stated = {"kind": str(kind), "event": "status", "battery_v": 3.6, "alarm": None, **meaning}
    example = Example(
        hex=f"01{code:02x}0124{told}", port=6, meaning=stated, source=f"{TTN}/payload/{script}.js: from its layout"
    )
    return model(f"netvox/{name}", code, kind, f"Netvox {name.upper()}", state, (example,))


_ONE = "r718da_r718db_r718j_r718lb_r718mba"
_TWO = "r718da2_r718db2_r718f2"
_SHOCKS = {"r718mba": 39, "r311fa": 79, "r730mba": 130, "r730da": 137, "r730db": 139, "r311da": 168, "r311db": 169}
_SHOCKS2 = {"r718da2": 47, "r718db2": 61, "r730da2": 138, "r730db2": 140}

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
    *(
        _sibling(name, code, Kind.VIBRATION, _shock, "01000000000000", _ONE, motion=True)
        for name, code in _SHOCKS.items()
    ),
    *(
        _sibling(name, code, Kind.VIBRATION, _shocks, "00010000000000", _TWO, motion=True)
        for name, code in _SHOCKS2.items()
    ),
    _sibling("r311cc", 108, Kind.DOOR, _contacts, "01000000000000", _TWO, open=True),
    _sibling("r311cb", 86, Kind.DOOR, _window, "00010000000000", _TWO, open=False, motion=True),
    _sibling("r311ca", 76, Kind.SWITCH, _inputs, "00010000000000", _TWO, on=True),
    _sibling("r718j2", 67, Kind.SWITCH, _inputs, "01000000000000", _TWO, on=True),
    _sibling("r718j", 33, Kind.SWITCH, _input, "01000000000000", _ONE, on=True),
    _sibling(
        "rb11e",
        3,
        Kind.MOTION,
        _presence,
        "09c40064010100",
        "rb11e",
        event="motion",
        motion=True,
        tamper=True,
        temperature=25.0,
        illuminance=100,
    ),
)
