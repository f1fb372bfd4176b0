"""Dragino LDS02 door and LWL02 leak sensors: one layout, told apart by the mode byte."""

from __future__ import annotations

from collections.abc import Callable

from hub.decode.port import Example, Facts, Model, Uplink
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, Undecoded

_TTN = "TheThingsNetwork/lorawan-devices vendor/dragino"
_DOOR, _LEAK, _BOTH = 1, 2, 3


def _decode(uplink: Uplink) -> list[Facts]:
    data = uplink.data
    if uplink.port != 10 or len(data) != 10 or data[2] not in (_DOOR, _LEAK, _BOTH):
        raise DecodeError(Undecoded.UNKNOWN_FORMAT, f"port {uplink.port}: {data[:10].hex()}")
    volts = (int.from_bytes(data[:2], "big") & 0x3FFF) / 1000
    readings = []
    if data[2] != _LEAK:
        door: dict[str, Fact] = {"open": data[0] & 0x80 != 0, "battery_v": volts}
        if data[2] == _DOOR:
            door["open_count"] = int.from_bytes(data[3:6], "big")
        readings.append(Facts(Event.STATUS, door, Kind.DOOR))
    if data[2] != _DOOR:
        wet = data[0] & 0x40 != 0
        readings.append(Facts(Event.ALARM if wet else Event.STATUS, {"alarm": wet, "battery_v": volts}, Kind.LEAK))
    return readings


def _recogniser(*modes: int) -> Callable[[Uplink], bool]:
    def recognises(uplink: Uplink) -> bool:
        data = uplink.data
        sound = uplink.port == 10 and len(data) == 10 and data[2] in modes
        return sound and 2000 <= int.from_bytes(data[:2], "big") & 0x3FFF <= 3800

    return recognises


MODELS = (
    Model(
        name="dragino/lds02",
        kind=Kind.DOOR,
        title="Dragino LDS02",
        profiles=("lds02",),
        decode=_decode,
        recognises=_recogniser(_DOOR, _BOTH),
        examples=(
            Example(
                hex="0b8801001bb300000000",
                port=10,
                meaning={"kind": "door", "event": "status", "open": False, "battery_v": 2.952, "open_count": 7091},
                source=f"{_TTN}/lds02-codec.yaml",
            ),
        ),
        document=f"https://github.com/{_TTN.replace(' ', '/tree/master/')}",
    ),
    Model(
        name="dragino/lwl02",
        kind=Kind.LEAK,
        title="Dragino LWL02",
        profiles=("lwl02",),
        decode=_decode,
        recognises=_recogniser(_LEAK),
        examples=(
            Example(
                hex="4b880200000100000000",
                port=10,
                meaning={"kind": "leak", "event": "alarm", "alarm": True, "battery_v": 2.952},
                source=f"{_TTN}/lds02.js: from its layout",
            ),
        ),
        document=f"https://github.com/{_TTN.replace(' ', '/tree/master/')}",
    ),
)
