"""What the rest of the hub may ask of a store. `hub.store.sql.SqlStore` is the one implementation. Types only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from hub.core.commands import AnyCommand
from hub.core.decisions import AnyDecision, NotificationDue
from hub.core.inputs import Input, Received
from hub.core.state import Changes, State
from hub.model import Receipt


class Commit(msgspec.Struct, kw_only=True):
    """One batch, kept whole or not at all."""

    community: str
    owner: str
    epoch: int
    first_seq: int
    """seq of the first input. A `Received` takes max(1, len(readings)) seqs; any other input takes one."""
    last_seq: int
    """Highest seq given out so far, ids of new alerts and notifications included."""
    now_ms: int
    inputs: list[Input]
    seqs: list[int]
    """First seq of each input, parallel to ``inputs``."""
    decisions: list[AnyDecision]
    changes: Changes
    quarantined: list[tuple[int, Received]] = msgspec.field(default_factory=list)
    commands: list[tuple[int, int, str | None]] = msgspec.field(default_factory=list)
    """(command row, seq, refused detail or None)."""


class Block(msgspec.Struct, array_like=True, kw_only=True):
    """What one block of the journal says, decoded."""

    community: str
    first_seq: int
    last_seq: int
    inputs: list[Input]
    seqs: list[int]
    decisions: list[AnyDecision]


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """One claimed outbox row."""

    community: str
    due: NotificationDue
    url: str
    created_ms: int


class Store(Protocol):
    """Every method is sync and raises `StoreError` (or `LeaseLost`) and nothing else for what the database does."""

    def take_lease(self, community: str, owner: str, now_ms: int) -> int:
        """Make ``owner`` the owner of the community; gives the new epoch."""

    def commit(self, commit: Commit) -> None:
        """Keep one batch: block, decisions, entity rows, outbox rows, quarantine, command results, head. LeaseLost when
        owner and epoch no longer match."""

    def checkpoint(self, community: str, seq: int, at_ms: int, software: str, body: bytes) -> None:
        """Keep a snapshot (the state as MessagePack) as of ``seq``; older ones but one are dropped."""

    def recover(self, community: str, software: str) -> tuple[State | None, Iterator[Block], bool]:
        """Newest readable snapshot, the blocks after it, and whether the software changed in between (then the caller
        replaces alerts, incidents and notifications by `entities`: the stored decisions win)."""

    def entities(self, community: str) -> Changes:
        """Open alerts, incidents and notifications, silences and the registry as their rows have them."""

    def blocks(self, community: str, after_seq: int, limit: int) -> list[Block]:
        """The next blocks whose last_seq is beyond ``after_seq``, oldest first."""

    def cursor(self, name: str, community: str) -> int: ...

    def move_cursor(self, name: str, community: str, seq: int) -> None: ...

    def write_command(self, community: str, command: AnyCommand, now_ms: int) -> int:
        """Queue a command; gives its row. Any process may."""

    def open_commands(self, community: str) -> list[tuple[int, AnyCommand]]:
        """Commands that no commit has answered yet, oldest first."""

    def claim(self, by: str, now_ms: int, limit: int) -> list[Outgoing]:
        """Claim outbox rows, most severe and oldest first: those that an earlier life left (one send per crash may
        double). A commit's own rows are born claimed by its owner, who hands them over itself."""

    def take_budget(self, provider: str, window_ms: int, cost: int, limit: int) -> bool:
        """Take ``cost`` from the window's budget row; False when that would exceed ``limit``."""

    def open_receipts(self, community: str) -> list[Receipt]:
        """Receipts that were recorded but not yet stepped (the hub was killed in between)."""

    def record_receipt(self, community: str, receipt: Receipt) -> None:
        """Keep a provider's answer the moment it is known; `commit` marks the row done when it has been stepped."""

    def quarantined(self, community: str, seq: int) -> Received | None: ...

    def retain(self, community: str, before_ms: int, max_bytes: int) -> int:
        """Drop blocks older than ``before_ms`` or beyond ``max_bytes``, never past a cursor or a snapshot; gives how many."""

    def free_reserve(self) -> bool:
        """Give the reserve file back to a full disk; False when that is gone already."""

    def close(self) -> None: ...


__all__: Sequence[str] = ("Block", "Commit", "Outgoing", "Store")
