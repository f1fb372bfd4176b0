"""GB/T 26875.3-2011: the frame of a user information transmission device, and the units inside.

``40 40 | seq u16 | version 2 | time 6 | source 6 | target 6 | length u16 | command 1 | unit | checksum | 23 23``, little
endian; checksum = sum of bytes 3 to the end of the unit, mod 256. Times are local, without a zone (the standard is
Chinese: +08:00), seconds first. Real NB terminals leave the 31-byte description of a part out, and some write one
time for all objects of a unit.

Bit 0 of a state is "normal monitoring" (1) or "test" (0), and real controllers send a fire with bit 0 unset: a fire
bit always counts. A state of all zeros says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo

import msgspec

from hub.decode.port import CHINA
from hub.errors import DecodeError
from hub.model import Event, Fact, Kind, Undecoded

START = b"@@"
_END = b"##"
_AROUND = 30
"""Bytes of a frame besides its unit."""

SEND, ACKNOWLEDGE, REJECT = 2, 3, 6
OF_THE_CENTRE = frozenset({1, 4})
"""Control and request go down to the device."""


class Frame(msgspec.Struct, frozen=True):
    """One frame whose checksum holds."""

    sequence: int
    device_ms: int | None
    source: str
    """Six bytes in hex, highest first."""
    target: str
    command: int
    unit: bytes


class Found(msgspec.Struct, frozen=True):
    """What one object of a unit says."""

    kind: Kind
    event: Event
    facts: dict[str, Fact]
    device_ms: int | None = None


def read_frames(data: bytes, zone: tzinfo = CHINA) -> list[Frame]:
    """Every frame in these bytes; raises DecodeError(truncated, bad_checksum, unknown_format)."""
    frames = []
    at = 0
    while at < len(data):
        frame, at = _read_frame(data, at, zone)
        frames.append(frame)
    if not frames:
        raise DecodeError(Undecoded.TRUNCATED, "no frame of GB/T 26875.3")
    return frames


def _read_frame(data: bytes, at: int, zone: tzinfo) -> tuple[Frame, int]:
    if data[at : at + 2] != START:
        raise DecodeError(
            Undecoded.UNKNOWN_FORMAT, f"a frame of GB/T 26875.3 starts with 4040, not {data[at : at + 2].hex()}"
        )
    if len(data) < at + _AROUND:
        raise DecodeError(Undecoded.TRUNCATED, f"{len(data) - at} bytes; a frame has at least {_AROUND}")
    length = int.from_bytes(data[at + 24 : at + 26], "little")
    end = at + 27 + length
    if length > 1024 or len(data) < end + 3:
        raise DecodeError(Undecoded.TRUNCATED, f"the unit has {length} bytes, the message ends before")
    told, counted = data[end], sum(data[at + 2 : end]) & 0xFF
    if told != counted or data[end + 1 : end + 3] != _END:
        raise DecodeError(Undecoded.BAD_CHECKSUM, f"checksum {told:#04x}, expected {counted:#04x}")
    frame = Frame(
        sequence=int.from_bytes(data[at + 2 : at + 4], "little"),
        device_ms=local_ms(data[at + 6 : at + 12], zone),
        source=data[at + 12 : at + 18][::-1].hex(),
        target=data[at + 18 : at + 24][::-1].hex(),
        command=data[at + 26],
        unit=data[at + 27 : end],
    )
    return frame, end + 3


def local_ms(six: bytes, zone: tzinfo = CHINA) -> int | None:
    """Second, minute, hour, day, month, year since 2000; None when this is no time."""
    if len(six) != 6:
        return None
    try:
        moment = datetime(2000 + six[5], six[4], six[3], six[2], six[1], six[0], tzinfo=zone)
        return int(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


# ── units ────────────────────────────────────────────────────────────────────────────────────────────────────────────

_DESCRIBED = 31
_SYSTEM, _PART, _ANALOG, _OPERATION, _TRANSMITTER, _TRANSMITTER_OPERATION = 1, 2, 3, 4, 21, 24
_SIZES = {
    _SYSTEM: (4,), _PART: (9 + _DESCRIBED, 9), _ANALOG: (10,), _OPERATION: (4,), _TRANSMITTER: (1,), _TRANSMITTER_OPERATION: (2,),
}  # fmt: skip
"""Bytes of one object without its time."""
_ABOUT = {5: Event.VERSION_REPORT, 25: Event.VERSION_REPORT, 6: Event.CONFIG_REPORT, 7: Event.CONFIG_REPORT,
          26: Event.CONFIG_REPORT, 8: Event.HEARTBEAT, 28: Event.HEARTBEAT}  # fmt: skip
_ANALOG_FACTS = {
    2: ("level_cm", 1.0), 3: ("temperature", 0.1), 4: ("pressure_kpa", 100.0), 5: ("pressure_kpa", 0.1), 6: ("concentration", 0.1),
}  # fmt: skip
"""Table of analog types: 0.01 m, 0.1 °C, 0.1 MPa, 0.1 kPa, 0.1 % LEL. 128 and above are the maker's own."""


