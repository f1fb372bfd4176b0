"""杰峰 JFTech open platform: alarms of video analysis that it pushes over HTTP.

Source: openapi.jftech.pro. ``{bizType: "ai_alarm", bizData: {deviceSn, channelNumber, eventTime, detailData[].objects[]
.label}}``.
"""

from __future__ import annotations

from hub.decode.port import Context, Envelope
from hub.decode.text import parse_object
from hub.decode.times import time_ms
from hub.decode.values import items, part, put_number, put_text, text
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, RawMessage, Reading, Undecoded

_ALARMS = {"fall": Event.FALL, "fire": Event.ALARM, "flame": Event.ALARM, "smoke": Event.ALARM, "smog": Event.ALARM}


def read(raw: RawMessage, _context: Context) -> tuple[Reading, ...]:
    """One reading an event, by the gravest of its labels."""
    found = parse_object(raw.payload)
    data = part(found, "bizData")
    device = text(data.get("deviceSn"))
    if not device:
        raise DecodeError(Undecoded.MISSING_FIELD, "an alarm of JFTech has bizData.deviceSn")
    labels = [
        text(part(each).get("label")).lower()
        for detail in items(data.get("detailData"))
        for each in items(part(detail).get("objects"))
    ]
    label = next((each for each in labels if each in _ALARMS), labels[0] if labels else "")
    facts: dict[str, Fact] = {}
    put_text(facts, "label", label)
    put_text(facts, "name", data.get("eventName"))
    put_number(facts, "channel", data.get("channelNumber"))
    event = _ALARMS.get(label, Event.OBJECT_UPDATE)
    if label in _ALARMS:
        facts["alarm"] = True
    return (Reading(device, Kind.CAMERA, event, facts, time_ms(data.get("eventTime")), text(data.get("eventId"))),)


def _looks(content: object) -> bool:
    return isinstance(content, dict) and "bizType" in content and isinstance(content.get("bizData"), dict)


ENVELOPE = Envelope(name="jftech", read=read, looks=_looks, rank=20)
