"""Plates leave the record: when the site's days are over, and at once for a household that asks.

Law: a plate becomes its keyed hash, the same one everywhere, so that counts and stays still add up; with it goes the whole
payload that it was read from, for that holds it too, often with a picture. A block is rewritten with its mark in one
transaction, never beyond a follower or the older snapshot, and what was replaced once is not replaced again: a crash
between two steps costs nothing. The registry of permits is the site's own list, and stays.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

import msgspec
from sqlalchemy import Connection, insert, select, update

from hub.plates import replaced
from hub.store.blocks import VERSION, decode_block, encode_again
from hub.store.connections import Database
from hub.store.plate_rows import erase_left, erase_rows, erased_rows, forget_quarantined, forget_rows, oldest_ms
from hub.store.plate_words import in_block
from hub.store.retention import end_of_droppable
from hub.store.schema import block, setting

KEY = "plate_key"
"""Setting that holds the installation's key: whoever has it and the rows can try plates, so it never leaves the store."""
SOME_DAYS_MS = 10 * 24 * 3_600_000
"""Rows of so many days in one step: a scan of the whole table would keep commits waiting."""
AT_ONCE = 20
"""Blocks in one step: decoded, rewritten and committed between two commits of the hub."""


class Erasing(msgspec.Struct, kw_only=True):
    """One household that asked: the hashes of its plates, and how far the journal is done."""

    hashes: list[str]
    seq: int
    """The plates are forgotten up to here; what is read later is new."""
    at: int = 0
    until_ms: int = 0
    """When it asked: rows up to then."""
    rows_ms: int = 0


class Progress(msgspec.Struct, kw_only=True):
    """How far a community's record is free of old plates; the setting ``plates:COMMUNITY`` as JSON."""

    seq: int = 0
    rows_ms: int = 0
    """Rows that were done with before then hold no plates; 0: not looked at yet."""
    quarantine: int = 0
    erasing: list[Erasing] = []


def forget_plates(database: Database, name: str, before_ms: int, limit: int = AT_ONCE) -> int:
    """One small step; gives how many blocks and rows were looked at or changed, 0 when all is done for now."""
    with database.read() as connection:
        progress, end = _progress(connection, name), end_of_droppable(connection, name)
    with database.write() as connection:
        key = plate_key(connection)
    done = _age(database, name, progress, key, before_ms, end, limit)
    done += _age_rows(database, name, progress, key, before_ms)
    return done or _erase_next(database, name, progress, key, end, limit)


def erase_plates(connection: Connection, name: str, plates: set[str], seq: int, now_ms: int) -> None:
    """Replace them in comings and goings now, and leave the rest to `forget_plates`: within the transaction that erases."""
    key = plate_key(connection)
    erase_rows(connection, name, plates, lambda plate: replaced(plate, key))
    progress = _progress(connection, name)
    hashes = sorted(replaced(plate, key) for plate in plates)
    progress.erasing.append(Erasing(hashes=hashes, seq=seq, until_ms=now_ms + 1, rows_ms=progress.rows_ms))
    _keep(connection, name, progress)


def plate_key(connection: Connection) -> bytes:
    """The installation's key; made when it is first needed."""
    found = connection.execute(select(setting.c.value).where(setting.c.name == KEY)).scalar()
    if not found:
        found = secrets.token_hex(32)
        connection.execute(insert(setting).values(name=KEY, value=found))
    return bytes.fromhex(found)


def _age(database: Database, name: str, progress: Progress, key: bytes, before_ms: int, end: int, limit: int) -> int:
    """The next blocks that are too old to hold plates."""
    seen, last = _rewrite(
        database, name, progress.seq, end, limit, before_ms, lambda plate: replaced(plate, key), whole=True
    )
    if seen:
        progress.seq = last
        with database.write() as connection:
            _keep(connection, name, progress)
    return seen


def _age_rows(database: Database, name: str, progress: Progress, key: bytes, before_ms: int) -> int:
    """Rows of the next days that are too old; gives 0 when all of them are done."""

    def change(plate: str) -> str:
        return replaced(plate, key)

    with database.write() as connection:
        seen, progress.quarantine = forget_quarantined(connection, name, before_ms, progress.quarantine)
        from_ms = progress.rows_ms or oldest_ms(connection, name) or before_ms
        until_ms = min(before_ms, from_ms + SOME_DAYS_MS)
        if not seen and from_ms >= before_ms and progress.rows_ms:
            return 0
        seen += forget_rows(connection, name, from_ms, until_ms, change)
        if not seen:
            progress.rows_ms = until_ms
        _keep(connection, name, progress)
    return seen + (until_ms < before_ms)


def _erase_next(database: Database, name: str, progress: Progress, key: bytes, end: int, limit: int) -> int:
    """The next blocks of a household that asked; it is done with when its last car has left and the journal is through."""
    for one in list(progress.erasing):
        gone = frozenset(one.hashes)

        def erased(plate: str, gone: frozenset[str] = gone) -> str:
            hashed = replaced(plate, key)
            return hashed if hashed in gone else plate

        seen, last = _rewrite(database, name, one.at, min(end, one.seq), limit, None, erased, whole=False)
        one.at = last
        with database.write() as connection:
            from_ms = one.rows_ms or oldest_ms(connection, name) or one.until_ms
            until_ms = min(one.until_ms, from_ms + SOME_DAYS_MS)
            if from_ms < one.until_ms:
                erased_rows(connection, name, from_ms, until_ms, erased)
                one.rows_ms, seen = until_ms, seen + 1
            inside = erase_left(connection, name, one.seq, erased)
            if not seen and not inside and end >= one.seq:
                progress.erasing.remove(one)
            _keep(connection, name, progress)
        if seen:
            return seen
    return 0


def _rewrite(
    database: Database,
    name: str,
    after: int,
    end: int,
    limit: int,
    before_ms: int | None,
    change: Callable[[str], str],
    *,
    whole: bool,
) -> tuple[int, int]:
    """Rewrite the next blocks behind ``after``; gives how many were looked at, and where the last of them ends.

    Each block is a transaction of its own: the same change made twice changes nothing, so the mark may lag behind.
    """
    here = (block.c.community == name, block.c.first_seq > after, block.c.last_seq <= end)
    found = select(block).where(*here).order_by(block.c.first_seq).limit(limit)
    with database.read() as connection:
        rows = connection.execute(found).all()
    seen, last = 0, after
    for row in rows:
        if before_ms is not None and row.last_ms >= before_ms:
            break
        decoded = decode_block(row.version, row.body, f"Block {row.first_seq} to {row.last_seq} of community {name}")
        if in_block(decoded, change, whole=whole):
            values = {"version": VERSION, "body": encode_again(decoded)}
            with database.write() as connection:
                connection.execute(
                    update(block).where(block.c.community == name, block.c.first_seq == row.first_seq).values(**values)
                )
        seen, last = seen + 1, row.last_seq
    return seen, last


def _progress(connection: Connection, name: str) -> Progress:
    found = connection.execute(select(setting.c.value).where(setting.c.name == f"plates:{name}")).scalar()
    return msgspec.json.decode(found, type=Progress) if found else Progress()


def _keep(connection: Connection, name: str, progress: Progress) -> None:
    value = msgspec.json.encode(progress).decode()
    here = setting.c.name == f"plates:{name}"
    if connection.execute(update(setting).where(here).values(value=value)).rowcount == 0:
        connection.execute(insert(setting).values(name=f"plates:{name}", value=value))
