"""Readings of GB/T 26875.3 bytes, for every platform that carries them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo

import msgspec

from hub.decode.gb26875_frame import ACKNOWLEDGE, OF_THE_CENTRE, REJECT, Found, Frame, read_frames, read_unit
from hub.decode.values import text
from hub.errors import DecodeError
from hub.model import Event, Kind, Reading


def frame_readings(data: bytes, zone: tzinfo, device: str = "", platform_ms: int | None = None) -> tuple[Reading, ...]:
    """Readings of every frame; the device is the platform's address for it, else the frame's source.

    A fire that somebody's clock dates wrongly is still a fire: the time is only passed on. Raises DecodeError.
    """
    try:
        frames = read_frames(data, zone)
        return tuple(reading for frame in frames for reading in _frame(frame, zone, device, platform_ms))
    except DecodeError as exc:
        exc.device = exc.device or device
        raise


def registered_imei(found: Mapping[str, object]) -> str:
    """The IMEI in ``{"DEV":"3A24,00000050,<imei>,<imsi>"}``, an NB terminal's word before its first frame; "" for none."""
    words = text(found.get("DEV")).split(",")
    return next((word for word in words if len(word) == 15 and word.isdigit()), "")


def _frame(frame: Frame, zone: tzinfo, device: str, platform_ms: int | None) -> list[Reading]:
    who = device or frame.source
    told_ms = frame.device_ms if frame.device_ms is not None else platform_ms
    if frame.command in OF_THE_CENTRE:
        return []
    if not frame.unit:
        event = {ACKNOWLEDGE: Event.DOWNLINK_ACK, REJECT: Event.DOWNLINK_FAILED}.get(frame.command, Event.HEARTBEAT)
        return [Reading(who, Kind.LIFECYCLE, event, {"source_addr": frame.source}, told_ms)]
    readings = []
    for index, found in enumerate(read_unit(frame.unit, zone)):
        found.facts["source_addr"] = frame.source
        found.facts["target_addr"] = frame.target
        # PART_STATE and SYSTEM_STATE are what a bare unit says; in a frame it is the device's status.
        event = Event.STATUS if found.event is Event.PART_STATE else found.event
        key = f"{frame.sequence}/{frame.device_ms}/{index}" if frame.device_ms is not None else ""
        readings.append(_reading(who, msgspec.structs.replace(found, event=event), told_ms, key))
    return readings


def unit_readings(unit: bytes, zone: tzinfo, device: str) -> tuple[Reading, ...]:
    """Readings of a bare application unit, as some gateways pass it on. Raises DecodeError."""
    return tuple(_bare(device, found) for found in read_unit(unit, zone))


def _bare(device: str, found: Found) -> Reading:
    event = Event.PART_STATE if found.event is Event.FAULT and "part_status" in found.facts else found.event
    return _reading(device, msgspec.structs.replace(found, event=event), None, "")


def _reading(device: str, found: Found, told_ms: int | None, key: str) -> Reading:
    at_ms = found.device_ms if found.device_ms is not None else told_ms
    return Reading(device, found.kind, found.event, found.facts, at_ms, key)
