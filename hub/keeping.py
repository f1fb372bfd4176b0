"""Keeping: what one community's owner stepped becomes durable, in order; and the state comes back from what was kept.

Takes batches of inputs; gives commits, then acks, then wake-ups of those who follow. A commit that fails is tried again as
it is. While the store is down stepping goes on, every commit is kept in order, and after `SHOUT_AFTER_S` critical
notifications go to delivery unrecorded. A batch that the store refuses while it takes others is taken apart until the one
message that it cannot take is quarantined. May lose nothing: what is not committed is not acknowledged.
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

from hub.core.context import Core
from hub.core.decisions import CommandRefused, MessageQuarantined, NotificationDue, RegistryChanged
from hub.core.inputs import Commanded, Input, Received
from hub.core.policies import Settings
from hub.core.state import Changes, State
from hub.core.step import step
from hub.errors import LeaseLost, StoreError
from hub.model import Severity
from hub.mqtt.port import Batch, Session
from hub.poison import Piece, smaller
from hub.recovery import recovered
from hub.store.port import Commit, Store
from hub.store.snapshots import state_bytes

P = ParamSpec("P")
T = TypeVar("T")
log = structlog.get_logger("keeping")

CHECKPOINT_READINGS = 50_000
CHECKPOINT_S = 30.0
SHOUT_AFTER_S = 2.0
HANGS_AFTER_S = SHOUT_AFTER_S + 0.05
"""A little later, so that it is time to shout by whichever clock."""
RETRY_S = 0.25

Taken = tuple[Session, Batch]


class Work(msgspec.Struct):
    """One batch on its way: what went in, whom to acknowledge, who waits for it."""

    commit: Commit
    batches: list[Taken]
    waiting: list[asyncio.Future[None]]
    messages: int


class Keeper:
    """Steps and keeps one community for as long as its lease stands."""

    def __init__(
        self,
        *,
        settings: Settings,
        store: Store,
        writer: Executor,
        name: str,
        software: str,
        on_committed: Callable[[Commit], None],
        on_registry: Callable[[State], None],
        send_unrecorded: Callable[[str, NotificationDue, str], None],
    ) -> None:
        self.settings = settings
        self.community = settings.community
        self.core = Core(State(community=self.community), settings)
        self.stepping = asyncio.Lock()
        """Held by whoever steps: the owner's turn, or taking a batch apart."""
        self.freed = asyncio.Event()
        """Set after each commit: there may be room again."""
        self.committed_messages = 0
        self._store = store
        self._writer = writer
        self._name = name
        self._software = software
        self._on_committed = on_committed
        self._on_registry = on_registry
        self._send_unrecorded = send_unrecorded
        self._epoch = 0
        self._uncommitted: deque[Work] = deque()
        self._committing: asyncio.Task[None] | None = None
        self._failing = asyncio.Event()
        self._failing_since: float | None = None
        self._shouted: set[tuple[int, int]] = set()
        self._since_checkpoint = 0
        self._erased = False
        self._checkpoint_at = 0.0
        self._stopping = False

    async def open(self, now_ms: int) -> None:
        """Take the lease and rebuild the state from snapshot and tail."""
        self._loop = asyncio.get_running_loop()
        self._epoch = await self.in_writer(self._store.take_lease, self.community, self._name, now_ms)
        await self.in_writer(self._recover)
        self._checkpoint_at = self._loop.time()

    async def close(self) -> None:
        """Commit what was stepped and keep a snapshot."""
        self._stopping = True
        await self.drained()
        if not self._uncommitted:
            await self._checkpoint()

    async def drained(self) -> None:
        """Wait until everything stepped is committed."""
        if self._committing is not None:
            await self._committing

    def held_messages(self) -> int:
        """Messages stepped but not committed."""
        return sum(work.messages for work in self._uncommitted)

    def under_way(self) -> bool:
        """A commit is under way that stepping must wait for."""
        busy = self._committing is not None and not self._committing.done()
        return busy and not self._failing.is_set()

    async def before_step(self) -> None:
        """Wait for the commit under way; while the store is down, go on without it."""
        if self.under_way() and self._committing is not None:
            failing = asyncio.create_task(self._failing.wait())
            await asyncio.wait((self._committing, failing), return_when=asyncio.FIRST_COMPLETED)
            failing.cancel()
        if self._committing is not None and self._committing.done():
            self._committing.result()

    def step(
        self,
        inputs: list[Input],
        batches: Sequence[Taken] = (),
        waiting: Sequence[asyncio.Future[None]] = (),
    ) -> None:
        """Step the inputs now; their commit starts now too and is followed by acks and wake-ups."""
        commit = self._stepped(inputs)
        messages = sum(len(batch.messages) for _, batch in batches)
        self._uncommitted.append(Work(commit, list(batches), list(waiting), messages))
        if any(isinstance(d, RegistryChanged) for d in commit.decisions):
            self._on_registry(self.core.state)
        if self._failing.is_set():
            # The entities go on changing before this commit is written: it keeps them as they are now.
            commit.changes = _frozen(commit.changes)
            self._shout_when_due([commit])
        if self._committing is None or self._committing.done():
            self._committing = asyncio.create_task(self._commit_all())

    def _stepped(self, inputs: list[Input]) -> Commit:
        core = self.core
        seqs = [step(core, input) for input in inputs]
        decisions, changes = core.take()
        refused = {d.row: d.detail for d in decisions if isinstance(d, CommandRefused)}
        quarantined: list[tuple[int, Received]] = []
        if any(type(d) is MessageQuarantined for d in decisions):
            pairs = zip(seqs, inputs, strict=True)
            quarantined = [(seq, i) for seq, i in pairs if type(i) is Received and i.undecodable is not None]
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
            quarantined=quarantined,
            commands=[
                (i.row, seq, refused.get(i.row))
                for seq, i in zip(seqs, inputs, strict=True)
                if type(i) is Commanded and i.row
            ],
        )

    async def _commit_all(self) -> None:
        """Commit what waits, in order, for as long as it takes."""
        while self._uncommitted:
            work = self._uncommitted[0]
            began = self._loop.time()
            hanging = self._loop.call_later(HANGS_AFTER_S, self._hangs, began)
            try:
                await self.in_writer(self._store.commit, work.commit)
            except LeaseLost:
                raise
            except StoreError as exc:
                await self._failed(exc, began)
                continue
            finally:
                hanging.cancel()
            self._works_again()
            self._uncommitted.popleft()
            self._after(work)
            await self._maybe_checkpoint(work)

    async def _failed(self, exc: StoreError, began: float) -> None:
        """The store refused a commit: is it the store, or this batch?"""
        if self._failing_since is None:
            self._failing_since = began  # waiting for a lock is time in which nobody is told
            log.warning("commit_failed", community=self.community, error=str(exc))
        if await self._store_takes_others() and await self._take_apart():
            return
        await self.in_writer(self._store.free_reserve)
        self._go_on_without()
        if self._stopping:
            raise exc
        await asyncio.sleep(RETRY_S)

    def _hangs(self, began: float) -> None:
        """The store gives neither a commit nor an error: a dead network, a disk that stands still."""
        if self._failing_since is None:
            self._failing_since = began
            log.warning("commit_hangs", community=self.community)
        self._go_on_without()

    def _go_on_without(self) -> None:
        """Stepping waits for no commit any more; what waits is told once it is time."""
        if not self._failing.is_set():
            for waiting in self._uncommitted:
                waiting.commit.changes = _frozen(waiting.commit.changes)
            self._failing.set()
        self._shout_when_due([w.commit for w in self._uncommitted])

    def _works_again(self) -> None:
        if self._failing_since is not None:
            log.warning("commits_again", community=self.community)
        self._failing_since = None
        self._failing.clear()
        self._shouted.clear()

    async def _store_takes_others(self) -> bool:
        try:
            await self.in_writer(self._store.move_cursor, "probe", self.community, self.core.state.now_ms)
        except StoreError:
            return False
        return True

    async def _take_apart(self) -> bool:
        """Reload the state and step everything again in ever smaller pieces; the piece of one that still fails is poison.

        False when the store went away meanwhile: what is left waits in order, and stepping may go on.
        """
        async with self.stepping:
            if not await self._reload():
                return False
            pieces: deque[Piece[Work]] = deque()
            while self._uncommitted:
                work = self._uncommitted.popleft()
                if work.commit.last_seq <= self.core.state.seq:
                    self._after(work)  # it was kept: only the word of it got lost
                else:
                    pieces.append(Piece(work.commit.inputs, work))
            while pieces:
                if not await self._commit_piece(pieces):
                    return False
            self._works_again()
            return True

    async def _commit_piece(self, pieces: deque[Piece[Work]]) -> bool:
        """Commit the first piece, or put smaller ones in its place; False when the store is away."""
        piece = pieces[0]
        commit = self._stepped(piece.inputs)
        try:
            await self.in_writer(self._store.commit, commit)
        except LeaseLost:
            raise
        except StoreError as exc:
            if not await self._reload():
                self._wait_again(commit, pieces)
                return False
            if self.core.state.seq < commit.last_seq:
                pieces.popleft()
                if piece.harmless:
                    if piece.stands_in_for is not None:
                        pieces.appendleft(Piece([piece.stands_in_for], piece.ends))
                    self._wait_again(self._stepped(pieces[0].inputs), pieces)
                    return False
                pieces.extendleft(reversed(smaller(piece, exc)))
                return True
        pieces.popleft()
        self._on_committed(commit)
        if piece.ends is not None:
            self._after(piece.ends, told=True)
        return True

    async def _reload(self) -> bool:
        """Put the state as it is kept in place of the one that ran ahead; False when the store is away."""
        if not await self._store_takes_others():
            return False
        try:
            await self.in_writer(self._recover)
        except StoreError:
            return False
        return True

    def _wait_again(self, commit: Commit, pieces: deque[Piece[Work]]) -> None:
        """The store went away while a batch was taken apart: step the rest of it, for the time when the store is back."""
        while pieces:
            piece = pieces.popleft()
            # Stepping goes on and changes the entities: each commit keeps them as they are now.
            commit.changes = _frozen(commit.changes)
            done = piece.ends
            work = Work(commit, [], [], 0) if done is None else Work(commit, done.batches, done.waiting, done.messages)
            self._uncommitted.append(work)
            if pieces:
                commit = self._stepped(pieces[0].inputs)

    def _after(self, work: Work, *, told: bool = False) -> None:
        """It is kept: acknowledge, answer who waits, wake the followers."""
        for session, batch in work.batches:
            session.ack(batch)
        for done in work.waiting:
            if not done.done():
                done.set_result(None)
        self.committed_messages += work.messages
        self.freed.set()
        if not told:
            self._on_committed(work.commit)

    @property
    def store_down(self) -> bool:
        """Nothing has been committed for `SHOUT_AFTER_S`. Asked by the pages' threads too."""
        since = self._failing_since
        return since is not None and self._loop.time() - since >= SHOUT_AFTER_S

    @property
    def failing_ms(self) -> int:
        """For how long nothing could be committed, 0 while it can. Asked by the auditor's thread too."""
        since = self._failing_since
        return 0 if since is None else round((self._loop.time() - since) * 1000)

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
                person = self.core.person(decision.person)
                if key in self._shouted or person is None:
                    continue
                self._shouted.add(key)
                url = next((c.url for c in person.contacts if c.id == decision.contact), "")
                log.error("store_down", community=self.community, notification=decision.notification)
                self._send_unrecorded(self.community, decision, url)

    # ── state ────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _maybe_checkpoint(self, work: Work) -> None:
        loop = asyncio.get_running_loop()
        self._since_checkpoint += len(work.commit.inputs)
        late = loop.time() - self._checkpoint_at >= CHECKPOINT_S
        # What was erased opens no more: a tail with it, told again, would be another story.
        self._erased = self._erased or bool(work.commit.changes.erased or work.commit.changes.erased_plates)
        if self._uncommitted or not (self._since_checkpoint >= CHECKPOINT_READINGS or late or self._erased):
            return
        self._erased = False
        self._since_checkpoint = 0
        self._checkpoint_at = loop.time()
        await self._checkpoint()

    async def _checkpoint(self) -> None:
        # Encoded here, not in the writer thread: the next batch is stepped while that one writes.
        state = self.core.state
        body = state_bytes(state)
        try:
            await self.in_writer(self._store.checkpoint, self.community, state.seq, state.now_ms, self._software, body)
        except LeaseLost:
            raise
        except StoreError as exc:  # the journal has it all: the next start reads a longer tail
            log.warning("checkpoint_failed", community=self.community, error=str(exc))

    def _recover(self) -> None:
        self.core = recovered(self._store, self.settings, self._software)

    async def in_writer(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._writer, partial(work, *args, **kwargs))


def _frozen(changes: Changes) -> Changes:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(changes), type=Changes)
