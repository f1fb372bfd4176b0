"""What goes wrong with real disks, locks and processes: a clear error, and nothing half kept."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select

from hub.core.inputs import Received
from hub.errors import ConfigError, StoreError
from hub.model import RawMessage
from hub.store import schema
from hub.store.open import open_store
from hub.store.reserve import Reserve
from tests.store.backend import Backend
from tests.store.examples import COMMUNITY, NOW, batch, fire, lease
from tests.store.postgres import Postgres

ROOT = Path(__file__).parents[2]


def python(code: str, *words: str) -> subprocess.Popen[str]:
    """A real second process."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
    )


# ── locked ───────────────────────────────────────────────────────────────────────────────────────────────────────────

HOLD_SQLITE = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""
HOLD_POSTGRESQL = """
import psycopg, sys
connection = psycopg.connect(sys.argv[1].replace("+psycopg", ""))
connection.execute("LOCK TABLE community IN ACCESS EXCLUSIVE MODE")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held_by_another_process(backend: Backend) -> Iterator[None]:
    code, where = (HOLD_POSTGRESQL, backend.url) if backend.url else (HOLD_SQLITE, str(backend.file))
    with python(code, where) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == "held\n"
        yield
        holder.stdin.close()
        holder.wait(timeout=20)


def test_a_database_locked_by_another_process_is_said_and_nothing_is_kept(backend: Backend) -> None:
    store = backend.open(busy_timeout_s=0.05)
    epoch = lease(store)
    with held_by_another_process(backend), pytest.raises(StoreError, match="another process holds the database locked"):
        store.commit(fire(epoch))
    assert store.blocks(COMMUNITY, 0, 10) == []
    store.commit(fire(epoch))
    assert len(store.blocks(COMMUNITY, 0, 10)) == 1


def test_a_database_locked_at_the_start_is_said(tmp_path: Path) -> None:
    backend = Backend("", tmp_path)
    backend.open().close()
    with held_by_another_process(backend), pytest.raises(StoreError, match="another process holds"):
        backend.open(busy_timeout_s=0.05)
    backend.close()


# ── full ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_full_database_keeps_nothing_of_the_batch_and_takes_it_once_there_is_space(tmp_path: Path) -> None:
    backend = Backend("", tmp_path)
    store = backend.open()
    epoch = lease(store)
    large = [Received(RawMessage("z", "t", os.urandom(200_000), NOW), ())]
    with store.writer() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 4}").all()
    with pytest.raises(StoreError, match="the disk is full"):
        store.commit(batch(epoch, 1, large))
    assert store.blocks(COMMUNITY, 0, 10) == []
    with store.writer() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000").all()
    store.commit(batch(epoch, 1, large))
    assert len(store.blocks(COMMUNITY, 0, 10)) == 1
    backend.close()


FILL = """
import os, resource, sys
from pathlib import Path
from hub.core.inputs import Received
from hub.errors import StoreError
from hub.model import RawMessage
from hub.store.open import open_store
from tests.store.examples import COMMUNITY, NOW, batch, lease
store = open_store("", Path(sys.argv[1]), reserve_bytes=4096)
epoch = lease(store)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
seq = 1
try:
    while seq < 100:
        store.commit(batch(epoch, seq, [Received(RawMessage("z", "t", os.urandom(100_000), NOW), ())]))
        print(seq, flush=True)
        seq += 1
except StoreError as exc:
    print(exc, flush=True)
"""


def test_a_write_that_the_system_refuses_half_way_leaves_whole_batches(tmp_path: Path) -> None:
    """write(2) fails for real, in a process whose files may not grow past 1 MB."""
    with python(FILL, str(tmp_path)) as filler:
        said = filler.communicate(timeout=60)[0].splitlines()
    assert said[-1].startswith("The store did not take the transaction")
    backend = Backend("", tmp_path)
    kept = [one.first_seq for one in backend.open().blocks(COMMUNITY, 0, 1000)]
    assert kept == [int(line) for line in said[:-1]]
    assert len(kept) > 2
    backend.close()


def test_the_reserve_is_real_space_and_comes_back(tmp_path: Path) -> None:
    store = open_store("", tmp_path, reserve_bytes=1 << 20)
    file = tmp_path / "reserve"
    assert file.stat().st_blocks * 512 >= 1 << 20
    assert store.free_reserve()
    assert not file.exists()
    assert not store.free_reserve()
    assert store.make_reserve()
    assert file.stat().st_size == 1 << 20
    store.close()


def test_a_disk_without_space_gives_no_reserve_and_leaves_no_stump(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    reserve = Reserve(tmp_path, 1 << 20)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, hard))
    try:
        assert not reserve.make()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not reserve.path.exists()
    assert reserve.make()


# ── not ours to write ────────────────────────────────────────────────────────────────────────────────────────────────

OPEN = """
import os, sys
from pathlib import Path
from hub.errors import ConfigError
from hub.store.open import open_store
if os.geteuid() == 0:  # rights do not stop root: go on as nobody
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
for directory in sys.argv[1:]:
    try:
        open_store("", Path(directory))
    except ConfigError as exc:
        print(exc)
