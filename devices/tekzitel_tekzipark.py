"""Tekzitel TekziPark: radar and geomagnetic parking sensor; port 1 status, port 2 the same with its measurements."""

from __future__ import annotations

from hub.decode.port import Example, Facts, Model, Uplink
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, Undecoded

_TTN = "TheThingsNetwork/lorawan-devices vendor/tekzitel"
_KEEP_ALIVE, _RESET, _OBSTRUCTED, _GOOD_BATTERY, _UNUSED, _OCCUPIED = 0x01, 0x02, 0x10, 0x20, 0x40, 0x80


def _decode(uplink: Uplink) -> list[Facts]:
    data = uplink.data
    if uplink.port not in (1, 2) or len(data) < 3:
        raise DecodeError(Undecoded.UNKNOWN_FORMAT, f"port {uplink.port}, {len(data)} bytes")
    flags = data[0]
    facts: dict[str, Fact] = {
        "occupied": flags & _OCCUPIED != 0,
        "obstructed": flags & _OBSTRUCTED != 0,
        "battery_low": flags & _GOOD_BATTERY == 0,
        "temperature": data[1] - 256 if data[1] > 127 else data[1],
    }
    event = Event.STARTUP if flags & _RESET else Event.HEARTBEAT if flags & _KEEP_ALIVE else Event.STATUS
    return [Facts(event, facts)]


def _recognises(uplink: Uplink) -> bool:
    data = uplink.data
    if uplink.port == 1 and (len(data) == 3 or (len(data) >= 6 and len(data) % 2 == 0)):
        beacons_fit = len(data) == 3 or data[3] > 127
    else:
        beacons_fit = uplink.port == 2 and len(data) == 12
    return beacons_fit and not data[0] & _UNUSED and not 85 < data[1] < 216


MODEL = Model(
    name="tekzitel/tekzipark",
    kind=Kind.PARKING,
    title="Tekzitel TekziPark",
    profiles=("tekzipark",),
    decode=_decode,
    recognises=_recognises,
    examples=(
        Example(
            hex="a82d63",
            port=1,
            meaning={"kind": "parking", "event": "status", "occupied": True, "battery_low": False, "temperature": 45},
            source=f"{_TTN}/tekzipark-codec.yaml",
        ),
        Example(
            hex="292e62",
            port=1,
            meaning={"event": "heartbeat", "occupied": False, "battery_low": False, "temperature": 46},
            source=f"{_TTN}/tekzipark-codec.yaml",
        ),
    ),
    document=f"https://github.com/{_TTN.replace(' ', '/tree/master/')}",
)
