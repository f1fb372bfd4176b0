"""A connection that the hub opens and opens again: what every answerer shares."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Coroutine

import httpx
import msgspec
import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI, WebSocketException

from hub.errors import HubError
from hub.mqtt.backoff import Backoff

log = structlog.get_logger("answering")

MOST_BYTES = 1_000_000
"""No frame of these protocols comes near it."""
MOST_AT_ONCE = 64
"""Answers under way on one connection; a flood waits in the socket."""

END_WITHIN_S = 1.0


class Broken(HubError):
    """The connection is of no use any more, in a few words; ``thrown_out``: another one took its place."""

    def __init__(self, what: str, *, thrown_out: bool = False) -> None:
        super().__init__(what)
        self.thrown_out = thrown_out


class Pace(msgspec.Struct, frozen=True):
    """How patient a connection is."""

    open_s: float = 10.0
    """For the handshake, and for each HTTP request."""
    reply_s: float = 10.0
    """For the answer to what we sent."""
    ping_s: float = 30.0
    """Between two heartbeats of ours."""


class Line:
    """One connection. A subclass says in `_talk` what one life of it is: it ends by raising or returning."""

    name = "line"

    def __init__(self, *, pace: Pace | None = None, backoff: Backoff | None = None) -> None:
        self.pace = pace or Pace()
        self._backoff = backoff or Backoff()
        self._up_since: float | None = None
        self._why_not = "not started"
        self._at_work: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(MOST_AT_ONCE)

    @property
    def connected(self) -> bool:
        return self._up_since is not None

    @property
    def why_not(self) -> str:
        return "" if self.connected else self._why_not

    async def run(self) -> None:
        """Connect, and connect again with full jitter, until cancelled."""
        try:
            await self._keep_talking()
        finally:
            await self._end_work()

    async def _keep_talking(self) -> None:
        while True:
            thrown_out = False
            try:
                await self._talk()
                self._why_not = "closed by the provider"
            except Broken as exc:
                self._why_not, thrown_out = str(exc), exc.thrown_out
            except (WebSocketException, httpx.HTTPError, OSError, TimeoutError) as exc:
                self._why_not = _said(exc)
            except Exception as exc:  # outermost loop: a bug must not silence everybody's answers
                self._why_not = f"fault: {type(exc).__name__}"
                # Where, and not with what: the values on the way hold tokens and what people wrote.
                log.error("an answerer failed", name=self.name, trace=traceback.format_tb(exc.__traceback__))
            finally:
                held_s = 0.0 if self._up_since is None else time.monotonic() - self._up_since
                self._up_since = None
            log.warning("no answers come over this connection", name=self.name, why=self._why_not)
            if thrown_out:
                # Two hubs with one account throw each other out: be slow, so that one of them stays.
                self._backoff.attempt, held_s = 16, 0.0
            await self._backoff.wait(held_s)

    async def _talk(self) -> None:
        raise NotImplementedError

    def _up(self) -> None:
        """Subscribed and served: from now on answers come."""
        self._up_since = time.monotonic()
        log.info("answers come over this connection", name=self.name)

    async def _start(self, work: Coroutine[object, object, None]) -> None:
        """Do it beside the reading; when too much is under way, reading waits."""
        await self._room.acquire()
        task = asyncio.create_task(work)
        self._at_work.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._room.release()
        self._at_work.discard(task)
        if not task.cancelled() and (exc := task.exception()) is not None:
            # The connection went away under it, or the provider's answer was bad: what was written stays written.
            log.warning("a reply was not given", name=self.name, why=_said(exc))

    async def _end_work(self) -> None:
        """What is under way when the hub stops may end; what takes longer is given up. A lost connection ends nothing:
        a reply may go another way."""
        tasks = list(self._at_work)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=END_WITHIN_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _open(self, url: str, *, ping_s: float | None = None) -> ClientConnection:
        """A WebSocket. ``ping_s``: heartbeat of the WebSocket itself, where the protocol has none from our side."""
        try:
            return await connect(
                url,
                open_timeout=self.pace.open_s,
                close_timeout=1.0,
                max_size=MOST_BYTES,
                ping_interval=ping_s,
                ping_timeout=self.pace.reply_s,
            )
        except InvalidStatus as exc:
            raise Broken(f"refused: HTTP {exc.response.status_code}") from exc
        except (InvalidURI, InvalidHandshake) as exc:
            raise Broken(f"unreachable: {type(exc).__name__}") from exc


def _said(exc: BaseException) -> str:
    """No address in it: it may hold a ticket."""
    if isinstance(exc, HubError):
        return str(exc)
    if isinstance(exc, TimeoutError | httpx.TimeoutException):
        return "timeout"
    if isinstance(exc, OSError | httpx.TransportError):
        return f"unreachable: {type(exc).__name__}"
    return f"lost: {type(exc).__name__}"