"""


def test_a_directory_or_file_that_may_not_be_written_is_a_mistake_of_the_config() -> None:
    # Below the system's own temporary directory, which everybody may enter; pytest's is closed to others.
    with tempfile.TemporaryDirectory() as name:
        outer = Path(name)
        outer.chmod(0o755)
        closed, theirs = outer / "closed", outer / "theirs"
        closed.mkdir()
        closed.chmod(0o555)
        theirs.mkdir()
        theirs.chmod(0o777)
        (theirs / "hub.db").touch()
        (theirs / "hub.db").chmod(0o444)
        with python(OPEN, str(closed), str(closed / "deeper"), str(theirs)) as opener:
            said = opener.communicate(timeout=60)[0].splitlines()
        todo = "Set installation.data_dir to a directory that the hub may write."
        assert said == [
            f"{closed}: the data directory may not be written. {todo}",
            f"{closed / 'deeper'}: the data directory cannot be made (Permission denied). {todo}",
            f"{theirs / 'hub.db'}: this file of the store may not be written: it is somebody else's. {todo}",
        ]


def test_a_path_below_a_file_is_a_mistake_of_the_config(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"cannot be made .*Set installation\.data_dir"):
        open_store("", tmp_path / "file" / "data")


@pytest.mark.parametrize("url", ["mysql://root:secret@db/hub", "sqlite://", "hub:secret", "postgresql://h:secret/x"])
def test_an_address_the_store_does_not_know_is_a_mistake_of_the_config(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^store\.url: .*Leave it empty for SQLite") as caught:
        open_store(url, tmp_path)
    assert "secret" not in str(caught.value)


def test_the_data_directory_is_for_our_eyes_only(tmp_path: Path) -> None:
    open_store("", tmp_path / "data", reserve_bytes=4096).close()
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0


# ── gone ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_server_that_is_not_there_is_said_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="did not take the transaction") as caught:
        open_store("postgresql://hub:secret@127.0.0.1:1/hub", tmp_path)
    assert "secret" not in str(caught.value)


def test_a_lost_connection_costs_one_error_and_is_made_again(postgres: Postgres, tmp_path: Path) -> None:
    backend = Backend(postgres.create(), tmp_path)
    store = backend.open()
    epoch = lease(store)
    with psycopg.connect(backend.url.replace("+psycopg", ""), autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    with pytest.raises(StoreError):
        store.commit(fire(epoch))
    store.commit(fire(epoch))
    assert len(store.blocks(COMMUNITY, 0, 10)) == 1
    backend.close()


# ── killed ───────────────────────────────────────────────────────────────────────────────────────────────────────────

COMMIT_FOR_EVER = """
import sys
from pathlib import Path
from hub.core.state import Changes, State
from hub.store.open import open_store
from tests.store.examples import COMMUNITY, batch, device_state, due, lease, person, received
from tests.store.snapshots import keep_snapshot
store = open_store(sys.argv[1], Path(sys.argv[2]), reserve_bytes=4096)
epoch = lease(store)
seq = int(sys.argv[3])
while True:
    inputs = [received(seq + n) for n in range(50)]
    changes = Changes(devices={f"smoke-{n}": device_state(f"smoke-{n}") for n in range(20)}, people={"wang": person()})
    store.commit(batch(epoch, seq, inputs, decisions=[due(seq, seq), due(seq + 1, seq)], changes=changes))
    print(seq + 49, flush=True)
    seq += 50
    if seq % 500 == 1:
        keep_snapshot(store, State(community=COMMUNITY, seq=seq - 1), "1.0")
"""


def test_kill_9_loses_nothing_that_was_reported_and_keeps_whole_batches_only(backend: Backend) -> None:
    backend.open().close()
    head = 0
    for commits in (1, 24):
        with python(COMMIT_FOR_EVER, backend.url, str(backend.data_dir), str(head + 1)) as victim:
            assert victim.stdout is not None
            for _ in range(commits):
                reported = int(victim.stdout.readline())
            victim.send_signal(signal.SIGKILL)
            reported = max([reported, *(int(line) for line in victim.stdout.read().splitlines())])
        store = backend.open()
        blocks = store.blocks(COMMUNITY, 0, 10_000)
        head = blocks[-1].last_seq
        assert head >= reported
        state, tail, _ = store.recover(COMMUNITY, "1.0")
        assert [one.first_seq for one in tail] == list(range((state.seq if state else 0) + 1, head, 50))
        assert [one.first_seq for one in blocks] == list(range(1, head, 50))
        assert {len(one.inputs) for one in blocks} == {50}
        with store.reader() as connection:
            assert connection.execute(select(schema.community.c.head_seq)).scalar_one() == head
            sent = connection.execute(select(schema.outbox.c.notification)).scalars()
            assert sorted(sent) == [number for one in blocks for number in (one.first_seq, one.first_seq + 1)]
        store.close()
