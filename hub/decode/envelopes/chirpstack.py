"""ChirpStack v4: ``application/{id}/device/{devEui}/event/{event}``; its v3 JSON under the same topic goes to `chirpstack_v3`.

The uplink is the hub's hottest message, so it is decoded straight into the few fields that count. proto3 JSON leaves
out false, 0 and empty fields.
"""

from __future__ import annotations

from binascii import Error as NotBase64
from collections.abc import Callable
from typing import TypeVar

import msgspec

from hub.decode.codec import read_uplink
from hub.decode.envelopes import chirpstack_v3
from hub.decode.port import Context, Envelope, Uplink
from hub.decode.text import parse_object
from hub.decode.times import time_ms
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, RawMessage, Reading, Undecoded


class _Info(msgspec.Struct, gc=False):
    devEui: str = ""
    deviceProfileName: str = ""
    deviceName: str = ""


class _Up(msgspec.Struct, gc=False):
    deviceInfo: _Info | None = None
    deduplicationId: str = ""
    time: str = ""
    devAddr: str = ""
    fCnt: int = 0
    fPort: int | None = None
    data: bytes | None = None
    object: msgspec.Raw = msgspec.Raw()


class _Other(msgspec.Struct, gc=False):
    """Any event but the uplink."""

    deviceInfo: _Info | None = None
    deduplicationId: str = ""
    time: str = ""
    batteryLevel: float | None = None
    batteryLevelUnavailable: bool = False
    externalPowerSource: bool = False
    margin: int | None = None
    acknowledged: bool = False
    level: str = ""
    code: str = ""
    description: str = ""
    location: dict[str, float | str] = {}
    integrationName: str = ""
    eventType: str = ""


_Wanted = TypeVar("_Wanted", _Up, _Other)
_up = msgspec.json.Decoder(_Up).decode
_other = msgspec.json.Decoder(_Other).decode


def _read(raw: RawMessage, context: Context) -> tuple[Reading, ...]:
    try:
        return _understood(raw, context)
    except DecodeError as exc:
        # The topic names the device even where the payload is beyond repair: a broken word of a smoke detector matters.
        levels = raw.topic.split("/")
        exc.device = exc.device or (levels[-3] if _topics("", levels) else "")
        raise


def _understood(raw: RawMessage, context: Context) -> tuple[Reading, ...]:
    event = raw.topic.rpartition("/")[2]
    if event in _EVENTS:
        return _read_other(raw, event)
    try:
        up = _up(raw.payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        up = _lenient(raw.payload, _Up)
    info = up.deviceInfo
    if info is None or not info.devEui:
        return chirpstack_v3.read(raw, context)
    data = up.data
    if not data and up.fPort is None and event != "up":
        happened = _event_inside(raw.payload)
        if happened:
            return _read_other(raw, happened)
    return read_uplink(
        context,
        Uplink(info.devEui, data or b"", up.fPort, None if data else _object(up.object), raw.topic),
        info.deviceProfileName,
        name=info.deviceName,
        device_ms=time_ms(up.time),
        key=up.deduplicationId or f"{up.devAddr}/{up.fCnt}/{up.time}",
        told=up.object,
    )


def _read_other(raw: RawMessage, event: str) -> tuple[Reading, ...]:
    try:
        message = _other(raw.payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        message = _lenient(raw.payload, _Other)
    info = message.deviceInfo
    device = info.devEui if info is not None and info.devEui else _device_of(raw)
    named, facts_of = _EVENTS[event]
    return (Reading(device, Kind.LIFECYCLE, named, facts_of(message), time_ms(message.time), message.deduplicationId),)


_MARKS = (
    ("integration", "integrationName"),
    ("location", "location"),
    ("status", "margin"),
    ("status", "batteryLevel"),
    ("txack", "downlinkId"),
    ("ack", "acknowledged"),
    ("ack", "queueItemId"),
    ("log", "code"),
)


def _event_inside(payload: bytes) -> str:
    """An HTTP push tells its event in the query, which a proxy may lose: the fields tell it, too; "" for an uplink."""
    found = parse_object(payload)
    if "rxInfo" in found and "object" in found:
        return ""
    named = next((event for event, field in _MARKS if field in found), "")
    return named or ("join" if "devAddr" in found and "rxInfo" not in found and "fCnt" not in found else "")


def _device_of(raw: RawMessage) -> str:
    levels = raw.topic.split("/")
    if len(levels) < 4:
        raise DecodeError(Undecoded.MISSING_FIELD, "no deviceInfo.devEui")
    return levels[-3]


def _lenient(payload: bytes, wanted: type[_Wanted]) -> _Wanted:
    """What the strict decoder refused, with numbers as text and broken characters allowed."""
    content = parse_object(payload)
    try:
        return msgspec.convert({k: v for k, v in content.items() if v is not None}, wanted, strict=False)
    except (msgspec.ValidationError, NotBase64) as exc:
        raise DecodeError(Undecoded.WRONG_TYPE, str(exc)) from exc


def _object(raw: msgspec.Raw) -> dict[str, object] | None:
    content = parse_object(bytes(raw)) if bytes(raw) not in (b"", b"null") else None
    return content or None


def _status(message: _Other) -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    if message.externalPowerSource:
        facts["mains_power"] = True
    elif message.batteryLevel is not None and not message.batteryLevelUnavailable:
        facts["battery_pct"] = message.batteryLevel
    if message.margin is not None:
        facts["margin"] = message.margin
    return facts


def _log(message: _Other) -> dict[str, Fact]:
    facts: dict[str, Fact] = {"code": message.code, "state": message.level, "description": message.description}
    return {name: value for name, value in facts.items() if value}


def _location(message: _Other) -> dict[str, Fact]:
    place = message.location
    facts: dict[str, Fact] = {}
    for name, key in (("lat", "latitude"), ("lng", "longitude")):
        value = place.get(key, 0.0)
        if isinstance(value, float):
            facts[name] = value
    return facts


_EVENTS: dict[str, tuple[Event, Callable[[_Other], dict[str, Fact]]]] = {
    "join": (Event.JOIN, lambda _: {}),
    "status": (Event.BATTERY, _status),
    "ack": (Event.DOWNLINK_ACK, lambda message: {"acknowledged": message.acknowledged}),
    "txack": (Event.DOWNLINK_SENT, lambda _: {}),
    "log": (Event.LOG_ERROR, _log),
    "location": (Event.LOCATION, _location),
    "integration": (Event.INTEGRATION, lambda message: {"name": message.integrationName, "code": message.eventType}),
}


def _topics(_: str, levels: list[str]) -> bool:
    return len(levels) >= 6 and levels[-6] == "application" and levels[-4] == "device" and levels[-2] == "event"


def _looks(content: object) -> bool:
    info = content.get("deviceInfo") if isinstance(content, dict) else None
    return isinstance(info, dict) and "devEui" in info


ENVELOPE = Envelope(name="chirpstack", read=_read, topics=_topics, looks=_looks)
