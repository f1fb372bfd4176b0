"""大华 Dahua: events of traffic and surveillance cameras.

Source: Dahua HTTP API, event notifications; one event ``{Action, Code, Data}``, or ``client.notifyEventStream`` with an
``eventList``. TrafficJunction carries plates, and vehicles that have none: an e-bike is ``NonMotor``. ``RealUTC`` is UTC;
``UTC`` is the camera's local time written as if it were UTC.
"""

from __future__ import annotations

from collections.abc import Mapping

from hub.decode.plates import plate_of
from hub.decode.port import Context, Envelope
from hub.decode.text import parse_json, parse_text
from hub.decode.times import time_ms
from hub.decode.values import items, part, put_number, put_text, text
from hub.model import Event, Fact, Kind, RawMessage, Reading

_HEAD = 300
"""Bytes within which a streamed event names itself, behind its part's headers."""
_ALARMS = frozenset(
    {
        "CrossLineDetection", "CrossRegionDetection", "WanderDetection", "ClimbDetection", "ParkingDetection",
        "FireDetection", "SmokeDetection", "FireWarning", "FireWarningInfo", "ThrowingObject", "HighToss", "ElevatorAbnormal",
    }
)  # fmt: skip
_FAULTS = frozenset({"VideoLoss", "VideoBlind", "VideoAbnormalDetection", "StorageFailure", "StorageNotExist"})
_MOTIONS = frozenset({"VideoMotion", "SmartMotionHuman", "SmartMotionVehicle"})


def read(raw: RawMessage, _context: Context) -> tuple[Reading, ...]:
    """One reading an event."""
    content = _streamed(raw.payload) if b"Code=" in raw.payload[:_HEAD] else parse_json(raw.payload)
    events = items(part(content, "params").get("eventList")) or items(content)
    return tuple(_event(part(event), raw.source) for event in events if part(event))


def _streamed(payload: bytes) -> object:
    """An event as ``eventManager.cgi`` streams it: ``Code=...;action=...;index=...;data={...}``, behind a part's headers."""
    head, _, written = payload[payload.index(b"Code=") :].partition(b";data=")
    pairs = (parse_text(pair).partition("=") for pair in head.split(b";"))
    named = {name.strip().lower(): value.strip() for name, _, value in pairs}
    data = parse_json(written[: written.rfind(b"}") + 1]) if b"}" in written else {}
    return {"Code": named.get("code"), "Action": named.get("action"), "Index": named.get("index"), "Data": data}


def _event(found: Mapping[str, object], source: str) -> Reading:
    data = part(found, "Data")
    code = text(found.get("Code")) or text(data.get("Code"))
    action = text(found.get("Action")) or text(data.get("Action"))
    car = part(data, "TrafficCar")
    device = text(car.get("MachineName")) or text(data.get("MachineName")) or text(found.get("SerialNo")) or source
    device_ms = time_ms(data.get("RealUTC")) or time_ms(data.get("UTC"))
    over = action == "Stop"
    if code.startswith("Traffic"):
        return _traffic(data, car, code, device, device_ms)
    facts: dict[str, Fact] = {"label": code}
    if code in _MOTIONS:
        facts["motion"] = not over
        return Reading(device, Kind.CAMERA, Event.STATUS if over else Event.MOTION, facts, device_ms)
    if code in _FAULTS:
        facts["fault"] = not over
        return Reading(device, Kind.CAMERA, Event.STATUS if over else Event.FAULT, facts, device_ms)
    if code == "AlarmLocal":
        facts = {"on": not over}
        put_number(facts, "input", found.get("Index"))
        return Reading(device, Kind.GATE_IO, Event.IO_CHANGE, facts, device_ms)
    if code in _ALARMS:
        facts["alarm"] = not over
        return Reading(device, Kind.CAMERA, Event.STATUS if over else Event.ALARM, facts, device_ms)
    facts["code"] = code
    return Reading(device, Kind.CAMERA, Event.VENDOR_CODE, facts, device_ms)


def _traffic(
    data: Mapping[str, object], car: Mapping[str, object], code: str, device: str, device_ms: int | None
) -> Reading:
    """A vehicle at the gate, with or without a plate."""
    facts: dict[str, Fact] = {}
    bike = part(data, "NonMotor")
    written = (
        text(car.get("PlateNumber")) or text(part(data, "Object").get("Text")) or text(part(bike, "Plate").get("Text"))
    )
    plate = plate_of(written)
    event = Event.PLATE if plate else Event.VEHICLE_NO_PLATE
    if plate:
        facts["plate"] = plate
        color = text(car.get("PlateColor")).lower()
        if color and color != "unknown":
            facts["plate_color"] = color
    put_number(facts, "confidence", part(data, "Object").get("Confidence") if plate else None)
    vehicle = part(data, "Vehicle")
    if bike:
        facts["vehicle"] = "non_motor"
    elif text(vehicle.get("Category")):
        facts["vehicle"] = text(vehicle.get("Category")).lower()
    color = text(bike.get("Color")) or text(car.get("VehicleColor"))
    if color and color.lower() != "unknown":
        facts["vehicle_color"] = color.lower()
    put_number(facts, "lane", data.get("Lane", car.get("Lane")))
    driving = items(car.get("DrivingDirection"))
    put_text(facts, "direction", text(driving[0]).lower() if driving else None)
    if code != "TrafficJunction":
        facts["label"] = code
    key = f"{text(data.get('GroupID'))}/{text(data.get('EventID'))}/{device_ms}" if device_ms is not None else ""
    return Reading(device, Kind.LPR, event, facts, device_ms, key)


def _looks(content: object) -> bool:
    if not isinstance(content, dict):
        return False
    if content.get("method") == "client.notifyEventStream":
        return True
    return "Code" in content and "Action" in content and isinstance(content.get("Data"), dict)


ENVELOPE = Envelope(name="dahua", read=read, looks=_looks, rank=20)
