"""Milesight's TLV: channel, type, value, again and again (vendor's user guides, port 85 unless set otherwise).

Channel 0xff holds attributes (versions, serial number, class) after a start, 0xfe and some of 0xff answers to downlinks,
type 0xce history. Lengths are known per model, because the same channel means different things on different models.
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
        if tlv[0] == REPLY:
            yield tlv, data[index + 2 :]
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
) -> Model:
    """One Milesight model. ``signature``: whether a set of channels (attributes left out) gives it away; ``history``: records that
    begin with a time in seconds."""
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
        sure = uplink.port == 85 or (BATTERY in told and len(told) > 1) or len(told) > 2
        return sure and bool(told - {BATTERY}) and REPLY not in {tlv[0] for tlv in told} and signature(told)

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
