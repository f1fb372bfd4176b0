"""GB/T 26875.3: frames, units and who carries them."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest

from hub.decode.catalogue import Catalogue
from hub.decode.decoder import Decoder, SourceSettings
from hub.decode.gb26875_frame import local_ms, read_frames, read_unit
from hub.errors import DecodeError
from hub.model import Event, Kind, RawMessage, Reading, Undecodable, Undecoded

FIRE = bytes.fromhex("4040070002ff3b130f0306153517000006ff00000000000011000202018700283517000023003b130f030615832323")
WHEN = bytes.fromhex("3b130f030615")
"""2021-06-03 15:19:59, local."""
_decode = Decoder(Catalogue(()), {"panel": SourceSettings("gb26875")})


def frame(unit: bytes, *, command: int = 2, sequence: int = 7) -> bytes:
    """A frame with a right checksum."""
    inside = sequence.to_bytes(2, "little") + b"\x01\x01" + WHEN + b"\x35\x17\x00\x00\x06\xff" + bytes(6)
    inside += len(unit).to_bytes(2, "little") + bytes([command]) + unit
    return b"@@" + inside + bytes([sum(inside) & 0xFF]) + b"##"


def part(status: int, *, kind: int = 40, description: bytes | None = b"") -> bytes:
    """A unit with one part's state, with or without its 31 bytes of description."""
    words = b"" if description is None else description.ljust(31, b"\x00")
    return b"\x02\x01" + bytes([1, 3, kind]) + b"\xd9\x00\x06\x00" + status.to_bytes(2, "little") + words + WHEN


def read(data: bytes) -> tuple[tuple[Reading, ...], Undecodable | None]:
    return _decode(RawMessage("panel", "tcp/1", data, 0))


def one(data: bytes) -> Reading:
    readings, undecodable = read(data)
    assert undecodable is None
    (reading,) = readings
    return reading


def test_a_real_fire_is_read_with_its_address_and_local_time() -> None:
    reading = one(FIRE)
    assert (reading.device, reading.kind, reading.event) == ("ff0600001735", Kind.SMOKE, Event.ALARM)
    assert reading.facts["alarm"] is True
    assert reading.facts["part_addr"] == "0x00001735"
    assert reading.device_ms == 1622704799000


def test_the_same_frame_counts_in_hex_and_base64_too() -> None:
    assert one(FIRE.hex().encode()).event is Event.ALARM
    assert one(b"QEAHAAL/OxMPAwYVNRcAAAb/AAAAAAAAEQACAgGHACg1FwAAIwA7Ew8DBhWDIyM=").event is Event.ALARM


@pytest.mark.parametrize("at", range(2, len(FIRE) - 3))
def test_one_wrong_byte_is_never_a_fire(at: int) -> None:
    data = bytearray(FIRE)
    data[at] ^= 0x11
    readings, undecodable = read(bytes(data))
    assert readings == ()
    assert undecodable is not None


@pytest.mark.parametrize("length", range(len(FIRE)))
def test_a_frame_cut_anywhere_is_refused(length: int) -> None:
    with pytest.raises(DecodeError):
        read_frames(FIRE[:length])


def test_a_bad_checksum_is_told_as_such() -> None:
    _, undecodable = read(FIRE[:-3] + b"\x00##")
    assert undecodable is not None
    assert undecodable.reason is Undecoded.BAD_CHECKSUM


@pytest.mark.parametrize("description", [None, "Ａ区１层呷哺走廊".encode("gb18030")])
def test_the_description_may_be_left_out(description: bytes | None) -> None:
    reading = one(frame(part(0x0003, description=description)))
    assert reading.facts["alarm"] is True
    assert reading.facts.get("description") == (None if description is None else "Ａ区１层呷哺走廊")


@pytest.mark.parametrize(
    ("status", "event", "facts"),
    [
        (0x0001, Event.STATUS, {"alarm": False, "fault": False}),
        (0x0002, Event.ALARM, {"alarm": True, "fault": False}),
        (0x0005, Event.FAULT, {"alarm": False, "fault": True}),
        (0x0009, Event.STATUS, {"alarm": False, "muted": True}),
        (0x0101, Event.STATUS, {"alarm": False, "mains_power": False}),
        (0x0000, Event.STATUS, {"alarm": None}),
    ],
)
def test_the_bits_of_a_part(status: int, event: Event, facts: dict[str, object]) -> None:
    reading = one(frame(part(status)))
    assert reading.event is event
    assert {name: reading.facts.get(name) for name in facts} == facts


