"""The newest blocks in memory: a follower that keeps up need not read back what has just been written."""

from __future__ import annotations

import threading
from collections import deque

from hub.influx.follow import Journal
from hub.store.port import Block, Commit

KEPT_MESSAGES = 4_000
"""Messages held for one follower; beyond it the journal itself is read."""


READ_BLOCKS = 2
"""Blocks read back at once: decoded, each weighs some megabytes."""


class RecentJournal:
    """The journal of one community with its newest blocks at hand. `add` from the event loop, the rest from a thread."""

    def __init__(self, journal: Journal, community: str) -> None:
        self._journal = journal
        self._community = community
        self._blocks: deque[tuple[Block, int]] = deque()
        self._messages = 0
        self._reaches_back_to: int | None = None
        """seq after which everything that was committed is held."""
        self._lock = threading.Lock()

    def add(self, commit: Commit) -> None:
        """One commit that the store has kept."""
        if commit.community != self._community or not commit.inputs:
            return
        block = Block(
            community=commit.community,
            first_seq=commit.first_seq,
            last_seq=commit.last_seq,
            inputs=commit.inputs,
            seqs=commit.seqs,
            decisions=commit.decisions,
        )
        messages = len(commit.inputs)
        with self._lock:
            if self._reaches_back_to is None:
                self._reaches_back_to = commit.first_seq - 1
            self._blocks.append((block, messages))
            self._messages += messages
            while self._messages > KEPT_MESSAGES and len(self._blocks) > 1:
                dropped, count = self._blocks.popleft()
                self._messages -= count
                self._reaches_back_to = dropped.last_seq

    def blocks(self, community: str, after_seq: int, limit: int) -> list[Block]:
        """From memory when it reaches back that far, else from the journal."""
        with self._lock:
            if self._reaches_back_to is not None and after_seq >= self._reaches_back_to:
                while self._blocks and self._blocks[0][0].last_seq <= after_seq:
                    dropped, count = self._blocks.popleft()
                    self._messages -= count
                    self._reaches_back_to = dropped.last_seq
                return [block for block, _ in list(self._blocks)[:limit]]
        return self._journal.blocks(community, after_seq, min(limit, READ_BLOCKS))

    def cursor(self, name: str, community: str) -> int:
        return self._journal.cursor(name, community)

    def move_cursor(self, name: str, community: str, seq: int) -> None:
        self._journal.move_cursor(name, community, seq)
