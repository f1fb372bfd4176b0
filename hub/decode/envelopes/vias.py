"""华为云 VIAS video analysis: results that it pushes over HTTP or DIS.

Source: support.huaweicloud.com, VIAS output of services. ``event_type`` is a number, ``stream_id`` the camera.
"""

from __future__ import annotations

from hub.decode.plates import plain_plate
from hub.decode.port import Context, Envelope
from hub.decode.text import parse_object
from hub.decode.times import time_ms
from hub.decode.values import items, part, put_text, text, whole
from hub.model import Event, Fact, Kind, RawMessage, Reading

_WRONG_WAY = 75009


def read(raw: RawMessage, _context: Context) -> tuple[Reading, ...]:
    """One reading a result."""
    found = parse_object(raw.payload)
    code = whole(found.get("event_type"))
    facts: dict[str, Fact] = {}
    event = Event.VENDOR_CODE
    put_text(facts, "code", found.get("event_type"))
    if code == _WRONG_WAY:
        event = Event.WRONG_WAY
        facts["alarm"] = True
    vehicles = items(part(found, "data").get("vehicles"))
    plate = plain_plate(text(part(vehicles[0]).get("license_plate_id"))) if vehicles else ""
    if plate:
        facts["plate"] = plate
    device = text(found.get("stream_id")) or text(found.get("task_id")) or raw.source
    key = text(found.get("message_id"))
    return (Reading(device, Kind.CAMERA, event, facts, time_ms(found.get("timestamp")), key),)


def _looks(content: object) -> bool:
    return isinstance(content, dict) and "event_type" in content and "stream_id" in content


ENVELOPE = Envelope(name="vias", read=read, looks=_looks, rank=20)
