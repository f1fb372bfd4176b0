"""The store: what kind, how big, how fresh, and how fast its disk promises to keep something."""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, func, select, text

from hub.config import Config
from hub.config_words import both
from hub.doctor.finding import Finding, age, bad, note, ok, size, warn
from hub.errors import StoreError
from hub.looking import Looking
from hub.store.schema import block, community, notification, snapshot

SCARCE = 2 << 30
NEARLY_FULL = 200 << 20
SLOW_FSYNC_MS = 50.0
DAY_MS = 86_400_000


def look_at_store(config: Config, looking: Looking, now_ms: int) -> Iterator[Finding]:
    """Kind, size, ages, free disk, fsync."""
    if not looking.exists:
        yield note(
            f"还没有数据:{looking.file}。首次 hub run 会建立",
            f"No data yet at {looking.file}: the first hub run makes it",
        )
    else:
        try:
            yield from _inside(config, looking, now_ms)
        except StoreError as exc:
            yield bad(f"打不开:{exc}", f"It cannot be read: {exc}")
    if looking.file is not None:
        yield from _disk(config.installation.data_dir)


def _inside(config: Config, looking: Looking, now_ms: int) -> Iterator[Finding]:
    with looking.read() as connection:
        kind = "SQLite" if looking.file is not None else "PostgreSQL"
        yield ok(f"{kind},{size(_bytes(connection, looking))}", f"{kind}, {size(_bytes(connection, looking))}")
        known = set(connection.execute(select(community.c.id)).scalars())
        for name in config.communities:
            if name in known:
                yield from _community(connection, name, now_ms)
            else:
                yield note(f"小区 {name}:还没有记录", f"Community {name}: no record yet")
        for name in sorted(known - set(config.communities)):
            yield warn(
                f"小区 {name} 有记录,但配置里没有它:没人处理它的告警",
                f"Community {name} has a record but is not in the config: nobody works on its alerts",
            )


def _community(connection: Connection, name: str, now_ms: int) -> Iterator[Finding]:
    last_ms = connection.execute(select(func.max(block.c.last_ms)).where(block.c.community == name)).scalar()
    kept_ms = connection.execute(select(func.max(snapshot.c.at_ms)).where(snapshot.c.community == name)).scalar()
    never = both("还没有", "none yet")
    last = never if last_ms is None else age(now_ms - last_ms)
    kept = never if kept_ms is None else age(now_ms - kept_ms)
    yield ok(
        f"小区 {name}:最近一批 {last.zh},最近快照 {kept.zh}",
        f"Community {name}: last block {last.en}, last snapshot {kept.en}",
    )
    missed = connection.execute(
        select(func.count())
        .select_from(notification)
        .where(
            notification.c.community == name,
            notification.c.state == "missed",
            notification.c.severity == "critical",
            notification.c.created_ms > now_ms - DAY_MS,
        )
    ).scalar_one()
    if missed:
        yield warn(
            f"小区 {name}:24 小时内有 {missed} 条紧急通知没有送达",
            f"Community {name}: {missed} critical notifications of the last 24 h reached nobody",
        )


def _bytes(connection: Connection, looking: Looking) -> int:
    if looking.file is None:
        return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
    beside = (looking.file, Path(f"{looking.file}-wal"))
    return sum(file.stat().st_size for file in beside if file.exists())


def _disk(data_dir: Path) -> Iterator[Finding]:
    there = next(path for path in (data_dir, *data_dir.parents) if path.is_dir())
    free = shutil.disk_usage(there).free
    words = (f"磁盘剩余 {size(free)}", f"Free disk: {size(free)}")
    if free < NEARLY_FULL:
        yield bad(f"{words[0]}:快满了,记录会停", f"{words[1]}: nearly full, keeping records will stop")
    elif free < SCARCE:
        yield warn(*words)
    else:
        yield ok(*words)
    try:
        took_ms = measure_fsync(there)
    except OSError as exc:
        if there == data_dir:
            yield bad(f"{data_dir} 写不进去({exc.strerror})", f"{data_dir} cannot be written ({exc.strerror})")
        return
    words = (f"落盘一次 {took_ms:.1f} ms", f"One fsync takes {took_ms:.1f} ms")
    if took_ms > SLOW_FSYNC_MS:
        yield warn(f"{words[0]}:太慢,消息确认会慢", f"{words[1]}: slow, and so is every acknowledgement")
    else:
        yield ok(*words)


def measure_fsync(directory: Path, times: int = 15) -> float:
    """Median ms of making 4 KB durable there, in a file that has no name."""
    took: list[float] = []
    with tempfile.TemporaryFile(dir=directory) as file:
        for _ in range(times):
            file.write(b"\0" * 4096)
            file.flush()
            began = time.perf_counter()
            os.fsync(file.fileno())
            took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)
