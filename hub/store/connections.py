"""Connections: one writer behind a lock, many readers, and the database's errors in plain words.

A transaction that raises is rolled back whole. On SQLite the writer begins IMMEDIATE: a lock is met at the start, where
nothing was done yet, and never in the middle.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from hub.errors import StoreError

if TYPE_CHECKING:
    import psycopg

WAL_PAGES = 4000
"""Pages of write-ahead log between two checkpoints: at SQLite's 1000 one commit in forty waits 6 ms for one."""

_PLAIN = (
    ("database is locked", "another process holds the database locked. Stop it, or wait until it is done"),
    ("lock timeout", "another process holds the database locked. Stop it, or wait until it is done"),
    ("disk is full", "the disk is full. Free some space"),
    ("no space left", "the disk is full. Free some space"),
    ("readonly database", "the database may not be written. Check the rights of the data directory"),
    ("unable to open database file", "the database file cannot be opened. Check the data directory"),
    ("not a database", "the file is no SQLite database. Move it away or restore a backup"),
    ("malformed", "the database file is damaged. Restore a backup"),
)


class Database:
    """One database, opened for one process."""

    def __init__(self, url: URL, *, busy_timeout_s: float) -> None:
        self.dialect = url.get_backend_name()
        self._busy_timeout_s = busy_timeout_s
        self._lock = threading.RLock()
        self._closed = False
        self._writer = self._engine(url, writes=True)
        self._readers = self._engine(url, writes=False)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One write transaction: committed and durable when the block ends, undone when it raises."""
        with plain_errors(), self._lock, self._open(self._writer).begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection of its own that sees one moment and cannot write; for any thread."""
        with plain_errors(), self._open(self._readers).connect() as connection:
            yield connection

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._readers.dispose()
            self._writer.dispose()

    def _open(self, engine: Engine) -> Engine:
        if self._closed:
            raise StoreError("The store is closed.")
        return engine

    def _engine(self, url: URL, *, writes: bool) -> Engine:
        if self.dialect == "sqlite":
            return self._sqlite(url, writes=writes)
        return self._postgresql(url, writes=writes)

    def _sqlite(self, url: URL, *, writes: bool) -> Engine:
        engine = create_engine(
            url,
            hide_parameters=True,
            pool_size=1 if writes else 5,
            max_overflow=0 if writes else 45,
            connect_args={"timeout": self._busy_timeout_s, "check_same_thread": False, "isolation_level": None},
        )

        @event.listens_for(engine, "connect")
        def prepare(connection: sqlite3.Connection, _record: object) -> None:
            if not writes:
                connection.execute("PRAGMA query_only=ON")
                return
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")  # heeded by a new file only, before its first page
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute(f"PRAGMA wal_autocheckpoint={WAL_PAGES}")

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

        return engine

    def _postgresql(self, url: URL, *, writes: bool) -> Engine:
        engine = create_engine(
            url,
            hide_parameters=True,
            pool_size=1 if writes else 5,
            max_overflow=0 if writes else 45,
            # A machine that died without a word must not hold the writer thread for the two hours of plain TCP.
            connect_args={
                "connect_timeout": 5,
                "keepalives_idle": 5,
                "keepalives_interval": 2,
                "tcp_user_timeout": 10000,
            },
        )

        @event.listens_for(engine, "connect")
        def prepare(connection: psycopg.Connection[tuple[object, ...]], _record: object) -> None:
            with connection.cursor() as cursor:
                cursor.execute(f"SET lock_timeout = {max(1, round(self._busy_timeout_s * 1000))}")
                if writes:
                    # `off` would acknowledge what a power cut still takes away; anything stronger than `on` stays.
                    cursor.execute(
                        "SELECT set_config('synchronous_commit', 'on', false)"
                        " WHERE current_setting('synchronous_commit') = 'off'"
                    )
                else:
                    cursor.execute("SET default_transaction_read_only = on")
                    cursor.execute("SET default_transaction_isolation = 'repeatable read'")  # one moment, as on SQLite
            connection.commit()

        return engine


@contextmanager
def plain_errors() -> Iterator[None]:
    """Translate what the database says; `StoreError` itself and the caller's own exceptions pass."""
    try:
        yield
    except SQLAlchemyError as exc:
        raise StoreError(_explained(exc)) from exc
    except msgspec.DecodeError as exc:
        raise StoreError(f"A row of the store cannot be read ({exc}). Restore a backup.") from exc
    except (OverflowError, UnicodeError) as exc:
        raise StoreError(f"The store cannot write this value ({exc}); nothing of the transaction was kept.") from exc


def _explained(exc: SQLAlchemyError) -> str:
    # Only the driver's first line: the rest may hold values, and values may be somebody's name.
    said = str(exc.orig if isinstance(exc, DBAPIError) else exc).partition("\n")[0]
    for sign, plain in _PLAIN:
        if sign in said.lower():
            return f"The store did not take the transaction: {plain} ({said})."
    return f"The store did not take the transaction ({said})."
