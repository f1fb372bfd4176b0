"""Other people's servers, as one small HTTP server of the bench: a WeCom robot that notes when it was asked, and a sink. I/O.

``POST …/send?key=KEY`` answers as WeCom does and notes the moment at which the whole request was there; everything else
(``/api/v2/write``) is read, dropped and answered with 204.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import msgspec

HUNG = "hung-"
"""Robots whose key begins so take the request and never answer."""
WINDOW_NS = 60_000_000_000
_OK = b'{"errcode":0,"errmsg":"ok"}'
_SENT = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(_OK), _OK)
_FULL = b'{"errcode":45009,"errmsg":"api freq out of limit"}'
_REFUSED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(_FULL), _FULL)
_DROPPED = b"HTTP/1.1 204 No Content\r\n\r\n"


class Asked(msgspec.Struct, frozen=True):
    """One request to a robot, at the moment at which the whole of it was there."""

    at_ns: int
    body: bytes
    taken: bool
    """False when it was one too many in a minute."""


class Provider:
    """What came in: robot key -> time of its first request; and every request."""

    def __init__(self, per_minute: int = 0) -> None:
        """``per_minute``: what a robot takes in any 60 s before it answers as WeCom then does; 0: all."""
        self.port = 0
        self.per_minute = per_minute
        self.first_ns: dict[str, int] = {}
        self.asked_of: dict[str, list[Asked]] = {}
        self.hanging = 0
        self.requests = 0
        self._new = asyncio.Event()
        self._open: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}

    @property
    def robot_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/cgi-bin/webhook/send"

    @property
    def sink_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def asked(self, keys: set[str]) -> None:
        """Wait until each of these robots has been asked at least once."""
        while not keys <= self.first_ns.keys():
            self._new.clear()
            await self._new.wait()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, kept alive; ends when the other side ends it."""
        self._open[writer] = asyncio.current_task()
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(_length(head))
                answer = self._answer(head, body, time.time_ns())
                if answer is None:
                    await reader.read()  # until the other side gives up
                    return
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            self._open.pop(writer, None)
            writer.close()

    async def hang_up(self) -> None:
        """Close what clients kept alive, and wait until it is closed."""
        tasks = [task for task in self._open.values() if task is not None]
        for writer in list(self._open):
            writer.close()
        await asyncio.gather(*tasks, return_exceptions=True)

    def most_per_minute(self) -> int:
        """Most requests that one robot had within any 60 s."""
        return max((_most(asked) for asked in self.asked_of.values()), default=0)

    def _answer(self, head: bytes, body: bytes, at_ns: int) -> bytes | None:
        address = urlsplit(head.split(b" ", 2)[1].decode("latin-1"))
        key = parse_qs(address.query).get("key")
        if not address.path.endswith("/send") or not key:
            return _DROPPED
        self.requests += 1
        before = self.asked_of.setdefault(key[0], [])
        taken = not self.per_minute or sum(one.at_ns > at_ns - WINDOW_NS for one in before) < self.per_minute
        before.append(Asked(at_ns, body, taken))
        self.first_ns.setdefault(key[0], at_ns)
        self._new.set()
        if key[0].startswith(HUNG):
            self.hanging += 1
            return None
        return _SENT if taken else _REFUSED


def _most(asked: list[Asked]) -> int:
    times = [one.at_ns for one in asked]
    return max((sum(at <= other < at + WINDOW_NS for other in times) for at in times), default=0)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


@asynccontextmanager
async def provider(per_minute: int = 0) -> AsyncIterator[Provider]:
    """Listens on a free loopback port for as long as the block runs."""
    it = Provider(per_minute)
    server = await asyncio.start_server(it.serve, "127.0.0.1", 0, limit=2**20)
    it.port = server.sockets[0].getsockname()[1]
    try:
        yield it
    finally:
        server.close()
        await it.hang_up()
