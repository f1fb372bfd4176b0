"""GB/T 26875.3 without a platform: raw frames, bare application units, their hex or base64, and a terminal's registration.

A gateway forwards the bytes of TCP or UDP as they are. Set ``envelope: gb26875`` for such a source; a bare unit names
nobody, so its device is the source.
"""

from __future__ import annotations

import binascii

from hub.decode.gb26875_frame import START
from hub.decode.gb26875_reading import frame_readings, registered_imei, unit_readings
from hub.decode.port import Context, Envelope
from hub.decode.text import parse_json
from hub.decode.values import part
from hub.errors import DecodeError
from hub.model import Event, Kind, RawMessage, Reading, Undecoded


def read(raw: RawMessage, context: Context) -> tuple[Reading, ...]:
    """Frames, a bare unit, or the registration."""
    data = raw.payload
    if data[:2] != START:
        data = _opened(data)
    if data[:2] == START:
        return frame_readings(data, context.zone)
    if data[:1] == b"{":
        return (_registration(data),)
    return unit_readings(data, context.zone, raw.source)


def _opened(data: bytes) -> bytes:
    """The bytes inside hex or base64 of a frame; the same bytes when this is neither."""
    word = data.strip()
    for start, unpack in ((b"4040", binascii.unhexlify), (b"QE", binascii.a2b_base64)):
        if word.upper().startswith(start):
            try:
                return unpack(word)
            except (binascii.Error, ValueError):
                continue
    return data


def _registration(data: bytes) -> Reading:
    imei = registered_imei(part(parse_json(data)))
    if not imei:
        raise DecodeError(Undecoded.UNKNOWN_FORMAT, "neither a frame of GB/T 26875.3 nor a registration")
    return Reading(imei, Kind.LIFECYCLE, Event.REGISTER, {"imei": imei})


def _looks(content: object) -> bool:
    return isinstance(content, dict) and isinstance(content.get("DEV"), str) and content["DEV"].count(",") >= 2


ENVELOPE = Envelope(name="gb26875", read=read, looks=_looks)
