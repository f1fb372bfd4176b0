"""What every Milesight device on port 85 sends alike: start messages, answers to downlinks, history alone.

No product can be told from these, so they carry no kind; but they are no mystery either, and none of them is an alarm now.
"""

from __future__ import annotations

from devices._milesight import ATTRIBUTES, BATTERY, GUIDE, PORTS, REPLY, unsigned, walk
from hub.decode.port import Example, Facts, Model, Uplink
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, Undecoded

_HISTORY = 0xCE
_HISTORY_CHANNELS = (0x20, 0x21)
_LENGTHS = {**ATTRIBUTES, BATTERY: 1}


def _is_history(data: bytes) -> bool:
    return len(data) >= 8 and data[0] in _HISTORY_CHANNELS and data[1] == _HISTORY


def _decode(uplink: Uplink) -> list[Facts]:
    data = uplink.data
    if _is_history(data):
        return [Facts(Event.HISTORY_RECORD, {}, None, unsigned(data[2:6]) * 1000, True)]
    facts: dict[str, Fact] = {}
    attributes = reply = False
    for tlv, value in walk(data, _LENGTHS):
        if tlv == BATTERY:
            facts["battery_pct"] = value[0]
        elif tlv[0] == REPLY:
            reply = True
        else:
            attributes = True
    if not (facts or attributes or reply):
        raise DecodeError(Undecoded.TRUNCATED, "no channel")
    return [Facts(Event.DEVICE_INFO if attributes else Event.CONFIG_RESPONSE if reply else Event.STATUS, facts)]


def _recognises(uplink: Uplink) -> bool:
    data = uplink.data
    if uplink.port not in PORTS or len(data) < 3:
        return False
    if _is_history(data):
        return True
    try:
        return bool(list(walk(data, _LENGTHS)))
    except DecodeError:
        return False


MODEL = Model(
    name="milesight/any",
    kind=Kind.UNKNOWN,
    title="Milesight, product unknown",
    decode=_decode,
    recognises=_recognises,
    examples=(
        Example(
            hex="ff0bffff0101ff166746d38802580000ff090100ff0a0101ff0f00",
            port=85,
            meaning={"kind": "unknown", "event": "device_info", "alarm": None},
            source=f"{GUIDE} ct-series/ct101",
        ),
        Example(
            hex="20ce9e74466310015d01",
            port=85,
            meaning={"event": "history_record", "alarm": None, "temperature": None},
            source=f"{GUIDE} em-series/em300-mcs",
        ),
        Example(
            hex="fe03b004",
            port=85,
            meaning={"event": "config_response", "alarm": None},
            source=f"{GUIDE}: composed, the answer to a reporting interval",
        ),
        Example(
            hex="ff035802",
            port=85,
            meaning={"event": "config_response", "alarm": None},
            source="chirpstack/chirpstack-device-profiles vendors/milesight/codecs/test_decode_em300-sld-zld.json",
        ),
        Example(
            hex="01755c",
            port=85,
            meaning={"event": "status", "battery_pct": 92, "alarm": None},
            source=f"{GUIDE}: composed, a battery report",
        ),
    ),
    document=f"https://github.com/{GUIDE}",
)
