"""Huawei OceanConnect, and the Telecom NB platforms that were built on it.

Source: OceanConnect northbound API, notifications. ``notifyType``: deviceDataChanged (one ``service``),
deviceDatasChanged (``services``), deviceInfoChanged (``deviceInfo.status``), deviceAdded, bindDevice, deviceDeleted,
commandRsp. ``eventTime`` is compact: 20200401T182505Z.
"""

from __future__ import annotations

import re
from binascii import Error as NotBase64
from binascii import a2b_base64
from collections.abc import Mapping

from hub.decode.platform_objects import bytes_readings, marked, object_readings, pushed_key
from hub.decode.port import Context, Envelope
from hub.decode.text import parse_json
from hub.decode.times import time_ms
from hub.decode.values import items, part, text
from hub.errors import DecodeError
from hub.model import Event, Kind, RawMessage, Reading, Undecoded

_IMEI = re.compile(r"I(\d{15})H", re.ASCII)
_LIVES = {
    "deviceAdded": Event.JOIN,
    "bindDevice": Event.JOIN,
    "deviceDeleted": Event.OFFLINE,
    "commandRsp": Event.DOWNLINK_ACK,
    "deviceOnline": Event.ONLINE,
    "deviceOffline": Event.OFFLINE,
}


def read(raw: RawMessage, context: Context) -> tuple[Reading, ...]:
    """Readings of each service in a notification."""
    readings: list[Reading] = []
    for message in items(parse_json(raw.payload)):
        readings += _notification(part(message), context)
    return tuple(readings)


def _notification(found: Mapping[str, object], context: Context) -> tuple[Reading, ...]:
    kind = text(found.get("notifyType"))
    platform_id = text(found.get("deviceId")) or text(part(found, "deviceInfo").get("deviceId"))
    services = [part(found, "service")] if "service" in found else [part(each) for each in items(found.get("services"))]
    if kind in ("deviceDataChanged", "deviceDatasChanged"):
        readings: list[Reading] = []
        for service in services:
            data = part(service, "data")
            # devId is the number on the detector; the platform's id changes when it is registered again.
            device = text(data.get("devId")) or text(data.get("IMEI")) or text(data.get("imei")) or _inside(data)
            device = device or platform_id
            at_ms, key = time_ms(service.get("eventTime")), pushed_key(service.get("eventTime"), service)
            packed = _packed(data)
            if packed is not None:
                readings += bytes_readings(context, device, packed, device_ms=at_ms, key=key, platform_id=platform_id)
                continue
            readings += object_readings(
                context,
                device,
                data,
                service=text(service.get("serviceId")),
                device_ms=at_ms,
                key=key,
                platform_id=platform_id,
            )
        return tuple(readings)
    if not platform_id:
        raise DecodeError(Undecoded.MISSING_FIELD, "a notification of OceanConnect has a deviceId")
    device_ms = time_ms(found.get("eventTime"))
    status = text(part(found, "deviceInfo").get("status")).upper()
    event = _LIVES.get(kind, Event.DEVICE_INFO)
    if kind == "deviceInfoChanged" and status in ("ONLINE", "OFFLINE", "ABNORMAL"):
        event = Event.ONLINE if status == "ONLINE" else Event.OFFLINE
    return marked((Reading(platform_id, Kind.LIFECYCLE, event, {}, device_ms),), platform_id)


def _packed(data: Mapping[str, object]) -> bytes | None:
    """A maker's own bytes, when a service holds nothing else: base64 under the platform's name for them."""
    packed = data.get("rawData")
    if len(data) != 1 or not isinstance(packed, str) or not packed:
        return None
    try:
        return a2b_base64(packed, strict_mode=True)
    except NotBase64:
        return None


def _inside(data: Mapping[str, object]) -> str:
    """The IMEI in a line such as ``N311V31I865815040244829H…``."""
    found = _IMEI.search(text(data.get("Data")))
    return found.group(1) if found else ""


def _looks(content: object) -> bool:
    if isinstance(content, list):
        return bool(content) and _looks(content[0])
    return isinstance(content, dict) and "notifyType" in content and ("deviceId" in content or "deviceInfo" in content)


ENVELOPE = Envelope(name="oceanconnect", read=read, looks=_looks, rank=10)
