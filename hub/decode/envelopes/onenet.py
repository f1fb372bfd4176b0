"""中国移动 OneNET: the NB push, the multi-protocol push, and OneNET Studio's MQTT.

Source: open.iot.10086.cn, data push and Studio device access. NB: ``{"msg": {type, imei, ds_id, value, at, dev_id},
"msg_signature", "nonce"}``; type 1 is a data point, 2 on/offline (``status`` 1/0), 7 the result of a cached command.
``value`` is the maker's hex, a number, or JSON; ``msg`` may be an array, or a string of JSON. Studio MQTT:
``$sys/{pid}/{name}/thing/property/post`` with ``{"id", "version", "params": {k: {"value": v}}}``.
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping

from hub.decode.platform_objects import bytes_readings, object_readings
from hub.decode.port import Context, Envelope
from hub.decode.text import parse_json
from hub.decode.things import event_of, property_facts
from hub.decode.times import time_ms
from hub.decode.values import items, number, part, put_text, text, whole
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, RawMessage, Reading, Undecoded


def read(raw: RawMessage, context: Context) -> tuple[Reading, ...]:
    """Readings of each data point."""
    if raw.topic.startswith("$sys/"):
        return _studio(raw, context)
    readings: list[Reading] = []
    for message in items(parse_json(raw.payload)):
        found = part(message)
        inner = found.get("msg", found)
        if isinstance(inner, str):
            inner = parse_json(inner.encode("utf-8", "replace"))
        for point in items(inner):
            readings += _point(part(point), context)
    return tuple(readings)


def _point(found: Mapping[str, object], context: Context) -> tuple[Reading, ...]:
    platform_id = text(found.get("dev_id"))
    device = text(found.get("imei")) or text(found.get("deviceName")) or platform_id
    if not device:
        raise DecodeError(Undecoded.MISSING_FIELD, "a push of OneNET has imei, deviceName or dev_id")
    if "notifyType" in found or "messageType" in found:
        return _studio_push(found, device, context)
    device_ms = time_ms(found.get("at"))
    kind = whole(found.get("type"))
    if kind == 2:
        status = whole(found.get("status"))
        if status not in (0, 1):
            raise DecodeError(Undecoded.UNKNOWN_FORMAT, "status is neither 0 nor 1", device=device)
        return (Reading(device, Kind.LIFECYCLE, Event.ONLINE if status else Event.OFFLINE, {}, device_ms),)
    if kind == 7:
        return (Reading(device, Kind.LIFECYCLE, Event.DOWNLINK_ACK, {}, device_ms),)
    if kind != 1:
        raise DecodeError(Undecoded.UNKNOWN_FORMAT, f"a push of type {text(found.get('type'))[:20]}", device=device)
    key = f"{text(found.get('ds_id'))}/{device_ms}" if device_ms is not None else ""
    value = found.get("value")
    if isinstance(value, dict):
        return object_readings(context, device, value, device_ms=device_ms, key=key, platform_id=platform_id)
    if isinstance(value, str):
        data = _bytes(value)
        if data:
            return bytes_readings(context, device, data, device_ms=device_ms, key=key, platform_id=platform_id)
    facts: dict[str, Fact] = {}
    put_text(facts, "label", found.get("ds_id"))
    read_value = number(value)
    if read_value is not None:
        facts["value"] = read_value
    name = text(found.get("ds_id"))
    known = property_facts({name: value}, facts) if name else None
    return (
        Reading(
            device, known or Kind.TELEMETRY, Event.TELEMETRY if known is None else Event.STATUS, facts, device_ms, key
        ),
    )


def _bytes(value: str) -> bytes:
    """The bytes of a hex value, or of JSON written out; b"" for a plain number or word."""
    word = value.strip()
    if word[:1] == "{":
        return word.encode("utf-8", "replace")
    if len(word) < 8:
        return b""
    try:
        return binascii.unhexlify(word)
    except (binascii.Error, ValueError):
        return b""


def _studio(raw: RawMessage, context: Context) -> tuple[Reading, ...]:
    """``$sys/{pid}/{name}/thing/…`` as the device publishes it."""
    levels = raw.topic.split("/")
    if len(levels) < 5 or levels[-1] not in ("post", "notification"):
        return ()
    device = levels[2]
    found = part(parse_json(raw.payload))
    params = part(found, "params")
    key = text(found.get("id"))
    if levels[-2] == "event":
        return tuple(_studio_event(name, part(value), device, key) for name, value in params.items())
    if levels[-2] == "property":
        return (_properties(params, device, context, key),)
    return ()


def _properties(params: Mapping[str, object], device: str, context: Context, key: str) -> Reading:
    flat = {
        name: value["value"] if isinstance(value, dict) and "value" in value else value
        for name, value in params.items()
    }
    times = (time_ms(part(value).get("time")) for value in params.values() if isinstance(value, dict))
    device_ms = next((moment for moment in times if moment is not None), None)
    # A Studio id counts from the device's start: alone it is nobody's name.
    key = f"{key}/{device_ms}" if key and device_ms is not None else ""
    return object_readings(context, device, flat, device_ms=device_ms, key=key)[0]


def _studio_event(name: str, found: Mapping[str, object], device: str, key: str) -> Reading:
    facts: dict[str, Fact] = {}
    named = property_facts(part(found, "value"), facts)
    kind, event = event_of(name, facts)
    device_ms = time_ms(found.get("time"))
    return Reading(device, named or kind, event, facts, device_ms, f"{key}/{device_ms}" if device_ms else "")


def _studio_push(found: Mapping[str, object], device: str, context: Context) -> tuple[Reading, ...]:
    """Studio's HTTP push: notifyType property, event, or a change of the device's life."""
    notify = text(found.get("notifyType")) or text(found.get("messageType"))
    data = part(found, "data")
    params = part(data, "params")
    if notify == "property":
        return (_properties(params, device, context, text(data.get("id"))),)
    if notify == "event":
        return tuple(_studio_event(name, part(value), device, text(data.get("id"))) for name, value in params.items())
    status = whole(found.get("status", data.get("status")))
    if status in (0, 1):
        at_ms = time_ms(found.get("at", data.get("at")))
        return (Reading(device, Kind.LIFECYCLE, Event.ONLINE if status else Event.OFFLINE, {}, at_ms),)
    return (Reading(device, Kind.LIFECYCLE, Event.DEVICE_INFO, {"label": notify}),)


def _ours(topic: str, _levels: list[str]) -> bool:
    return topic.startswith("$sys/") and "/thing/" in topic


def _looks(content: object) -> bool:
    if isinstance(content, list):
        return bool(content) and _looks(content[0])
    return isinstance(content, dict) and "msg" in content and ("msg_signature" in content or "nonce" in content)


ENVELOPE = Envelope(name="onenet", read=read, topics=_ours, looks=_looks, rank=10)
