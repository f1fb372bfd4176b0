"""Nwave parking sensors (NPS310, NPS405) and car counters (NCC405).

Port 1 a change, 2 heartbeat, 3 startup, 6 debugging, 10 a driver's tag. A public converter reads the heartbeat's voltage
byte as signed and so finds 2.32 V where the vendor's own document says 3.344 V: the vendor's document wins.
"""

from __future__ import annotations

from hub.decode.port import Example, Facts, Model, Uplink
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, Undecoded

_TTN = "TheThingsNetwork/lorawan-devices vendor/nwave"
_TEST_PATTERNS = (0x55, 0xAA)
_COLD = -5.0
"""Below this the battery counts as low from 2.9 V, above from 3.0 V."""


def _volts(byte: int) -> float:
    return (2500 + byte * 4) / 1000


def _space(uplink: Uplink) -> list[Facts]:
    data = uplink.data
    match uplink.port, len(data):
        case 1, 1:
            return [Facts(Event.STATUS, {"occupied": data[0] & 1 == 1})]
        case 2, 1:  # NPS310
            return [Facts(Event.HEARTBEAT, {"occupied": data[0] & 1 == 1})]
        case 2, n if n >= 3:
            return [_heartbeat(data)]
        case 3, n if n >= 5:
            return [Facts(Event.STARTUP, {"occupied": data[4] & 1 == 1})]
        case 10, n if n >= 5:
            return [Facts(Event.REGISTER, {"occupied": True} if data[0] & 1 else {})]
        case 6, _:
            return [Facts(Event.DEVICE_INFO, {})]
    raise DecodeError(Undecoded.UNKNOWN_FORMAT, f"port {uplink.port}, {len(data)} bytes")


def _heartbeat(data: bytes) -> Facts:
    temperature = (data[2] - 256 if data[2] > 127 else data[2]) / 2 + 10
    volts = _volts(data[1])
    facts: dict[str, Fact] = {
        "occupied": data[0] & 1 == 1,
        "temperature": temperature,
        "battery_v": volts,
        "battery_low": volts < (2.9 if temperature < _COLD else 3.0),
    }
    return Facts(Event.HEARTBEAT, facts)


def _count(uplink: Uplink) -> list[Facts]:
    data = uplink.data
    match uplink.port, len(data):
        case 1, 2:
            return [Facts(Event.STATUS, {"count": int.from_bytes(data, "big")})]
        case 2, 3:
            return [Facts(Event.HEARTBEAT, {"battery_v": _volts(data[1])})]
        case 3, n if n >= 4:
            return [Facts(Event.STARTUP, {})]
        case 6, _:
            return [Facts(Event.DEVICE_INFO, {})]
    raise DecodeError(Undecoded.UNKNOWN_FORMAT, f"port {uplink.port}, {len(data)} bytes")


def _is_space(uplink: Uplink) -> bool:
    # The single byte of port 1 has no mark of its own: 0 and 1 are left to the Bosch sensor, which means the same by
    # them, and the test patterns of documentations and trial devices (0x55, 0xaa) to nobody.
    data = uplink.data
    if uplink.port == 1 and len(data) == 1:
        return data[0] > 1 and data[0] not in _TEST_PATTERNS
    if uplink.port == 2 and len(data) == 1:
        return data[0] < 2
    if uplink.port == 2 and len(data) == 6:
        return -40 <= (data[2] - 256 if data[2] > 127 else data[2]) / 2 + 10 <= 75
    if uplink.port == 10 and len(data) == 6:  # the second byte is the tag's battery, 0.1 V
        return 18 <= data[1] <= 42
    return uplink.port == 3 and len(data) == 5 and data[3] < 8 and data[4] < 2


def _is_counter(uplink: Uplink) -> bool:
    # Voltage now and its mean over 24 h lie close together and above what the radio needs.
    data = uplink.data
    if uplink.port == 3:
        return len(data) == 4 and data[3] < 8 and data[0] < 16
    return uplink.port == 2 and len(data) == 3 and min(data[1:]) >= 50 and abs(data[1] - data[2]) <= 50


MODELS = (
    Model(
        name="nwave/nps",
        kind=Kind.PARKING,
        title="Nwave NPS310, NPS405",
        profiles=("nps310", "nps405", "g4_nps", "g4 nps", "nwave nps"),
        decode=_space,
        recognises=_is_space,
        examples=(
            Example(
                hex="95",
                port=1,
                meaning={"kind": "parking", "event": "status", "occupied": True},
                source=f"{_TTN}/nps405-codec.yaml",
            ),
            Example(
                hex="00d3d800590b",
                port=2,
                meaning={
                    "event": "heartbeat",
                    "occupied": False,
                    "battery_v": 3.344,
                    "battery_low": False,
                    "temperature": -10.0,
                },
                source=f"{_TTN}/nps405-codec.yaml",
            ),
            Example(
                hex="0204090200",
                port=3,
                meaning={"event": "startup", "occupied": False},
                source=f"{_TTN}/nps405-codec.yaml",
            ),
            Example(
                hex="00",
                port=2,
                meaning={"event": "heartbeat", "occupied": False, "battery_v": None},
                source=f"{_TTN}/nps310sm-codec.yaml",
            ),
            Example(
                hex="010d000200",
                port=3,
                meaning={"event": "startup", "occupied": False},
                source=f"{_TTN}/nps310sm-codec.yaml",
            ),
            Example(
                hex="d1201f345678",
                port=10,
                meaning={"event": "register", "occupied": True},
                source=f"{_TTN}/nps405-codec.yaml",
            ),
        ),
        document=f"https://github.com/{_TTN.replace(' ', '/tree/master/')}",
    ),
    Model(
        name="nwave/ncc",
        kind=Kind.VEHICLE_COUNTER,
        title="Nwave NCC405",
        profiles=("ncc405", "g4_ncc", "g4 ncc", "nwave ncc"),
        decode=_count,
        recognises=_is_counter,
        examples=(
            Example(
                hex="a86661",
                port=2,
                meaning={"kind": "vehicle_counter", "event": "heartbeat", "battery_v": 2.908},
                source="thingsboard/data-converters VENDORS/Nwave/G4_NCC_SM",
            ),
            Example(
                hex="010d0002",
                port=3,
                meaning={"kind": "vehicle_counter", "event": "startup"},
                source=f"{_TTN}/ncc405-codec.yaml",
            ),
            Example(
                hex="06aa",
                port=1,
                meaning={"event": "status", "count": 1706},
                source=f"{_TTN}/ncc405-codec.yaml",
            ),
        ),
        document=f"https://github.com/{_TTN.replace(' ', '/tree/master/')}",
    ),
)
