"""One life of the hub: from opening the store to the kill, the clean stop, or the end of the world."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from random import Random

from hub.core.decisions import NotificationDue
from hub.core.state import State
from hub.delivery.dispatch import Dispatcher
from hub.delivery.links import Links
from hub.delivery.wording import Wording, rule_texts
from hub.model import Receipt
from hub.owner import Owner
from hub.simulate.world.broker import Broker, WorldSession
from hub.simulate.world.channels import Providers, WorldSenders
from hub.simulate.world.compound import (
    BULK,
    COMMUNITY,
    RECEIPT_WITHIN_S,
    RULES,
    SAFETY,
    ZONE,
    decode,
    settings,
)
from hub.simulate.world.crowd import registry
from hub.simulate.world.faults import Faults
from hub.simulate.world.keeps import Ledger, WorldStore
from hub.simulate.world.trace import Trace
from hub.simulate.world.virtual import LIFE, LateExecutor, VirtualLoop, WallClock, WorldClock
from hub.simulate.world.watched import WatchedKeeper
from hub.store.connections import Database
from hub.store.port import Commit, Outgoing
from hub.store.sql import SqlStore

LOOK_EVERY_S = 60.0
"""Idle looks are rare here, or a quiet hour would cost more than a fire; whoever changes something wakes the hub."""


class Surroundings:
    """What a life lives in, and what outlives it."""

    def __init__(self, seed: int, loop: VirtualLoop, database: Database, trace: Trace) -> None:
        self.loop = loop
        self.database = database
        self.trace = trace
        self.wall = WallClock(loop)
        self.faults = Faults(trace, Random(f"{seed} faults"), loop)
        self.broker = Broker(trace, Random(f"{seed} broker"), (SAFETY, BULK))
        self.providers = Providers(trace, Random(f"{seed} channels"))
        self.ledger = Ledger()
        self.broker.is_kept = lambda key, times: self.ledger.kept[key] >= times
        self.random = Random(f"{seed} executors")
        self.registry = registry(Random(f"{seed} registry"))
        self.unrecorded: Counter[tuple[int, int, int]] = Counter()
        """(notification, attempt, life) that went out without a row, because the store was away."""


class Life:
    """The process: everything in it is gone when it dies."""

    def __init__(self, around: Surroundings, number: int, software: str) -> None:
        self.around = around
        self.number = number
        self.software = software
        self.alive = True
        self.over = asyncio.Event()
        self.dead = asyncio.Event()
        self.ready = False
        name = f"hub-{number}"
        self.store = SqlStore(around.database)
        self.clock = WorldClock(around.wall)
        store = WorldStore(self.store, around.faults, self, around.ledger, self.state, around.trace)
        self.keeper = WatchedKeeper(
            settings=settings(),
            store=store,
            writer=self._executor(),
            name=name,
            software=software,
            on_committed=self._committed,
            on_registry=lambda _state: None,
            send_unrecorded=self._send_unrecorded,
        )
        self.keeper.ledger = around.ledger
        self.owner = Owner(
            self.keeper,
            store=store,
            reader=self._executor(),
            decode=decode,
            clock=self.clock,
            look_every_s=LOOK_EVERY_S,
            commands_every_s=LOOK_EVERY_S,
        )
        self.dispatcher = Dispatcher(
            store,
            WorldSenders(around.providers, around.faults, self),
            Wording(rule_texts(RULES), zone=ZONE, links=Links("key", "")),
            self._receipted,
            by=name,
            now_ms=self.clock.now_ms,
            receipt_within=timedelta(seconds=RECEIPT_WITHIN_S),
            look_every=timedelta(seconds=LOOK_EVERY_S),
            pool=lambda _size, _name: self._executor(),
        )
        self.sessions = [WorldSession(around.broker, lane, self.clock.now_ms, self.is_alive) for lane in (SAFETY, BULK)]

    def is_alive(self) -> bool:
        return self.alive

    def state(self) -> State:
        return self.keeper.core.state

    def die(self, where: str) -> None:
        """kill -9: from this moment on nothing of it has any effect."""
        self.around.trace.note("killed", self.number, where)
        self.alive = False
        self.over.set()
        self.dead.set()

    async def run(self) -> None:
        """Until it is killed or told to stop. Raises what brought it down, when that was neither."""
        LIFE.set(self.number)
        ended = asyncio.create_task(self.over.wait(), name="over")
        failure: BaseException | None = None
        for stage in (self._open, self._serve):
            running = asyncio.create_task(stage(), name=stage.__name__)
            await asyncio.wait((running, ended), return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                break
            failure = running.exception()
            if failure is not None:
                break
        if self.alive and failure is None:
            failure = await self._stop()
        killed = not self.alive
        self.alive = False
        await self._bury()
        if failure is not None and not killed:
            raise failure

    def stop(self) -> None:
        """SIGTERM."""
        self.around.trace.note("stopped", self.number)
        self.over.set()

    async def _open(self) -> None:
        await self.owner.open(digest="d", software=self.software, seed=self.around.registry)
        self.owner.attach(self.sessions)
        self.ready = True

    async def _serve(self) -> None:
        """What `hub.app` runs as named tasks: one that fails ends them all."""
        self.around.trace.note("serving", self.number)
        for session in self.sessions:
            self.connect(session)
        owner = asyncio.create_task(self.owner.run(), name="owner")
        delivery = asyncio.create_task(self.dispatcher.run(), name="delivery")
        done, _ = await asyncio.wait((owner, delivery), return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    def connect(self, session: WorldSession) -> None:
        """The session reconnects by itself whenever the broker can be reached."""
        broker = self.around.broker
        if self.alive and self.ready and broker.lanes[session.lane].up:
            broker.connect(session)

    async def _stop(self) -> BaseException | None:
        """As `hub.app` closes: tasks cancelled, then what was stepped is committed and a snapshot kept."""
        tasks = [task for task in self.around.loop.tasks_of(self.number) if task.get_name() in ("owner", "delivery")]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        closing = asyncio.create_task(self.keeper.close(), name="close")
        killed = asyncio.create_task(self.dead.wait(), name="killed")
        await asyncio.wait((closing, killed), return_when=asyncio.FIRST_COMPLETED)
        return closing.exception() if closing.done() else None

    async def _bury(self) -> None:
        """Nothing in memory survives."""
        me = asyncio.current_task()
        tasks = [task for task in self.around.loop.tasks_of(self.number) if task is not me]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for lane in self.around.broker.lanes.values():
            self.around.broker.disconnect(lane)

    def _committed(self, commit: Commit) -> None:
        due = [d for d in commit.decisions if isinstance(d, NotificationDue)]
        if due:
            self.dispatcher.hand([self._outgoing(one) for one in due])

    def _outgoing(self, due: NotificationDue) -> Outgoing:
        person = self.keeper.core.person(due.person)
        url = next((c.url for c in person.contacts if c.id == due.contact), "") if person else ""
        return Outgoing(community=COMMUNITY, due=due, url=url, created_ms=due.at_ms)

    def _receipted(self, community: str, receipt: Receipt) -> None:
        _ = community
        if self.alive:  # while it opens too: critical messages go out unrecorded before it can commit
            self.owner.add_receipt(receipt)

    def report(self, receipt: Receipt) -> None:
        """What a provider says later of one attempt: nobody listens before it serves."""
        if self.alive and self.ready:
            self.owner.add_receipt(receipt)

    def _send_unrecorded(self, community: str, due: NotificationDue, url: str) -> None:
        self.around.unrecorded[due.notification, due.attempt, self.number] += 1
        self.around.trace.note("unrecorded", due.notification, due.attempt)
        self.dispatcher.send_unrecorded(Outgoing(community=community, due=due, url=url, created_ms=self.clock.now_ms()))

    def _executor(self) -> LateExecutor:
        return LateExecutor(self.around.loop, self.around.random, self.is_alive)
