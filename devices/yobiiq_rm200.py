"""Yobiiq RM200 relay (barriers, pumps): port 50 what it is, 1 to 5 periodic, 11 a change, 100 parameters.

Each is channel, type, value: channel 0xff, 0xdd or 0xaa by port; type 0xfd and 0xfe are times of the data logger.
"""

from __future__ import annotations

from hub.decode.port import Example, Facts, Model, Uplink
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, Undecoded

_TB = "thingsboard/data-converters VENDORS/Yobiiq/RM200"

_INFO = {0x05: 2, 0x04: 2, 0x03: 4, 0x07: 1, 0x08: 1, 0x11: 1, 0x06: 1}
_PERIODIC = {
    **dict.fromkeys((0x12, 0x13, 0x14, 0x16, 0x64, 0x65, 0x66, 0x67, 0x69, 0x72, 0x95, 0x96, 0x98, 0x99), 1),
    **dict.fromkeys((0x15, 0x71), 2),
    **dict.fromkeys((0xFD, 0xFE, 0x70, 0x97, 0x9A), 4),
}
_CHANGE = {0x00: 1, 0x01: 1, 0x02: 1, 0x03: 1, 0xFE: 4, 0x97: 4, 0x9A: 4}
_PARAMETERS = {0x12: 1, 0x13: 1, 0x14: 1, 0x15: 2, 0x64: 1, 0x65: 1, 0x66: 1, 0x67: 1}
_TEXTS = (0x01, 0x02)
"""Manufacturer and model: text up to the next channel."""

_LAYOUTS = {50: (0xFF, _INFO), 11: (0xAA, _CHANGE), 100: (0xFF, _PARAMETERS)}
_LAYOUTS.update(dict.fromkeys(range(1, 6), (0xDD, _PERIODIC)))


def _walk(uplink: Uplink) -> dict[int, bytes] | None:
    """Type and value; None where the bytes are not that."""
    layout = _LAYOUTS.get(uplink.port or 0)
    if layout is None:
        return None
    channel, lengths = layout
    data, index, found = uplink.data, 0, {}
    while index + 2 <= len(data):
        kind = data[index + 1]
        if data[index] != channel:
            return None
        start = index + 2
        if uplink.port == 50 and kind in _TEXTS:
            end = data.find(bytes((channel,)), start)
            end = len(data) if end < 0 else end
        else:
            end = start + lengths.get(kind, len(data))
        if end > len(data):
            return None
        found[kind] = data[start:end]
        index = end
    return found if found and index == len(data) else None


def _decode(uplink: Uplink) -> list[Facts]:
    if len(uplink.data) == 1 and uplink.data[0] < 2:
        return [Facts(Event.DOWNLINK_ACK, {"acknowledged": uplink.data[0] == 0})]
    found = _walk(uplink)
    if found is None:
        raise DecodeError(Undecoded.UNKNOWN_FORMAT, f"port {uplink.port}: {uplink.data[:24].hex()}")
    facts: dict[str, Fact] = {}
    first = found.get(0x01 if uplink.port == 11 else 0x95) if uplink.port != 50 else None
    if first:
        facts["on"] = first[0] & 1 == 1
    if uplink.port == 50 and 0x06 in found:
        facts["mains_power"] = found[0x06] == b"\x01"
    if 0xFD in found or 0xFE in found:
        facts["has_historical_records"] = True
    return [Facts(Event.STATUS, facts)]


def _recognises(uplink: Uplink) -> bool:
    found = _walk(uplink)
    return found is not None and len(found) >= 2


MODEL = Model(
    name="yobiiq/rm200",
    kind=Kind.RELAY,
    title="Yobiiq RM200",
    profiles=("rm200",),
    decode=_decode,
    recognises=_recognises,
    examples=(
        Example(
            hex="ff050200ff040200ff038f3c1740ff025031303032303033ff01594f42494951ff1102ff0700ff0800ff0601",
            port=50,
            meaning={"kind": "relay", "event": "status", "mains_power": True},
            source=_TB,
        ),
        Example(
            hex="ddfd6735d060dd9501dd9700000005dd9802dd9a00000004dd710753dd7238",
            port=1,
            meaning={"kind": "relay", "event": "status", "on": True, "has_historical_records": True},
            source=_TB,
        ),
        Example(
            hex="aafe6735d830aa0101aa9700000005aa0203aa9a00000005",
            port=11,
            meaning={"kind": "relay", "event": "status", "on": True, "has_historical_records": True},
            source=_TB,
        ),
        Example(
            hex="ff1201ff1305ff1401ff1502d0ff6402ff6502ff6601ff6700",
            port=100,
            meaning={"kind": "relay", "event": "status", "on": None},
            source=_TB,
        ),
    ),
    document="https://github.com/thingsboard/data-converters",
)
