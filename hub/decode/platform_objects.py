"""The second step for Chinese IoT platforms: an object or bytes of one device, by its device file or by common names."""

from __future__ import annotations

from collections.abc import Mapping
from zlib import crc32

from hub.decode.codec import choose_model, read_uplink, readings_of
from hub.decode.gb26875_frame import START
from hub.decode.gb26875_reading import frame_readings, registered_imei
from hub.decode.port import Context, Uplink
from hub.decode.text import parse_json, trimmed
from hub.decode.things import meaning_of, property_facts
from hub.decode.values import items, part, put_text, text
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, Reading, Undecoded


def pushed_key(moment: object, content: object) -> str:
    """Natural key of one HTTP push: HTTP knows no duplicate flag, and what a platform sends again is the same to the byte."""
    return f"{moment}/{crc32(repr(content).encode('utf-8', 'replace')):08x}" if moment else ""


def object_readings(
    context: Context,
    device: str,
    found: Mapping[str, object],
    *,
    profile: str = "",
    service: str = "",
    device_ms: int | None = None,
    key: str = "",
    platform_id: str = "",
) -> tuple[Reading, ...]:
    """One object of properties. A model set in the registry has to read it; without one, common names do."""
    uplink = Uplink(device, object=found, topic=service)
    model = choose_model(context, uplink, (profile,) if profile else ())
    if model is None:
        facts: dict[str, Fact] = {}
        known = context.kind_of.get(device)
        kind, event = meaning_of(property_facts(found, facts, service, known) or known, facts)
        readings: tuple[Reading, ...] = (Reading(device, kind, event, facts, device_ms, key),)
    else:
        readings = readings_of(model, uplink, device_ms=device_ms, key=key)
    return marked(readings, platform_id)


def bytes_readings(
    context: Context,
    device: str,
    data: bytes,
    *,
    profile: str = "",
    device_ms: int | None = None,
    key: str = "",
    platform_id: str = "",
) -> tuple[Reading, ...]:
    """Bytes that a platform passes through: a fire frame, JSON in disguise, or a maker's own; raises DecodeError."""
    if data[:2] == START:
        # The platform's clock is right more often than a terminal's.
        return marked(frame_readings(data, context.zone, device, device_ms), platform_id)
    if trimmed(data)[:1] == b"{":
        return _text(device, part(parse_json(trimmed(data))), device_ms, key, platform_id, context)
    readings = read_uplink(
        context, Uplink(device, data=data), *((profile,) if profile else ()), device_ms=device_ms, key=key
    )
    return marked(readings, platform_id)


def marked(readings: tuple[Reading, ...], platform_id: str) -> tuple[Reading, ...]:
    """The same readings with the platform's own id of the device as a fact."""
    if platform_id:
        for reading in readings:
            if reading.device != platform_id:
                reading.facts["platform_device_id"] = platform_id
    return readings


def _text(
    device: str, found: Mapping[str, object], device_ms: int | None, key: str, platform_id: str, context: Context
) -> tuple[Reading, ...]:
    """JSON inside bytes: a terminal's registration, a fire device's points (b, c, tm), or plain properties."""
    if isinstance(found.get("DEV"), str):
        imei = registered_imei(found) or device
        registered: dict[str, Fact] = {"imei": imei}
        return marked(
            (Reading(device or imei, Kind.LIFECYCLE, Event.REGISTER, registered, device_ms, key),), platform_id
        )
    points = [part(point) for point in items(found.get("b"))]
    if points and "c" in found:
        facts: dict[str, Fact] = {}
        put_text(facts, "code", found.get("c"))
        put_text(facts, "part_addr", points[0].get("id"))
        value = text(points[0].get("v"))
        if value.lstrip("-").isdigit() and len(value) < 12:
            facts["value"] = int(value)
        moment = found.get("tm")
        at_ms = moment if type(moment) is int else device_ms
        return marked((Reading(device, Kind.FIRE_PANEL, Event.VENDOR_JSON, facts, at_ms, key),), platform_id)
    if not found:
        raise DecodeError(Undecoded.UNKNOWN_FORMAT, "an empty object", device=device)
    return object_readings(context, device, found, device_ms=device_ms, key=key, platform_id=platform_id)
