"""The Things Stack v3: ``v3/{app}[@{tenant}]/devices/{id}/{event}``; QoS 0 only; open-source installs have no tenant.

The device's address is its EUI in upper case, as the platform writes it, or the device id where an EUI is missing.
"""

from __future__ import annotations

import msgspec

from hub.decode.codec import read_uplink
from hub.decode.port import Context, Envelope, Uplink
from hub.decode.text import parse_object
from hub.decode.times import time_ms
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, RawMessage, Reading, Undecoded


class _Ids(msgspec.Struct, gc=False):
    dev_eui: str = ""
    device_id: str = ""


class _Version(msgspec.Struct, gc=False):
    brand_id: str = ""
    model_id: str = ""


class _Battery(msgspec.Struct, gc=False):
    value: float | None = None


class _Uplink(msgspec.Struct, gc=False):
    session_key_id: str = ""
    f_port: int | None = None
    f_cnt: int = 0
    frm_payload: bytes | None = None
    decoded_payload: msgspec.Raw = msgspec.Raw()
    version_ids: _Version | None = None
    received_at: str = ""


class _Spot(msgspec.Struct, gc=False):
    latitude: float = 0.0
    longitude: float = 0.0


class _Solved(msgspec.Struct, gc=False):
    location: _Spot | None = None


class _Message(msgspec.Struct, gc=False):
    end_device_ids: _Ids | None = None
    received_at: str = ""
    uplink_message: _Uplink | None = None
    location_solved: _Solved | None = None


_decode = msgspec.json.Decoder(_Message).decode

_EVENTS = {
    "join": Event.JOIN,
    "down/ack": Event.DOWNLINK_ACK,
    "down/nack": Event.DOWNLINK_ACK,
    "down/sent": Event.DOWNLINK_SENT,
    "down/failed": Event.DOWNLINK_FAILED,
    "service/data": Event.INTEGRATION,
    "location/solved": Event.LOCATION,
}
_BODIES = {
    "join_accept": "join",
    "downlink_ack": "down/ack",
    "downlink_nack": "down/nack",
    "downlink_sent": "down/sent",
    "downlink_failed": "down/failed",
    "downlink_queued": "down/queued",
    "service_data": "service/data",
    "location_solved": "location/solved",
}
"""A webhook has no topic: the name of the body's part says what happened."""
_OURS = frozenset({"up", "up/normalized", "down/queued", "down/push", "down/replace", *_EVENTS})


def _read(raw: RawMessage, context: Context) -> tuple[Reading, ...]:
    event = "/".join(raw.topic.split("/")[4:])
    if event not in _EVENTS and event in _OURS and event != "up":
        return ()  # what somebody asked of the platform, or the same uplink in other words
    try:
        message = _decode(raw.payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        message = _lenient(raw.payload)
    if not event and message.uplink_message is None:
        event = _event_inside(raw.payload)
        if event == "down/queued":
            return ()
    device = _device(raw, message)
    up = message.uplink_message
    if event in _EVENTS or up is None:
        return _read_other(message, device, event)
    version = up.version_ids
    data = up.frm_payload or b""
    return read_uplink(
        context,
        Uplink(device, data, up.f_port, None if data else _object(up.decoded_payload), raw.topic),
        *((f"{version.brand_id}/{version.model_id}",) if version is not None and version.model_id else ()),
        name=message.end_device_ids.device_id if message.end_device_ids is not None else "",
        device_ms=time_ms(message.received_at or up.received_at),
        key=f"{up.session_key_id or up.received_at or message.received_at}/{up.f_cnt}",
        told=up.decoded_payload,
    )


def _read_other(message: _Message, device: str, event: str) -> tuple[Reading, ...]:
    named = _EVENTS.get(event)
    if named is None:
        raise DecodeError(Undecoded.MISSING_FIELD, "neither an uplink_message nor a known event", device=device)
    facts: dict[str, Fact] = {}
    if named is Event.DOWNLINK_ACK:
        facts["acknowledged"] = event == "down/ack"
    solved = message.location_solved
    if solved is not None and solved.location is not None:
        facts = {"lat": solved.location.latitude, "lng": solved.location.longitude}
    return (Reading(device, Kind.LIFECYCLE, named, facts, time_ms(message.received_at)),)


def _event_inside(payload: bytes) -> str:
    found = parse_object(payload)
    return next((event for body, event in _BODIES.items() if body in found), "")


def _device(raw: RawMessage, message: _Message) -> str:
    ids = message.end_device_ids
    if ids is not None and (ids.dev_eui or ids.device_id):
        return ids.dev_eui or ids.device_id
    levels = raw.topic.split("/")
    if len(levels) > 3:
        return levels[3]
    raise DecodeError(Undecoded.MISSING_FIELD, "no end_device_ids")


def _lenient(payload: bytes) -> _Message:
    content = parse_object(payload)
    try:
        return msgspec.convert(content, _Message, strict=False)
    except msgspec.ValidationError as exc:
        raise DecodeError(Undecoded.WRONG_TYPE, str(exc)) from exc


def _object(raw: msgspec.Raw) -> dict[str, object] | None:
    return (parse_object(bytes(raw)) or None) if bytes(raw) not in (b"", b"null") else None


def _topics(_: str, levels: list[str]) -> bool:
    return len(levels) >= 5 and levels[0] == "v3" and levels[2] == "devices" and "/".join(levels[4:]) in _OURS


def _looks(content: object) -> bool:
    return isinstance(content, dict) and "end_device_ids" in content


ENVELOPE = Envelope(name="ttn", read=_read, topics=_topics, looks=_looks)
