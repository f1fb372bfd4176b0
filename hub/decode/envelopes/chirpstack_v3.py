"""ChirpStack v3 and Milesight gateways: flat JSON with ``devEUI`` and base64 ``data``; topics are the user's choice.

A gateway was seen to write the time as ``2020-0327T12:39:05.547336Z``. ChirpStack's own v3 marshaler writes the EUI in
base64, Milesight in hex.
"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64

from hub.decode.codec import read_uplink
from hub.decode.port import Context, Envelope, Uplink
from hub.decode.text import parse_object
from hub.decode.times import time_ms
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, RawMessage, Reading, Undecoded


def read(raw: RawMessage, context: Context) -> tuple[Reading, ...]:
    """An uplink, or one of the other events by the topic's last level."""
    content = parse_object(raw.payload)
    device = _eui(content.get("devEUI"))
    written = content.get("time") or content.get("publishedAt")
    device_ms = time_ms(written)
    event = _EVENTS.get(raw.topic.rpartition("/")[2])
    if event is not None:
        return (Reading(device, Kind.LIFECYCLE, event, _facts(event, content), device_ms),)
    port = content.get("fPort")
    decoded = content.get("object") or content.get("objectJSON")
    if isinstance(decoded, str):
        decoded = parse_object(decoded.encode()) if decoded.startswith("{") else None
    profiles = [content.get("deviceProfileName"), content.get("applicationName")]
    name = content.get("deviceName")
    return read_uplink(
        context,
        Uplink(
            device,
            _bytes(content.get("data"), device),
            port if isinstance(port, int) else None,
            decoded if isinstance(decoded, dict) else None,
            raw.topic,
        ),
        *(profile for profile in profiles if isinstance(profile, str)),
        name=name if isinstance(name, str) else "",
        device_ms=device_ms,
        key=f"{content.get('devAddr', '')}/{content.get('fCnt', '')}/{written}" if written else "",
    )


def _facts(event: Event, content: dict[str, object]) -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    if event is Event.DOWNLINK_ACK:
        facts["acknowledged"] = content.get("acknowledged") is True
    if event is Event.BATTERY:
        if content.get("externalPowerSource") is True:
            facts["mains_power"] = True
        for name, key in (("battery_pct", "batteryLevel"), ("margin", "margin")):
            value = content.get(key)
            if type(value) in (int, float) and not (name == "battery_pct" and content.get("batteryLevelUnavailable")):
                facts[name] = value  # type: ignore[assignment]
    return facts


def _eui(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise DecodeError(Undecoded.MISSING_FIELD, "no devEUI")
    if len(value) == 12:
        try:
            return b64decode(value, validate=True).hex()
        except NotBase64:
            return value
    return value


def _bytes(value: object, device: str) -> bytes:
    if value is None:
        return b""
    if not isinstance(value, str):
        raise DecodeError(Undecoded.WRONG_TYPE, "data is not text", device=device)
    try:
        return b64decode(value, validate=True)
    except ValueError as exc:
        raise DecodeError(Undecoded.WRONG_TYPE, "data is not base64", device=device) from exc


_EVENTS = {
    "join": Event.JOIN,
    "status": Event.BATTERY,
    "ack": Event.DOWNLINK_ACK,
    "txack": Event.DOWNLINK_SENT,
    "error": Event.LOG_ERROR,
    "location": Event.LOCATION,
}


def _topics(_: str, levels: list[str]) -> bool:
    # v3 before 3.11: application/1/device/0102030405060708/rx
    return len(levels) == 5 and levels[0] == "application" and levels[2] == "device" and levels[4] == "rx"


def _looks(content: object) -> bool:
    return isinstance(content, dict) and "devEUI" in content and ("data" in content or "object" in content)


ENVELOPE = Envelope(name="chirpstack_v3", read=read, topics=_topics, looks=_looks)
