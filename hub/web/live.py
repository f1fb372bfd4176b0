"""The live stream: one watcher of ``head_seq`` for everybody, and for each listener what changed on their screen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import msgspec
from fastapi.sse import ServerSentEvent
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from hub.web import rows
from hub.web.port import WebDeps

LOOK_EVERY_S = 0.25
TICK_S = 3.0
"""The screens take a stream that was quiet for longer than three of these for a lost connection."""


class Pulse:
    """Knows the newest head of each community; asks the store only while somebody listens."""

    def __init__(self, deps: WebDeps) -> None:
        self._deps = deps
        self._heads: dict[str, int] = {}
        self._listeners = 0
        self._moved = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None
        self._stopped = False

    def stop(self) -> None:
        """End every stream, so that a server can stop without waiting for its listeners."""
        self._stopped = True
        self._moved.set()
        if self._watch:
            self._watch.cancel()

    async def stream(self, community: str, picture: Callable[[], object]) -> AsyncIterator[ServerSentEvent]:
        """``picture`` is what this listener's screen depends on: ``changed`` when it differs, else a ``tick``."""
        self._listeners += 1
        if self._watch is None or self._watch.done():
            self._watch = asyncio.create_task(self._follow(), name="web-pulse")
        clock = asyncio.get_running_loop().time
        shown, said_at = b"", clock()
        try:
            while not self._stopped:
                moved, head = self._moved, self._heads.get(community, 0)
                seen = msgspec.json.encode(await run_in_threadpool(picture))
                if seen != shown:
                    yield ServerSentEvent(event="changed", raw_data=seen.decode(), retry=1000)
                    shown, said_at = seen, clock()
                elif clock() - said_at >= TICK_S:
                    yield ServerSentEvent(event="tick", raw_data=str(self._deps.now_ms()))
                    said_at = clock()
                await self._quiet(community, moved, head)
        finally:
            self._listeners -= 1
            if not self._listeners and self._watch:
                self._watch.cancel()
                self._watch = None

    async def _quiet(self, community: str, moved: asyncio.Event, head: int) -> None:
        """Return when this community's head has moved on, or after a tick."""
        try:
            async with asyncio.timeout(TICK_S):
                while not self._stopped and self._heads.get(community, 0) == head:
                    await moved.wait()
                    moved = self._moved
        except TimeoutError:
            return

    async def _follow(self) -> None:
        while True:
            try:
                heads = await run_in_threadpool(self._read)
            except SQLAlchemyError:  # the store is down: the listeners' own reads end their streams
                await asyncio.sleep(1)
                continue
            if heads != self._heads:
                moved, self._moved = self._moved, asyncio.Event()
                self._heads = heads
                moved.set()
            await asyncio.sleep(LOOK_EVERY_S)

    def _read(self) -> dict[str, int]:
        with self._deps.reader() as connection:
            return rows.heads(connection)
