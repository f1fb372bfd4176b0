"""MClimate flood sensor: reason in the top three bits, tamper, flood, battery in 16 mV; 3 bytes with temperature."""

from __future__ import annotations

from hub.decode.port import Example, Facts, Model, Uplink
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, Undecoded

_TTN = "TheThingsNetwork/lorawan-devices vendor/mclimate/flood-sensor-codec.yaml"
_TAMPER, _FLOOD, _UNUSED = 0x08, 0x02, 0x15
_REASONS = {0: Event.HEARTBEAT, 1: Event.TEST, 2: Event.ALARM, 3: Event.STATUS}


def _decode(uplink: Uplink) -> list[Facts]:
    data = uplink.data
    reason = _REASONS.get(data[0] >> 5) if data else None
    if len(data) not in (2, 3) or reason is None:
        raise DecodeError(Undecoded.UNKNOWN_FORMAT, f"port {uplink.port}: {data[:8].hex()}")
    flood = data[0] & _FLOOD != 0
    facts: dict[str, Fact] = {
        "alarm": flood and reason is not Event.TEST,
        "test": reason is Event.TEST,
        "tamper": data[0] & _TAMPER != 0,
        "battery_v": data[1] * 16 / 1000,
    }
    if len(data) == 3:
        facts["temperature"] = data[2]
    if reason is Event.ALARM and not flood:
        reason = Event.STATUS
    return [Facts(Event.ALARM if facts["alarm"] else reason, facts)]


def _recognises(uplink: Uplink) -> bool:
    # 2.2 to 3.7 V is where its lithium cells live; no parking sensor's heartbeat on this port has such a second byte, and a
    # car counter's third byte (a voltage) is no room temperature.
    data = uplink.data
    if uplink.port != 2 or len(data) not in (2, 3) or (len(data) == 3 and data[2] >= 50):
        return False
    return data[0] >> 5 in _REASONS and not data[0] & _UNUSED and 137 < data[1] < 226


MODEL = Model(
    name="mclimate/flood-sensor",
    kind=Kind.LEAK,
    title="MClimate Flood Sensor",
    profiles=("mclimate flood",),
    decode=_decode,
    recognises=_recognises,
    examples=(
        Example(
            hex="08c9",
            port=2,
            meaning={"kind": "leak", "event": "heartbeat", "alarm": False, "tamper": True, "battery_v": 3.216},
            source=_TTN,
        ),
        Example(
            hex="00c916",
            port=2,
            meaning={"event": "heartbeat", "alarm": False, "temperature": 22},
            source="TheThingsNetwork/lorawan-devices vendor/mclimate/flood-sensor.js: from its layout",
        ),
        Example(
            hex="42c9",
            port=2,
            meaning={"event": "alarm", "alarm": True, "test": False},
            source="TheThingsNetwork/lorawan-devices vendor/mclimate/flood-sensor.js: from its layout",
        ),
        Example(
            hex="20c9",
            port=2,
            meaning={"event": "test", "alarm": False, "test": True},
            source="TheThingsNetwork/lorawan-devices vendor/mclimate/flood-sensor.js: from its layout",
        ),
    ),
    document="https://github.com/TheThingsNetwork/lorawan-devices/tree/master/vendor/mclimate",
)
