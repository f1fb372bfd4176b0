"""Lists: each camera at a gate that keeps a list of permits is given what changed, and asked until it has confirmed it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from datetime import tzinfo
from typing import Protocol

import msgspec
import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from hub.core.commands import LaneObserved
from hub.errors import StoreError, TransportError
from hub.gates import rows
from hub.gates.rows import Entry, EntryState
from hub.gates.vzenith import Answered, answer_of, drop_message, put_message, reply_topic
from hub.gates.wanted import next_edge_ms
from hub.model import GateLane
from hub.store.port import Commit

log = structlog.get_logger("gates")

STALE_AFTER_MS = 15 * 60_000
LOOK_EVERY_S = 30.0
"""Also the way in which `hub.gates.rows.give_again` is noticed, which only changes rows; no page calls it yet."""


class Bus(Protocol):
    """The part of `hub.mqtt.bus.MqttBus` that is needed."""

    async def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None: ...

    def listen(self, topic: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]: ...


class Rows(Protocol):
    """The part of `hub.store.sql.SqlStore` that is needed."""

    def reader(self) -> AbstractContextManager[Connection]: ...

    def writer(self) -> AbstractContextManager[Connection]: ...


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds."""

    answer_s: float = 10.0
    """How long a camera may take to answer."""
    gap_s: float = 0.25
    """Between two plates: a camera writes its list to flash."""
    again_s: float = 5.0
    """After the first silence; each further one doubles it."""
    again_most_s: float = 300.0


class Silent(Exception):
    """The camera did not answer, or the connection ended before it did."""


