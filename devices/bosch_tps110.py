"""Bosch parking lot sensor TPS110: port 1 a change, port 2 heartbeat with temperature, port 3 startup."""

from __future__ import annotations

from hub.decode.port import Example, Facts, Model, Uplink
from hub.errors import DecodeError
from hub.model import Event, Kind, Undecoded

_TTN = "TheThingsNetwork/lorawan-devices vendor/bosch/tps110-0292-codec.yaml"
_TB = "thingsboard/data-converters VENDORS/Bosch/Parking_Lot_Sensor"

_STARTUP = 17
_COLDEST, _HOTTEST = -30, 85


def _signed(byte: int) -> int:
    return byte - 256 if byte > 127 else byte


def _decode(uplink: Uplink) -> list[Facts]:
    data = uplink.data
    match uplink.port, len(data):
        case 1, 1:
            return [Facts(Event.STATUS, {"occupied": data[0] & 1 == 1})]
        case 2, 1:
            return [Facts(Event.HEARTBEAT, {"occupied": data[0] & 1 == 1})]
        case 2, 2:
            return [Facts(Event.HEARTBEAT, {"occupied": data[0] & 1 == 1, "temperature": _signed(data[1])})]
        case 3, 17:
            return [Facts(Event.STARTUP, {"occupied": data[16] & 1 == 1})]
        case ((4 | 5 | 6), _):
            return [Facts(Event.DEVICE_INFO, {})]  # what it is, how long it ran, debugging
    raise DecodeError(Undecoded.UNKNOWN_FORMAT, f"port {uplink.port}, {len(data)} bytes")


def _recognises(uplink: Uplink) -> bool:
    # One byte is little to go by, yet Nwave's sensors, the only others here that send one, agree about 0 and 1.
    data = uplink.data
    match uplink.port, len(data):
        case 1, 1:
            return data[0] < 2
        case 2, 2:
            return data[0] < 2 and _COLDEST <= _signed(data[1]) <= _HOTTEST
        case 3, 17:
            return data[16] < 2 and data[15] < 5 and data[12] < 10
    return False


MODEL = Model(
    name="bosch/tps110",
    kind=Kind.PARKING,
    title="Bosch TPS110",
    profiles=("tps110", "tpl110", "bosch parking"),
    decode=_decode,
    recognises=_recognises,
    examples=(
        Example(hex="01", port=1, meaning={"kind": "parking", "event": "status", "occupied": True}, source=_TTN),
        Example(hex="01ff", port=2, meaning={"event": "heartbeat", "occupied": True, "temperature": -1}, source=_TTN),
        Example(hex="0112", port=2, meaning={"event": "heartbeat", "occupied": True, "temperature": 18}, source=_TB),
        Example(
            hex="00000000990200d100050000001d020200",
            port=3,
            meaning={"event": "startup", "occupied": False},
            source=_TB,
        ),
        Example(
            hex="2403000075030000" + "00000000" + "001d02" + "03" + "01",
            port=3,
            meaning={"event": "startup", "occupied": True},
            source=_TTN,
        ),
    ),
    document="https://github.com/TheThingsNetwork/lorawan-devices/tree/master/vendor/bosch",
)
