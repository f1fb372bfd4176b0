"""The two protobuf messages of Feishu's long connection, read and written by hand: nothing else here speaks protobuf.

Fields (pbbp2, as in the vendor's SDKs larksuite/oapi-sdk-go and -python): Header {1 key, 2 value}; Frame {1 SeqID, 2 LogID,
3 service, 4 method, 5 headers, 6 payload_encoding, 7 payload_type, 8 payload, 9 LogIDNew}. Wire types: 0 varint, 1 eight
bytes, 2 length and bytes, 5 four bytes (protobuf.dev/programming-guides/encoding). Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from hub.errors import DecodeError

CONTROL, DATA = 0, 1
_MASK_64 = (1 << 64) - 1


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """One frame; ``headers`` in their order."""

    seq: int = 0
    log: int = 0
    service: int = 0
    method: int = CONTROL
    headers: tuple[tuple[str, str], ...] = ()
    payload_encoding: str = ""
    payload_type: str = ""
    payload: bytes = b""
    log_new: str = ""

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    def number(self, name: str) -> int:
        """A header that counts, 0 when it is missing or no number."""
        value = self.header(name)
        return int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else 0


def write_frame(frame: Frame) -> bytes:
    """The numbers always (they are required), text and bytes where there are any."""
    parts = [
        _field(1, frame.seq),
        _field(2, frame.log),
        _field(3, frame.service),
        _field(4, frame.method),
        *(_field(5, _field(1, key.encode()) + _field(2, value.encode())) for key, value in frame.headers),
    ]
    texts = ((6, frame.payload_encoding.encode()), (7, frame.payload_type.encode()), (8, frame.payload))
    parts += [_field(number, value) for number, value in (*texts, (9, frame.log_new.encode())) if value]
    return b"".join(parts)


def read_frame(raw: bytes) -> Frame:
    """Raises DecodeError for what is no frame; fields that we do not know are skipped."""
    numbers: dict[int, int] = {}
    texts: dict[int, bytes] = {}
    headers: list[tuple[str, str]] = []
    for number, value in _fields(raw):
        if isinstance(value, int):
            numbers[number] = value
        elif number == 5:
            pair = {n: v for n, v in _fields(value) if isinstance(v, bytes)}
            headers.append((_text(pair.get(1, b"")), _text(pair.get(2, b""))))
        else:
            texts[number] = value
    return Frame(
        seq=numbers.get(1, 0),
        log=numbers.get(2, 0),
        service=_signed(numbers.get(3, 0)),
        method=_signed(numbers.get(4, 0)),
        headers=tuple(headers),
        payload_encoding=_text(texts.get(6, b"")),
        payload_type=_text(texts.get(7, b"")),
        payload=texts.get(8, b""),
        log_new=_text(texts.get(9, b"")),
    )


def _field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value & _MASK_64)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _fields(raw: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(raw):
        tag, at = _read_varint(raw, at)
        wire = tag & 7
        if wire == 0:
            number, at = _read_varint(raw, at)
            yield tag >> 3, number
            continue
        if wire == 2:
            length, at = _read_varint(raw, at)
        elif wire in (1, 5):
            length = 8 if wire == 1 else 4
        else:
            raise DecodeError("invalid", f"wire type {wire}")
        if length > len(raw) - at:
            raise DecodeError("invalid", "the frame ends too early")
        if wire == 2:
            yield tag >> 3, raw[at : at + length]
        at += length


def _read_varint(raw: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(raw):
            raise DecodeError("invalid", "the frame ends too early")
        byte = raw[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & _MASK_64, at
    raise DecodeError("invalid", "a number of more than ten bytes")


def _signed(value: int) -> int:
    """int32 as protobuf writes it: negative ones in 64 bits."""
    return value - (1 << 64) if value >> 63 else value


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as exc:
        raise DecodeError("invalid", "text that is no UTF-8") from exc
