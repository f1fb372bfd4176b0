"""Arwin (Senso8) LRS20310 water leak rope: port 10 state, 8 firmware, 12 and 13 settings."""

from __future__ import annotations

from hub.decode.port import Example, Facts, Model, Uplink
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, Undecoded

_TTN = "TheThingsNetwork/lorawan-devices vendor/arwin-technology/lrs20310-codec.yaml"
_TYPE = 5
_HEARTBEAT, _LEAK, _BREAK = 0x01, 0x04, 0x08


def _decode(uplink: Uplink) -> list[Facts]:
    data = uplink.data
    if uplink.port == 8:
        return [Facts(Event.VERSION_REPORT, {})]
    if uplink.port in (12, 13) and data[:1] == bytes((_TYPE,)):
        return [Facts(Event.CONFIG_REPORT, {})]
    if uplink.port != 10 or len(data) != 6 or data[0] != _TYPE:
        raise DecodeError(Undecoded.UNKNOWN_FORMAT, f"port {uplink.port}: {data[:8].hex()}")
    leak, broken = data[1] & _LEAK != 0, data[1] & _BREAK != 0
    facts: dict[str, Fact] = {
        "alarm": leak,
        "fault": broken,
        "battery_pct": data[2],
        "leak_level_pct": data[3],
    }
    quiet = Event.HEARTBEAT if data[1] & _HEARTBEAT else Event.STATUS
    return [Facts(Event.ALARM if leak else Event.FAULT if broken else quiet, facts)]


def _recognises(uplink: Uplink) -> bool:
    data = uplink.data
    if (uplink.port, len(data)) in ((12, 7), (13, 2)):
        return data[0] == _TYPE
    return uplink.port == 10 and len(data) == 6 and data[0] == _TYPE and data[1] < 16 and max(data[2], data[3]) <= 100


MODEL = Model(
    name="arwin/lrs20310",
    kind=Kind.LEAK,
    title="Arwin LRS20310",
    profiles=("lrs20310",),
    decode=_decode,
    recognises=_recognises,
    examples=(
        Example(
            hex="050450460000",
            port=10,
            meaning={"kind": "leak", "event": "alarm", "alarm": True, "battery_pct": 80, "leak_level_pct": 70},
            source=_TTN,
        ),
        Example(hex="01000001", port=8, meaning={"event": "version_report", "alarm": None}, source=_TTN),
        Example(hex="051e", port=13, meaning={"event": "config_report", "alarm": None}, source=_TTN),
    ),
    document="https://github.com/TheThingsNetwork/lorawan-devices/tree/master/vendor/arwin-technology",
)
