"""Yobiiq iQ SD-1001 smoke detector: port 8 state in channel, type, value; port 50 what it is."""

from __future__ import annotations

from itertools import pairwise

from hub.decode.port import Example, Facts, Model, Uplink
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, Undecoded

_PROFILES = "chirpstack/chirpstack-device-profiles vendors/yobiiq"
_TB = "thingsboard/data-converters VENDORS/Yobiiq/SD1001"

_CHANNELS = {
    2: "mains_power",
    3: "battery_low",
    4: "fault",
    5: "alarm",
    6: "interconnect_alarm",
    7: "test",
}
_BATTERY = 1
_STATE_PORT, _INFO_PORT = 8, 50
_INFO_LENGTHS = {0x09: 2, 0x0A: 2, 0x16: 5, 0x0F: 1, 0x0B: 1}


def _triples(data: bytes) -> list[tuple[int, int]] | None:
    """Channel and value; None where the bytes are not that."""
    if not data or len(data) % 3:
        return None
    pairs = [(data[index], data[index + 2]) for index in range(0, len(data), 3)]
    rising = all(before[0] < after[0] for before, after in pairwise(pairs))
    sound = all(
        value <= 100 if channel == _BATTERY else channel in _CHANNELS and value <= 1 for channel, value in pairs
    )
    return pairs if rising and sound else None


def _info(data: bytes) -> dict[int, bytes] | None:
    """Attribute and value; None where the bytes are not that."""
    found: dict[int, bytes] = {}
    index = 0
    while index < len(data):
        length = _INFO_LENGTHS.get(data[index + 1]) if index + 1 < len(data) and data[index] == 0xFF else None
        if length is None or index + 2 + length > len(data):
            return None
        found[data[index + 1]] = data[index + 2 : index + 2 + length]
        index += 2 + length
    return found


def _decode(uplink: Uplink) -> list[Facts]:
    data = uplink.data
    if len(data) == 1 and data[0] < 2:
        return [Facts(Event.DOWNLINK_ACK, {"acknowledged": data[0] == 0})]
    info = _info(data) if data[:1] == b"\xff" else None
    if info is not None:
        power = info.get(0x0B)
        return [Facts(Event.DEVICE_INFO, {"mains_power": power[0] == 1} if power is not None else {})]
    pairs = _triples(data)
    if pairs is None:
        raise DecodeError(Undecoded.UNKNOWN_FORMAT, f"port {uplink.port}: {data[:24].hex()}")
    facts: dict[str, Fact] = {}
    for channel, value in pairs:
        if channel == _BATTERY:
            facts["battery_pct"] = value
        else:
            facts[_CHANNELS[channel]] = value == 1
    return [_stated(facts)]


def _stated(facts: dict[str, Fact]) -> Facts:
    """An interconnected detector that heard another's alarm is an alarm, too: the other may not speak LoRaWAN."""
    if "alarm" in facts or "interconnect_alarm" in facts:
        facts["alarm"] = bool(facts.get("alarm")) or bool(facts.get("interconnect_alarm"))
        facts.setdefault("test", False)  # older firmware leaves channel 7 out unless the button was pressed
    if facts.get("alarm"):
        return Facts(Event.ALARM, facts)
    if facts.get("test"):
        return Facts(Event.TEST, facts)
    return Facts(Event.FAULT if facts.get("fault") else Event.STATUS, facts)


def _recognises(uplink: Uplink) -> bool:
    data = uplink.data
    if uplink.port == _INFO_PORT:
        info = _info(data)
        return info is not None and {0x09, 0x0A, 0x16, 0x0F} <= info.keys()
    acknowledges = len(data) == 1 and data[0] < 2
    return uplink.port == _STATE_PORT and (acknowledges or _triples(data) is not None)


MODEL = Model(
    name="yobiiq/sd1001",
    kind=Kind.SMOKE,
    title="Yobiiq iQ SD-1001",
    profiles=("sd1001", "sd-1001"),
    decode=_decode,
    recognises=_recognises,
    examples=(
        Example(
            hex="017510020b01030001040001050000060000070000",
            port=8,
            meaning={
                "kind": "smoke",
                "event": "fault",
                "alarm": False,
                "fault": True,
                "battery_pct": 16,
                "battery_low": True,
                "mains_power": True,
                "test": False,
                "interconnect_alarm": False,
            },
            source=_TB,
        ),
        Example(hex="017564", port=8, meaning={"event": "status", "battery_pct": 100, "alarm": None}, source=_TB),
        Example(
            # Smoke and the test button in one frame: both are said, and the rules do not page people for a test.
            hex="01005f020001030000040000050001060000070001",
            port=8,
            meaning={"event": "alarm", "alarm": True, "test": True, "battery_pct": 95, "mains_power": True},
            source=f"{_PROFILES}/codecs/test_decode_sd1001.json",
        ),
        Example(
            hex="050000060000070001",
            port=8,
            meaning={"event": "test", "alarm": False, "test": True},
            source=f"{_PROFILES}: composed from its table",
        ),
        Example(
            hex="ff090100ff0a0105ff162401640000ff0f00ff0b00",
            port=50,
            meaning={"event": "device_info", "alarm": None, "mains_power": False},
            source=_TB,
        ),
        Example(
            hex="00",
            port=8,
            meaning={"event": "downlink_ack", "acknowledged": True, "alarm": None},
            source=f"{_PROFILES}/codecs",
        ),
    ),
    document=f"https://github.com/{_PROFILES}",
)
