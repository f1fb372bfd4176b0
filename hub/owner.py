"""The owner of one community: the journey from batches to commits, in one loop.

Takes batches of raw messages (safety first), commands, receipts and the clock; gives stepped inputs to `hub.keeping`,
which commits and acknowledges them. The commit of one batch runs while the next one is decoded.

    take -> decode -> step -> commit (writer thread) -> ack -> wake the followers
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Executor

import msgspec

from hub.clock import JUMP_MS, Clock
from hub.core.commands import AnyCommand, ReplayQuarantined
from hub.core.inputs import Commanded, Configured, Input, Receipted, Received, SourceChanged, TimePassed
from hub.decode.port import Decode
from hub.errors import StoreError
from hub.keeping import Keeper, Taken
from hub.model import Receipt
from hub.mqtt.port import Session
from hub.store.port import Store

COMMANDS_EVERY_S = 0.2
LOOK_EVERY_S = 1.0
"""How long the loop rests at most when nothing wakes it."""
BATCH = 2000
"""Messages of one commit, about: the last batch taken may pass it."""
URGENT = 256
"""Messages of the safety lane that still join a turn whose others are decoded already."""
DECODED_AT_ONCE = 500
"""Messages between two looks at the loop: sending an alarm takes several of its turns, and must not wait for a batch at each."""
HELD_LIMIT = 20_000
"""Messages held while the store is down; beyond it the broker holds them."""


class Owner:
    """Owns one community until it is cancelled or its lease is lost."""

    def __init__(
        self,
        keeper: Keeper,
        *,
        store: Store,
        reader: Executor,
        decode: Decode,
        clock: Clock,
        commands_every_s: float = COMMANDS_EVERY_S,
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        self.keeper = keeper
        self.community = keeper.community
        self._store = store
        self._reader = reader
        self.decode = decode
        self._sessions: list[Session] = []
        self._clock = clock
        self._commands_every_s = commands_every_s
        self._look_every_s = look_every_s
        self._wake = asyncio.Event()
        self._slots: dict[str, deque[Taken]] = {"safety": deque(), "bulk": deque()}
        self._pushed: deque[tuple[Received, asyncio.Future[None]]] = deque()
        self._receipts: deque[Receipt] = deque()
        self._commands: deque[tuple[int, AnyCommand]] = deque()
        self._command_written = asyncio.Event()
        self._last_command = 0
        self._drained = False
        self._jumped_ms = 0
        self._connected: dict[Session, bool] = {}
        self._caught_up: set[Session] = set()

    # ── from outside ─────────────────────────────────────────────────────────────────────────────────────────────────

    def add_receipt(self, receipt: Receipt) -> None:
        """A provider answered; it was recorded already."""
        self._receipts.append(receipt)
        self._wake.set()

    def wake_commands(self) -> None:
        """A command row was written by this process. Call it in the event loop."""
        self._command_written.set()

    def attach(self, sessions: Sequence[Session]) -> None:
        """The sessions to take from, before `run`: which topics they need is known once the registry is open."""
        self._sessions = list(sessions)

    async def ingest(self, received: Received) -> None:
        """Take a message that came over HTTP; returns after its commit."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pushed.append((received, done))
        self._wake.set()
        await done

    async def open(self, *, digest: str, software: str, seed: Sequence[AnyCommand] = ()) -> None:
        """Rebuild the state, note the configuration, load the seed into an empty registry, step left receipts."""
        now_ms = self._clock.now_ms()
        await self.keeper.open(now_ms)
        inputs: list[Input] = [*self._while_away(now_ms), Configured(now_ms, digest, software)]
        if not self.keeper.core.state.places:
            inputs += [Commanded(now_ms, command) for command in seed]
        receipts = await self.keeper.in_writer(self._store.open_receipts, self.community)
        inputs += [Receipted(now_ms, receipt) for receipt in receipts]
        self.keeper.step(inputs)
        await self.keeper.drained()

    def _while_away(self, now_ms: int) -> list[Input]:
        """From the last input until now the hub heard nothing; and its clock may have been set back meanwhile."""
        known_ms = self.keeper.core.state.now_ms
        if not known_ms:
            return []
        jumped = now_ms - known_ms if known_ms - now_ms >= JUMP_MS else 0
        back = TimePassed(now_ms, False, jumped) if jumped else TimePassed(now_ms, False, away=True)
        return [TimePassed(known_ms, drained=False), back]

    async def run(self) -> None:
        """The loop; ends by cancellation or `LeaseLost`."""
        pullers = [asyncio.create_task(self._pull(session)) for session in self._sessions]
        commands = asyncio.create_task(self._look_for_commands())
        try:
            while True:
                await self._turn()
        finally:
            for task in (*pullers, commands):
                task.cancel()

    # ── one turn ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _turn(self) -> None:
        """Wait for something to do, decode it, wait for the previous commit, step it, start its commit."""
        self._wake.clear()
        self._jumped_ms += self._clock.jumped()
        taken = self._take_batches()
        if not (taken or self._receipts or self._commands or self._pushed or self._time_is_up()):
            await self._wait()
            return
        messages = await self._decoded(taken)
        # What a session delivers keeps its order: nothing of the safety lane may pass what was taken from it before.
        bulk_only = all(session.lane == "bulk" for session, _ in taken)
        while True:
            await self.keeper.before_step()
            async with self.keeper.stepping:
                if self.keeper.under_way():
                    continue
                urgent = self._take_urgent() if bulk_only else []
                if urgent and len(messages) > URGENT:  # a commit of its own is kept and told long before a full one
                    await self._step_turn(urgent, self._decoded_now(urgent))
                    continue
                await self._step_turn([*urgent, *taken], [*self._decoded_now(urgent), *messages])
                return

    async def _decoded(self, taken: list[Taken]) -> list[Input]:
        """What was taken, decoded; in between the loop goes round."""
        raws = [raw for _, batch in taken for raw in batch.messages]
        decode = self.decode
        messages: list[Input] = []
        for at in range(0, len(raws), DECODED_AT_ONCE):
            if at:
                await asyncio.sleep(0)
            messages += [Received(raw, *decode(raw)) for raw in raws[at : at + DECODED_AT_ONCE]]
        return messages

    def _decoded_now(self, taken: list[Taken]) -> list[Input]:
        decode = self.decode
        return [Received(raw, *decode(raw)) for _, batch in taken for raw in batch.messages]

    async def _step_turn(self, taken: list[Taken], messages: list[Input]) -> None:
        now_ms = self._clock.now_ms()
        inputs: list[Input] = []
        jumped, self._jumped_ms = self._jumped_ms + self._clock.jumped(), 0
        drained = self._hears_everything()
        if jumped or drained is not self._drained or self._timer_due(now_ms):
            self._drained = drained
            inputs.append(TimePassed(now_ms, drained, jumped))
        inputs += self._source_changes(now_ms)
        while self._receipts:
            inputs.append(Receipted(now_ms, self._receipts.popleft()))
        while self._commands:
            row, command = self._commands.popleft()
            inputs.append(Commanded(now_ms, command, row))
            if isinstance(command, ReplayQuarantined):
                replayed = await self._replay(command.seq)
                if replayed is None:
                    inputs.pop()
                    asyncio.get_running_loop().call_later(self._commands_every_s, self._put_back, row, command)
                    continue
                inputs += replayed
        waiting: list[asyncio.Future[None]] = []
        while self._pushed:
            received, done = self._pushed.popleft()
            inputs.append(_not_ahead(received, now_ms))
            waiting.append(done)
        inputs += [_not_ahead(one, now_ms) for one in messages] if _any_ahead(taken, now_ms) else messages
        if inputs:
            self.keeper.step(inputs, taken, waiting)

    async def _wait(self) -> None:
        due_ms = self.keeper.core.next_due_ms()
        pause = self._look_every_s
        if due_ms is not None:
            pause = min(pause, max(0.001, (due_ms - self._clock.now_ms()) / 1000))
        try:
            async with asyncio.timeout(pause):
                await self._wake.wait()
        except TimeoutError:
            return

    def _time_is_up(self) -> bool:
        return (
            self._jumped_ms != 0
            or self._timer_due(self._clock.now_ms())
            or self._hears_everything() is not self._drained
            or any(self._connected.get(s) is not s.connected for s in self._sessions)
        )

    def _timer_due(self, now_ms: int) -> bool:
        due_ms = self.keeper.core.next_due_ms()
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

    def _take_batches(self) -> list[Taken]:
        """What every session has ready, safety first, about `BATCH` messages: one commit for all of them."""
        taken: list[Taken] = []
        messages = 0
        for lane in ("safety", "bulk"):
            while self._slots[lane] and messages < BATCH:
                taken.append(self._slots[lane].popleft())
                messages += len(taken[-1][1].messages)
        if taken:
            self.keeper.freed.set()
        return taken

    def _take_urgent(self) -> list[Taken]:
        """What came over the safety lane since the turn began, if it is little: a flood has turns of its own."""
        lane = self._slots["safety"]
        if not lane or sum(len(batch.messages) for _, batch in lane) > URGENT:
            return []
        taken = list(lane)
        lane.clear()
        self.keeper.freed.set()
        return taken

    async def _pull(self, session: Session) -> None:
        """Keep one batch of this session ready."""
        slot = self._slots[session.lane]
        while True:
            while len(slot) >= len(self._sessions) or self.keeper.held_messages() >= HELD_LIMIT:
                self.keeper.freed.clear()
                await self.keeper.freed.wait()
            batch = await session.take()
            slot.append((session, batch))
            self._wake.set()

    async def _look_for_commands(self) -> None:
        while True:
            self._command_written.clear()
            try:
                rows = await asyncio.get_running_loop().run_in_executor(
                    self._reader, self._store.open_commands, self.community
                )
            except StoreError:
                rows = []  # the commit path says that the store is down
            fresh = [(row, command) for row, command in rows if row > self._last_command]
            if fresh:
                self._last_command = fresh[-1][0]
                self._commands.extend(fresh)
                self._wake.set()
            try:
                async with asyncio.timeout(self._commands_every_s):
                    await self._command_written.wait()
            except TimeoutError:
                continue

    def _put_back(self, row: int, command: AnyCommand) -> None:
        self._commands.append((row, command))
        self._wake.set()

    async def _replay(self, seq: int) -> list[Input] | None:
        """The quarantined message as a new input; None while the store cannot say."""
        try:
            kept = await self.keeper.in_writer(self._store.quarantined, self.community, seq)
        except StoreError:
            return None
        if kept is None:
            return []
        raw = msgspec.structs.replace(kept.raw, duplicate=False)
        return [Received(raw, *self.decode(raw))]


def _any_ahead(taken: Sequence[Taken], now_ms: int) -> bool:
    return any(raw.received_ms > now_ms for _, batch in taken for raw in batch.messages)


def _not_ahead(received: Input, now_ms: int) -> Input:
    """A message that came before the clock was set back must not pull the core's time into the future again."""
    if type(received) is not Received or received.raw.received_ms <= now_ms:
        return received
    return msgspec.structs.replace(received, raw=msgspec.structs.replace(received.raw, received_ms=now_ms))
