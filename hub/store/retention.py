"""Retention: drop the oldest, a little at a time.

Law: a block goes only when every follower has passed it and both snapshots stand beyond it. A follower that is a year
behind counts as gone, and is named in the log.
"""

from __future__ import annotations

import structlog
from sqlalchemy import ColumnElement, Connection, Table, and_, delete, exists, func, or_, select, tuple_

from hub.store.connections import Database
from hub.store.schema import (
    alert,
    block,
    budget,
    call,
    command,
    community,
    cursor,
    decision,
    inbox,
    incident,
    look,
    notification,
    outbox,
    photo,
    quarantine,
    snapshot,
)
from hub.store.snapshots import KEPT

YEAR_MS = 365 * 24 * 3600 * 1000
AT_ONCE = 50
"""Blocks in one transaction: a commit never waits longer than their deletion takes."""
ROWS_AT_ONCE = 2000
VACUUM_PAGES = 2000

log = structlog.get_logger("hub.store")


def retain(
    database: Database, name: str, before_ms: int, max_bytes: int, limit: int, *, incidents_before_ms: int = 0
) -> int:
    """Drop at most ``limit`` blocks, and a bounded number of old rows; gives how many blocks went."""
    with database.read() as connection:
        firsts = _droppable(connection, name, before_ms, max_bytes, limit)
    for start in range(0, len(firsts), AT_ONCE):
        some = firsts[start : start + AT_ONCE]
        with database.write() as connection:
            connection.execute(delete(block).where(block.c.community == name, block.c.first_seq.in_(some)))
    for table, old in [*_old_rows(name, before_ms), *_old_incidents(name, incidents_before_ms)]:
        key = tuple_(*table.primary_key)
        some_keys = select(*table.primary_key).where(old).limit(ROWS_AT_ONCE)
        with database.read() as connection:
            found = connection.execute(some_keys.limit(1)).first() is not None
        if found:
            with database.write() as connection:
                connection.execute(delete(table).where(key.in_(some_keys)))
    if database.dialect == "sqlite":
        _shrink(database)
    return len(firsts)


def end_of_droppable(connection: Connection, name: str) -> int:
    """Seq up to which nobody needs the blocks any more: every follower and both snapshots stand beyond it."""
    seqs = connection.execute(
        select(snapshot.c.seq).where(snapshot.c.community == name).order_by(snapshot.c.seq.desc()).limit(KEPT)
    ).scalars()
    kept = list(seqs)
    return min(kept[-1], _slowest_cursor(connection, name)) if len(kept) == KEPT else 0


def _droppable(connection: Connection, name: str, before_ms: int, max_bytes: int, limit: int) -> list[int]:
    """``first_seq`` of the blocks that are too old or too many, oldest first."""
    end = end_of_droppable(connection, name)
    here = block.c.community == name
    total = connection.execute(select(func.sum(func.length(block.c.body))).where(here)).scalar() or 0
    rows = connection.execute(
        select(block.c.first_seq, block.c.last_ms, func.length(block.c.body).label("size"))
        .where(here, block.c.last_seq <= end)
        .order_by(block.c.first_seq)
        .limit(limit)
    )
    firsts: list[int] = []
    for row in rows:
        if row.last_ms >= before_ms and total <= max_bytes:
            break
        firsts.append(row.first_seq)
        total -= row.size
    return firsts


def _slowest_cursor(connection: Connection, name: str) -> int:
    """Seq up to which every living follower has read."""
    head = connection.execute(
        select(community.c.head_seq, community.c.head_ms).where(community.c.id == name)
    ).one_or_none()
    if head is None:
        return 0
    slowest = int(head.head_seq)
    for row in connection.execute(select(cursor.c.name, cursor.c.seq).where(cursor.c.community == name)):
        waits_since = connection.execute(
            select(block.c.last_ms)
            .where(block.c.community == name, block.c.first_seq > row.seq)
            .order_by(block.c.first_seq)
            .limit(1)
        ).scalar()
        if waits_since is not None and waits_since < head.head_ms - YEAR_MS:
            log.warning("follower_overrun", follower=row.name, community=name, seq=row.seq, waits_since_ms=waits_since)
        else:
            slowest = min(slowest, row.seq)
    return slowest


def _old_rows(name: str, before_ms: int) -> list[tuple[Table, ColumnElement[bool]]]:
    """What goes by the journal's age: what was done, read or never understood."""
    return [
        (quarantine, and_(quarantine.c.community == name, quarantine.c.received_ms < before_ms)),
        (decision, and_(decision.c.community == name, decision.c.at_ms < before_ms)),
        (outbox, and_(outbox.c.community == name, outbox.c.done_ms < before_ms)),
        (command, and_(command.c.community == name, command.c.done_ms < before_ms)),
        (inbox, and_(inbox.c.community == name, inbox.c.at_ms < before_ms, inbox.c.read_ms.is_not(None))),
        (budget, budget.c.window_ms < before_ms),
        (call, and_(call.c.community == name, call.c.at_ms < before_ms)),
        (photo, and_(photo.c.community == name, photo.c.incident == 0, photo.c.at_ms < before_ms)),
    ]


def _old_incidents(name: str, before_ms: int) -> list[tuple[Table, ColumnElement[bool]]]:
    """What happened, once it is long over: the incidents go last, for the others are found by them."""
    over = select(incident.c.id).where(incident.c.community == name, incident.c.closed_ms < before_ms)
    return [
        (notification, and_(notification.c.community == name, notification.c.incident.in_(over))),
        (notification, and_(notification.c.community == name, notification.c.incident == 0, _sent_before(before_ms))),
        (alert, and_(alert.c.community == name, alert.c.incident.in_(over))),
        (photo, and_(photo.c.community == name, photo.c.incident.in_(over))),
        (inbox, and_(inbox.c.community == name, inbox.c.at_ms < before_ms)),
        (look, and_(look.c.community == name, look.c.at_ms < before_ms)),
        (incident, and_(incident.c.community == name, incident.c.closed_ms < before_ms, ~_has_rows(name))),
    ]


def _sent_before(before_ms: int) -> ColumnElement[bool]:
    return notification.c.created_ms < before_ms


def _has_rows(name: str) -> ColumnElement[bool]:
    """Something of the incident is still to go."""
    left = [
        exists().where(table.c.community == name, table.c.incident == incident.c.id)
        for table in (notification, alert, photo)
    ]
    return or_(*left)


def _shrink(database: Database) -> None:
    """Give pages back to the disk once a quarter of the file is empty; below that the journal will fill them again."""
    with database.read() as connection:
        free = connection.exec_driver_sql("PRAGMA freelist_count").scalar() or 0
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar() or 0
    if free * 4 > pages:
        with database.write() as connection:
            # A page a call: the driver steps this pragma only once, however many pages it is asked for.
            for _ in range(min(VACUUM_PAGES, free)):
                connection.exec_driver_sql("PRAGMA incremental_vacuum(1)")
