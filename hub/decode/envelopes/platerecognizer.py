"""Plate Recognizer Stream and Snapshot webhooks.

Source: guides.platerecognizer.com, webhooks. ``{hook, data: {camera_id, timestamp, results: [{plate, score, …}]}}``; one
reading a vehicle. ``direction`` is an angle, or an empty string.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hub.decode.plates import plain_plate, told_apart
from hub.decode.port import Context, Envelope
from hub.decode.text import parse_object
from hub.decode.times import time_ms
from hub.decode.values import items, number, part, put_text, text
from hub.model import Event, Fact, Kind, RawMessage, Reading


def read(raw: RawMessage, _context: Context) -> tuple[Reading, ...]:
    """One reading a vehicle."""
    found = parse_object(raw.payload)
    data = part(found, "data") or found
    device = text(data.get("camera_id")) or text(part(found, "hook").get("id")) or raw.source
    return tuple(_vehicles(data, device))


def _vehicles(data: Mapping[str, object], device: str) -> Iterator[Reading]:
    device_ms = time_ms(data.get("timestamp"))
    for each in items(data.get("results")):
        result = part(each)
        written = result.get("plate")
        # Newer versions tell a vehicle's plate as an object, and null when it has none.
        props = items(part(written, "props").get("plate"))
        plate = plain_plate(text(part(props[0]).get("value") if props else written))
        score = number(result.get("score", part(written).get("score")))
        facts: dict[str, Fact] = {}
        put_text(facts, "plate", plate)
        if score is not None:
            facts["confidence"] = round(score * 100, 2)
        kind = text(part(result, "vehicle").get("type"))
        put_text(facts, "vehicle", kind.lower())
        put_text(facts, "direction", result.get("direction"))
        key = f"{device_ms}/{told_apart(plate)}" if device_ms and plate else ""
        event = Event.PLATE if plate else Event.VEHICLE_NO_PLATE
        yield Reading(device, Kind.LPR, event, facts, device_ms, key)


def _looks(content: object) -> bool:
    if not isinstance(content, dict):
        return False
    data = part(content, "data") or content
    return isinstance(data.get("results"), list) and ("camera_id" in data or "hook" in content)


ENVELOPE = Envelope(name="platerecognizer", read=read, looks=_looks, rank=20)
