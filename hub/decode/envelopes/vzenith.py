"""臻识 Vzenith plate cameras: three MQTT layouts, the HTTP push, and the TCP socket.

Source: open.vzicloud.com, MQTT protocol (ivs_result, gpio_in, keep_alive, barr_gate_status), and VzClientSDK constants.

* ``device/{sn}/message/up/{name}`` and the older ``{sn}/device/message/up/{name}``; the body stands under ``payload`` or
  ``payload.body``;
* ``/device/push/result`` of repacked firmware: plates and heartbeats alike under ``AlarmInfoPlate``, as in the HTTP push;
* socket: ``{"cmd": "ivs_result", "PlateResult": {...}}``, which does not say whose it is.

keep_alive was seen with a NUL byte before its JSON. ``isoffline: 1`` is a record replayed after an outage.

HOT PATH: plates take one typed decode, which skips the pictures inside.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from hub.decode.plates import plate_of
from hub.decode.port import Context, Envelope
from hub.decode.text import parse_object
from hub.decode.values import flag, number, part, put_number, put_text, text, whole
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, RawMessage, Reading, Undecoded

_COLORS = {1: "blue", 2: "yellow", 3: "white", 4: "black", 5: "green", 6: "yellow_green"}
_DIRECTIONS = {1: "left", 2: "right", 3: "up", 4: "down"}
"""Of travel in the picture: down comes towards the camera."""
_TRIGGERS = {
    1: "auto", 2: "external", 4: "software", 8: "virtual_loop", 64: "lingers", 65: "lingers_no_more", 66: "turned_back",
}  # fmt: skip
_NO_PASSAGE = frozenset({64, 65, 66})
"""Triggers that tell of a car which was read already: a second passage of it would be one too many."""
_GATE_OPEN = {0: False, 1: True}
"""Another status is on its way, neither open nor closed."""


class _Timeval(msgspec.Struct, gc=False):
    sec: int = 0
    usec: int = 0


class _Stamp(msgspec.Struct, gc=False):
    Timeval: _Timeval | None = None


class _Plate(msgspec.Struct, gc=False):
    license: str = ""
    confidence: int | None = None
    direction: int = 0
    colorType: int = 0
    triggerType: int = 0
    isoffline: int | bool = 0
    is_encrypted: int | bool = 0
    enable_encrypt: int | bool = 0
    plateid: int = 0
    timeStamp: _Stamp | None = None


class _Result(msgspec.Struct, gc=False):
    PlateResult: _Plate | None = None


class _Info(msgspec.Struct, gc=False):
    serialno: str = ""
    result: _Result | None = None
    heartbeat: int | str | None = None


class _Body(msgspec.Struct, gc=False):
    AlarmInfoPlate: _Info | None = None


class _Payload(msgspec.Struct, gc=False):
    AlarmInfoPlate: _Info | None = None
    body: _Body | None = None


class _Message(msgspec.Struct, gc=False):
    """Whatever layout a plate comes in."""

    id: str | int = ""
    sn: str = ""
    timestamp: int = 0
    payload: _Payload | None = None
    AlarmInfoPlate: _Info | None = None
    PlateResult: _Plate | None = None


_decode = msgspec.json.Decoder(_Message).decode


def read(raw: RawMessage, _context: Context) -> tuple[Reading, ...]:
    """One reading of one camera."""
    levels = raw.topic.split("/")
    name = levels[-1]
    if name in ("result", "ivs_result") or "message" not in levels:
        try:
            message = _decode(raw.payload)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return _slowly(raw, levels, name)
        info = message.AlarmInfoPlate
        if info is None and message.payload is not None:
            inner = message.payload
            info = inner.AlarmInfoPlate or (None if inner.body is None else inner.body.AlarmInfoPlate)
        plate = message.PlateResult
        if info is not None and info.result is not None:
            plate = info.result.PlateResult
        if plate is not None:
            device = message.sn or _serial_in(levels) or ("" if info is None else info.serialno)
            key = message.id if type(message.id) is str else ""
            # The socket's JSON is nobody's: the connection is the camera, and the source is the connection.
            return (_plate(plate, device or raw.source, key, message.timestamp),)
    return _slowly(raw, levels, name)


def _plate(plate: _Plate, device: str, key: str, sent_s: int) -> Reading:
    facts: dict[str, Fact] = {}
    event = Event.PLATE
    read_plate = None if plate.is_encrypted or plate.enable_encrypt else plate_of(plate.license)
    if read_plate:
        facts["plate"] = read_plate
        color = _COLORS.get(plate.colorType)
        if color is not None:
            facts["plate_color"] = color
    elif read_plate is None and plate.license:
        # Cipher must never be shown as a plate.
        event = Event.PLATE_ENCRYPTED
        facts["encrypted"] = True
    else:
        event = Event.VEHICLE_NO_PLATE
    if plate.confidence is not None:
        facts["confidence"] = plate.confidence
    direction = _DIRECTIONS.get(plate.direction)
    if direction is not None:
        facts["direction"] = direction
    if plate.triggerType in _NO_PASSAGE:
        event = Event.TRIGGER
    trigger = _TRIGGERS.get(plate.triggerType)
    if trigger is not None:
        facts["trigger"] = trigger
    historical = bool(plate.isoffline)
    if historical:
        facts["offline_record"] = True
    stamp = None if plate.timeStamp is None else plate.timeStamp.Timeval
    device_ms = None
    if stamp is not None and stamp.sec > 0:
        device_ms = stamp.sec * 1000 + stamp.usec // 1000
        # A socket's id counts from every start of the camera: only with its time does it name one record.
        key = key or f"{plate.plateid}/{stamp.sec}.{stamp.usec}"
    elif sent_s > 0:
        device_ms = sent_s * 1000
    return Reading(device, Kind.LPR, event, facts, device_ms, key, historical)


def _slowly(raw: RawMessage, levels: list[str], name: str) -> tuple[Reading, ...]:
    """Everything but a well-formed plate. Raises DecodeError."""
    try:
        found = parse_object(raw.payload)
    except DecodeError:
        if name != "keep_alive" or not _serial_in(levels):
            raise
        # Whatever stands in it, its topic says who lives.
        return (Reading(_serial_in(levels), Kind.LIFECYCLE, Event.HEARTBEAT, {"alarm": False}),)
    name = text(found.get("name")) or text(found.get("cmd")) or name
    if levels[-1] == "reply" or "down" in levels[-3:]:
        name = "reply"
    payload = part(found, "payload")
    body = part(payload, "body") or payload or found
    info = part(body, "AlarmInfoPlate") or part(payload, "AlarmInfoPlate") or part(found, "AlarmInfoPlate")
    wrapped = info or part(body, "AlarmGioIn") or part(body, "SerialData") or part(body, "heartbeat")
    device = text(found.get("sn")) or _serial_in(levels) or text(wrapped.get("serialno")) or text(found.get("serialno"))
    sent_s = whole(found.get("timestamp"))
    device_ms = sent_s * 1000 if sent_s is not None and sent_s > 0 else None
    key = text(found.get("id")) if isinstance(found.get("id"), str) else ""
    plate = part(info, "result", "PlateResult") or part(found, "PlateResult")
    if plate:
        return (_plate(_mended(plate), device or raw.source, key, sent_s or 0),)
    kind, event, facts = _other(name, body, info)
    if not device and kind is Kind.UNKNOWN:
        return ()  # an answer to our own picture request
    return (Reading(device or raw.source, kind, event, facts, device_ms, key),)


def _other(name: str, body: Mapping[str, object], info: Mapping[str, object]) -> tuple[Kind, Event, dict[str, Fact]]:
    facts: dict[str, Fact] = {}
    if name in ("keep_alive", "heartbeat") or "heartbeat" in info or "heartbeat" in body:
        facts["alarm"] = False
        return Kind.LIFECYCLE, Event.HEARTBEAT, facts
    if name == "gpio_in" or "AlarmGioIn" in body:
        # Some firmware leaves the three wrappers out.
        trigger = part(body, "AlarmGioIn", "result", "TriggerResult") or body
        put_number(facts, "input", trigger.get("source"))
        value = whole(trigger.get("value"))
        if value in (0, 1):
            facts["on"] = value == 1
        elif value == 2:
            facts["press"] = "pulse"
        return Kind.GATE_IO, Event.IO_CHANGE, facts
    if name == "barr_gate_status" or "gate_status" in body:
        return Kind.GATE, Event.STATUS, _gate(body)
    if name == "reply":
        put_text(facts, "code", body.get("code"))
        return Kind.LIFECYCLE, Event.DOWNLINK_ACK, facts
    if name == "serial_data" or "SerialData" in body:
        put_number(facts, "channel", part(body, "SerialData").get("serialChannel"))
        return Kind.GATE_IO, Event.RAW, facts
    if name == "snapshot":
        return Kind.CAMERA, Event.TRIGGER, facts
    if name in ("offline", "online"):
        return Kind.LIFECYCLE, Event(name), facts
    if name == "TriggerImage":
        return Kind.UNKNOWN, Event.RAW, facts
    raise DecodeError(Undecoded.UNKNOWN_FORMAT, f"no layout of a Vzenith camera: {name[:40]}")


def _gate(body: Mapping[str, object]) -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    status = whole(body.get("gate_status"))
    connected = flag(body.get("connect_status"))
    # A barrier that is not connected, or whose reporting is off, tells its last state, which is not its state.
    if connected is not False and flag(body.get("enable")) is not False:
        opened = _GATE_OPEN.get(-1 if status is None else status)
        if opened is not None:
            facts["open"] = opened
        elif status is not None:
            facts["state"] = "moving"
    if connected is not None:
        facts["fault"] = not connected
    put_number(facts, "channel", body.get("gate_ctrl_id"))
    return facts


def _mended(plate: Mapping[str, object]) -> _Plate:
    """A plate whose types surprise."""
    stamp = part(plate, "timeStamp", "Timeval")
    confidence = number(plate.get("confidence"))
    return _Plate(
        license=text(plate.get("license")),
        confidence=None if confidence is None else int(confidence) if abs(confidence) < 1e6 else None,
        direction=whole(plate.get("direction")) or 0,
        colorType=whole(plate.get("colorType")) or 0,
        triggerType=whole(plate.get("triggerType")) or 0,
        isoffline=bool(flag(plate.get("isoffline"))),
        is_encrypted=_set(plate.get("is_encrypted")),
        enable_encrypt=_set(plate.get("enable_encrypt")),
        plateid=whole(plate.get("plateid")) or 0,
        timeStamp=_Stamp(_Timeval(whole(stamp.get("sec")) or 0, whole(stamp.get("usec")) or 0)),
    )


def _set(value: object) -> bool:
    """Encryption is on for any value but a clear no."""
    return value not in (None, "", 0) and flag(value) is not False


def _serial_in(levels: list[str]) -> str:
    """The serial number in a topic of either layout."""
    if "message" not in levels or "device" not in levels[:-1]:
        return ""
    index = levels.index("device")
    if levels[index + 1] != "message":
        return levels[index + 1]
    return levels[index - 1] if index else ""


def _ours(_topic: str, levels: list[str]) -> bool:
    if "device" not in levels:
        return False
    if levels[-3:] == ["device", "push", "result"]:
        return True
    direction = levels[-2] if levels[-1] != "reply" else levels[-3]
    return len(levels) >= 4 and "message" in levels and direction in ("up", "down") and "sys" not in levels


def _looks(content: object) -> bool:
    if not isinstance(content, dict):
        return False
    if "AlarmInfoPlate" in content or "AlarmGioIn" in content:
        return True
    return "PlateResult" in content and "cmd" in content


ENVELOPE = Envelope(name="vzenith", read=read, topics=_ours, looks=_looks, rank=10)
