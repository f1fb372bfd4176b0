"""嘉德 Jade NB-IoT smoke detector over OneNET: ``seq | length u16 | (type, length u16, value)*`` in hex, big endian.

Types: 1 MAC, 2 device type, 3 state, 4 signal, 5 battery. The state is one field, so a heartbeat also says that it does not
alarm.
"""

from __future__ import annotations

from hub.decode.port import Example, Facts, Model, Uplink
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, Undecoded

_STATES: dict[int, tuple[Event, dict[str, Fact]]] = {
    0x00: (Event.HEARTBEAT, {"alarm": False}),
    0x01: (Event.ALARM, {"alarm": True}),
    0x02: (Event.STATUS, {"battery_low": True}),
    0x08: (Event.JOIN, {}),
    0x0D: (Event.TEST, {"test": True, "alarm": False}),
    0x11: (Event.STATUS, {"alarm": False}),
    0x12: (Event.STATUS, {"battery_low": False}),
    0x13: (Event.STATUS, {"tamper": True}),
    0x14: (Event.STATUS, {"tamper": False}),
}


def _fields(data: bytes) -> dict[int, bytes]:
    if len(data) < 6 or int.from_bytes(data[1:3], "big") != len(data) - 3:
        raise DecodeError(Undecoded.TRUNCATED, "the length does not fit the bytes")
    fields = {}
    at = 3
    while at < len(data):
        size = int.from_bytes(data[at + 1 : at + 3], "big")
        if at + 3 + size > len(data):
            raise DecodeError(Undecoded.TRUNCATED, f"field {data[at]} is cut off")
        fields[data[at]] = data[at + 3 : at + 3 + size]
        at += 3 + size
    return fields


def _decode(uplink: Uplink) -> list[Facts]:
    fields = _fields(uplink.data)
    if not fields.get(3):
        raise DecodeError(Undecoded.MISSING_FIELD, "field 3, the state, is missing")
    state = fields[3][0]
    event, known = _STATES.get(state, (Event.VENDOR_CODE, {"code": f"0x{state:02x}"}))
    facts = dict(known)
    if 1 in fields:
        facts["vendor_mac"] = fields[1].hex()
    if fields.get(4):
        facts["signal"] = fields[4][0]
    if fields.get(5) and fields[5][0] <= 100:
        facts["battery_pct"] = fields[5][0]
    return [Facts(event, facts)]


def _recognises(uplink: Uplink) -> bool:
    if uplink.port is not None or not uplink.data:
        return False
    try:
        fields = _fields(uplink.data)
    except DecodeError:
        return False
    return {1, 3} <= set(fields) and len(fields[3]) == 1


MODEL = Model(
    name="jade/nb-smoke",
    kind=Kind.SMOKE,
    title="嘉德 NB 烟感",
    decode=_decode,
    recognises=_recognises,
    examples=(
        Example(
            hex="1300180100055035988261020001030300010D0400012405000164",
            meaning={"event": "test", "test": True, "alarm": False, "battery_pct": 100, "vendor_mac": "5035988261"},
            source="a public parser of this device's OneNET pushes",
        ),
        Example(
            hex="140018010005503598826102000103030001010400012405000164",
            meaning={"event": "alarm", "alarm": True},
            source="composed: the test with state 1",
        ),
    ),
)
