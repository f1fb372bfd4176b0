"""Compressed, checksummed bytes: what the body column of a block or a snapshot holds."""

from __future__ import annotations

import threading

import zstandard

from hub.errors import StoreError

LARGEST = 1 << 31
"""Bytes that a body may unpack to. A damaged header must not make us ask for all memory."""


class _PerThread(threading.local):
    """zstd contexts are costly to make and not safe to share between threads."""

    def __init__(self) -> None:
        # Level 1: half of what level 3 costs on our payloads, for 4 % more bytes. The checksum finds bit rot.
        self.packer = zstandard.ZstdCompressor(level=1, write_checksum=True)
        self.unpacker = zstandard.ZstdDecompressor()


_contexts = _PerThread()


def pack(body: bytes) -> bytes:
    """Compress; the GIL is free meanwhile."""
    return _contexts.packer.compress(body)


def unpack(frame: bytes, what: str) -> bytes:
    """The bytes that were packed; StoreError names ``what`` when they are damaged."""
    try:
        size = zstandard.frame_content_size(frame)
        if not 0 <= size <= LARGEST:
            raise StoreError(f"{what} is damaged: its header is not ours. Restore it from a backup.")
        return _contexts.unpacker.decompress(frame)
    except (zstandard.ZstdError, MemoryError) as exc:
        raise StoreError(f"{what} is damaged ({exc}). Restore it from a backup.") from exc
