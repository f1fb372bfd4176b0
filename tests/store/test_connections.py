"""How the connections are set: a commit is on the disk when it returns, and readers see one moment."""

from __future__ import annotations

import threading
from pathlib import Path

from sqlalchemy import func, select

from hub.store.schema import block
from hub.store.sql import SqlStore
from tests.store.backend import Backend
from tests.store.examples import COMMUNITY, batch, lease
from tests.store.postgres import Postgres


def test_sqlite_waits_for_the_disk(tmp_path: Path) -> None:
    backend = Backend("", tmp_path)
    with backend.open().writer() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == 5000
        assert connection.exec_driver_sql("PRAGMA auto_vacuum").scalar_one() == 2  # INCREMENTAL
    backend.close()


def test_postgresql_waits_for_the_disk_even_where_its_default_is_not_to(postgres: Postgres, tmp_path: Path) -> None:
    backend = Backend(postgres.create(), tmp_path)
    first = backend.open()
    with first.writer() as connection:
        name = connection.exec_driver_sql("SELECT current_database()").scalar_one()
        connection.exec_driver_sql(f"ALTER DATABASE {name} SET synchronous_commit = off")
    first.close()
    with backend.open().writer() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"
        assert connection.exec_driver_sql("SHOW lock_timeout").scalar_one() == "5s"
    backend.close()


def test_a_reader_sees_one_moment_while_batches_are_committed(store: SqlStore) -> None:
    epoch = lease(store)
    store.commit(batch(epoch, 1))
    count = select(func.count()).select_from(block)
    with store.reader() as connection:
        assert connection.execute(count).scalar_one() == 1
        other = threading.Thread(target=store.commit, args=(batch(epoch, 2),))
        other.start()
        other.join(timeout=20)
        assert not other.is_alive(), "a reader never holds up the writer"
        assert connection.execute(count).scalar_one() == 1
    assert len(store.blocks(COMMUNITY, 0, 10)) == 2
