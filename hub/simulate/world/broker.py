"""The broker: a persistent queue for each lane, a window, acks by token, and redelivery marked as duplicate."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Sequence
from random import Random

import msgspec

from hub.model import RawMessage
from hub.mqtt.port import Batch
from hub.simulate.world.trace import Broken, Trace

Key = tuple[str, bytes]
"""Topic and payload: what is left of a message's identity once it is in the journal."""
WINDOW = 20


class Queued(msgspec.Struct):
    """One message for one lane."""

    topic: str
    payload: bytes
    retained: bool = False
    duplicate: bool = False


class Lane:
    """What the broker keeps for one session, whether anybody is connected or not."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.queue: deque[Queued] = deque()
        self.inflight: dict[int, Queued] = {}
        self.subscribed = False
        self.up = True
        self.session: WorldSession | None = None
        self.last_token = 0


class Broker:
    """All lanes, what was published, and what was acknowledged."""

    def __init__(self, trace: Trace, random: Random, lanes: Sequence[str]) -> None:
        self.trace = trace
        self.random = random
        self.lanes = {name: Lane(name) for name in lanes}
        self.retained: dict[str, bytes] = {}
        self.published: Counter[Key] = Counter()
        self.offered: Counter[Key] = Counter()
        """Deliveries without the duplicate mark: published ones, and retained ones of a new subscription."""
        self.acked: Counter[Key] = Counter()
        self.is_kept: Callable[[Key, int], bool] = lambda _key, _times: True
        """Whether this message stands that often in the journal."""

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """The broker has it: from here on it may not be lost."""
        self.published[topic, payload] += 1
        self.trace.note("published", topic, payload)
        if retain:
            self.retained[topic] = payload
        lane = self.lanes[topic.partition("/")[0]]
        if lane.subscribed or not retain:  # what nobody subscribed to yet waits as the retained message alone
            lane.queue.append(Queued(topic, payload))
        self.pump(lane)

    def connect(self, session: WorldSession) -> None:
        """The hub's session comes up, or takes its predecessor's place."""
        lane = self.lanes[session.lane]
        self.disconnect(lane)
        lane.session = session
        session.connection += 1
        session.connected = True
        if not lane.subscribed:  # Retain Handling 1: retained messages for a new subscription alone
            lane.subscribed = True
            for topic, payload in self.retained.items():
                if topic.startswith(lane.name + "/"):
                    lane.queue.appendleft(Queued(topic, payload, retained=True))
        self.trace.note("connected", lane.name, session.connection)
        self.pump(lane)

    def disconnect(self, lane: Lane) -> None:
        """The connection is gone: what was not acknowledged goes back to the front, marked."""
        if lane.session is None:
            return
        lane.session.connected = False
        lane.session.drained_since_ms = None
        lane.session = None
        for queued in reversed(list(lane.inflight.values())):
            queued.duplicate = True
            lane.queue.appendleft(queued)
        lane.inflight.clear()
        self.trace.note("disconnected", lane.name)

    def pump(self, lane: Lane) -> None:
        """Hand over what the window has room for."""
        session = lane.session
        while session is not None and lane.queue and len(lane.inflight) < WINDOW:
            queued = lane.queue.popleft()
            lane.last_token += 1
            lane.inflight[lane.last_token] = queued
            if not queued.duplicate:
                self.offered[queued.topic, queued.payload] += 1
            session.put(queued, lane.last_token)

    def ack(self, lane: Lane, batch: Batch) -> None:
        """PUBACK of the hub: it must have kept what it acknowledges."""
        for token in batch.tokens:
            queued = lane.inflight.pop(token, None)
            if queued is None:
                continue
            key = (queued.topic, queued.payload)
            self.acked[key] += 1
            self.trace.note("acked", *key)
            if not self.is_kept(key, self.acked[key]):
                raise Broken("6 acked implies committed", f"{key} was acknowledged and stands in no block")
        self.pump(lane)

    def empty(self) -> bool:
        return not any(lane.queue or lane.inflight for lane in self.lanes.values())


class WorldSession:
    """`hub.mqtt.port.Session` of one life on one lane."""

    def __init__(self, broker: Broker, lane: str, now_ms: Callable[[], int], alive: Callable[[], bool]) -> None:
        self.source = lane
        self.lane = lane
        self.connected = False
        self.connection = 0
        self.drained_since_ms: int | None = None
        self._broker = broker
        self._now_ms = now_ms
        self._alive = alive
        self._waiting: deque[tuple[int, RawMessage, int]] = deque()
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """The world connects and disconnects."""

    def put(self, queued: Queued, token: int) -> None:
        raw = RawMessage(self.source, queued.topic, queued.payload, self._now_ms(), queued.retained, queued.duplicate)
        self._waiting.append((self.connection, raw, token))
        self._wake.set()

    async def take(self, limit: int = 1000) -> Batch:
        while not self._waiting:
            self._wake.clear()
            await self._wake.wait()
        limit = min(limit, self._broker.random.choice((1, 3, 1000)))
        connection = self._waiting[0][0]
        batch = Batch(self.lane, [], [], connection)
        while self._waiting and self._waiting[0][0] == connection and len(batch.messages) < limit:
            _, raw, token = self._waiting.popleft()
            batch.messages.append(raw)
            batch.tokens.append(token)
        return batch

    def ready(self) -> int:
        return len(self._waiting)

    def ack(self, batch: Batch) -> None:
        """An ack for an older connection is dropped: the broker redelivers."""
        if self._alive() and self.connected and batch.connection == self.connection:
            self._broker.ack(self._broker.lanes[self.lane], batch)

    @property
    def drained_at_ms(self) -> int | None:
        """Connected, and nothing waits here or at the broker."""
        lane = self._broker.lanes[self.lane]
        if not self.connected or self._waiting or lane.queue:
            self.drained_since_ms = None
        elif self.drained_since_ms is None:
            self.drained_since_ms = self._now_ms()
        return self.drained_since_ms

    @property
    def status(self) -> str:
        return "connected" if self.connected else "not connected"

    async def close(self) -> None:
        self._broker.disconnect(self._broker.lanes[self.lane])
