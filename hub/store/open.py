"""Open a store: SQLite in the data directory, or PostgreSQL; its tables are brought up to date first."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from hub.errors import ConfigError, StoreError
from hub.store.connections import Database
from hub.store.migrate import migrate
from hub.store.reserve import SIZE, Reserve
from hub.store.sql import SqlStore

FILE = "hub.db"
"""Name of the SQLite database in the data directory."""


def open_store(url: str, data_dir: Path, *, busy_timeout_s: float = 5.0, reserve_bytes: int = SIZE) -> SqlStore:
    """Open and upgrade. ``url`` as `StoreConfig.url`, "" for SQLite in ``data_dir``.

    ConfigError for what the engineer must mend (address, rights, a newer database), StoreError for what may pass (server
    down, locked, disk full).
    """
    address = _address(url, data_dir)
    if address.get_backend_name() != "sqlite":
        return SqlStore(_opened(address, "store.url", busy_timeout_s))
    _check_directory(data_dir)
    reserve = Reserve(data_dir, reserve_bytes)
    try:
        database = _opened(address, str(address.database), busy_timeout_s)
    except StoreError:  # on a full disk not even opening works
        if not reserve.free():
            raise
        database = _opened(address, str(address.database), busy_timeout_s)
    reserve.make()
    return SqlStore(database, reserve)


def _opened(address: URL, where: str, busy_timeout_s: float) -> Database:
    database = Database(address, busy_timeout_s=busy_timeout_s)
    try:
        with database.write() as connection:
            migrate(connection, where)
    except BaseException:
        database.close()
        raise
    return database


def _address(url: str, data_dir: Path) -> URL:
    if not url:
        return URL.create("sqlite", database=str(data_dir / FILE))
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        # No cause: it quotes the address, and the address may hold a password.
        raise _wrong_address("it is no database address.") from None
    backend = address.get_backend_name()
    if backend in ("postgresql", "postgres"):
        return address.set(drivername="postgresql+psycopg")
    if backend == "sqlite" and address.database not in (None, "", ":memory:"):
        return address.set(drivername="sqlite")
    raise _wrong_address(f"the hub does not keep its store in {backend or 'that'}.")


def _wrong_address(what: str) -> ConfigError:
    return ConfigError(
        what,
        where="store.url",
        todo="Leave it empty for SQLite in data_dir, or write postgresql+psycopg://user@host/name.",
    )


def _check_directory(data_dir: Path) -> None:
    """Make the directory, for our eyes only, and try to write in it."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as exc:
        raise _no_directory(data_dir, f"the data directory cannot be made ({exc.strerror}).") from exc
    try:
        with tempfile.TemporaryFile(dir=data_dir):
            pass
    except PermissionError as exc:
        raise _no_directory(data_dir, "the data directory may not be written.") from exc
    except OSError as exc:
        if exc.errno == errno.EROFS:
            raise _no_directory(data_dir, "the data directory is on a read-only file system.") from exc
    for file in data_dir.glob(f"{FILE}*"):  # the scar: started once as root, then as the hub's own user
        if not os.access(file, os.W_OK):
            raise _no_directory(file, "this file of the store may not be written: it is somebody else's.")


def _no_directory(data_dir: Path, what: str) -> ConfigError:
    return ConfigError(
        what, where=str(data_dir), todo="Set installation.data_dir to a directory that the hub may write."
    )
