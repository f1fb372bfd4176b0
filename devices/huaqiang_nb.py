"""华强 Huaqiang NB-IoT W308 smoke detector and hydrant pressure gauge: ``PU`` packets inside CTWing's APPdata.

``50 55 | length u16 | type, index, version, device, maker, initiator, operator | attributes u16 | time u32 | IMEI 8 (BCD,
nibbles swapped) | command u16 | alert | fault code | mode | volts u16 | percent | °C + 100 | cell u32 | -RSRP | …``, big
endian. Times count seconds from 2018-09-10 00:00 +08:00. Attributes bits 10 and 11 say how the body is enciphered.
"""

from __future__ import annotations

from hub.decode.port import Example, Facts, Model, Uplink
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, Undecoded

_HEADER = 4
_SMOKE, _WATER = 0x0800, 0x0600
_EPOCH_S = 1_536_508_800
_STARTED = 255


def _common(data: bytes, low_battery_bit: int, alarm_bits: int) -> tuple[bytes, Event, dict[str, Fact], int | None]:
    body = data[_HEADER:]
    if len(body) < 35:
        raise DecodeError(Undecoded.TRUNCATED, f"a PU packet has at least 39 bytes, not {len(data)}")
    if body[7] & 0x0C:
        raise DecodeError(Undecoded.UNKNOWN_FORMAT, "the body is enciphered")
    alert, code, mode = body[23], body[24], body[25]
    facts: dict[str, Fact] = {"alarm": bool(alert & alarm_bits), "battery_low": bool(alert & low_battery_bit)}
    facts["fault"] = bool(alert & 0x80 or code)
    volts = int.from_bytes(body[26:28], "big")
    if volts:
        # 0.01 V by the document; pressure gauges were seen to send mV.
        facts["battery_v"] = volts / 1000 if volts > 1000 else volts / 100
    if body[28] <= 100:
        facts["battery_pct"] = body[28]
    facts["temperature"] = body[29] - 100
    facts["rsrp"] = -body[34]
    if facts["alarm"]:
        event = Event.ALARM
    elif facts["fault"]:
        event = Event.FAULT
    else:
        event = Event.STARTUP if mode == _STARTED else Event.HEARTBEAT
    told = int.from_bytes(body[9:13], "big")
    return body, event, facts, (told + _EPOCH_S) * 1000 if told else None


def _smoke(uplink: Uplink) -> list[Facts]:
    _, event, facts, at_ms = _common(uplink.data, 0x04, 0x01)
    return [Facts(event, facts, device_ms=at_ms)]


def _water(uplink: Uplink) -> list[Facts]:
    """Alert bits: 0 too low, 1 too high, 5 battery. Pressures are in kPa; the newest sample comes first."""
    body, event, facts, at_ms = _common(uplink.data, 0x20, 0x03)
    if len(body) >= 47:
        facts["low_threshold"] = int.from_bytes(body[39:43], "big")
        facts["threshold"] = int.from_bytes(body[43:47], "big")
    if len(body) >= 60 and body[51]:
        facts["pressure_kpa"] = int.from_bytes(body[56:60], "big", signed=True)
    return [Facts(event, facts, device_ms=at_ms)]


def _is(command: int, uplink: Uplink) -> bool:
    data = uplink.data
    return data[:2] == b"PU" and len(data) > _HEADER + 23 and int.from_bytes(data[25:27], "big") == command


MODELS = (
    Model(
        name="huaqiang/w308",
        kind=Kind.SMOKE,
        title="华强 W308 NB 烟感",
        decode=_smoke,
        recognises=lambda uplink: _is(_SMOKE, uplink),
        examples=(
            Example(
                hex="50550030100a2f08010003001b02fbe52c68803030715479050800000000012f64770255715259"
                "02f9af8002fbe52c0000000000",
                meaning={
                    "event": "heartbeat",
                    "alarm": False,
                    "battery_pct": 100,
                    "battery_v": 3.03,
                    "temperature": 19,
                    "rsrp": -89,
                },
                source="a public parser of these devices' CTWing pushes",
            ),
            Example(
                hex="50550030100a2f08010003001b02fbe52c68803030715479050800010000012f64770255715259"
                "02f9af8002fbe52c0000000000",
                meaning={"event": "alarm", "alarm": True},
                source="composed: the heartbeat with alert bit 0",
            ),
        ),
    ),
    Model(
        name="huaqiang/water-pressure",
        kind=Kind.WATER_PRESSURE,
        title="华强 NB 消火栓水压",
        decode=_water,
        recognises=lambda uplink: _is(_WATER, uplink),
        examples=(
            Example(
                hex="5055003c1000000601000300270327bb0a68803030606724090600010000"
                "0e3c646402557150a7000000000000004600000000000000000103"
                "27bb0a00000000",
                meaning={"event": "alarm", "alarm": True, "pressure_kpa": 0, "low_threshold": 70, "battery_pct": 100},
                source="a public parser of these devices' CTWing pushes",
            ),
        ),
    ),
)
