"""仟里马 T5 plate cameras: every uplink on ``device/{sn}/sys/message/up``, told apart by ``cmd``.

The document's title and topic are public, its bodies are not: fields are read by the names that this family of cameras
shares, and a command we do not know says only that the camera lives.
"""

from __future__ import annotations

from collections.abc import Mapping

from hub.decode.plates import plate_of
from hub.decode.port import Context, Envelope
from hub.decode.text import parse_object
from hub.decode.times import time_ms
from hub.decode.values import flag, part, put_flag, put_number, put_text, text
from hub.model import Event, Fact, Kind, RawMessage, Reading

_PLATES = ("license", "plate", "plateNum", "plate_num", "plateNo", "plate_no", "plateNumber", "carNo", "car_no")


def read(raw: RawMessage, context: Context) -> tuple[Reading, ...]:
    """One reading an uplink."""
    found = parse_object(raw.payload)
    body = part(found, "payload") or part(found, "data") or part(found, "body") or part(found, "params") or found
    levels = raw.topic.split("/")
    device = text(found.get("sn")) or levels[1 if len(levels) > 1 else 0]
    command = text(found.get("cmd")).lower()
    device_ms = time_ms(body.get("timestamp", found.get("timestamp")), context.zone)
    key = text(found.get("id")) or text(found.get("msgId"))
    facts: dict[str, Fact] = {}
    if "heart" in command or "keep" in command:
        return (Reading(device, Kind.LIFECYCLE, Event.HEARTBEAT, {"alarm": False}, device_ms),)
    if command in ("online", "offline"):
        return (Reading(device, Kind.LIFECYCLE, Event(command), {}, device_ms),)
    field = next((name for name in _PLATES if name in body), None)
    if field is not None:
        return (_vehicle(body, field, device, device_ms, key),)
    if "gate" in command and flag(body.get("status")) is not None:
        put_flag(facts, "open", body.get("status"))
        return (Reading(device, Kind.GATE, Event.STATUS, facts, device_ms, key),)
    if "io" in command.split("_"):
        put_flag(facts, "on", body.get("value"))
        put_number(facts, "input", body.get("source"))
        return (Reading(device, Kind.GATE_IO, Event.IO_CHANGE, facts, device_ms, key),)
    put_text(facts, "label", command)
    return (Reading(device, Kind.LIFECYCLE, Event.DEVICE_INFO, facts, device_ms, key),)


def _vehicle(body: Mapping[str, object], field: str, device: str, device_ms: int | None, key: str) -> Reading:
    facts: dict[str, Fact] = {}
    written = text(body.get(field))
    plate = plate_of(written)
    if plate:
        facts["plate"] = plate
    elif plate is None:
        facts["encrypted"] = True
    event = Event.PLATE if plate else Event.PLATE_ENCRYPTED if plate is None else Event.VEHICLE_NO_PLATE
    put_number(facts, "confidence", body.get("confidence"))
    historical = flag(body.get("isoffline", body.get("offline"))) is True
    if historical:
        facts["offline_record"] = True
    return Reading(device, Kind.LPR, event, facts, device_ms, key, historical)


def _ours(_topic: str, levels: list[str]) -> bool:
    return levels[-3:] == ["sys", "message", "up"] and "device" in levels


ENVELOPE = Envelope(name="qianlima", read=read, topics=_ours, rank=5)
