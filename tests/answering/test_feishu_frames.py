"""The protobuf of Feishu's frames, by hand-made bytes and by round trips."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.answering.feishu_frames import CONTROL, DATA, Frame, read_frame, write_frame
from hub.errors import DecodeError

PING = bytes.fromhex("0800100018ac0220002a0c0a0474797065120470696e67")
"""SeqID 0, LogID 0, service 300, method 0, one header type=ping: encoded with pencil and paper."""


def test_a_ping_is_these_bytes() -> None:
    frame = Frame(service=300, method=CONTROL, headers=(("type", "ping"),))
    assert write_frame(frame) == PING
    assert read_frame(PING) == frame


@given(
    st.builds(
        Frame,
        seq=st.integers(0, 2**64 - 1),
        log=st.integers(0, 2**64 - 1),
        service=st.integers(-(2**31), 2**31 - 1),
        method=st.sampled_from([CONTROL, DATA]),
        headers=st.lists(st.tuples(st.text(max_size=8), st.text(max_size=200)), max_size=4).map(tuple),
        payload_encoding=st.text(max_size=8),
        payload_type=st.text(max_size=8),
        payload=st.binary(max_size=300),
        log_new=st.text(max_size=8),
    )
)
def test_what_is_written_is_read_back(frame: Frame) -> None:
    assert read_frame(write_frame(frame)) == frame


@given(st.binary(max_size=200))
def test_no_bytes_do_anything_but_fail_to_be_a_frame(raw: bytes) -> None:
    with contextlib.suppress(DecodeError):
        assert isinstance(read_frame(raw), Frame)


@pytest.mark.parametrize(
    "raw",
    [
        b"\x08",
        b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        b"\x42\x05ab",
        b"\x2b",
        b"\x32\x01\xff",
        b"\x09\x00",
    ],
)
def test_what_is_cut_off_or_wrong_is_no_frame(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        read_frame(raw)


def test_fields_of_a_newer_server_are_skipped() -> None:
    newer = PING + bytes([10 << 3 | 2, 2]) + b"xx" + bytes([11 << 3 | 1]) + b"12345678" + bytes([12 << 3 | 5]) + b"1234"
    assert read_frame(newer) == read_frame(PING)


def test_headers_that_count() -> None:
    frame = Frame(headers=(("sum", "3"), ("seq", "-1"), ("big", "9" * 30)))
    assert [frame.number(name) for name in ("sum", "seq", "big", "none")] == [3, 0, 0, 0]
