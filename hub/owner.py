"""The owner of one community: the journey from batches to commits, in one loop.

Takes: batches of raw messages (safety first), commands, receipts, the clock. Gives: commits, then acks, then wake-ups of
those who follow. May lose nothing: what is not committed is not acknowledged.

    take -> decode -> step -> commit (writer thread) -> ack -> wake the followers

The commit of one batch runs while the next one is decoded. A commit that fails is tried again as it is; while the store
is down the owner goes on stepping, keeps every commit in order, and after `SHOUT_AFTER_S` hands critical notifications to
delivery unrecorded. A batch that the store refuses while it takes others is taken apart until the one message that it
cannot take is quarantined.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import ParamSpec, TypeVar

import msgspec
import structlog

from hub.clock import Clock
from hub.core.commands import AnyCommand, ReplayQuarantined
from hub.core.context import Core
from hub.core.decisions import CommandRefused, NotificationDue, RegistryChanged
from hub.core.inputs import Commanded, Configured, Input, Receipted, Received, SourceChanged, TimePassed
from hub.core.policies import Settings
from hub.core.state import Changes, State
from hub.core.step import step
from hub.decode.port import Decode
from hub.errors import LeaseLost, StoreError
from hub.model import Receipt, Severity, Undecodable, Undecoded
from hub.mqtt.port import Batch, Session
from hub.store.port import Commit, Store

P = ParamSpec("P")
T = TypeVar("T")
log = structlog.get_logger("owner")

CHECKPOINT_READINGS = 50_000
CHECKPOINT_S = 30.0
COMMANDS_EVERY_S = 0.2
SHOUT_AFTER_S = 2.0
RETRY_S = 0.25
UNCOMMITTED_LIMIT = 20_000
"""Messages held while the store is down; beyond it the broker holds them."""
RECENT_SEQS = 10_000
"""How far back the journal is read for messages that the broker may deliver again."""


class Work(msgspec.Struct):
    """One batch on its way: what went in, and whom to acknowledge."""

    commit: Commit
    batches: list[tuple[Session, Batch]]
    messages: int


class Owner:
    """Owns one community for as long as its lease stands."""

    def __init__(
        self,
        *,
        settings: Settings,
        store: Store,
        writer: Executor,
        decode: Decode,
        sessions: Sequence[Session],
        clock: Clock,
        name: str,
        software: str,
        digest: str,
        on_committed: Callable[[Commit], None],
        on_registry: Callable[[State], None],
        send_unrecorded: Callable[[NotificationDue, str], None],
    ) -> None:
        self.settings = settings
        self.community = settings.community
        self._store = store
        self._writer = writer
        self._decode = decode
        self._sessions = list(sessions)
        self._clock = clock
        self._name = name
        self._software = software
        self._digest = digest
        self._on_committed = on_committed
        self._on_registry = on_registry
        self._send_unrecorded = send_unrecorded
        self.core = Core(State(community=self.community), settings)
        self._epoch = 0
        self._wake = asyncio.Event()
        self._slots: dict[str, deque[tuple[Session, Batch]]] = {"safety": deque(), "bulk": deque()}
        self._slot_free = asyncio.Event()
        self._pushed: deque[tuple[Received, asyncio.Future[None]]] = deque()
        self._receipts: deque[Receipt] = deque()
        self._commands: deque[tuple[int, AnyCommand]] = deque()
        self._last_command = 0
        self._uncommitted: deque[Work] = deque()
        self._waiting: dict[int, list[asyncio.Future[None]]] = {}
        self._committing: asyncio.Task[None] | None = None
        self._stepping = asyncio.Lock()
        self._failing = asyncio.Event()
        self._failing_since: float | None = None
        self._shouted: set[tuple[int, int]] = set()
        self._since_checkpoint = 0
        self._checkpoint_at = 0.0
        self._drained = False
        self._connected: dict[Session, bool] = {}
        self._caught_up: set[Session] = set()
        self._command_written = asyncio.Event()
        self._stopping = False
        self.committed_readings = 0

    # ── from outside ─────────────────────────────────────────────────────────────────────────────────────────────────

    def add_receipt(self, receipt: Receipt) -> None:
        """A provider answered; it was recorded already."""
        self._receipts.append(receipt)
        self._wake.set()

    def wake_commands(self) -> None:
        """A command row was written by this process."""
        self._command_written.set()

    async def ingest(self, received: Received) -> None:
        """Take a message that came over HTTP; returns after its commit."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pushed.append((received, done))
        self._wake.set()
        await done

    async def open(self, seed: Sequence[AnyCommand] = ()) -> None:
        """Take the lease, rebuild the state from snapshot and tail, load the seed into an empty registry."""
        now_ms = self._clock.now_ms()
        self._epoch = await self._in_writer(self._store.take_lease, self.community, self._name, now_ms)
        await self._in_writer(self._recover)
        inputs: list[Input] = [Configured(now_ms, self._digest, self._software)]
        if not self.core.state.places and seed:
            inputs += [Commanded(now_ms, command) for command in seed]
        receipts = await self._in_writer(self._store.open_receipts, self.community)
        inputs += [Receipted(max(now_ms, receipt.at_ms), receipt) for receipt in receipts]
        self._step(inputs, [], [])
        await self._drain_commits()
        self._on_registry(self.core.state)

    async def run(self) -> None:
        """The loop; ends by cancellation or `LeaseLost`."""
        pullers = [asyncio.create_task(self._pull(session)) for session in self._sessions]
        commands = asyncio.create_task(self._look_for_commands())
        try:
            while not self._stopping:
                await self._turn()
        finally:
            for task in (*pullers, commands):
                task.cancel()

    async def close(self) -> None:
        """Commit what was stepped and keep a snapshot."""
        self._stopping = True
        await self._drain_commits()
        if not self._uncommitted:
            await self._checkpoint()

    # ── one turn ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _turn(self) -> None:
        """Wait for something to do, decode it, wait for the previous commit, step it, start its commit."""
        self._wake.clear()
        taken = self._take_batch()
        if not (taken or self._receipts or self._commands or self._pushed or self._time_is_up()):
            await self._wait()
            return
        messages: list[Input] = []
        if taken is not None:
            decode = self._decode
            messages = [Received(raw, *decode(raw)) for raw in taken[1].messages]
        while True:
            await self._committed_before()
            async with self._stepping:
                if self._commit_under_way():
                    continue
                await self._step_turn(taken, messages)
                return

    async def _step_turn(self, taken: tuple[Session, Batch] | None, messages: list[Input]) -> None:
        now_ms = self._clock.now_ms()
        inputs: list[Input] = []
        jumped = self._clock.jumped()
        drained = self._hears_everything()
        if jumped or drained is not self._drained or self._timer_due(now_ms):
            self._drained = drained
            inputs.append(TimePassed(now_ms, drained, jumped))
        inputs += self._source_changes(now_ms)
        while self._receipts:
            inputs.append(Receipted(now_ms, self._receipts.popleft()))
        replayed: list[int] = []
        while self._commands:
            row, command = self._commands.popleft()
            inputs.append(Commanded(now_ms, command, row))
            if isinstance(command, ReplayQuarantined):
                inputs += await self._replay(command.seq)
                replayed.append(command.seq)
        waiting: list[asyncio.Future[None]] = []
        while self._pushed:
            received, done = self._pushed.popleft()
            inputs.append(received)
            waiting.append(done)
        inputs += messages
        if inputs:
            self._step(inputs, [taken] if taken else [], waiting, replayed)

    async def _wait(self) -> None:
        due_ms = self.core.next_due_ms()
        pause = 1.0
        if due_ms is not None:
            pause = min(1.0, max(0.001, (due_ms - self._clock.now_ms()) / 1000))
        try:
            async with asyncio.timeout(pause):
                await self._wake.wait()
        except TimeoutError:
            return

    def _time_is_up(self) -> bool:
        return (
            self._timer_due(self._clock.now_ms())
            or self._hears_everything() is not self._drained
            or any(self._connected.get(s) is not s.connected for s in self._sessions)
        )

    def _timer_due(self, now_ms: int) -> bool:
        due_ms = self.core.next_due_ms()
        return due_ms is not None and due_ms <= now_ms

    def _hears_everything(self) -> bool:
        """Connected, and read up once since: a lag later on is not deafness."""
        for session in self._sessions:
            if not session.connected:
                self._caught_up.discard(session)
            elif session.drained_at_ms is not None:
                self._caught_up.add(session)
        return len(self._caught_up) == len(self._sessions)

    def _source_changes(self, now_ms: int) -> list[Input]:
        changes: list[Input] = []
        for session in self._sessions:
            if self._connected.get(session) is not session.connected:
                self._connected[session] = session.connected
                changes.append(SourceChanged(now_ms, session.source, session.connected))
        return changes

    def _take_batch(self) -> tuple[Session, Batch] | None:
        for lane in ("safety", "bulk"):
            if self._slots[lane]:
                taken = self._slots[lane].popleft()
                self._slot_free.set()
                return taken
        return None

    async def _pull(self, session: Session) -> None:
        """Keep one batch of this session ready."""
        slot = self._slots[session.lane]
        while True:
            while len(slot) >= len(self._sessions) or self._held_messages() >= UNCOMMITTED_LIMIT:
                self._slot_free.clear()
                await self._slot_free.wait()
            batch = await session.take()
            slot.append((session, batch))
            self._wake.set()

    async def _look_for_commands(self) -> None:
        while True:
            try:
                rows = await asyncio.to_thread(self._store.open_commands, self.community)
            except StoreError:
                rows = []  # the commit path says that the store is down
            fresh = [(row, command) for row, command in rows if row > self._last_command]
            if fresh:
                self._last_command = fresh[-1][0]
                self._commands.extend(fresh)
                self._wake.set()
            self._command_written.clear()
            try:
                async with asyncio.timeout(COMMANDS_EVERY_S):
                    await self._command_written.wait()
            except TimeoutError:
                continue

    async def _replay(self, seq: int) -> list[Input]:
        kept = await self._in_writer(self._store.quarantined, self.community, seq)
        if kept is None:
            return []
        raw = msgspec.structs.replace(kept.raw, duplicate=False)
        return [Received(raw, *self._decode(raw))]

    # ── stepping and committing ──────────────────────────────────────────────────────────────────────────────────────

    def _step(
        self,
        inputs: list[Input],
        batches: list[tuple[Session, Batch]],
        waiting: list[asyncio.Future[None]],
        replayed: Sequence[int] = (),
    ) -> None:
        commit = self._stepped(inputs)
        commit.replayed = list(replayed)
        work = Work(commit, batches, sum(len(b.messages) for _, b in batches))
        self._uncommitted.append(work)
        if any(isinstance(d, RegistryChanged) for d in commit.decisions):
            self._on_registry(self.core.state)
        if self._failing.is_set():
            # The entities go on changing before this commit is written: it keeps them as they are now.
            commit.changes = _frozen(commit.changes)
            self._shout_when_due([commit])
        for done in waiting:
            self._when_committed(work, done)
        if self._committing is None or self._committing.done():
            self._committing = asyncio.create_task(self._commit_all())

    def _stepped(self, inputs: list[Input]) -> Commit:
        core = self.core
        seqs = [step(core, input) for input in inputs]
        decisions, changes = core.take()
        refused = {d.row: d.detail for d in decisions if isinstance(d, CommandRefused)}
        return Commit(
            community=self.community,
            owner=self._name,
            epoch=self._epoch,
            first_seq=seqs[0],
            last_seq=core.state.seq,
            now_ms=core.state.now_ms,
            inputs=inputs,
            seqs=seqs,
            decisions=decisions,
            changes=changes,
            quarantined=[
                (seq, i)
                for seq, i in zip(seqs, inputs, strict=True)
                if type(i) is Received and i.undecodable is not None
            ],
            commands=[
                (i.row, seq, refused.get(i.row))
                for seq, i in zip(seqs, inputs, strict=True)
                if type(i) is Commanded and i.row
            ],
        )

    def _when_committed(self, work: Work, done: asyncio.Future[None]) -> None:
        self._waiting.setdefault(id(work), []).append(done)

    def _commit_under_way(self) -> bool:
        busy = self._committing is not None and not self._committing.done()
        return busy and not self._failing.is_set()

    async def _committed_before(self) -> None:
        """Wait for the commit under way; while the store is down, go on without it."""
        if self._commit_under_way() and self._committing is not None:
            failing = asyncio.create_task(self._failing.wait())
            await asyncio.wait((self._committing, failing), return_when=asyncio.FIRST_COMPLETED)
            failing.cancel()
        if self._committing is not None and self._committing.done():
            self._committing.result()

    async def _drain_commits(self) -> None:
        if self._committing is not None:
            await self._committing

    async def _commit_all(self) -> None:
        """Commit what waits, in order, for as long as it takes."""
        while self._uncommitted:
            work = self._uncommitted[0]
            try:
                await self._in_writer(self._store.commit, work.commit)
            except LeaseLost:
                raise
            except StoreError as exc:
                await self._failed(exc)
                continue
            self._recovered_store()
            self._uncommitted.popleft()
            self._after(work)
            await self._maybe_checkpoint(work)

    async def _failed(self, exc: StoreError) -> None:
        """The store refused a commit: is it the store, or this batch?"""
        loop = asyncio.get_running_loop()
        if self._failing_since is None:
            self._failing_since = loop.time()
            log.warning("commit_failed", community=self.community, error=str(exc))
        if await self._store_takes_others():
            await self._take_apart()
            return
        await self._in_writer(self._store.free_reserve)
        if not self._failing.is_set():
            for waiting in self._uncommitted:
                waiting.commit.changes = _frozen(waiting.commit.changes)
            self._failing.set()
        self._shout_when_due([w.commit for w in self._uncommitted])
        if self._stopping:
            raise exc
        await asyncio.sleep(RETRY_S)

    def _recovered_store(self) -> None:
        if self._failing_since is not None:
            log.warning("commits_again", community=self.community)
        self._failing_since = None
        self._failing.clear()
        self._shouted.clear()

    async def _store_takes_others(self) -> bool:
        try:
            await self._in_writer(self._store.move_cursor, "probe", self.community, self._clock.now_ms())
        except StoreError:
            return False
        return True

    async def _take_apart(self) -> None:
        """Reload the state and step everything again in ever smaller pieces; the piece of one that still fails is poison."""
        async with self._stepping:
            self._recovered_store()
            waiting = list(self._uncommitted)
            self._uncommitted.clear()
            await self._in_writer(self._recover)
            for work in waiting:
                await self._commit_pieces(work.commit.inputs)
                self._after(work, told=True)

    async def _commit_pieces(self, inputs: list[Input]) -> None:
        if not inputs:
            return
        commit = self._stepped(inputs)
        try:
            await self._in_writer(self._store.commit, commit)
        except LeaseLost:
            raise
        except StoreError as exc:
            await self._in_writer(self._recover)
            if len(inputs) == 1:
                await self._commit_poison(inputs[0], exc)
                return
            middle = len(inputs) // 2
            await self._commit_pieces(inputs[:middle])
            await self._commit_pieces(inputs[middle:])
            return
        self._on_committed(commit)

    async def _commit_poison(self, input: Input, exc: StoreError) -> None:
        log.error("poison", community=self.community, input=type(input).__name__, error=str(exc))
        if not isinstance(input, Received) or input.undecodable is not None:
            raise exc
        poison = Received(input.raw, (), Undecodable(Undecoded.POISON, str(exc)[:500]))
        await self._commit_pieces([poison])

    def _after(self, work: Work, *, told: bool = False) -> None:
        """It is kept: acknowledge, answer who waits, wake the followers."""
        for session, batch in work.batches:
            session.ack(batch)
        for done in self._waiting.pop(id(work), ()):
            if not done.done():
                done.set_result(None)
        self.committed_readings += work.messages
        self._slot_free.set()
        if not told:
            self._on_committed(work.commit)

    @property
    def store_down(self) -> bool:
        """Nothing has been committed for `SHOUT_AFTER_S`."""
        since = self._failing_since
        return since is not None and asyncio.get_running_loop().time() - since >= SHOUT_AFTER_S

    def _shout_when_due(self, commits: list[Commit]) -> None:
        if self.store_down:
            self._shout(commits)

    def _shout(self, commits: list[Commit]) -> None:
        """The store is down: critical notifications go out unrecorded, rather twice than never."""
        for commit in commits:
            for decision in commit.decisions:
                if not isinstance(decision, NotificationDue) or decision.severity is not Severity.CRITICAL:
                    continue
                key = (decision.notification, decision.attempt)
                person = self.core.state.people.get(decision.person)
                if key in self._shouted or person is None:
                    continue
                self._shouted.add(key)
                url = next((c.url for c in person.contacts if c.id == decision.contact), "")
                log.error("store_down", community=self.community, notification=decision.notification)
                self._send_unrecorded(decision, url)

    def _held_messages(self) -> int:
        return sum(work.messages for work in self._uncommitted)

    # ── state ────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _maybe_checkpoint(self, work: Work) -> None:
        loop = asyncio.get_running_loop()
        self._since_checkpoint += len(work.commit.inputs)
        late = loop.time() - self._checkpoint_at >= CHECKPOINT_S
        if self._uncommitted or not (self._since_checkpoint >= CHECKPOINT_READINGS or late):
            return
        self._since_checkpoint = 0
        self._checkpoint_at = loop.time()
        await self._checkpoint()

    async def _checkpoint(self) -> None:
        # Encoded here, not in the writer thread: the next batch is stepped while that one writes.
        state = self.core.state
        body = msgspec.msgpack.encode(state)
        await self._in_writer(self._store.checkpoint, self.community, state.seq, state.now_ms, self._software, body)

    def _recover(self) -> None:
        """Snapshot, then the tail stepped again; where the software changed in between, stored decisions win."""
        state, blocks, changed = self._store.recover(self.community, self._software)
        core = Core(state or State(community=self.community), self.settings)
        start = core.state.seq
        for earlier in self._store.blocks(self.community, max(0, start - RECENT_SEQS), RECENT_SEQS):
            for input in earlier.inputs if earlier.last_seq <= start else ():
                if type(input) is Received:
                    core.remember(input.raw)
        stepped = False
        for block in blocks:
            stepped = True
            for input, seq in zip(block.inputs, block.seqs, strict=True):
                core.state.seq = max(core.state.seq, seq - 1)
                step(core, input)
            core.state.seq = max(core.state.seq, block.last_seq)
            core.take()
        if changed and stepped:
            recent = core.recent
            core = Core(_stored_decisions_win(core.state, self._store.entities(self.community)), self.settings)
            core.recent = recent
        self.core = core

    async def _in_writer(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._writer, partial(work, *args, **kwargs))


def _frozen(changes: Changes) -> Changes:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(changes), type=Changes)


def _stored_decisions_win(state: State, stored: Changes) -> State:
    """Put the entities as their rows have them in place of what today's software would have decided."""
    state.alerts = stored.alerts
    state.incidents = stored.incidents
    state.notifications = stored.notifications
    for device in state.devices.values():
        device.alerts = None
    for alert in stored.alerts.values():
        subject = state.devices.get(alert.subject)
        if subject is not None and alert.closed_ms is None:
            subject.alerts = {**(subject.alerts or {}), alert.key: alert.id}
    return state
