"""The block codec: one batch as compressed msgpack.

Law: what was encoded once is read for ten years. The ``version`` column says how; `UPCASTERS` turns the bytes of each
older version into those of the next, so that only the newest has a decoder.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from hub.core.inputs import Input, Received
from hub.errors import StoreError
from hub.store.clean import scrubbed
from hub.store.frames import pack, unpack
from hub.store.port import Block, Commit

VERSION = 1
"""What `encode_block` writes: msgpack of `Block`, whose topics hold bytes that are no UTF-8 as NUL and two hex digits."""

UPCASTERS: dict[int, Callable[[bytes], bytes]] = {}
"""Version -> how its unpacked bytes become those of the version after it."""

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Block)

# msgpack strings are UTF-8, topics need not be. NUL marks an escape, for it hardly ever stands in a topic.
_TO_ESCAPE = re.compile("[\x00\udc80-\udcff]")
_ESCAPED = re.compile("\x00([0-9a-f]{2})")


def encode_block(commit: Commit) -> bytes:
    """Body of the block of this batch; StoreError when it holds what cannot be written."""
    inputs = commit.inputs
    if any(type(one) is Received and "\x00" in one.raw.topic for one in inputs):
        inputs = [_with_topic(one, _escape) for one in inputs]
    return _encode(
        Block(
            community=commit.community,
            first_seq=commit.first_seq,
            last_seq=commit.last_seq,
            inputs=inputs,
            seqs=commit.seqs,
            decisions=commit.decisions,
        )
    )


def encode_again(block: Block) -> bytes:
    """Body of a block that was decoded and in which something was replaced; in today's version."""
    inputs = [_with_topic(one, _escape) if _is_escaped(one) else one for one in block.inputs]
    return _encode(msgspec.structs.replace(block, inputs=inputs))


def _encode(block: Block) -> bytes:
    try:
        return pack(_encoder.encode(block))
    except (UnicodeEncodeError, OverflowError):
        return _encode_odd(block)


def decode_block(version: int, body: bytes, what: str = "A journal block") -> Block:
    """The block as it went in; StoreError names ``what`` when it is damaged or of a version we do not know."""
    unpacked = unpack(body, what)
    while version != VERSION:
        upcast = UPCASTERS.get(version)
        if upcast is None:
            raise StoreError(f"{what} has version {version}; this hub reads up to {VERSION}. Start the newer software.")
        unpacked = upcast(unpacked)
        version += 1
    try:
        block = _decoder.decode(unpacked)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise StoreError(f"{what} cannot be read ({exc}). Restore it from a backup.") from exc
    for index, one in enumerate(block.inputs):
        if type(one) is Received and "\x00" in one.raw.topic:
            block.inputs[index] = _with_topic(one, _unescape)
    return block


def _encode_odd(block: Block) -> bytes:
    """A batch in which something is no UTF-8 or beyond 64 bits: topics are kept exactly, the rest is mended."""
    block.inputs = [_with_topic(one, _escape) if not _is_escaped(one) else one for one in block.inputs]
    try:
        return pack(_encoder.encode(block))
    except (UnicodeEncodeError, OverflowError):
        return pack(_encoder.encode(scrubbed(block)))


def _is_escaped(one: Input) -> bool:
    return type(one) is Received and "\x00" in one.raw.topic


def _with_topic(one: Input, change: Callable[[str], str]) -> Input:
    if type(one) is not Received:
        return one
    raw = msgspec.structs.replace(one.raw, topic=change(one.raw.topic))
    return msgspec.structs.replace(one, raw=raw)


def _escape(topic: str) -> str:
    return _TO_ESCAPE.sub(lambda found: f"\x00{ord(found[0]) & 0xFF:02x}", topic)


def _unescape(topic: str) -> str:
    return _ESCAPED.sub(lambda found: _unescaped(int(found[1], 16)), topic)


def _unescaped(byte: int) -> str:
    return chr(0xDC00 + byte) if byte else "\x00"