@pytest.mark.parametrize(
    ("kind", "ours"),
    [(10, "gas"), (23, "fire_panel"), (30, "heat"), (33, "heat"), (40, "smoke"), (42, "smoke"), (51, "smoke"), (1, "fire_panel"), (200, "fire_panel")],
)  # fmt: skip
def test_the_type_of_a_part_is_the_kind_of_the_device(kind: int, ours: str) -> None:
    assert one(frame(part(0x0003, kind=kind))).kind == ours


@pytest.mark.parametrize(
    ("kind", "raw", "facts"),
    [
        (3, 215, {"temperature": 21.5}),
        (3, -32, {"temperature": -3.2}),
        (4, 3, {"pressure_kpa": 300}),
        (5, 1015, {"pressure_kpa": 101.5}),
        (2, 250, {"level_cm": 250}),
        (128, -93, {"analog_value": -93}),
    ],
)
def test_an_analog_value_has_its_unit_and_says_nothing_of_the_alarm(
    kind: int, raw: int, facts: dict[str, object]
) -> None:
    unit = b"\x03\x01\x01\x03\x28\xd9\x00\x06\x00" + bytes([kind]) + raw.to_bytes(2, "little", signed=True) + WHEN
    reading = one(frame(unit))
    assert reading.event is Event.TELEMETRY
    assert "alarm" not in reading.facts
    assert {name: reading.facts[name] for name in facts} == facts


@pytest.mark.parametrize(
    ("unit", "event", "facts"),
    [
        (b"\x01\x01\x01\x03\x03\x00" + WHEN, Event.ALARM, {"alarm": True}),
        (b"\x01\x01\x01\x03\x01\x02" + WHEN, Event.SYSTEM_STATE, {"alarm": False}),
        (b"\x15\x01\x03" + WHEN, Event.ALARM, {"alarm": True}),
        (b"\x15\x01\x09" + WHEN, Event.FAULT, {"alarm": False, "mains_power": False, "fault": True}),
        (b"\x15\x01\x01" + WHEN, Event.STATUS, {"alarm": False, "fault": False}),
        (b"\x18\x01\x04\x09" + WHEN, Event.ALARM, {"alarm": True}),
        (b"\x18\x01\x40\x09" + WHEN, Event.TEST, {"test": True, "alarm": False}),
        (b"\x18\x01\x02\x09" + WHEN, Event.SILENCED, {"muted": True}),
        (b"\x04\x01\x01\x03\x10\x09" + WHEN, Event.TEST, {"test": True, "alarm": False}),
        (b"\x19\x01\x01\x02", Event.VERSION_REPORT, {}),
        (b"\x1c\x01" + WHEN, Event.HEARTBEAT, {}),
    ],
)
def test_the_other_units(unit: bytes, event: Event, facts: dict[str, object]) -> None:
    reading = one(frame(unit))
    assert reading.event is event
    assert {name: reading.facts[name] for name in facts} == facts
    if "alarm" not in facts:
        assert "alarm" not in reading.facts


def test_two_frames_in_one_message_are_two_readings() -> None:
    readings, _ = read(FIRE + frame(part(0x0001), sequence=8))
    assert [reading.event for reading in readings] == [Event.ALARM, Event.STATUS]
    assert readings[0].key != readings[1].key


def test_acknowledgements_and_empty_frames_are_life_signs_and_the_centres_own_frames_nothing() -> None:
    assert one(frame(b"", command=3)).event is Event.DOWNLINK_ACK
    assert one(frame(b"", command=2)).event is Event.HEARTBEAT
    assert read(frame(b"", command=1)) == ((), None)


def test_a_bare_unit_is_a_part_state_of_the_source() -> None:
    reading = one(part(0x0204))
    assert (reading.device, reading.event) == ("panel", Event.PART_STATE)
    assert (reading.facts["alarm"], reading.facts["fault"]) == (False, True)


def test_a_terminal_registers_with_its_imei() -> None:
    reading = one(b'{"DEV":"3A24,00000050,869664048266780,460043192601925"}')
    assert (reading.device, reading.kind, reading.event) == ("869664048266780", Kind.LIFECYCLE, Event.REGISTER)


def test_a_time_that_is_none_is_unknown_and_the_zone_is_an_argument() -> None:
    assert local_ms(bytes([99, 99, 99, 99, 99, 99])) is None
    assert local_ms(bytes(6)) is None
    assert local_ms(WHEN, timezone(timedelta(0))) == 1622704799000 + 8 * 3_600_000


def test_a_unit_that_its_count_does_not_fill_is_refused() -> None:
    with pytest.raises(DecodeError):
        read_unit(b"\x02\x03" + part(1)[2:])
