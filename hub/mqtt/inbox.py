"""Messages between the socket and `take`: order, connections, backpressure, and which acks are owed."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from hub.model import RawMessage
from hub.mqtt.port import Batch

WAITING_BYTES = 64 * 1024 * 1024
"""Bytes that may wait before we stop reading: some 16 MB payloads must not take the machine's memory."""


class Inbox:
    """What one session has received and not yet given away, oldest first, one batch per connection."""

    def __init__(self, lane: str, receive_maximum: int, linger_s: float = 0.0) -> None:
        self.lane = lane
        self.connection = 0
        self.waiting = 0
        self.outstanding = 0
        """Received over this connection and not yet acked."""
        self.drained_at_ms: int | None = None
        self.on_room: Callable[[], None] = lambda: None
        self._receive_maximum = receive_maximum
        self._linger_s = linger_s
        self._segments: deque[Batch] = deque()
        self._bytes = 0
        self._wanted = 1
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._last_token = 0
        self._behind: dict[int, list[int]] = {}
        self._high_water = 0
        self._acked = 0
        self._acked_at_probe = 0

    # ── towards the socket ──────────────────────────────────────────────────────────────────────────────────────────

    def connected(self) -> int:
        """A new connection: acks owed to the old one are void, what waits is kept (the broker marks its copies)."""
        self.connection += 1
        self.outstanding = self._last_token = self._high_water = 0
        self._behind.clear()
        self.drained_at_ms = None
        return self.connection

    def put(self, messages: list[RawMessage], tokens: list[int], size: int) -> bool:
        """Append what one read of ``size`` bytes gave; True when the socket should rest. The lists are the inbox's now."""
        segments = self._segments
        if segments and segments[-1].connection == self.connection:
            segments[-1].messages.extend(messages)
            segments[-1].tokens.extend(tokens)
        else:
            segments.append(Batch(self.lane, messages, tokens, self.connection))
        count = len(messages)
        self.waiting += count
        self._bytes += size
        self.outstanding += count
        if self.outstanding > self._high_water:
            self._high_water = self.outstanding
            if self.outstanding >= self._receive_maximum:
                self.drained_at_ms = None
        self._last_token = tokens[-1] or next((token for token in reversed(tokens) if token), self._last_token)
        if self.waiting >= self._wanted:
            self._wake.set()
        if self.waiting > 2 * self._receive_maximum or self._bytes > WAITING_BYTES:
            self._room.clear()
            return True
        return False

    def drop(self, token: int, just_read: list[int]) -> bool:
        """A message that nobody takes: True when its ack may go out now, else it follows the message before it.

        MQTT-4.6.0-2 wants PUBACKs in the order of the messages, and the messages before may still wait for a commit.
        """
        before = next((earlier for earlier in reversed(just_read) if earlier), self._last_token)
        if not before:
            return True
        self._behind.setdefault(before, []).append(token)
        return False

    async def room(self) -> None:
        """Wait until there is room for more."""
        await self._room.wait()

    # ── towards the consumer ────────────────────────────────────────────────────────────────────────────────────────

    async def take(self, limit: int) -> Batch:
        """Wait for messages and give up to ``limit`` of one connection, lingering for a full batch if so set up."""
        while not self.waiting:
            self._wake.clear()
            await self._wake.wait()
        if self._linger_s and self.waiting < limit:
            await self._linger(limit)
        first = self._segments[0]
        if len(first.messages) <= limit:
            batch = self._segments.popleft()
        else:
            batch = Batch(first.lane, first.messages[:limit], first.tokens[:limit], first.connection)
            del first.messages[:limit], first.tokens[:limit]
        self._bytes -= self._bytes * len(batch.messages) // self.waiting  # on average; exact once all is taken
        self.waiting -= len(batch.messages)
        if not self._room.is_set() and self.waiting <= self._receive_maximum and self._bytes <= WAITING_BYTES // 2:
            self._room.set()
            self.on_room()
        return batch

    async def _linger(self, limit: int) -> None:
        self._wanted = limit
        self._wake.clear()
        try:
            async with asyncio.timeout(self._linger_s):
                await self._wake.wait()
        except TimeoutError:
            pass
        finally:
            self._wanted = 1

    def release(self, batch: Batch) -> list[int]:
        """The tokens to ack for this batch of the present connection, in order; none for QoS 0."""
        count = len(batch.messages)
        self.outstanding -= count
        self._acked += count
        tokens = batch.tokens
        if self._last_token == tokens[-1] or self._last_token in tokens:
            self._last_token = 0
        if self._behind:
            return [owed for token in tokens if token for owed in (token, *self._behind.pop(token, ()))]
        return [token for token in tokens if token] if 0 in tokens else tokens

    # ── has the broker anything left? ───────────────────────────────────────────────────────────────────────────────

    def probe_sent(self) -> None:
        """The session asked the broker something that it answers after all it may send us now."""
        self._acked_at_probe = self._acked

    def probe_answered(self, now_ms: int, *, exact: bool) -> bool:
        """Judge the answer: a broker with a backlog would have filled its window up to the high-water mark again.

        True when it certainly has nothing left. ``drained_at_ms`` may be set a little sooner when the probe was not
        exact: under steady traffic there is always some ack in its time.
        """
        held = self.outstanding + self._acked - self._acked_at_probe
        empty = not held or held < self._high_water
        likely = not self.outstanding or self.outstanding < self._high_water
        if self.drained_at_ms is None and (empty or (likely and not exact)):
            self.drained_at_ms = now_ms
        return empty
