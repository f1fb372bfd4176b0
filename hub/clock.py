"""The hub's clock: wall time that never surprises. Jumps against the monotonic clock are told apart from passing time."""

from __future__ import annotations

import time

JUMP_MS = 60_000
"""A difference to the monotonic clock beyond this is a jump: deadlines are rebased."""


class Clock:
    """Wall time in UTC ms; `jumped` says how far it jumped since the last look."""

    def __init__(self) -> None:
        self._offset_ms = self._offset()

    @staticmethod
    def _offset() -> int:
        return time.time_ns() // 1_000_000 - time.monotonic_ns() // 1_000_000

    def now_ms(self) -> int:
        """UTC, integer milliseconds."""
        return time.time_ns() // 1_000_000

    def jumped(self) -> int:
        """Milliseconds that the wall clock jumped by, 0 while it only drifts."""
        offset = self._offset()
        jump = offset - self._offset_ms
        if abs(jump) < JUMP_MS:
            return 0
        self._offset_ms = offset
        return jump
