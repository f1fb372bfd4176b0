"""`SqlStore`: the one implementation of `hub.store.port.Store`, on SQLite and PostgreSQL.

What writes goes through one connection behind one lock, from whichever thread; what only reads has connections of its
own. Each method is one transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial

import msgspec
from sqlalchemy import Connection

from hub.core.commands import AnyCommand
from hub.core.inputs import Received
from hub.core.state import Changes, State
from hub.errors import StoreError
from hub.model import Receipt
from hub.store import calls, journal, retention, snapshots, work
from hub.store.batch import batch_writes
from hub.store.blocks import encode_block
from hub.store.calls import Call
from hub.store.connections import Database
from hub.store.contacts import Contacts
from hub.store.entities import read_entities
from hub.store.frames import pack
from hub.store.plates import erase_plates, forget_plates
from hub.store.port import Block, Commit, Outgoing
from hub.store.reserve import Reserve
from hub.store.rows import write_devices, write_rows
from hub.store.sealing import Sealing, has_personal


class SqlStore:
    """A store that is open; made by `hub.store.open.open_store`."""

    def __init__(self, database: Database, reserve: Reserve | None = None) -> None:
        self._database = database
        self._reserve = reserve
        self._contacts = Contacts()
        self._sealing = Sealing()
        self._leases: dict[str, tuple[str, int]] = {}

    # ── the record ───────────────────────────────────────────────────────────────────────────────────────────────────

    def take_lease(self, community: str, owner: str, now_ms: int) -> int:
        with self._database.write() as connection:
            epoch = journal.take_lease(connection, community, owner, now_ms)
        self._contacts.forget(community)
        self._leases[community] = (owner, epoch)
        return epoch

    def commit(self, commit: Commit) -> None:
        """Keep one batch. The block is made before the transaction begins: others wait for the write alone."""
        personal = has_personal(commit.inputs)
        body = encode_block(commit) if commit.inputs and not personal else b""
        try:
            with self._database.write() as connection:
                journal.advance_head(connection, commit)
                if personal:
                    inputs = self._sealing.seal(connection, commit.community, commit.inputs, commit.now_ms)
                    body = encode_block(msgspec.structs.replace(commit, inputs=inputs))
                self._contacts.learn(connection, commit.community, commit.changes.people)
                url_of = partial(self._contacts.url, connection, commit.community)
                for statement, rows in batch_writes(self._database.dialect, commit, body, url_of):
                    write_rows(connection, statement, rows)
                write_devices(connection, commit.community, commit.changes.devices.values())
                if commit.commands:
                    done = [row for row, _, refused in commit.commands if refused is None]
                    work.mark_replayed(connection, commit.community, done, commit.now_ms)
                for person in sorted(commit.changes.erased):
                    self._sealing.erase(connection, commit.community, person)
                if commit.changes.erased_plates:
                    erase_plates(
                        connection, commit.community, commit.changes.erased_plates, commit.last_seq, commit.now_ms
                    )
        except StoreError:
            self._contacts.forget(commit.community)
            self._sealing.forget()
            raise

    def checkpoint(self, community: str, seq: int, at_ms: int, software: str, body: bytes) -> None:
        """Keep a snapshot. Refused when the state is ahead of the journal, or when this store's lease was lost."""
        packed = pack(body)
        with self._database.write() as connection:
            lease = self._leases.get(community)
            if lease is not None:
                head = journal.check_lease(connection, community, *lease)
                if seq > head:
                    raise StoreError(
                        f"The state of community {community} stands at seq {seq}, but its journal ends at"
                        f" {head}: commit first, then keep the snapshot."
                    )
            snapshots.write_snapshot(connection, community, seq, at_ms, software, packed)

    def recover(self, community: str, software: str) -> tuple[State | None, Iterator[Block], bool]:
        """See `Store.recover`. Without a readable snapshot the rows win, for the journal may not reach back to the start."""
        with self._database.read() as connection:
            found = snapshots.newest_snapshot(connection, community)
            if found is None:
                has_blocks = bool(journal.read_blocks(connection, community, 0, 1))
                return None, journal.stream_blocks(self._database, community, 0), has_blocks
            state, wrote = found
            changed = wrote != software or snapshots.ran_other_software(connection, community, state.seq, software)
        return state, journal.stream_blocks(self._database, community, state.seq), changed

    def entities(self, community: str) -> Changes:
        with self._database.read() as connection:
            return read_entities(connection, community)

    def blocks(self, community: str, after_seq: int, limit: int) -> list[Block]:
        with self._database.read() as connection:
            return journal.read_blocks(connection, community, after_seq, limit)

    def quarantined(self, community: str, seq: int) -> Received | None:
        with self._database.read() as connection:
            return journal.read_quarantined(connection, community, seq)

    def retain(
        self, community: str, before_ms: int, max_bytes: int, limit: int = 1000, *, incidents_before_ms: int = 0
    ) -> int:
        """Drop what is too old or too much, at most ``limit`` blocks a call; call again while it gives more than 0."""
        return retention.retain(
            self._database, community, before_ms, max_bytes, limit, incidents_before_ms=incidents_before_ms
        )

    def forget_plates(self, community: str, before_ms: int) -> int:
        """Replace plates older than ``before_ms`` by their hashes, a small step a call; call again while it gives more
        than 0."""
        return forget_plates(self._database, community, before_ms)

    # ── followers ────────────────────────────────────────────────────────────────────────────────────────────────────

    def cursor(self, name: str, community: str) -> int:
        with self._database.read() as connection:
            return work.read_cursor(connection, name, community)

    def move_cursor(self, name: str, community: str, seq: int) -> None:
        with self._database.write() as connection:
            work.move_cursor(connection, name, community, seq)

    # ── work ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def write_command(self, community: str, command: AnyCommand, now_ms: int) -> int:
        with self._database.write() as connection:
            return work.write_command(connection, community, command, now_ms)

    def open_commands(self, community: str) -> list[tuple[int, AnyCommand]]:
        """Commands that no commit has answered; what cannot be read is refused at once."""
        with self._database.read() as connection:
            commands, unreadable = work.open_commands(connection, community)
        if unreadable:
            with self._database.write() as connection:
                work.refuse_commands(connection, unreadable)
        return commands

    def claim(self, by: str, now_ms: int, limit: int, communities: Sequence[str] | None = None) -> list[Outgoing]:
        """See `Store.claim`. Where several hubs share a database each names the ``communities`` that it owns."""
        with self._database.read() as connection:  # nothing to do is the rule: then nobody waits for the writer
            if connection.execute(work.claimable(by, 1, communities)).first() is None:
                return []
        with self._database.write() as connection:
            return work.claim(connection, by, now_ms, limit, communities)

    def record_receipt(self, community: str, receipt: Receipt) -> None:
        with self._database.write() as connection:
            work.record_receipt(connection, community, receipt)

    def open_receipts(self, community: str) -> list[Receipt]:
        with self._database.read() as connection:
            return work.open_receipts(connection, community)

    def take_budget(self, provider: str, window_ms: int, cost: int, limit: int) -> bool:
        with self._database.write() as connection:
            return work.take_budget(connection, provider, window_ms, cost, limit)

    def remember_call(self, call: Call) -> None:
        with self._database.write() as connection:
            calls.remember_call(connection, call)

    def find_call(self, provider: str, call_id: str) -> Call | None:
        with self._database.read() as connection:
            return calls.find_call(connection, provider, call_id)

    # ── for the web and the built-in inbox ───────────────────────────────────────────────────────────────────────────

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``, for `hub.store.dialect.insert_into`."""
        return self._database.dialect

    def reader(self) -> AbstractContextManager[Connection]:
        """A connection of one's own that sees one moment and cannot write. Keep it short: it holds back SQLite's log."""
        return self._database.read()

    def writer(self) -> AbstractContextManager[Connection]:
        """One transaction on the tables that are not the core's: inbox, account, setting, look. Keep it short."""
        return self._database.write()

    # ── disk and end ─────────────────────────────────────────────────────────────────────────────────────────────────

    def make_reserve(self) -> bool:
        """Hold disk space back; False when there is none, or when the disk is not ours (PostgreSQL)."""
        return self._reserve is not None and self._reserve.make()

    def free_reserve(self) -> bool:
        """Give the reserve up, so that the next commits find space; False when it is gone already."""
        return self._reserve is not None and self._reserve.free()

    def close(self) -> None:
        self._database.close()
