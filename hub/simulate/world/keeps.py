"""The store with faults round it, and with a memory of what was committed: the yardstick of the invariants."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TypeVar

import msgspec

from hub.core.commands import AnyCommand
from hub.core.inputs import Received
from hub.core.state import Changes, State
from hub.model import Receipt
from hub.simulate.world.broker import Key
from hub.simulate.world.faults import Faults, Process
from hub.simulate.world.trace import Trace
from hub.store.port import Block, Commit, Outgoing
from hub.store.sql import SqlStore

T = TypeVar("T")
_encode = msgspec.msgpack.Encoder().encode


def print_of(state: State) -> str:
    """Fingerprint of a state; an index that is empty and one that was never needed are the same."""
    for device in state.devices.values():
        device.alerts = device.alerts or None
        device.met = device.met or None
    return hashlib.blake2b(_encode(state), digest_size=16).hexdigest()


class Ledger:
    """What stands in the journal, over all lives."""

    def __init__(self) -> None:
        self.head = 0
        self.kept: Counter[Key] = Counter()
        self.fresh: Counter[Key] = Counter()
        """Without those that were marked as duplicates."""
        self.quarantined: set[Key] = set()
        """Those that somebody may have had decoded again: they stand in the journal once more each time."""
        self.prints: dict[int, str] = {}
        """last seq of a commit -> fingerprint of the state at that moment."""

        self.erased = False
        """Somebody was erased: the journal cannot be told again as it was."""

    def committed(self, commit: Commit, state: State) -> None:
        self.head = commit.last_seq
        self.erased = self.erased or bool(commit.changes.erased)
        for one in commit.inputs:
            if type(one) is Received:
                self.kept[one.raw.topic, one.raw.payload] += 1
                self.fresh[one.raw.topic, one.raw.payload] += not one.raw.duplicate
                if one.undecodable is not None:
                    self.quarantined.add((one.raw.topic, one.raw.payload))
        if state.seq == commit.last_seq:  # while the store was away stepping went on: then nobody knows
            self.prints[state.seq] = print_of(state)


class WorldStore:
    """`hub.store.port.Store` of one life."""

    def __init__(
        self,
        store: SqlStore,
        faults: Faults,
        process: Process,
        ledger: Ledger,
        state: Callable[[], State],
        trace: Trace,
    ) -> None:
        self._store = store
        self._faults = faults
        self._process = process
        self._ledger = ledger
        self._state = state
        self._trace = trace

    def _around(self, what: str, call: Callable[[], T]) -> T:
        return self._faults.around(what, self._process, call)

    def take_lease(self, community: str, owner: str, now_ms: int) -> int:
        return self._around("take_lease", lambda: self._store.take_lease(community, owner, now_ms))

    def commit(self, commit: Commit) -> None:
        def call() -> None:
            self._store.commit(commit)
            self._trace.note("committed", commit.first_seq, commit.last_seq, len(commit.decisions))
            self._ledger.committed(commit, self._state())

        self._faults.around_commit(self._process, commit, call)

    def checkpoint(self, community: str, seq: int, at_ms: int, software: str, body: bytes) -> None:
        def call() -> None:
            self._store.checkpoint(community, seq, at_ms, software, body)
            self._trace.note("checkpoint", seq)

        self._around("checkpoint", call)

    def recover(self, community: str, software: str) -> tuple[State | None, Iterator[Block], bool]:
        state, blocks, changed = self._around("recover", lambda: self._store.recover(community, software))
        return state, self._streamed(blocks), changed

    def _streamed(self, blocks: Iterator[Block]) -> Iterator[Block]:
        for block in blocks:
            self._faults.refuse("recover")
            yield block

    def entities(self, community: str) -> Changes:
        return self._around("entities", lambda: self._store.entities(community))

    def blocks(self, community: str, after_seq: int, limit: int) -> list[Block]:
        return self._around("blocks", lambda: self._store.blocks(community, after_seq, limit))

    def cursor(self, name: str, community: str) -> int:
        return self._around("cursor", lambda: self._store.cursor(name, community))

    def move_cursor(self, name: str, community: str, seq: int) -> None:
        self._around("move_cursor", lambda: self._store.move_cursor(name, community, seq))

    def write_command(self, community: str, command: AnyCommand, now_ms: int) -> int:
        return self._around("write_command", lambda: self._store.write_command(community, command, now_ms))

    def open_commands(self, community: str) -> list[tuple[int, AnyCommand]]:
        return self._around("open_commands", lambda: self._store.open_commands(community))

    def claim(self, by: str, now_ms: int, limit: int) -> list[Outgoing]:
        return self._around("claim", lambda: self._store.claim(by, now_ms, limit))

    def take_budget(self, provider: str, window_ms: int, cost: int, limit: int) -> bool:
        return self._around("take_budget", lambda: self._store.take_budget(provider, window_ms, cost, limit))

    def open_receipts(self, community: str) -> list[Receipt]:
        return self._around("open_receipts", lambda: self._store.open_receipts(community))

    def record_receipt(self, community: str, receipt: Receipt) -> None:
        self._around("record_receipt", lambda: self._store.record_receipt(community, receipt))

    def quarantined(self, community: str, seq: int) -> Received | None:
        return self._around("quarantined", lambda: self._store.quarantined(community, seq))

    def retain(self, community: str, before_ms: int, max_bytes: int) -> int:
        return self._around("retain", lambda: self._store.retain(community, before_ms, max_bytes))

    def free_reserve(self) -> bool:
        return False

    def close(self) -> None:
        """The world's store outlives this life."""
