"""中国电信 CTWing (AEP): the messages that a subscription pushes over HTTP or MQ.

Source: www.ctwing.cn, subscription push. ``messageType``: dataReport (``payload`` = properties, or ``serviceId`` with
``serviceData``, or ``APPdata`` = base64 of the device's own bytes, which may be JSON again), eventReport
(``eventContent``), deviceOnlineOfflineReport (``eventType`` 1 on, 0 off), commandResponse. The IMEI is the address where
there is one; ``IMSI: "undefined"`` and ``IMEI: ""`` are real values; upPacketSN is "" or -1 where there is none.
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping

from hub.decode.platform_objects import bytes_readings, marked, object_readings, pushed_key
from hub.decode.port import Context, Envelope
from hub.decode.text import parse_json
from hub.decode.things import event_of, property_facts
from hub.decode.times import time_ms
from hub.decode.values import items, part, text, whole
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, RawMessage, Reading, Undecoded


def read(raw: RawMessage, context: Context) -> tuple[Reading, ...]:
    """Readings of one message, or of each in an array."""
    messages = [part(message) for message in items(parse_json(raw.payload))]
    return tuple(reading for message in messages if message for reading in _message(message, context))


def _message(found: Mapping[str, object], context: Context) -> tuple[Reading, ...]:
    payload = found.get("payload")
    if isinstance(payload, str) and payload[:1] in ("{", "["):
        payload = parse_json(payload.encode("utf-8", "replace"))
    service_data = part(payload, "serviceData")
    platform_id = text(found.get("deviceId"))
    device = text(found.get("IMEI")) or text(service_data.get("IMEI")) or platform_id or text(found.get("deviceCode"))
    if not device:
        raise DecodeError(Undecoded.MISSING_FIELD, "a message of CTWing has IMEI, deviceId or deviceCode")
    device_ms = time_ms(found.get("timestamp"))
    key = pushed_key(found.get("timestamp"), found)
    kind = text(found.get("messageType")) or "dataReport"
    profile = text(found.get("productId"))
    if kind == "deviceOnlineOfflineReport":
        online = whole(found.get("eventType"))
        if online not in (0, 1):
            raise DecodeError(Undecoded.UNKNOWN_FORMAT, "eventType is neither 0 nor 1", device=device)
        event = Event.ONLINE if online else Event.OFFLINE
        return marked((Reading(device, Kind.LIFECYCLE, event, {}, device_ms, key),), platform_id)
    if kind == "commandResponse":
        return marked((Reading(device, Kind.LIFECYCLE, Event.DOWNLINK_ACK, {}, device_ms, key),), platform_id)
    if kind == "eventReport" or "eventContent" in found:
        return marked(_event(found, context, device, device_ms, key, profile), platform_id)
    # Whatever a platform calls it: what carries a payload may carry an alarm.
    if not kind.startswith("dataReport") and not payload:
        return marked(
            (Reading(device, Kind.LIFECYCLE, Event.DEVICE_INFO, {"label": kind}, device_ms, key),), platform_id
        )
    readings: list[Reading] = []
    for index, one in enumerate(items(payload)):
        its_key = f"{key}/{index}" if key and index else key
        readings += _data(part(one), context, device, device_ms, its_key, profile, platform_id)
    return tuple(readings)


def _data(
    found: Mapping[str, object],
    context: Context,
    device: str,
    device_ms: int | None,
    key: str,
    profile: str,
    platform_id: str,
) -> tuple[Reading, ...]:
    packed = found.get("APPdata")
    if isinstance(packed, str):
        try:
            data = binascii.a2b_base64(packed)
        except (binascii.Error, ValueError) as exc:
            raise DecodeError(Undecoded.WRONG_TYPE, f"APPdata is not base64: {exc}", device=device) from exc
        return bytes_readings(
            context, device, data, profile=profile, device_ms=device_ms, key=key, platform_id=platform_id
        )
    inner = found.get("serviceData")
    service = text(found.get("serviceId"))
    readings: list[Reading] = []
    for index, one in enumerate(items(inner) if inner is not None else [found]):
        readings += object_readings(
            context,
            device,
            part(one),
            profile=profile,
            service=service,
            device_ms=device_ms,
            key=f"{key}.{index}" if key and index else key,
            platform_id=platform_id,
        )
    return tuple(readings)


def _event(
    found: Mapping[str, object], context: Context, device: str, device_ms: int | None, key: str, profile: str
) -> tuple[Reading, ...]:
    """A thing-model event; its content is read as properties when its identifier says nothing."""
    content = part(found, "eventContent")
    identifier = text(found.get("serviceId")) or text(found.get("eventIdentifier"))
    facts: dict[str, Fact] = {}
    named = property_facts(content, facts)
    if named is None and device in context.model_of:
        return object_readings(
            context, device, content, profile=profile, service=identifier, device_ms=device_ms, key=key
        )
    if named is not None and ("alarm" in facts or not identifier):
        return object_readings(context, device, content, profile=profile, device_ms=device_ms, key=key)
    kind, event = event_of(identifier, facts)
    return (Reading(device, named or kind, event, facts, device_ms, key),)


def _looks(content: object) -> bool:
    if isinstance(content, list):
        return bool(content) and _looks(content[0])
    if not isinstance(content, dict) or "productId" not in content:
        return False
    named = "IMEI" in content or "deviceId" in content or "deviceCode" in content
    return named and ("payload" in content or "messageType" in content)


ENVELOPE = Envelope(name="ctwing", read=read, looks=_looks, rank=20)
