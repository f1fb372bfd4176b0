"""Milesight's TLV: channel, type, value, again and again (vendor's user guides, port 85 unless set otherwise).

Channel 0xff holds attributes (versions, serial number, class) after a start, 0xfe and some of 0xff answers to downlinks,
type 0xce history. Lengths are known per model, because the same channel means different things on different models.
A platform that does not tell the port (bare bytes) says nothing against the usual one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from hub.decode.port import Example, Facts, Model, Uplink
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, Undecoded

GUIDE = "Milesight-IoT/SensorDecoders"
TB = "thingsboard/data-converters VENDORS/Milesight"

Read = Callable[[bytes], dict[str, Fact]]
Tlv = tuple[int, int]
"""Channel and type."""

BATTERY: Tlv = (0x01, 0x75)
ATTRIBUTES: Mapping[Tlv, int] = {
    (0xFF, 0x01): 1,
    (0xFF, 0x08): 6,
    (0xFF, 0x09): 2,
    (0xFF, 0x0A): 2,
    (0xFF, 0x0B): 1,
    (0xFF, 0x0F): 1,
    (0xFF, 0x16): 8,
    (0xFF, 0xFE): 1,
    (0xFF, 0xFF): 2,
}
REPLY = 0xFE
SETTINGS = frozenset(
    {0x02, 0x03, 0x06, 0x10, 0x11, 0x12, 0x27, 0x28, 0x2F, 0x3B, 0x3D, 0x3E, 0x4A, 0x61, 0x62, 0x63, 0x68, 0x69, 0x6A,
     0x6D, 0x74, 0x79, 0x7E, 0x7F, 0x80, 0x81, 0x83, 0x84, 0xEA}
)  # fmt: skip
"""Types by which channel 0xff, too, answers a downlink: intervals, thresholds, reboot, history and button locks."""
PORTS = (85, None)
_LONG = 6
"""A typed value of so many bytes tells a product on any port."""


def battery(value: bytes) -> dict[str, Fact]:
    """Percent."""
    return {"battery_pct": value[0]}


def temperature(value: bytes) -> dict[str, Fact]:
    """0.1 degrees."""
    return {"temperature": int.from_bytes(value, "little", signed=True) / 10}


def humidity(value: bytes) -> dict[str, Fact]:
    """Half percent."""
    return {"humidity": value[0] / 2}


def unsigned(value: bytes) -> int:
    """Little-endian."""
    return int.from_bytes(value, "little")


COMMON: Mapping[Tlv, tuple[int, Read]] = {BATTERY: (1, battery)}
CLIMATE: Mapping[Tlv, tuple[int, Read]] = {**COMMON, (0x03, 0x67): (2, temperature), (0x04, 0x68): (1, humidity)}


def walk(data: bytes, lengths: Mapping[Tlv, int]) -> Iterator[tuple[Tlv, bytes]]:
    """Each channel with its value; stops at an answer to a downlink; raises DecodeError for what it cannot measure."""
    index = 0
    while index < len(data):
        tlv = (data[index], data[index + 1]) if index + 1 < len(data) else (data[index], -1)
        if tlv[0] == REPLY or (tlv[0] == 0xFF and tlv[1] in SETTINGS and tlv not in lengths):
            yield (REPLY, tlv[1]), data[index + 2 :]
            return
        length = lengths.get(tlv, -1)
        end = index + 2 + length
        if length < 0 or end > len(data):
            raise DecodeError(Undecoded.UNKNOWN_FORMAT, f"channel {data[index : index + 2].hex()} at byte {index}")
        yield tlv, data[index + 2 : end]
        index = end


def model(
    name: str,
    kind: Kind,
    title: str,
    channels: Mapping[Tlv, tuple[int, Read]],
    examples: tuple[Example, ...],
    *,
    signature: Callable[[frozenset[Tlv]], bool],
    history: Mapping[Tlv, tuple[int, Read]] | None = None,
    profiles: tuple[str, ...] = (),
    press: bool = False,
    own_history: bool = False,
) -> Model:
    """One Milesight model. ``signature``: whether a set of channels (attributes left out) gives it away; ``history``: records that
    begin with a time in seconds; ``own_history``: nobody else's records are as long, so that they give it away beside a state."""
    past = history or {}
    lengths = {**ATTRIBUTES, **{tlv: length for tlv, (length, _) in (*channels.items(), *past.items())}}

    def decode(uplink: Uplink) -> list[Facts]:
        facts: dict[str, Fact] = {}
        records: list[Facts] = []
        reply = attributes = False
        try:
            for tlv, value in walk(uplink.data, lengths):
                if tlv in channels:
                    facts.update(channels[tlv][1](value))
                elif tlv in past:
                    when = unsigned(value[:4]) * 1000
                    records.append(Facts(Event.HISTORY_RECORD, past[tlv][1](value[4:]), None, when, True))
                elif tlv[0] == REPLY:
                    reply = True
                else:
                    attributes = True
        except DecodeError:
            # Newer firmware appends channels: what stood before them is sound, nothing before them is not.
            if not facts and not records:
                raise
        if facts:
            event = Event.ALARM if facts.get("alarm") else Event.FAULT if facts.get("fault") else Event.STATUS
            if press and "press" in facts:
                event = Event.PRESS
            records.insert(0, Facts(event, facts))
        elif attributes or reply:
            records.insert(0, Facts(Event.DEVICE_INFO if attributes else Event.CONFIG_RESPONSE, {}))
        if not records:
            raise DecodeError(Undecoded.TRUNCATED, "no channel")
        return records

    def recognises(uplink: Uplink) -> bool:
        try:
            found = [tlv for tlv, _ in walk(uplink.data, lengths)]
        except DecodeError:
            return False
        told = frozenset(found) - ATTRIBUTES.keys() - past.keys()
        # The port is a setting; a single channel without battery is too little evidence on a strange port.
        sure = uplink.port in PORTS or (BATTERY in told and len(told) > 1) or len(told) > 2
        if not sure:
            sure = any(lengths.get(tlv, 0) >= _LONG for tlv in told)
        ours = signature(told) or (own_history and not past.keys().isdisjoint(found))
        return sure and ours and bool(told - {BATTERY}) and REPLY not in {tlv[0] for tlv in told}

    return Model(
        name=name,
        kind=kind,
        title=title,
        profiles=(*profiles, name.rpartition("/")[2]),
        decode=decode,
        recognises=recognises,
        examples=examples,
        document=f"https://github.com/{GUIDE}",
    )
