"""One world: a seed, some hours of virtual time, every fault that the seed asks for, then quiet, then the laws."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import weakref
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random

import msgspec
import structlog
from sqlalchemy import delete, select

from hub.errors import StoreError
from hub.model import Notification, NotificationState, Receipt
from hub.simulate.world.broker import Lane
from hub.simulate.world.compound import COMMUNITY
from hub.simulate.world.devices import Publish, plan
from hub.simulate.world.invariants import UNTIL_THEY_MAY, check
from hub.simulate.world.life import Life, Surroundings
from hub.simulate.world.people import People
from hub.simulate.world.trace import Broken, Trace
from hub.simulate.world.virtual import Circles, VirtualLoop
from hub.store.connections import Database
from hub.store.open import open_store
from hub.store.schema import metadata, notification, outbox

SETTLE_S = 3600.0
"""A healed hub comes to rest within this; longer is stuck."""
PATIENT_MS = 60_000


class Report(msgspec.Struct, frozen=True):
    """What one world came to."""

    seed: int
    digest: str
    counts: dict[str, int]
    law: str = ""
    """The law that was broken, "" for none."""
    what: str = ""


@cache
def database() -> Database:
    """One SQLite file for all worlds of this process, in memory where the machine has such a directory.

    Nothing is synced: the kills of this world are those of the process, not of the machine.
    """
    shared = Path("/dev/shm")
    folder = tempfile.mkdtemp(prefix="hub-world-", dir=shared if shared.is_dir() else None)
    store = open_store("", Path(folder), reserve_bytes=4096)
    opened: Database = store._database
    with store.writer() as connection:
        connection.exec_driver_sql("COMMIT")  # a pragma is heeded outside of a transaction only
        connection.exec_driver_sql("PRAGMA synchronous=OFF")
        connection.exec_driver_sql("BEGIN")
    weakref.finalize(opened, shutil.rmtree, folder, ignore_errors=True)
    return opened


def be_quiet() -> None:
    """The hub's own log is noise here: thousands of crashes are the point."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))


def run_world(seed: int, say: Callable[[str], None] | None = None) -> Report:
    """Run one world to its end."""
    loop = VirtualLoop()
    trace = Trace(loop.time, say)
    law = what = ""
    try:
        with database().write() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(delete(table))
        loop.set_exception_handler(lambda _loop, _context: None)
        around = Surroundings(seed, loop, database(), trace)
        loop.run_until_complete(World(seed, around).play())
    except Broken as exc:
        law, what = exc.law, exc.what
    except Circles as exc:
        law, what = "it comes to rest", str(exc)
    finally:
        loop.bury_everything()
    if law:
        trace.note("broken", law, what)
    return Report(seed, trace.digest(), dict(trace.counts), law, what)


def waits_for_its_person(one: Notification, now_ms: int) -> bool:
    """Asleep, off hours or on leave: told when that is over, which may be days from now."""
    untold = one.attempt == 0 or one.reason in UNTIL_THEY_MAY
    patient = one.state is NotificationState.HELD and untold and one.due_ms is not None
    return patient and (one.due_ms or 0) > now_ms + PATIENT_MS


