"""阿里云 IoT: Alink over MQTT, raw pass-through, the server-side subscription, and platforms that copied Alink.

Source: help.aliyun.com, thing model. ``/sys/{productKey}/{deviceName}/thing/event/property/post`` with ``params`` of bare
values or ``{value, time}``; ``…/thing/event/{identifier}/post`` with ``params.value``; ``…/thing/model/up_raw`` is the
device's own bytes. Dialects write ``sys/{product}/{device}/thing/properties/up``. Subscription: ``items`` and ``iotId``, or
``status`` online/offline. 达实 batches many devices: ``[{productId, deviceId, properties: [{key, value, time}]}]``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from hub.decode.codec import choose_model, readings_of
from hub.decode.platform_objects import object_readings
from hub.decode.port import Context, Envelope, Uplink
from hub.decode.text import parse_json
from hub.decode.things import event_of, property_facts
from hub.decode.times import time_ms
from hub.decode.values import items, part, text
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, RawMessage, Reading, Undecoded


def read(raw: RawMessage, context: Context) -> tuple[Reading, ...]:
    """Readings of one device, or of each device in a batch."""
    levels = [level for level in raw.topic.split("/") if level]
    if levels[:1] == ["sys"] and len(levels) > 4 and levels[3] == "thing":
        return tuple(_published(raw, levels[2], levels[4:], context, levels[1]))
    readings: list[Reading] = []
    for message in items(parse_json(raw.payload)):
        readings += _subscribed(part(message), context)
    return tuple(readings)


def _published(raw: RawMessage, device: str, topic: list[str], context: Context, product: str) -> Iterator[Reading]:
    if topic == ["model", "up_raw"]:
        yield from _raw(raw.payload, device, context, product)
        return
    if topic[-1].endswith("_reply"):
        if topic[0] == "service":
            yield Reading(device, Kind.LIFECYCLE, Event.DOWNLINK_ACK, {})
        return
    if topic[-1] not in ("post", "up") and topic[0] != "deviceinfo":
        return  # what the platform sends down
    found = part(parse_json(raw.payload))
    key = text(found.get("id"))
    params = part(found, "params")
    if topic[0] == "deviceinfo":
        yield Reading(device, Kind.LIFECYCLE, Event.DEVICE_INFO, {})
    elif "history" in topic:
        yield from _history(items(found.get("params")), device, context, product)
    elif "pack" in topic or "batch" in topic:
        yield from _pack(params, device, context, product, key)
    elif topic[:2] == ["event", "property"] or topic[0] == "properties":
        yield from properties(params, device, context, product, key)
    elif topic[0] in ("event", "events") and len(topic) > 2:
        yield _event(topic[1], params, device, key)
    else:
        raise DecodeError(Undecoded.UNKNOWN_FORMAT, f"no topic of Alink: thing/{'/'.join(topic)[:80]}", device=device)


def _pack(params: Mapping[str, object], device: str, context: Context, product: str, key: str) -> Iterator[Reading]:
    """A gateway's own properties and those of its sub-devices."""
    if part(params, "properties"):
        yield from properties(part(params, "properties"), device, context, product, key)
    for each in items(params.get("subDevices")):
        sub = text(part(each, "identity").get("deviceName"))
        if sub:
            yield from properties(part(each, "properties"), sub, context, product, key)
            for name, value in part(each, "events").items():
                yield _event(name, part(value), sub, key)


def _history(records: list[object], device: str, context: Context, product: str) -> Iterator[Reading]:
    """What a gateway kept while it was cut off: told late, and never an alarm of now."""
    for record in records:
        who = text(part(record, "identity").get("deviceName")) or device
        for each in items(part(record).get("properties")):
            for reading in properties(part(each), who, context, product, ""):
                yield replace(reading, event=Event.HISTORY_RECORD, historical=True)
        for each in items(part(record).get("events")):
            for name, value in part(each).items():
                yield replace(_event(name, part(value), who, ""), event=Event.HISTORY_RECORD, historical=True)


def properties(
    params: Mapping[str, object], device: str, context: Context, product: str, key: str
) -> tuple[Reading, ...]:
    """Bare values or ``{value, time}``; the newest time counts."""
    flat = {
        name: value["value"] if isinstance(value, dict) and "value" in value else value
        for name, value in params.items()
    }
    times = [moment for value in params.values() if (moment := time_ms(part(value).get("time"))) is not None]
    device_ms = max(times, default=None)
    # An Alink id counts from the device's start: with its time it names one message.
    return object_readings(
        context, device, flat, profile=product, device_ms=device_ms, key=f"{key}/{device_ms}" if key and times else ""
    )


def _event(name: str, params: Mapping[str, object], device: str, key: str) -> Reading:
    facts: dict[str, Fact] = {}
    device_ms = time_ms(params.get("time"))
    named = property_facts(part(params, "value") or params, facts)
    kind, event = event_of(name, facts)
    return Reading(device, named or kind, event, facts, device_ms, f"{key}/{device_ms}" if key and device_ms else "")


def _raw(data: bytes, device: str, context: Context, product: str) -> tuple[Reading, ...]:
    """The device's own bytes: by its device file, else kept as they are."""
    uplink = Uplink(device, data=data)
    model = choose_model(context, uplink, (product,))
    if model is None:
        return (Reading(device, Kind.UNKNOWN, Event.RAW, {"raw_hex": data[:256].hex()}),)
    return readings_of(model, uplink)


def _subscribed(found: Mapping[str, object], context: Context) -> tuple[Reading, ...]:
    """Server-side subscription, and 达实's batch."""
    device = text(found.get("deviceName")) or text(found.get("deviceId")) or text(found.get("iotId"))
    if not device:
        raise DecodeError(Undecoded.MISSING_FIELD, "a subscribed message names its device")
    product = text(found.get("productKey")) or text(found.get("productId"))
    status = text(found.get("status")).lower()
    if status in ("online", "offline") and "items" not in found:
        at_ms = time_ms(found.get("utcTime")) or time_ms(found.get("time"))
        return (Reading(device, Kind.LIFECYCLE, Event(status), {}, at_ms),)
    listed = found.get("properties")
    if isinstance(listed, list):
        params = {text(part(each).get("key")): part(each) for each in listed if text(part(each).get("key"))}
        return properties(params, device, context, product, "")
    if "identifier" in found or "value" in found:
        return (_event(text(found.get("identifier")), found, device, ""),)
    return properties(part(found, "items"), device, context, product, "")


def _ours(_topic: str, levels: list[str]) -> bool:
    named = levels[1:] if levels[:1] == [""] else levels
    return len(named) > 4 and named[0] == "sys" and named[3] == "thing"


def _looks(content: object) -> bool:
    if isinstance(content, list):
        return bool(content) and _looks(content[0])
    if not isinstance(content, dict):
        return False
    if "iotId" in content or ("productKey" in content and "deviceName" in content):
        return True
    return "productId" in content and "deviceId" in content and isinstance(content.get("properties"), list)


ENVELOPE = Envelope(name="aliyun", read=read, topics=_ours, looks=_looks, rank=10)
