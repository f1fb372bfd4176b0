"""LORIOT: ``cmd: rx`` with ``EUI``, ``port`` and ``data`` in hex; ``cmd: gw`` tells the same uplink again, with its gateways."""

from __future__ import annotations

from binascii import crc32

from hub.decode.codec import read_uplink
from hub.decode.port import Context, Envelope, Uplink
from hub.decode.text import parse_object
from hub.decode.times import time_ms
from hub.errors import DecodeError
from hub.model import RawMessage, Reading, Undecoded

_MINUTE_MS = 60_000


def _read(raw: RawMessage, context: Context) -> tuple[Reading, ...]:
    content = parse_object(raw.payload)
    if content.get("cmd") not in ("rx", "gw"):
        return ()  # tx and txd answers, cq gateway lists: nothing of a device
    device = content.get("EUI")
    if not isinstance(device, str) or not device:
        raise DecodeError(Undecoded.MISSING_FIELD, "no EUI")
    written = content.get("data")
    if written is None and content.get("encdata"):
        raise DecodeError(Undecoded.UNKNOWN_FORMAT, "encdata: the payload is still encrypted", device=device)
    try:
        data = bytes.fromhex(written) if isinstance(written, str) else b""
    except ValueError as exc:
        raise DecodeError(Undecoded.WRONG_TYPE, "data is not hex", device=device) from exc
    port = content.get("port")
    decoded = content.get("decoded")
    told = decoded.get("data", decoded) if isinstance(decoded, dict) else None
    device_ms = time_ms(content.get("ts"))
    # The minute tells an uplink and its twin (moments apart) from the same counter after a new join.
    minute = device_ms // _MINUTE_MS if device_ms is not None else ""
    return read_uplink(
        context,
        Uplink(device, data, port if isinstance(port, int) else None, None, raw.topic),
        device_ms=device_ms,
        key=f"{content.get('fcnt', '')}/{port}/{crc32(data):08x}/{minute}" if minute else "",
        told=told if isinstance(told, dict) else None,
    )


def _looks(content: object) -> bool:
    return isinstance(content, dict) and "EUI" in content and content.get("cmd") in ("rx", "gw", "tx", "txd")


ENVELOPE = Envelope(name="loriot", read=_read, looks=_looks)
