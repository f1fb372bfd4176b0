"""E1 NB-IoT smoke detectors over OneNET: ``7C | E1 | length u16 | state | buzzer | … | CRC16 | 1C`` in hex.

State: CB heartbeat, CA smoke, C1 low voltage; buzzer 00 muted, 01 normal. The published parser does not name its CRC, so
any of the usual four holds: a frame that fits none is refused.
"""

from __future__ import annotations

from hub.decode.port import Example, Facts, Model, Uplink
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, Undecoded

_STATES: dict[int, tuple[Event, dict[str, Fact]]] = {
    0xCB: (Event.HEARTBEAT, {"alarm": False}),
    0xCA: (Event.ALARM, {"alarm": True}),
    0xC1: (Event.STATUS, {"battery_low": True}),
}


def _crc_right(data: bytes, start: int) -> int:
    """Polynomial 8005, bits right to left: Modbus (FFFF) and ARC (0000)."""
    crc = start
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def _crc_left(data: bytes, start: int) -> int:
    """Polynomial 1021, bits left to right: CCITT (FFFF) and XMODEM (0000)."""
    crc = start
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def _packet(data: bytes) -> bytes:
    """From the first 7C to the last 1C; raises DecodeError(truncated, bad_checksum)."""
    first, last = data.find(b"\x7c"), data.rfind(b"\x1c")
    packet = data[first : last + 1] if first >= 0 else b""
    if len(packet) < 8:
        raise DecodeError(Undecoded.TRUNCATED, "no packet from 7C to 1C")
    told = {int.from_bytes(packet[-3:-1], "big"), int.from_bytes(packet[-3:-1], "little")}
    counted = {crc(packet[1:-3], start) for crc in (_crc_right, _crc_left) for start in (0, 0xFFFF)}
    if not told & counted:
        raise DecodeError(Undecoded.BAD_CHECKSUM, f"CRC {packet[-3:-1].hex()} fits none of the usual ones")
    return packet


def _decode(uplink: Uplink) -> list[Facts]:
    packet = _packet(uplink.data)
    event, known = _STATES.get(packet[4], (Event.VENDOR_CODE, {"code": f"0x{packet[4]:02x}"}))
    facts = dict(known)
    if len(packet) > 8 and packet[5] in (0, 1):
        facts["muted"] = packet[5] == 0
    return [Facts(event, facts)]


MODEL = Model(
    name="e1/nb-smoke",
    kind=Kind.SMOKE,
    title="E1 NB 烟感 (7C…1C)",
    decode=_decode,
    recognises=lambda uplink: uplink.port is None and uplink.data[:2] == b"\x7c\xe1" and uplink.data[-1:] == b"\x1c",
    examples=(
        Example(
            hex="7ce10002ca01b6ae1c",
            meaning={"event": "alarm", "alarm": True, "muted": False},
            source="composed from the layout in a public parser of these devices' OneNET pushes",
        ),
    ),
)
