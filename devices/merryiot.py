"""MerryIoT (Browan) door and window sensor DW10 on port 120; newer firmware tells tenths of a degree in one byte more."""

from __future__ import annotations

from hub.decode.port import Example, Facts, Model, Uplink
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, Undecoded

_PORT = 120
_CODEC = "chirpstack/chirpstack-device-profiles vendors/browan/codecs/merryiot-dw10.js"


def _decode(uplink: Uplink) -> list[Facts]:
    data = uplink.data
    if uplink.port != _PORT or len(data) not in (9, 10):
        raise DecodeError(Undecoded.UNKNOWN_FORMAT, f"port {uplink.port}, {len(data)} bytes")
    after = len(data) - 6
    degrees = int.from_bytes(data[2:after], "little", signed=True)
    state = data[0]
    facts: dict[str, Fact] = {
        "open": state & 1 != 0,
        "tamper": state & 4 != 0,
        "tilted": state & 8 != 0,
        "battery_v": (21 + data[1]) / 10,
        "temperature": degrees / 10 if after == 4 else degrees,
        "humidity": data[after],
        "open_count": int.from_bytes(data[-3:], "little"),
    }
    if state & 2:
        facts["press"] = "pressed"
    return [Facts(Event.STATUS, facts)]


def _recognises(uplink: Uplink) -> bool:
    data = uplink.data
    sized = uplink.port == _PORT and len(data) in (9, 10)
    return sized and data[0] < 16 and data[1] < 20 and data[len(data) - 6] <= 100


MODEL = Model(
    name="merryiot/dw10",
    kind=Kind.DOOR,
    title="MerryIoT DW10 door and window",
    profiles=("merryiot open", "merryiot-dw10", "dw10"),
    decode=_decode,
    recognises=_recognises,
    examples=(
        Example(
            hex="000f151c0000d22500",
            port=120,
            meaning={
                "kind": "door",
                "event": "status",
                "open": False,
                "tamper": False,
                "tilted": False,
                "battery_v": 3.6,
                "temperature": 21,
                "humidity": 28,
                "open_count": 9682,
                "alarm": None,
            },
            source="chirpstack/chirpstack-device-profiles vendors/browan/codecs/test_decode_merryiot-dw10.json",
        ),
        Example(
            hex="050ff6ff1c0000d22500",
            port=120,
            meaning={"open": True, "tamper": True, "temperature": -1.0, "humidity": 28},
            source=f"{_CODEC}: from its layout",
        ),
    ),
    document=f"https://github.com/{_CODEC.replace(' ', '/tree/master/')}",
)
