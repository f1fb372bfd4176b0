"""Bytes of MQTT 5 that the codec cannot do: acks in one go, the length of a frame, topics that are not UTF-8."""

from __future__ import annotations

import array
import sys
from collections.abc import Sequence

import mqtt5
import msgspec

PUBLISH = 0x30
QOS2 = 0x10000
"""Added to the packet id in a token: this message is acked with PUBREC. Only a broker that ignores our maximum sends it."""


def pubacks(tokens: Sequence[int]) -> bytes:
    """PUBACK (or PUBREC) packets for these tokens: 14 ns each; `PubAckPacket.write` takes 120."""
    if max(tokens) >= QOS2:
        return b"".join([_ack(token) for token in tokens])
    words = array.array("H", [0x4002]) * (2 * len(tokens))
    words[1::2] = array.array("H", tokens)
    if sys.byteorder == "little":
        words.byteswap()
    return words.tobytes()


def _ack(token: int) -> bytes:
    if token >= QOS2:
        return mqtt5.PubRecPacket(token - QOS2).write()
    return mqtt5.PubAckPacket(token).write()


def frame_length(head: bytes | bytearray | memoryview) -> int | None:
    """Whole length of the packet that starts here, None while its header is incomplete."""
    length = shift = 0
    for index in range(1, min(5, len(head))):
        byte = head[index]
        length |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return length + index + 1
        shift += 7
    if len(head) >= 5:
        raise ValueError("the length of a packet is malformed")
    return None


class LoosePublish(msgspec.Struct, frozen=True):
    """A PUBLISH read by ourselves; its topic holds surrogate escapes for bytes that are not UTF-8."""

    topic: str
    payload: bytes
    packet_id: int | None


def read_loosely(view: memoryview) -> tuple[mqtt5.Packet | LoosePublish, int]:
    """`mqtt5.read`, but a PUBLISH is read by hand: mqtt5 0.8 panics (a BaseException) on text that is not UTF-8."""
    if len(view) and view[0] & 0xF0 != PUBLISH:
        return mqtt5.read(view)
    size = frame_length(view)
    if size is None or len(view) < size:
        raise IndexError("Not enough bytes")
    frame = bytes(view[:size])
    try:
        return _loose_publish(frame), size
    except IndexError:
        raise ValueError("a PUBLISH is shorter than it says") from None


def _loose_publish(frame: bytes) -> LoosePublish:
    at = 2
    while frame[at - 1] & 0x80:
        at += 1
    end = at + 2 + int.from_bytes(frame[at : at + 2], "big")
    topic = frame[at + 2 : end].decode("utf-8", "surrogateescape")
    packet_id = None
    if frame[0] & 0x06:
        packet_id = frame[end] << 8 | frame[end + 1]
        end += 2
    start = end
    while frame[end] & 0x80:
        end += 1
    properties = sum((byte & 0x7F) << 7 * place for place, byte in enumerate(frame[start : end + 1]))
    end += 1 + properties
    if end > len(frame):
        raise IndexError
    return LoosePublish(topic, frame[end:], packet_id)
