"""Frigate: tracked objects, reviews, plates and faces, and the state of its cameras.

Source: docs.frigate.video, MQTT. ``frigate/events`` (new, update, end with before and after), ``frigate/reviews``,
``frigate/tracked_object_update`` (lpr, face, description, classification), ``frigate/triggers``, and bare scalars below
``frigate/{camera}``. The topic prefix can be changed. The NVR itself is a gateway: while it is down, nobody watches.
"""

from __future__ import annotations

from collections.abc import Mapping

from hub.decode.plates import plain_plate, told_apart
from hub.decode.port import Context, Envelope
from hub.decode.text import parse_object, parse_text
from hub.decode.times import time_ms
from hub.decode.values import flag, items, number, part, put_number, put_text, text
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, RawMessage, Reading, Undecoded

_OBJECTS = frozenset({"events", "reviews", "tracked_object_update", "triggers"})
_NOTHING = frozenset(
    {"stats", "restart", "camera_activity", "model_state", "embeddings_reindex_progress", "notifications"}
)
_SETTINGS = frozenset(
    {
        "set", "state", "suspended", "snapshot", "threshold", "contour_area", "improve_contrast", "ptz", "ptz_autotracker",
        "birdseye", "birdseye_mode", "review_status", "enabled", "rms", "dBFS", "transcription", "active",
    }
)  # fmt: skip
"""Below a camera: what Frigate is told to do, pictures, and loudness; no facts of ours."""


def read(raw: RawMessage, _context: Context) -> tuple[Reading, ...]:
    """One reading at most: an object, a review, a plate, or a camera's state."""
    levels = raw.topic.split("/")
    if levels[-1] in _OBJECTS and len(levels) == 2:
        return _structured(levels[-1], parse_object(raw.payload))
    if levels[-1] == "available":
        said = parse_text(raw.payload)
        if said not in ("online", "offline", "stopped"):  # stopped: by somebody, so that no will message follows
            return ()
        event = Event.GATEWAY_ONLINE if said == "online" else Event.GATEWAY_OFFLINE
        return (Reading("/".join(levels[:-1]), Kind.LIFECYCLE, event, {}),)
    rest = levels[1:]
    if len(rest) < 2 or rest[0] in _NOTHING or rest[-1] in _SETTINGS or rest[-1] in _NOTHING:
        return ()
    return _scalar(rest, raw.payload)


def _structured(topic: str, found: Mapping[str, object]) -> tuple[Reading, ...]:
    if topic == "events":
        return _object(found)
    if topic == "reviews":
        after = part(found, "after") or part(found, "before")
        facts: dict[str, Fact] = {"ended": after.get("end_time") is not None}
        put_text(facts, "camera", after.get("camera"))
        put_text(facts, "state", after.get("severity"))
        put_text(facts, "label", next(iter(items(part(after, "data").get("objects"))), None))
        return (_reading(after, Event.REVIEW, facts, time_ms(after.get("start_time"))),)
    if topic == "triggers":
        facts = {}
        put_text(facts, "camera", found.get("camera"))
        put_text(facts, "name", found.get("name"))
        put_number(facts, "score", found.get("score"))
        return (_reading(found, Event.TRIGGER, facts, None),)
    return _update(found)


def _reading(found: Mapping[str, object], event: Event, facts: dict[str, Fact], device_ms: int | None) -> Reading:
    camera = text(found.get("camera"))
    if not camera:
        raise DecodeError(Undecoded.MISSING_FIELD, "an event of Frigate names its camera")
    return Reading(camera, Kind.CAMERA, event, facts, device_ms)


def _object(found: Mapping[str, object]) -> tuple[Reading, ...]:
    after = part(found, "after") or part(found, "before")
    facts: dict[str, Fact] = {"ended": found.get("type") == "end" or after.get("end_time") is not None}
    put_text(facts, "camera", after.get("camera"))
    put_text(facts, "label", after.get("label"))
    put_number(facts, "score", after.get("score"))
    sub_label = after.get("sub_label")
    put_text(facts, "known_name", sub_label[0] if isinstance(sub_label, list) and sub_label else sub_label)
    put_text(facts, "plate", _plate(after.get("recognized_license_plate")))
    moment = "end_time" if text(found.get("type")) == "end" else "frame_time"
    return (_reading(after, Event.OBJECT_UPDATE, facts, time_ms(after.get(moment))),)


def _plate(value: object) -> str:
    return plain_plate(text(value[0] if isinstance(value, list) and value else value))


def _update(found: Mapping[str, object]) -> tuple[Reading, ...]:
    """Something learnt about an object later: its plate, its face, a description."""
    kind = text(found.get("type"))
    camera = text(found.get("camera"))
    facts: dict[str, Fact] = {}
    device_ms = time_ms(found.get("timestamp"))
    score = number(found.get("score"))
    put_text(facts, "camera", camera)
    put_text(facts, "known_name", found.get("name"))
    # Descriptions carry no camera, only the id of the object: the NVR speaks for itself then.
    device = camera or "frigate"
    if kind == "lpr":
        plate = _plate(found.get("plate"))
        put_text(facts, "plate", plate)
        if score is not None:
            facts["confidence"] = round(score * 100, 2)
        event = Event.PLATE if plate else Event.VEHICLE_NO_PLATE
        return (
            Reading(
                device, Kind.LPR, event, facts, device_ms, f"{text(found.get('id'))}/{told_apart(plate)}/{device_ms}"
            ),
        )
    if score is not None:
        facts["score"] = score
    if kind == "face":
        return (Reading(device, Kind.CAMERA, Event.FACE_MATCH, facts, device_ms),)
    put_text(facts, "description", found.get("description"))
    put_text(facts, "label", found.get("sub_label") or found.get("attribute"))
    return (Reading(device, Kind.CAMERA, Event.OBJECT_UPDATE, facts, device_ms),)


def _scalar(rest: list[str], payload: bytes) -> tuple[Reading, ...]:
    """``{camera}/motion`` ON, ``{camera}/status/{role}`` offline, ``{camera or zone}/{label}`` count."""
    camera, about = rest[0], rest[-1]
    try:
        said = parse_text(payload)
    except DecodeError:
        return ()  # a picture
    if rest[1] == "status" and len(rest) == 3:
        if said not in ("online", "offline"):
            return ()  # disabled on purpose
        event = Event.CAMERA_OFFLINE if said == "offline" else Event.ONLINE
        return (Reading(camera, Kind.LIFECYCLE, event, {"label": about}),)
    if about == "motion" and len(rest) == 2:
        moving = flag(said)
        if moving is None:
            return ()
        return (Reading(camera, Kind.CAMERA, Event.MOTION if moving else Event.STATUS, {"motion": moving}),)
    if rest[1] == "audio" and len(rest) == 3:
        heard = flag(said)
        return () if heard is None else (Reading(camera, Kind.CAMERA, Event.STATUS, {"label": about, "on": heard}),)
    count = number(said)
    if count is None or len(rest) > 3:
        return ()
    label = rest[1]
    return (Reading(camera, Kind.CAMERA, Event.STATUS, {"label": label, "count": count}),)


def _ours(_topic: str, levels: list[str]) -> bool:
    return "frigate" in levels[0].lower() and len(levels) > 1


def _looks(content: object) -> bool:
    if not isinstance(content, dict):
        return False
    if isinstance(content.get("after"), dict) and content.get("type") in ("new", "update", "end"):
        return "camera" in content["after"]
    return "plate_box" in content


ENVELOPE = Envelope(name="frigate", read=read, topics=_ours, looks=_looks, rank=10)
