"""伊兰度 YLD face terminals at doors: topics with dots, ``face.response`` and ``face.{sn}.response``.

Source: published integrations of these terminals. The message carries a face, a name and a person's number: none of them
becomes a fact.
"""

from __future__ import annotations

from hub.decode.port import Context, Envelope
from hub.decode.text import parse_object
from hub.decode.times import time_ms
from hub.decode.values import part, put_number, text
from hub.model import Event, Fact, Kind, RawMessage, Reading


def read(raw: RawMessage, _context: Context) -> tuple[Reading, ...]:
    """Who passed is nobody's business here; that somebody did, is."""
    found = parse_object(raw.payload)
    body = part(found, "body")
    kind = text(found.get("type"))
    dots = raw.topic.split(".")
    device = text(body.get("sn")) or text(found.get("sn")) or (dots[1] if len(dots) == 3 else raw.source)
    device_ms = time_ms(body.get("sec"))
    if "face_result" in kind:
        facts: dict[str, Fact] = {"alarm": False}
        put_number(facts, "score", body.get("matched"))
        sequence = text(body.get("sequence"))
        key = f"{sequence}/{device_ms}" if sequence and device_ms else ""
        return (Reading(device, Kind.ACCESS, Event.FACE_MATCH, facts, device_ms, key),)
    if "heart" in kind:
        return (Reading(device, Kind.LIFECYCLE, Event.HEARTBEAT, {"alarm": False}, device_ms),)
    return (Reading(device, Kind.LIFECYCLE, Event.CONFIG_RESPONSE, {}, device_ms),)


def _ours(topic: str, _levels: list[str]) -> bool:
    return (topic.startswith("face.") and topic.endswith(".response")) or topic == "face.response"


ENVELOPE = Envelope(name="yld", read=read, topics=_ours, rank=20)
