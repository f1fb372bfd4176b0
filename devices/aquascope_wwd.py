"""Aquascope WWD water watchdog: leak bit, battery, temperature; port 10 state, 16 without the leak."""

from __future__ import annotations

from hub.decode.port import Example, Facts, Model, Uplink
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, Undecoded

_TTN = "TheThingsNetwork/lorawan-devices vendor/aquascope/wwd-codec.yaml"


def _decode(uplink: Uplink) -> list[Facts]:
    data = uplink.data
    if uplink.port not in (10, 16) or len(data) != 4:
        raise DecodeError(Undecoded.UNKNOWN_FORMAT, f"port {uplink.port}, {len(data)} bytes")
    facts: dict[str, Fact] = {"battery_pct": data[1], "temperature": int.from_bytes(data[2:4], "big", signed=True)}
    if uplink.port == 16:
        return [Facts(Event.HEARTBEAT, facts)]
    facts["alarm"] = data[0] & 1 == 1
    return [Facts(Event.ALARM if facts["alarm"] else Event.STATUS, facts)]


def _recognises(uplink: Uplink) -> bool:
    data = uplink.data
    return (
        uplink.port in (10, 16) and len(data) == 4 and data[0] < 4 and data[1] <= 100 and data[2] == 0 and data[3] < 80
    )


MODEL = Model(
    name="aquascope/wwd",
    kind=Kind.LEAK,
    title="Aquascope WWD",
    profiles=("aquascope/wwd", "aquascope wwd"),
    decode=_decode,
    recognises=_recognises,
    examples=(
        Example(
            hex="0064001d",
            port=10,
            meaning={"kind": "leak", "event": "status", "alarm": False, "battery_pct": 100, "temperature": 29},
            source=_TTN,
        ),
    ),
    document="https://github.com/TheThingsNetwork/lorawan-devices/tree/master/vendor/aquascope",
)