class World:
    """Everything that happens under one seed."""

    def __init__(self, seed: int, around: Surroundings) -> None:
        self.around = around
        self.random = Random(f"{seed} world")
        self.until_s = self.random.choice((900.0, 900.0, 1800.0, 1800.0, 1800.0, 3600.0, 7200.0))
        self.life: Life | None = None
        self.lives = 0
        self.script = plan(Random(f"{seed} devices"), self.until_s)
        self.people = People(around, Random(f"{seed} people"), lambda: self.life)
        around.providers.report = self._reported
        self.broken: asyncio.Future[None] = around.loop.create_future()
        self._choose_poison()

    def _choose_poison(self) -> None:
        if self.random.random() < 0.3:
            numbered = [p for p in self.script if b'"n":' in p.payload]
            for one in self.random.sample(numbered, min(len(numbered), self.random.choice((1, 1, 3)))):
                self.around.faults.poison.add(one.payload)

    async def play(self) -> None:
        story = asyncio.create_task(self._story())
        await asyncio.wait((story, self.broken), return_when=asyncio.FIRST_COMPLETED)
        if self.broken.done():
            self.broken.result()
        await story

    async def _story(self) -> None:
        hub = asyncio.create_task(self._live())
        people = asyncio.create_task(self.people.live())
        loop = self.around.loop
        for one in self.script:
            loop.call_at(one.at_s, self._publish, one)
        self._plan_faults()
        await asyncio.sleep(self.until_s + 60)
        people.cancel()
        self._heal()
        await self._settle()
        life = self.life
        assert life is not None
        check(self.around, life)
        hub.cancel()

    # ── the hub, over and over ───────────────────────────────────────────────────────────────────────────────────────

    async def _live(self) -> None:
        try:
            while True:
                await self._one_life()
                pause_s = self.random.choice((0.1, 3.0, 20.0, 20.0, 400.0))
                await asyncio.sleep(0.1 if self.around.faults.healed else pause_s)
        except Broken as exc:
            if not self.broken.done():
                self.broken.set_exception(exc)

    async def _one_life(self) -> None:
        self.lives += 1
        upgraded = self.random.random() < 0.1
        life = self.life = Life(self.around, self.lives, f"1.{self.lives if upgraded else 0}")
        self.around.trace.note("born", self.lives, life.software)
        try:
            # A task of its own: what it starts is marked as this life's.
            await asyncio.create_task(life.run(), name="run")
        except Broken:
            raise
        except StoreError as exc:
            self.around.trace.note("gave_up", life.number, exc)
            if life.ready and not life.over.is_set():
                raise Broken("the hub stays up", f"life {life.number} ended by itself: {exc}") from exc
        except Exception as exc:  # the outermost loop of the process: whatever ends it is a finding
            raise Broken("the hub stays up", f"life {life.number} ended by {exc!r}") from exc

    # ── faults at their times ────────────────────────────────────────────────────────────────────────────────────────

    def _plan_faults(self) -> None:
        random = self.random
        for _ in range(random.choice((0, 0, 1, 3))):
            self._at(random, self._kill)
        for _ in range(random.choice((0, 0, 0, 1, 2))):
            self._at(random, self._stop)
        for _ in range(random.choice((0, 0, 1, 2))):
            self._at(random, self._store_outage)
        for _ in range(random.choice((0, 0, 0, 1))):
            self._at(random, self._disk_full)
        for _ in range(random.choice((0, 1, 3))):
            self._at(random, self._broker_outage)
        for _ in range(random.choice((0, 0, 0, 1, 2))):
            self._at(random, self._clock_jump)

    def _at(self, random: Random, fault: Callable[[], None]) -> None:
        self.around.loop.call_at(random.uniform(0, self.until_s), fault)

    def _publish(self, one: Publish) -> None:
        self.around.broker.publish(one.topic, one.payload, retain=one.retain)

    def _reported(self, receipt: Receipt) -> None:
        life = self.life
        if life is not None and life.alive:
            self.around.trace.note("reported", receipt.notification, receipt.attempt, receipt.sent, receipt.stage)
            life.report(msgspec.structs.replace(receipt, at_ms=life.clock.now_ms()))

    def _kill(self) -> None:
        if self.life is not None and self.life.alive:
            self.around.faults.kill("any time", self.life)

    def _stop(self) -> None:
        if self.life is not None and self.life.alive:
            self.life.stop()

    def _store_outage(self) -> None:
        now_s = self.around.loop.time()
        self.around.faults.down_until_s = now_s + self.random.choice((0.2, 1.0, 5.0, 40.0, 120.0))
        self.around.trace.note("store_away", self.around.faults.down_until_s)

    def _disk_full(self) -> None:
        now_s = self.around.loop.time()
        self.around.faults.full_until_s = now_s + self.random.choice((1.0, 20.0, 60.0))
        self.around.trace.note("disk_full", self.around.faults.full_until_s)

    def _broker_outage(self) -> None:
        lane = self.random.choice(list(self.around.broker.lanes.values()))
        if self.around.faults.healed:
            return
        lane.up = False
        self.around.broker.disconnect(lane)
        self.around.loop.call_later(self.random.choice((0.1, 5.0, 90.0, 900.0)), self._broker_back, lane)

    def _broker_back(self, lane: Lane) -> None:
        lane.up = True
        life = self.life
        if lane.session is None and life is not None and life.alive and life.ready:
            for session in life.sessions:
                if session.lane == lane.name:
                    life.connect(session)

    def _clock_jump(self) -> None:
        if self.around.faults.healed:
            return
        hours = self.random.choice((-10.0, -3.0, -0.5, 0.5, 3.0, 10.0))
        self.around.wall.jumped_ms += round(hours * 3_600_000)
        self.around.trace.note("jumped", hours)

    # ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _heal(self) -> None:
        self.around.faults.heal()
        for lane in self.around.broker.lanes.values():
            if not lane.up:
                self._broker_back(lane)

    async def _settle(self) -> None:
        """People close what is open until nothing is due any more."""
        waited = 0.0
        while True:
            self.people.close_everything()
            await asyncio.sleep(20)
            waited += 20
            left = self._unsettled()
            if not left:
                return
            if waited > SETTLE_S:
                raise Broken("it comes to rest", "; ".join(left))

    def _unsettled(self) -> list[str]:
        life = self.life
        if life is None or not life.alive or not life.ready:
            return ["the hub does not run"]
        state = life.state()
        left = []
        if not self.around.broker.empty():
            left.append("messages wait at the broker")
        if any(i.closed_ms is None for i in state.incidents.values()):
            left.append("an incident is open")
        if life.keeper.held_messages() or state.seq != self.around.ledger.head:
            left.append("what was stepped is not committed")
        if left:
            return left
        with life.store.reader() as connection:
            if life.store.open_commands(COMMUNITY):
                left.append("a command is unanswered")
            undone = connection.execute(
                select(outbox.c.notification, outbox.c.attempt, outbox.c.claimed_by).where(outbox.c.done_ms.is_(None))
            ).all()
            left += [f"outbox row {tuple(row)} has no receipt" for row in undone]
            resting = [
                msgspec.json.decode(body, type=Notification)
                for body in connection.execute(
                    select(notification.c.body).where(notification.c.state.in_(("due", "held")))
                ).scalars()
            ]
        left += [f"notification {one} rests" for one in resting if not waits_for_its_person(one, state.now_ms)]
        return left
