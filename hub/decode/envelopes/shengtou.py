"""胜透 ShengTou gateways: ``{namespace}/{deviceType}/{client}/{deviceId}/alarms`` and their other messages.

Source: the vendor's protocol document. ``{messageId, clientCode, deviceId, data}``; ``data.alarms`` is a list, each active or
over; other messages carry properties or a status.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hub.decode.platform_objects import object_readings
from hub.decode.port import Context, Envelope
from hub.decode.text import parse_object
from hub.decode.times import time_ms
from hub.decode.values import items, part, put_number, put_text, text
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, RawMessage, Reading, Undecoded

_KINDS = {
    "temperature": Kind.TEMPERATURE,
    "smoke": Kind.SMOKE,
    "gas": Kind.GAS,
    "co": Kind.CO,
    "water": Kind.LEAK,
    "leak": Kind.LEAK,
    "pressure": Kind.PRESSURE,
    "level": Kind.LEVEL,
    "door": Kind.DOOR,
}
_OVER = frozenset({"cleared", "resolved", "recovered", "closed", "inactive", "normal"})


def read(raw: RawMessage, context: Context) -> tuple[Reading, ...]:
    """One reading an alarm; one for all properties."""
    found = parse_object(raw.payload)
    levels = raw.topic.split("/")
    device = text(found.get("deviceId")) or (levels[-2] if len(levels) > 1 else "")
    if not device:
        raise DecodeError(Undecoded.MISSING_FIELD, "an alarm of ShengTou has a deviceId")
    data = part(found, "data")
    if isinstance(data.get("alarms"), list):
        return tuple(_alarms(found, device))
    device_ms = time_ms(found.get("timestamp"))
    status = text(data.get("status", found.get("status"))).lower()
    if status in ("online", "offline"):
        return (Reading(device, Kind.LIFECYCLE, Event(status), {}, device_ms),)
    if levels[-1] == "heartbeat":
        return (Reading(device, Kind.LIFECYCLE, Event.HEARTBEAT, {}, device_ms),)
    return object_readings(context, device, _properties(data), device_ms=device_ms)


def _properties(data: Mapping[str, object]) -> Mapping[str, object]:
    """Properties as an object, as a list of names and values, or as the data itself."""
    listed = data.get("properties")
    if isinstance(listed, list):
        named = {text(part(each).get("name") or part(each).get("key")): part(each).get("value") for each in listed}
        return {name: value for name, value in named.items() if name}
    return part(data, "properties") or data


def _alarms(found: Mapping[str, object], device: str) -> Iterator[Reading]:
    for each in items(part(found, "data").get("alarms")):
        alarm = part(each)
        facts: dict[str, Fact] = {}
        status = text(alarm.get("status")).lower()
        event = Event.STATUS
        if status == "active":
            facts["alarm"] = True
            event = Event.ALARM
        elif status in _OVER:
            facts["alarm"] = False
        put_number(facts, "value", alarm.get("triggerValue"))
        put_number(facts, "threshold", alarm.get("threshold"))
        put_text(facts, "code", alarm.get("alarmCode"))
        put_text(facts, "label", alarm.get("alarmLevel"))
        put_text(facts, "description", alarm.get("description"))
        device_ms = time_ms(alarm.get("timestamp")) or time_ms(found.get("timestamp"))
        named = text(alarm.get("property")).lower()
        kind = next((kind for word, kind in _KINDS.items() if named.startswith(word)), Kind.TELEMETRY)
        identifier = text(alarm.get("alarmId"))
        key = f"{identifier}/{status}/{device_ms}" if identifier and device_ms else ""
        yield Reading(device, kind, event, facts, device_ms, key)


def _ours(_topic: str, levels: list[str]) -> bool:
    return len(levels) == 5 and levels[-1] == "alarms"


def _looks(content: object) -> bool:
    if not isinstance(content, dict):
        return False
    return isinstance(part(content, "data").get("alarms"), list) or {"clientCode", "deviceId", "data"} <= set(content)


ENVELOPE = Envelope(name="shengtou", read=read, topics=_ours, looks=_looks, rank=30)
