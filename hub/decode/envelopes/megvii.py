"""旷视 Megvii 鸿图: device alarms that it pushes over HTTP, as JSON inside a string of JSON.

Source: hongtu-docs.megvii-inc.com, device alarm push. ``eventTypeId`` is the platform's own number: kept as a code, never
guessed to be an alarm.
"""

from __future__ import annotations

from hub.decode.port import Context, Envelope
from hub.decode.text import parse_json, parse_object
from hub.decode.times import time_ms
from hub.decode.values import part, put_text, text
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, RawMessage, Reading, Undecoded


def read(raw: RawMessage, _context: Context) -> tuple[Reading, ...]:
    """One reading an event."""
    found = parse_object(raw.payload)
    inner = found.get("data")
    data = part(parse_json(inner.encode("utf-8", "replace")) if isinstance(inner, str) else inner)
    device = text(data.get("sourceUuid")) or text(data.get("sourceName")) or text(data.get("deviceUuid"))
    if not device:
        raise DecodeError(Undecoded.MISSING_FIELD, "an event of Megvii has data.sourceUuid")
    facts: dict[str, Fact] = {}
    put_text(facts, "code", data.get("eventTypeId"))
    put_text(facts, "name", data.get("sourceName"))
    return (
        Reading(device, Kind.CAMERA, Event.VENDOR_CODE, facts, time_ms(data.get("eventTime")), text(data.get("uuid"))),
    )


def _looks(content: object) -> bool:
    return isinstance(content, dict) and "busiType" in content and "data" in content


ENVELOPE = Envelope(name="megvii", read=read, looks=_looks, rank=20)
