"""What both clients share: the loop that reconnects, the inbox, dropping what the safety lane carries, the status.

A client brings `_serve` (one connection, from connect until it is lost), `_send_acks` and `_probe`.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Protocol

import msgspec
import structlog

from hub.errors import TransportError
from hub.mqtt.backoff import STEADY_S, Backoff, Sleep
from hub.mqtt.endpoint import Endpoint, explain
from hub.mqtt.inbox import Inbox
from hub.mqtt.port import Batch, Session

RECEIVE_MAXIMUM = 2000
"""Unacked messages the broker may have under way to us: two full batches, one in commit and one behind it."""
SESSION_EXPIRY_S = 7 * 86_400
"""How long the broker keeps queue and subscriptions for a hub that is away."""
KEEPALIVE_S = 30
MAX_PACKET_BYTES = 32 * 1024 * 1024
"""Largest packet we take. A 16 MB payload comes through (decode quarantines it as too large); MQTT lets a broker drop
silently what exceeds this, so it stands well above what any broker of ours lets in (`MESSAGE_SIZE_LIMIT`)."""
HEAD_START_S = 5.0
"""How long the bulk lane lets the safety lane go first at start."""
TAKEN_OVER = "Another client came with our client id. Does a second hub run with the same installation id?"
QOS0_ONLY = "only QoS 0, so messages can get lost"


class Will(msgspec.Struct, frozen=True):
    """What the broker publishes when we vanish."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = True


