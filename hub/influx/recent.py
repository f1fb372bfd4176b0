"""The journal as lines of line protocol: the newest are made at their commit, so that nobody reads back what was just written."""

from __future__ import annotations

import threading
from collections import deque
from typing import Protocol

import msgspec

from hub.influx.lines import Lines, Where
from hub.store.port import Block, Commit

KEPT_LINES = 20_000
"""Lines held for one follower, some 5 MB; beyond it the journal itself is read. The messages would weigh ten times as much."""
READ_BLOCKS = 2
"""Blocks read back at once: decoded, each weighs some megabytes."""


class Journal(Protocol):
    """What the follower needs of a `hub.store.port.Store`."""

    def blocks(self, community: str, after_seq: int, limit: int) -> list[Block]: ...

    def cursor(self, name: str, community: str) -> int: ...

    def move_cursor(self, name: str, community: str, seq: int) -> None: ...


class Rendered(msgspec.Struct, frozen=True):
    """One block as lines."""

    last_seq: int
    lines: list[str]


class JournalLines:
    """The journal of one community as lines. `add` from the event loop, the rest from a thread; ``where`` from both."""

    def __init__(self, journal: Journal, community: str, where: Where) -> None:
        self.community = community
        self._journal = journal
        self._lines = Lines(community, where)
        self._held: deque[Rendered] = deque()
        self._count = 0
        self._reaches_back_to: int | None = None
        """seq after which everything that was committed is held."""
        self._lock = threading.Lock()

    def add(self, commit: Commit) -> None:
        """One commit that the store has kept."""
        if commit.community != self.community or not commit.inputs:
            return
        block = Block(
            community=commit.community,
            first_seq=commit.first_seq,
            last_seq=commit.last_seq,
            inputs=commit.inputs,
            seqs=commit.seqs,
            decisions=commit.decisions,
        )
        rendered = self._rendered(block)
        with self._lock:
            if self._reaches_back_to is None:
                self._reaches_back_to = commit.first_seq - 1
            self._held.append(rendered)
            self._count += len(rendered.lines)
            while self._count > KEPT_LINES and len(self._held) > 1:
                self._drop_oldest()

    def after(self, seq: int) -> list[Rendered]:
        """What was committed after ``seq``: from memory when it reaches back that far, else the next blocks of the journal."""
        with self._lock:
            if self._reaches_back_to is not None and seq >= self._reaches_back_to:
                while self._held and self._held[0].last_seq <= seq:
                    self._drop_oldest()
                return list(self._held)
        return [self._rendered(block) for block in self._journal.blocks(self.community, seq, READ_BLOCKS)]

    def cursor(self, name: str) -> int:
        return self._journal.cursor(name, self.community)

    def move_cursor(self, name: str, seq: int) -> None:
        self._journal.move_cursor(name, self.community, seq)

    def _rendered(self, block: Block) -> Rendered:
        return Rendered(block.last_seq, self._lines.of_block(block))

    def _drop_oldest(self) -> None:
        dropped = self._held.popleft()
        self._count -= len(dropped.lines)
        self._reaches_back_to = dropped.last_seq
