"""华为云 IoTDA: what devices and gateways publish, and what the platform pushes over HTTP or AMQP.

Source: support.huaweicloud.com, IoTDA MQTT topics and subscription push. ``$oc/devices/{id}/sys/properties/report`` with
``services[].{service_id, properties, event_time}``; ``/sys/gateway/sub_devices/properties/report`` with ``devices[]``;
``/sys/events/up`` (one message, many sub-devices); push: ``{resource, event, notify_data: {header, body}}``. Times are
compact: 20151212T121212Z. Services of one moment are one reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hub.decode.platform_objects import object_readings, pushed_key
from hub.decode.port import Context, Envelope, Uplink
from hub.decode.text import parse_json
from hub.decode.things import event_of, meaning_of, property_facts
from hub.decode.times import time_ms
from hub.decode.values import items, part, put_text, text
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, RawMessage, Reading, Undecoded

_STATUS = {"ONLINE": Event.ONLINE, "OFFLINE": Event.OFFLINE, "ABNORMAL": Event.OFFLINE, "FROZEN": Event.OFFLINE}
_SUB_DEVICES = {"add_sub_device_notify": Event.JOIN, "delete_sub_device_notify": Event.OFFLINE}


def read(raw: RawMessage, context: Context) -> tuple[Reading, ...]:
    """Readings of every device that the message speaks of."""
    levels = raw.topic.split("/")
    if levels[0] == "$oc" and len(levels) > 4:
        return tuple(_published(raw, levels[2], "/".join(levels[4:]), context))
    readings: list[Reading] = []
    for message in items(parse_json(raw.payload)):
        readings += _pushed(part(message), context)
    return tuple(readings)


def _published(raw: RawMessage, device: str, topic: str, context: Context) -> Iterator[Reading]:
    if topic.startswith("commands/response"):
        yield Reading(device, Kind.LIFECYCLE, Event.DOWNLINK_ACK, {})
        return
    if topic.startswith(("properties/set/response", "properties/get/response")):
        yield Reading(device, Kind.LIFECYCLE, Event.CONFIG_RESPONSE, {})
        return
    found = part(parse_json(raw.payload))
    if topic == "properties/report":
        yield from _services(items(found.get("services")), device, context)
    elif topic == "gateway/sub_devices/properties/report":
        for each in items(found.get("devices")):
            sub = text(part(each).get("device_id"))
            if sub:
                yield from _services(items(part(each).get("services")), sub, context)
    elif topic == "events/up":
        about = text(found.get("object_device_id"))
        # The documents' own placeholder has been seen in the field.
        who = about if about and not about.startswith("{") else device
        for service in items(found.get("services")):
            yield from _event(part(service), who, device)
    elif topic == "messages/up":
        content = part(found, "content") or found
        yield from object_readings(context, text(found.get("object_device_id")) or device, content)


def _services(services: list[object], device: str, context: Context, *, pushed: bool = False) -> Iterator[Reading]:
    """All services of one event_time together; a push over HTTP has a natural key, a publish has MQTT's duplicate flag."""
    moments: dict[str, list[Mapping[str, object]]] = {}
    for service in services:
        moments.setdefault(text(part(service).get("event_time")), []).append(part(service))
    for moment, together in moments.items():
        device_ms = time_ms(moment)
        key = pushed_key(moment, together) if pushed else ""
        flat = {name: value for service in together for name, value in part(service, "properties").items()}
        if device in context.model_of or context.codecs.recognise(Uplink(device, object=flat)) is not None:
            yield from object_readings(context, device, flat, device_ms=device_ms, key=key)
            continue
        facts: dict[str, Fact] = {}
        kind: Kind | None = None
        for service in together:
            named = property_facts(part(service, "properties"), facts, text(service.get("service_id")))
            kind = named or kind
        found, event = meaning_of(kind or context.kind_of.get(device), facts)
        yield Reading(device, found, event, facts, device_ms, key)


def _event(service: Mapping[str, object], device: str, gateway: str) -> Iterator[Reading]:
    name = text(service.get("event_type"))
    device_ms = time_ms(service.get("event_time"))
    paras = part(service, "paras")
    if text(service.get("service_id")) == "$sub_device_manager":
        # The gateway's report, or the platform's answer: what it took over.
        for each in items(paras.get("device_statuses")) + items(paras.get("successful_devices")):
            event = _STATUS.get(text(part(each).get("status")).upper())
            sub = text(part(each).get("device_id"))
            if event is not None and sub:
                yield Reading(sub, Kind.LIFECYCLE, event, {"gateway": gateway}, device_ms)
        for each in items(paras.get("devices")):
            sub = text(part(each).get("device_id"))
            if sub and name in _SUB_DEVICES:
                yield Reading(sub, Kind.LIFECYCLE, _SUB_DEVICES[name], {"gateway": gateway}, device_ms)
        return
    if text(service.get("service_id")) == "$ota":
        facts: dict[str, Fact] = {}
        put_text(facts, "code", paras.get("fw_version") or paras.get("sw_version"))
        yield Reading(device, Kind.LIFECYCLE, Event.VERSION_REPORT, facts, device_ms)
        return
    if text(service.get("service_id")).startswith("$"):
        return  # time synchronisation, logs, tunnels
    facts = {}
    named = property_facts(paras, facts)
    kind, event = event_of(name, facts)
    yield Reading(device, named or kind, event, facts, device_ms)


def _pushed(found: Mapping[str, object], context: Context) -> Iterator[Reading]:
    notify = part(found, "notify_data")
    header, body = part(notify, "header"), part(notify, "body")
    device = text(header.get("device_id")) or text(body.get("device_id"))
    if not device:
        raise DecodeError(Undecoded.MISSING_FIELD, "a push of IoTDA names its device in notify_data.header")
    device_ms = time_ms(found.get("event_time")) or time_ms(header.get("event_time"))
    resource = text(found.get("resource"))
    if resource == "device.property":
        yield from _services(items(body.get("services")), device, context, pushed=True)
    elif resource == "device.event":
        for service in items(body.get("services")) or [body]:
            yield from _event(part(service), device, text(header.get("gateway_id")))
    elif resource == "device.status":
        event = _STATUS.get(text(body.get("status")).upper())
        if event is not None:
            yield Reading(device, Kind.LIFECYCLE, event, {}, device_ms)
    elif resource == "device.message":
        yield from object_readings(context, device, part(body, "content"), device_ms=device_ms)
    elif resource in ("device.command.status", "device.message.status"):
        yield Reading(device, Kind.LIFECYCLE, Event.DOWNLINK_ACK, {}, device_ms)
    elif resource == "device":
        event = Event.JOIN if text(found.get("event")) == "create" else Event.DEVICE_INFO
        yield Reading(device, Kind.LIFECYCLE, event, {}, device_ms)


def _ours(topic: str, _levels: list[str]) -> bool:
    return topic.startswith("$oc/devices/")


def _looks(content: object) -> bool:
    if isinstance(content, list):
        return bool(content) and _looks(content[0])
    return isinstance(content, dict) and "notify_data" in content and "resource" in content


ENVELOPE = Envelope(name="iotda", read=read, topics=_ours, looks=_looks, rank=10)
