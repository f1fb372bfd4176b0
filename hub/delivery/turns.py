"""A lock whose waiters are not equal: what is critical goes before what is not, else first come, first served."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """One holder at a time."""

    def __init__(self) -> None:
        self._held = False
        self._came = 0
        self._waiting: list[tuple[bool, int, asyncio.Future[None]]] = []

    @property
    def held(self) -> bool:
        return self._held

    @property
    def wanted(self) -> bool:
        """Somebody waits."""
        return any(not turn.done() for _, _, turn in self._waiting)

    @asynccontextmanager
    async def turn(self, *, first: bool = False) -> AsyncIterator[None]:
        await self.acquire(first=first)
        try:
            yield
        finally:
            self.release()

    async def acquire(self, *, first: bool = False) -> None:
        if not self._held:
            self._held = True
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._came += 1
        heapq.heappush(self._waiting, (not first, self._came, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it was our turn already: hand it on
                self.release()
            raise

    def release(self) -> None:
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._held = False
