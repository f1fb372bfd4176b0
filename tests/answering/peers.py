"""Providers of ours on loopback that speak WebSocket, and what a test needs to wait on them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import TypeVar

import httpx
from websockets.asyncio.server import ServerConnection, serve

from hub.answering.line import Line, Pace
from hub.answering.port import Answered, Incoming
from hub.delivery.live import Button
from hub.mqtt.backoff import Backoff

T = TypeVar("T")
DEADLINE_S = 20.0
QUICK = Pace(open_s=5.0, reply_s=5.0, ping_s=30.0)
HASTY = Pace(open_s=0.2, reply_s=0.1, ping_s=0.02)
"""Gives up at once, for what hangs on purpose."""


class Peer:
    """A listening provider: ``talk`` is one life of one connection."""

    def __init__(self) -> None:
        self.port = 0
        self.paths: list[str] = []
        self.calls = 0

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"


@contextlib.asynccontextmanager
async def listening(talk: Callable[[ServerConnection, int], Awaitable[None]]) -> AsyncIterator[Peer]:
    """``talk`` gets the connection and its number, from 1."""
    peer = Peer()

    async def one(socket: ServerConnection) -> None:
        peer.calls += 1
        peer.paths.append(socket.request.path if socket.request else "")
        await talk(socket, peer.calls)

    async with serve(one, "127.0.0.1", 0, ping_interval=None) as server:
        peer.port = next(iter(server.sockets)).getsockname()[1]
        yield peer


class Patience:
    """Stands in for the sleep between two connections: lets ``times`` pass at once, then waits for ever."""

    def __init__(self, times: int = 3) -> None:
        self.left = times
        self.waits: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.left -= 1
        if self.left < 0:
            await asyncio.Event().wait()

    def backoff(self) -> Backoff:
        return Backoff(sleep=self)


class Answers:
    """Stands in for the desk: keeps what comes, says what it is told."""

    def __init__(self, text: str = "已记录:你去。已去1人,还缺0人。", buttons: tuple[Button, ...] = ()) -> None:
        self.seen: asyncio.Queue[Incoming] = asyncio.Queue()
        self.said = Answered(text=text, buttons=buttons)
        self.hold: asyncio.Event | None = None

    async def __call__(self, incoming: Incoming) -> Answered:
        self.seen.put_nowait(incoming)
        if self.hold is not None:
            await self.hold.wait()
        return self.said

    async def next(self) -> Incoming:
        async with asyncio.timeout(DEADLINE_S):
            return await self.seen.get()


@contextlib.asynccontextmanager
async def running(line: Line) -> AsyncIterator[None]:
    task = asyncio.create_task(line.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not true():  # noqa: ASYNC110  # a condition of somebody else's, which sets no event
            await asyncio.sleep(0.002)


async def next_of(queue: asyncio.Queue[T]) -> T:
    async with asyncio.timeout(DEADLINE_S):
        return await queue.get()


def run(test: Coroutine[object, object, T]) -> T:
    return asyncio.run(test)


@contextlib.asynccontextmanager
async def http_client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=None, trust_env=False) as client:
        yield client
