"""Yobiiq RM200 relay (barriers, pumps): port 50 what it is, 1 to 5 periodic, 11 a change, 100 parameters.

Each is channel, type, value. Firmware up to 2.0: channel 0xff, 0xdd or 0xaa by port; types 0xfd and 0xfe are times of the data logger.
Firmware from 2.1 has other types, and channel 0x01 instead of 0xdd; times are 0x01 and 0xfe. ``on`` is the first of its two outputs.
"""

from __future__ import annotations

from hub.decode.port import Example, Facts, Model, Uplink
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, Undecoded

_TB = "thingsboard/data-converters VENDORS/Yobiiq/RM200"
_TTN = "TheThingsNetwork/lorawan-devices vendor/yobiiq/iq-rm200-lrw-codec.yaml"

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

_GENERIC = {
    **dict.fromkeys(
        (0x64, 0x6B, 0x6C, 0x6D, 0x78, 0x7B, 0x83, 0x96, 0x9D, 0x9E, 0x9F, 0xA0, 0xA1, 0xA3, 0xA4, 0xA6), 1
    ),
    **dict.fromkeys((0x69, 0x6A, 0x7A, 0x82, 0xA5), 2),
    **dict.fromkeys((0x68, 0x79), 4),
    0xA7: 1,
}
_OUTPUTS = {
    **dict.fromkeys((0x10, 0x1A, 0x1B, 0x1D, 0x1E, 0x1F, 0x20, 0x2A, 0x2B, 0x2D, 0x2E, 0x2F), 1),
    **dict.fromkeys((0x1C, 0x2C), 4),
}
_TIMES = {0x01: 4, 0xFE: 4}
_NEW_TEXTS = (0x65, 0x66, 0x67)
_SETTINGS = (50, 100)
"""Ports that tell what the device is and how it is set, not how it stands."""

_Layout = tuple[int, dict[int, int], tuple[int, ...]]
_LAYOUTS: dict[int, _Layout] = {50: (0xFF, _INFO, _TEXTS), 11: (0xAA, _CHANGE, ()), 100: (0xFF, _PARAMETERS, ())}
_LAYOUTS.update(dict.fromkeys(range(1, 6), (0xDD, _PERIODIC, ())))
_NEWER: dict[int, _Layout] = {
    50: (0xFF, _GENERIC, _NEW_TEXTS),
    11: (0xAA, _GENERIC | _OUTPUTS | _TIMES, ()),
    100: (0xFF, _GENERIC | _OUTPUTS, ()),
}
_NEWER.update(dict.fromkeys(range(1, 6), (0x01, _GENERIC | _OUTPUTS | _TIMES, ())))


def _walk(uplink: Uplink, layouts: dict[int, _Layout]) -> dict[int, bytes] | None:
    """Type and value; None where the bytes are not that."""
    layout = layouts.get(uplink.port or 0)
    if layout is None:
        return None
    channel, lengths, texts = layout
    data, index, found = uplink.data, 0, {}
    while index + 2 <= len(data):
        kind = data[index + 1]
        if data[index] != channel:
            return None
        start = index + 2
        if kind in texts:
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
    found = _walk(uplink, _LAYOUTS)
    if found is not None:
        state, powered, times = found.get(0x01 if uplink.port == 11 else 0x95), found.get(0x06), (0xFD, 0xFE)
    else:
        found = _walk(uplink, _NEWER)
        if found is None:
            raise DecodeError(Undecoded.UNKNOWN_FORMAT, f"port {uplink.port}: {uplink.data[:24].hex()}")
        state, powered, times = found.get(0x1A), found.get(0x6B), (0x01, 0xFE)
    facts: dict[str, Fact] = {}
    if state and uplink.port not in _SETTINGS:
        facts["on"] = state[0] & 1 == 1
    if powered and uplink.port == 50:
        facts["mains_power"] = powered == b"\x01"
    if any(kind in found for kind in times):
        facts["has_historical_records"] = True
    return [Facts(Event.STATUS, facts)]


def _recognises(uplink: Uplink) -> bool:
    """Newer firmware of all the maker's products shares its types: there only the model's own name or outputs tell."""
    found = _walk(uplink, _LAYOUTS)
    if found is not None:
        return len(found) >= 2
    found = _walk(uplink, _NEWER) or {}
    return found.get(0x67) == b"RM200" if uplink.port == 50 else uplink.port == 11 and bool(found.keys() & {0x1A, 0x2A})


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
        Example(
            hex="0101675bed04011a01011c00000008011001012a01012c00000006012001017a0d3f017b10",
            port=1,
            meaning={"kind": "relay", "event": "status", "on": True, "has_historical_records": True},
            source=_TTN,
        ),
        Example(
            hex="ff6a0200ff690201ff68019c79d8ff6b01ff6d00ff6c00ff67524d323030ff67524d323030ff65594f4249495120422e562e",
            port=50,
            meaning={"kind": "relay", "event": "status", "mains_power": True, "on": None},
            source=_TTN,
        ),
    ),
    document="https://github.com/thingsboard/data-converters",
)
