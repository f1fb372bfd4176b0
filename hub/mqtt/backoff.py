"""How long to wait before the next connection: full jitter, so that a thousand hubs do not return in step."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

BASE_S = 0.5
CAP_S = 30.0
STEADY_S = 60.0
"""A connection that held this long was a good one. Shorter ones keep the backoff growing: two hubs with one client id
throw each other out right after each success, and must not do so in a hot loop."""

Sleep = Callable[[float], Awaitable[None]]


class Backoff:
    """Full jitter (AWS architecture blog, 2015): uniform between 0 and min(cap, base * 2 ** attempt)."""

    def __init__(self, rng: random.Random | None = None, sleep: Sleep = asyncio.sleep) -> None:
        self._rng = rng or random.Random()
        self._sleep = sleep
        self.attempt = 0

    def ceiling_s(self) -> float:
        return min(CAP_S, BASE_S * 2.0 ** min(self.attempt, 16))

    async def wait(self, connected_s: float) -> None:
        """Wait after a connection that had held for ``connected_s`` (0: it never came up)."""
        if connected_s >= STEADY_S:
            self.attempt = 0
        ceiling = self.ceiling_s()
        self.attempt += 1
        await self._sleep(self._rng.uniform(0.0, ceiling))
