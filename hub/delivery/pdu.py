"""SMS in PDU mode: text -> SMS-SUBMIT in UCS-2, SMS-DELIVER -> sender and text. Pure.

3GPP TS 23.040 (9.2.2 SMS-SUBMIT and SMS-DELIVER, 9.1.2.5 addresses, 9.2.3.24.1 concatenation) and TS 23.038 (alphabets).
"""

from __future__ import annotations

import msgspec

WHOLE = 70
"""UCS-2 characters of an SMS that stands alone: 140 bytes."""
PART = 67
"""The same with the 6 bytes of a concatenation header."""

INTERNATIONAL = 0x91
NATIONAL = 0x81
CONCATENATED = 0x40
GSM = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The GSM 7 bit default alphabet; its extension (after the escape) holds nothing that an answer needs."""


class Pdu(msgspec.Struct, frozen=True):
    """What AT+CMGS wants: the octets in hex, and how many of them follow the service centre's address."""

    hex: str
    length: int


class Delivered(msgspec.Struct, frozen=True):
    """An SMS that came in."""

    sender: str
    text: str


def submit(number: str, text: str, reference: int) -> list[Pdu]:
    """One PDU, or several with a concatenation header when the text has more than 70 UTF-16 units."""
    units = text.encode("utf-16-be")
    if len(units) <= 2 * WHOLE:
        return [_submit(number, b"", units)]
    parts = _split(units)
    return [
        _submit(number, bytes((5, 0, 3, reference & 0xFF, len(parts), index)), part)
        for index, part in enumerate(parts, 1)
    ]


def _split(units: bytes) -> list[bytes]:
    """Pieces of at most 67 units, never between the halves of a surrogate pair."""
    parts, start = [], 0
    while start < len(units):
        end = min(start + 2 * PART, len(units))
        if end < len(units) and 0xD8 <= units[end - 2] <= 0xDB:
            end -= 2
        parts.append(units[start:end])
        start = end
    return parts


def _submit(number: str, header: bytes, units: bytes) -> Pdu:
    digits = number.removeprefix("+")
    kind = INTERNATIONAL if number.startswith("+") else NATIONAL
    content = header + units
    octets = bytes((0x01 | (CONCATENATED if header else 0), 0, len(digits), kind))
    octets += _swapped(digits) + bytes((0, 0x08, len(content))) + content
    return Pdu("00" + octets.hex().upper(), len(octets))  # 00: the service centre that the SIM knows


def _swapped(digits: str) -> bytes:
    """Semi-octets: each pair of digits reversed, filled up with F."""
    filled = digits + "F" * (len(digits) % 2)
    return bytes.fromhex("".join(filled[at + 1] + filled[at] for at in range(0, len(filled), 2)))


def delivered(hex_: str) -> Delivered | None:
    """Sender and text of an SMS-DELIVER; None for what is none (a status report) or cannot be read."""
    try:
        return _delivered(bytes.fromhex(hex_))
    except (ValueError, IndexError, UnicodeDecodeError):
        return None


def _delivered(octets: bytes) -> Delivered | None:
    at = 1 + octets[0]
    first = octets[at]
    if first & 0x03 != 0:
        return None
    digits, kind = octets[at + 1], octets[at + 2]
    at += 3
    address = octets[at : at + (digits + 1) // 2]
    at += len(address) + 1  # the protocol identifier
    coding, length = octets[at], octets[at + 8]
    content = octets[at + 9 :]
    skip = 1 + content[0] if first & CONCATENATED else 0
    return Delivered(_address(address, digits, kind), _text(content, length, skip, coding))


def _address(octets: bytes, digits: int, kind: int) -> str:
    if kind & 0x70 == 0x50:  # a name in the 7 bit alphabet
        return _gsm(octets, digits * 4 // 7, 0)
    shown = "".join(f"{octet & 0x0F:x}{octet >> 4:x}" for octet in octets)[:digits]
    if not shown.isdigit():
        raise ValueError(shown)
    return f"+{shown}" if kind & 0x70 == 0x10 else shown


def _text(content: bytes, length: int, skip: int, coding: int) -> str:
    """By the alphabet of the data coding scheme: UCS-2, 8 bit data, or the 7 bit default."""
    alphabet = coding & 0x0C if coding & 0xC0 == 0 else 0
    if alphabet == 0x08:
        return content[skip:length].decode("utf-16-be")
    if alphabet == 0x04:
        return content[skip:length].decode("latin-1")
    return _gsm(content, length, (skip * 8 + 6) // 7)


def _gsm(octets: bytes, septets: int, skip: int) -> str:
    bits = int.from_bytes(octets, "little")
    return "".join(GSM[bits >> (7 * at) & 0x7F] for at in range(skip, septets))