class Lists:
    """The lists of one community. `committed` is a commit's listener; `run` is one named task."""

    def __init__(
        self,
        community: str,
        store: Rows,
        bus: Bus,
        *,
        now_ms: Callable[[], int],
        zone: tzinfo,
        observe: Callable[[LaneObserved], None],
        pace: Pace | None = None,
    ) -> None:
        self._community = community
        self._store = store
        self._bus = bus
        self._now_ms = now_ms
        self._zone = zone
        self._observe = observe
        self._pace = pace or Pace()
        self._woken = asyncio.Event()
        self._serving: dict[str, asyncio.Task[None]] = {}
        self._silences: dict[str, int] = {}
        """lane -> how often its camera was silent in a row."""
        self._not_before: dict[str, float] = {}
        """lane -> loop time at which it is tried again."""
        self._said: dict[str, bool] = {}
        """lane -> what the core was told of it; at the start everything is told once."""

    def committed(self, commit: Commit) -> None:
        """Call it in the event loop after each commit."""
        if commit.community == self._community and (commit.changes.permits or commit.changes.gate_lanes):
            self._woken.set()

    def wake(self) -> None:
        """Look at the rows now."""
        self._woken.set()

    async def run(self) -> None:
        """For ever. A store that fails costs a round; the next one reads everything anew."""
        try:
            await asyncio.to_thread(self._begin)
            while True:
                self._woken.clear()
                try:
                    wait_s = await self._round()
                except (SQLAlchemyError, StoreError) as exc:
                    log.warning("lists of the gates not read", error=type(exc).__name__)
                    wait_s = LOOK_EVERY_S
                try:
                    async with asyncio.timeout(wait_s):
                        await self._woken.wait()
                except TimeoutError:
                    continue
        finally:
            for task in self._serving.values():
                task.cancel()
            await asyncio.gather(*self._serving.values(), return_exceptions=True)

    def _begin(self) -> None:
        with self._store.writer() as connection:
            rows.forget_sent(connection, self._community)

    async def _round(self) -> float:
        """Serve each lane that is behind; how long until the next look."""
        now_ms, loop_s = self._now_ms(), asyncio.get_running_loop().time()
        lanes, entries, edge_ms = await asyncio.to_thread(self._look, now_ms)
        wait_s = LOOK_EVERY_S if edge_ms is None else min(LOOK_EVERY_S, max(0.05, (edge_ms - now_ms) / 1000))
        for lane in lanes:
            behind = [one for one in entries if one.lane == lane.id and one.open]
            self._tell(lane.id, any(now_ms - one.given.since_ms >= STALE_AFTER_MS for one in behind))
            if not behind or lane.id in self._serving:
                continue
            due_s = max(
                self._not_before.get(lane.id, 0.0) - loop_s, min(one.due_ms for one in behind) / 1000 - now_ms / 1000
            )
            if due_s > 0:
                wait_s = min(wait_s, due_s)
                continue
            self._serving[lane.id] = asyncio.create_task(self._serve(lane), name=f"list {lane.id}")
        return wait_s

    def _look(self, now_ms: int) -> tuple[list[GateLane], list[Entry], int | None]:
        with self._store.writer() as connection:
            permits, lanes = rows.read_registry(connection, self._community)
            entries = rows.reconcile(connection, self._community, permits, lanes, now_ms)
        return lanes, entries, next_edge_ms(permits, now_ms)

    def _tell(self, lane: str, stale: bool) -> None:
        if self._said.get(lane) is not stale:
            self._said[lane] = stale
            self._observe(LaneObserved(actor="system", lane=lane, fact="list_stale", met=stale))

    async def _serve(self, lane: GateLane) -> None:
        """Give one camera what it lacks, a plate at a time, until it has everything or is silent."""
        try:
            async with self._bus.listen(reply_topic(lane.list_topic)) as answers:
                while (entry := await asyncio.to_thread(self._take, lane)) is not None:
                    await self._give(entry, answers)
                    self._silences.pop(lane.id, None)
                    await asyncio.sleep(self._pace.gap_s)
        except (Silent, TransportError, SQLAlchemyError, StoreError) as exc:
            often = self._silences[lane.id] = self._silences.get(lane.id, 0) + 1
            again_s = min(self._pace.again_most_s, self._pace.again_s * 2 ** min(often - 1, 10))
            self._not_before[lane.id] = asyncio.get_running_loop().time() + again_s
            log.warning("the camera does not take its list", lane=lane.id, why=type(exc).__name__, again_s=again_s)
        finally:
            del self._serving[lane.id]
            self._woken.set()

    def _take(self, lane: GateLane) -> Entry | None:
        """The next plate that is due, marked as sent; None: nothing is."""
        now_ms = self._now_ms()
        with self._store.writer() as connection:
            for one in rows.read_entries(connection, self._community):
                known = one.lane == lane.id and one.given.topic == lane.list_topic
                if known and one.open and one.due_ms <= now_ms:
                    sent = msgspec.structs.replace(one, state=EntryState.SENT, tries=one.tries + 1, at_ms=now_ms)
                    rows.put(connection, self._community, [sent])
                    return sent
        return None

    async def _give(self, entry: Entry, answers: AsyncIterator[bytes]) -> None:
        """One plate there and its answer back."""
        id, topic, now_ms = secrets.token_hex(8), entry.given.topic, self._now_ms()
        if entry.wanted:
            message = put_message(topic, id, entry.plate, entry.given.wish, now_ms=now_ms, zone=self._zone)
        else:
            message = drop_message(topic, id, entry.plate, now_ms=now_ms)
        try:
            await self._bus.publish(topic, message)
            answer = await self._answer(id, answers)
        except (Silent, TransportError):
            await self._settle(entry, EntryState.WAITING, "no answer")
            raise
        await self._settle(entry, EntryState.CONFIRMED if answer.done else EntryState.REFUSED, answer.said)

    async def _answer(self, id: str, answers: AsyncIterator[bytes]) -> Answered:
        """The answer to this command; others' and what cannot be read are passed over."""
        try:
            async with asyncio.timeout(self._pace.answer_s):
                async for payload in answers:
                    answer = answer_of(payload)
                    if answer is not None and answer.id == id:
                        return answer
        except TimeoutError:
            raise Silent from None
        raise Silent

    async def _settle(self, entry: Entry, state: EntryState, said: str) -> None:
        after = msgspec.structs.replace(entry, state=state, said=said, at_ms=self._now_ms())
        await asyncio.to_thread(self._write, after)

    def _write(self, entry: Entry) -> None:
        with self._store.writer() as connection:
            rows.settle(connection, self._community, entry)