def read_unit(unit: bytes, zone: tzinfo = CHINA) -> list[Found]:
    """What an application unit says, one entry an object; raises DecodeError(truncated, unknown_format)."""
    if len(unit) < 2:
        raise DecodeError(Undecoded.TRUNCATED, "an application unit has a type and a count")
    kind, count = unit[0], unit[1]
    if kind in _ABOUT:
        return [Found(Kind.FIRE_PANEL, _ABOUT[kind], {})]
    if kind not in _SIZES:
        raise DecodeError(Undecoded.UNKNOWN_FORMAT, f"application unit of type {kind}")
    objects = list(_objects(unit, count, _SIZES[kind], zone))
    if kind == _PART:
        return [_part(each, at_ms) for each, at_ms in objects]
    if kind == _SYSTEM:
        return [_system(each, at_ms) for each, at_ms in objects]
    if kind == _ANALOG:
        return [_analog(each, at_ms) for each, at_ms in objects]
    if kind == _TRANSMITTER:
        return [_transmitter(each, at_ms) for each, at_ms in objects]
    return [_operation(each, at_ms) for each, at_ms in objects]


def _objects(unit: bytes, count: int, sizes: tuple[int, ...], zone: tzinfo) -> Iterator[tuple[bytes, int | None]]:
    """Cut a unit into objects, each with its time: its own, or one for all, or none."""
    body = unit[2:]
    for size in sizes:
        if count and len(body) == count * (size + 6):
            for at in range(0, len(body), size + 6):
                yield body[at : at + size], local_ms(body[at + size : at + size + 6], zone)
            return
    for size in sizes:
        if count and len(body) in (count * size, count * size + 6):
            at_ms = local_ms(body[count * size :], zone)
            for at in range(0, count * size, size):
                yield body[at : at + size], at_ms
            return
    raise DecodeError(Undecoded.TRUNCATED, f"{count} objects of unit type {unit[0]} do not fill {len(body)} bytes")


def _kind_of(part_type: int) -> Kind:
    if part_type in (10, 11, 12, 13, 74):
        return Kind.GAS
    if 30 <= part_type <= 37:
        return Kind.HEAT
    if 40 <= part_type <= 44 or part_type in (50, 51, 53):
        return Kind.SMOKE
    return Kind.FIRE_PANEL


def _state(status: int) -> tuple[Event | None, dict[str, Fact]]:
    """Bits that all states share: 1 fire, 2 fault; None where neither is set."""
    facts: dict[str, Fact] = {}
    if status:
        facts["alarm"] = bool(status & 0x02)
        facts["fault"] = bool(status & 0x04)
    return (Event.ALARM if status & 0x02 else Event.FAULT if status & 0x04 else None), facts


def _part(each: bytes, at_ms: int | None) -> Found:
    status = int.from_bytes(each[7:9], "little")
    event, facts = _state(status)
    facts |= {
        "system_type": each[0],
        "system_addr": each[1],
        "part_type": each[2],
        "part_addr": f"0x{int.from_bytes(each[3:7], 'little'):08x}",
        "part_status": status,
    }
    if status & 0x08:
        facts["muted"] = True  # shielded
    if status & 0x100:
        facts["mains_power"] = False
    description = each[9:].partition(b"\x00")[0].decode("gb18030", "replace").strip()
    if description:
        facts["description"] = description
    return Found(_kind_of(each[2]), event or Event.PART_STATE, facts, at_ms)


def _system(each: bytes, at_ms: int | None) -> Found:
    status = int.from_bytes(each[2:4], "little")
    event, facts = _state(status)
    facts |= {"system_type": each[0], "system_addr": each[1], "state": f"0x{status:04x}"}
    if status & 0x100:
        facts["mains_power"] = False
    return Found(Kind.FIRE_PANEL, event if event is Event.ALARM else Event.SYSTEM_STATE, facts, at_ms)


def _analog(each: bytes, at_ms: int | None) -> Found:
    value = int.from_bytes(each[8:10], "little", signed=True)
    facts: dict[str, Fact] = {
        "system_type": each[0],
        "system_addr": each[1],
        "part_type": each[2],
        "part_addr": f"0x{int.from_bytes(each[3:7], 'little'):08x}",
        "analog_type": each[7],
        "analog_value": value,
    }
    if each[7] in _ANALOG_FACTS:
        name, scale = _ANALOG_FACTS[each[7]]
        facts[name] = round(value * scale, 3)
    return Found(_kind_of(each[2]), Event.TELEMETRY, facts, at_ms)


def _transmitter(each: bytes, at_ms: int | None) -> Found:
    """Bits: 1 fire, 2 fault, 3 mains, 4 reserve power, 5 line to the centre, 6 line to the panel."""
    status = each[0]
    event, facts = _state(status)
    facts["state"] = f"0x{status:02x}"
    if status & 0x78:
        facts["fault"] = True
    if status & 0x08:
        facts["mains_power"] = False
    if status & 0x78 and event is None:
        event = Event.FAULT
    return Found(Kind.FIRE_PANEL, event or Event.STATUS, facts, at_ms)


def _operation(each: bytes, at_ms: int | None) -> Found:
    """What somebody pressed: bits 0 reset, 1 mute, 2 manual alarm, 3 alarm over, 4 self-test, 5 duty answer, 6 test."""
    pressed = each[-2]
    facts: dict[str, Fact] = {"code": f"0x{pressed:02x}"}
    if pressed & 0x04:
        return Found(Kind.FIRE_PANEL, Event.ALARM, {**facts, "alarm": True}, at_ms)
    if pressed & 0x50:
        return Found(Kind.FIRE_PANEL, Event.TEST, {**facts, "test": True, "alarm": False}, at_ms)
    if pressed & 0x02:
        return Found(Kind.FIRE_PANEL, Event.SILENCED, {**facts, "muted": True}, at_ms)
    if pressed & 0x08:
        return Found(Kind.FIRE_PANEL, Event.STATUS, {**facts, "alarm": False}, at_ms)
    return Found(Kind.FIRE_PANEL, Event.STATUS, facts, at_ms)