class SessionSetup(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one session needs to know."""

    source: str
    lane: str
    client_id: str
    topics: tuple[str, ...]
    endpoint: Endpoint
    forget: tuple[str, ...] = ()
    """Filters subscribed earlier under this client id and no longer wanted."""
    known: frozenset[str] = frozenset()
    """Filters subscribed earlier under this client id, as the owner remembers them."""
    will: Will | None = None
    linger_s: float = 0.0
    receive_maximum: int = RECEIVE_MAXIMUM
    session_expiry_s: int = SESSION_EXPIRY_S
    keepalive_s: int = KEEPALIVE_S


class OnStanding(Protocol):
    """Told when a lane's subscription stands (its topics; resumed: nothing was missed) and when it no longer does."""

    def __call__(self, topics: frozenset[str], *, resumed: bool) -> None: ...


class RunningSession(Session, Protocol):
    """A session as `hub.mqtt.open` gives it: the port, and what ties two lanes of one source together."""

    client_id: str
    on_standing: OnStanding | None

    def drop(self, topics: frozenset[str], *, resumed: bool) -> None: ...
    def go_after(self, head_start: asyncio.Event) -> None: ...


class LaneSession:
    """One lane of one source over a client that a subclass brings."""

    def __init__(
        self,
        setup: SessionSetup,
        *,
        rng: random.Random | None = None,
        sleep: Sleep = asyncio.sleep,
        inbox: Inbox | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.setup = setup
        self.source = setup.source
        self.lane = setup.lane
        self.client_id = setup.client_id
        self.inbox = inbox or Inbox(setup.lane, setup.receive_maximum, setup.linger_s)
        self.dropped_topics: frozenset[str] = frozenset()
        self.on_standing: OnStanding | None = None
        self.succeeded = False
        self.refused: dict[str, str] = {}
        """Filters that the broker did not grant -> why."""
        self.wanted_drops: frozenset[str] = frozenset()
        self._granted: frozenset[str] = setup.known
        self._head_start: asyncio.Event | None = None
        self._backoff = Backoff(rng, sleep)
        self._clock = clock
        self._connected = False
        self._cut_short = 0
        self._closing = False
        self._closed = asyncio.Event()
        self._status = "not started"
        self._log = structlog.get_logger().bind(source=setup.source, lane=setup.lane)

    # ── the port ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def run(self) -> None:
        """Connect, subscribe, read; again and again until `close`."""
        await self._let_safety_go_first()
        try:
            while not self._closing:
                await self._unless_closed(self.inbox.room())
                await self._connect_once()
        finally:
            self._connected = False
        self._status = "closed; the broker keeps the session"

    async def _connect_once(self) -> None:
        """One connection from connect to loss, and the wait before the next."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            await self._serve()
            lost = TransportError("The session was closed.")
        except (TransportError, OSError, TimeoutError, UnicodeError) as exc:
            lost = explain(exc, self.setup.endpoint)
        held_s = loop.time() - began if self._connected else 0.0
        self._went_down(lost, held_s)
        if lost.permanent and not self.succeeded and not self._closing:
            raise lost
        if not self._closing:
            await self._unless_closed(self._backoff.wait(held_s))

    async def take(self, limit: int = 1000) -> Batch:
        return await self.inbox.take(limit)

    def ready(self) -> int:
        return self.inbox.waiting

    def ack(self, batch: Batch) -> None:
        if batch.connection != self.inbox.connection:
            return
        tokens = self.inbox.release(batch)
        if tokens:
            self._send_acks(tokens)
        if self.inbox.drained_at_ms is None or self.wanted_drops is not self.dropped_topics:
            self._probe()

    @property
    def connected(self) -> bool:
        return self._connected

    @property
    def drained_at_ms(self) -> int | None:
        inbox = self.inbox
        return inbox.drained_at_ms if self._connected and not inbox.waiting else None

    @property
    def status(self) -> str:
        return self._status

    async def close(self) -> None:
        self._closing = True
        self._closed.set()
        await self._hang_up()

    # ── two lanes of one source ─────────────────────────────────────────────────────────────────────────────────────

    def go_after(self, head_start: asyncio.Event) -> None:
        """Start only after this event, or after a few seconds."""
        self._head_start = head_start

    def drop(self, topics: frozenset[str], *, resumed: bool) -> None:
        """Ack and forget messages of these topics from now on: the safety lane carries them.

        When that subscription is new, our queue may hold messages that only we were given: then dropping begins once
        our queue has been seen empty.
        """
        self.wanted_drops = topics
        if resumed or not topics:
            self.dropped_topics = topics
        else:
            self.dropped_topics = topics & self.dropped_topics
            if self._connected:
                self._probe()

    async def _unless_closed(self, waiting: Coroutine[None, None, None]) -> None:
        tasks = [asyncio.ensure_future(waiting), asyncio.ensure_future(self._closed.wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()

    async def _let_safety_go_first(self) -> None:
        if self._head_start is None:
            return
        try:
            async with asyncio.timeout(HEAD_START_S):
                await self._head_start.wait()
        except TimeoutError:
            self._log.warning("mqtt_safety_lane_late", waited_s=HEAD_START_S)

    # ── what the clients tell us ────────────────────────────────────────────────────────────────────────────────────

    def _came_up(self, session_present: bool, granted: frozenset[str]) -> None:
        """Connected and subscribed."""
        resumed = session_present and granted <= self._granted
        self._granted = granted
        self.succeeded = self._connected = True
        parts = [f"connected to {self.setup.endpoint.name}"]
        if not session_present:
            parts.append("the broker had no session of ours")
        parts += [f"the broker does not grant {topic} ({why})" for topic, why in self.refused.items()]
        self._status = "; ".join(parts)
        say = self._log.warning if self.refused else self._log.info
        say("mqtt_connected", status=self._status, session_present=session_present)
        if self.on_standing is not None:
            self.on_standing(granted, resumed=resumed)
        self._probe()

    def _went_down(self, lost: TransportError, held_s: float) -> None:
        was_connected, self._connected = self._connected, False
        self.inbox.drained_at_ms = None
        self._status = str(lost)
        if was_connected:
            self._cut_short = self._cut_short + 1 if held_s < STEADY_S else 0
            if self._cut_short >= 3 and TAKEN_OVER not in self._status:
                # MQTT 3.1.1 and mosquitto 2.0.11 hang up on the older of two clients without a word.
                self._status += f" {self._cut_short} times in a row: does a second hub run with our client id?"
        if was_connected and self.on_standing is not None:
            self.on_standing(frozenset(), resumed=False)
        if not self._closing:
            self._log.warning("mqtt_disconnected", reason=self._status, was_connected=was_connected)

    def _probed(self, *, exact: bool = True) -> None:
        """The broker answered a probe; not exact: only time passed, and acks in it may have made room in its window."""
        if self.inbox.probe_answered(int(self._clock() * 1000), exact=exact):
            self.dropped_topics = self.wanted_drops
        elif not self.inbox.outstanding:
            self._probe()

    # ── what a client brings ────────────────────────────────────────────────────────────────────────────────────────

    async def _serve(self) -> None:
        raise NotImplementedError

    async def _hang_up(self) -> None:
        raise NotImplementedError

    def _send_acks(self, tokens: Sequence[int]) -> None:
        """Write these acks in order; do nothing when their connection is gone."""
        raise NotImplementedError

    def _probe(self) -> None:
        """Ask the broker something that it answers only after what it has for us now; then call `_probed`."""
        raise NotImplementedError
