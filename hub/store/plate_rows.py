"""Plates in rows: some at a time when they are too old, and all of a household's at once when it asks."""

from __future__ import annotations

import msgspec
from sqlalchemy import Column, ColumnElement, Connection, Table, and_, func, or_, select, update

from hub.store.plate_words import Change, holds_plate, in_text, in_value
from hub.store.schema import alert, command, decision, incident, notification, outbox, quarantine
from hub.store.schema_parking import ledger, squat, visit

ROWS_AT_ONCE = 500
LATE_MS = 8 * 24 * 3_600_000
"""A passage that a camera kept during an outage may be so late: rows are looked at again for as long."""

BODIES: tuple[tuple[Table, Column[int]], ...] = (
    (alert, alert.c.closed_ms),
    (incident, incident.c.closed_ms),
    (notification, notification.c.created_ms),
    (decision, decision.c.at_ms),
    (outbox, outbox.c.done_ms),
    (command, command.c.done_ms),
    (squat, squat.c.until_ms),
)
"""Tables whose body may name a plate, with the time at which a row of them is done with."""


def oldest_ms(connection: Connection, name: str) -> int | None:
    """Where to begin: nothing that names a plate is older than the first decision, or than the first alert's end."""
    firsts = [
        connection.execute(select(func.min(at)).where(table.c.community == name)).scalar()
        for table, at in ((decision, decision.c.at_ms), (alert, alert.c.closed_ms), (ledger, ledger.c.at_ms))
    ]
    return min((at_ms for at_ms in firsts if at_ms is not None), default=None)


def forget_rows(connection: Connection, name: str, from_ms: int, until_ms: int, change: Change) -> int:
    """Replace the plates of a bounded number of rows of that time; gives how many, 0 when there are no more of them."""
    done = 0
    for table, at in ((ledger, ledger.c.at_ms), (visit, visit.c.out_ms)):
        then = and_(table.c.community == name, at >= from_ms - LATE_MS, at < until_ms)
        done += _columns(connection, table, and_(then, table.c.plate != "", table.c.plate.not_like("#%")), change)
    for table, at in BODIES:
        then = and_(table.c.community == name, at >= from_ms - LATE_MS, at < until_ms)
        done += _bodies(connection, table, and_(then, _names_plate(table)), change)
    return done


def erase_rows(connection: Connection, name: str, plates: set[str], change: Change) -> None:
    """These plates in comings and goings, by their index; a stay that is on is still the core's to write."""
    for plate in sorted(plates):
        for table in (ledger, visit):
            here = and_(table.c.community == name, table.c.plate == plate)
            over = and_(here, visit.c.out_ms.is_not(None)) if table is visit else here
            while _columns(connection, table, over, change):
                continue


def erased_rows(connection: Connection, name: str, from_ms: int, until_ms: int, change: Change) -> None:
    """What else names these plates in rows of that time."""
    for table, at in BODIES:
        then = and_(table.c.community == name, at >= from_ms - LATE_MS, at < until_ms, _names_plate(table))
        for row in connection.execute(select(*table.primary_key, table.c.body).where(then)).all():
            _body(connection, table, row._asdict(), change)


def erase_left(connection: Connection, name: str, seq: int, change: Change) -> bool:
    """What the core wrote after the erasure about a stay from before it; True while such a stay is on."""
    inside = False
    plain = and_(visit.c.community == name, visit.c.id <= seq, visit.c.plate != "", visit.c.plate.not_like("#%"))
    for row in connection.execute(select(visit.c.id, visit.c.plate, visit.c.out_ms).where(plain)).all():
        if change(row.plate) == row.plate:
            continue
        if row.out_ms is None:
            inside = True
            continue
        _columns(connection, visit, and_(visit.c.community == name, visit.c.id == row.id), change)
        _columns(connection, ledger, and_(ledger.c.community == name, ledger.c.visit == row.id), change)
    return inside


def _names_plate(table: Table) -> ColumnElement[bool]:
    """Its body names a plate that is no hash yet."""
    body = table.c.body
    plate = and_(body.like('%"plate":"_%'), body.not_like('%"plate":"#%'), body.not_like('%"plate":""%'))
    permit = and_(body.like('%"what":"permit"%'), body.not_like('%"id":"#%'), body.not_like('%"id":""%'))
    return or_(plate, permit)


def _columns(connection: Connection, table: Table, here: ColumnElement[bool], change: Change) -> int:
    """Rows with a plate column; gives how many there were."""
    rows = connection.execute(
        select(table.c.community, table.c.id, table.c.plate, table.c.body).where(here).limit(ROWS_AT_ONCE)
    ).all()
    changed = 0
    for row in rows:
        plate = change(row.plate)
        if plate == row.plate:
            continue
        connection.execute(
            update(table)
            .where(table.c.community == row.community, table.c.id == row.id)
            .values(plate=plate, body=_replaced(row.body, change))
        )
        changed += 1
    return changed


def _bodies(connection: Connection, table: Table, here: ColumnElement[bool], change: Change) -> int:
    query = select(*table.primary_key, table.c.body).where(here).limit(ROWS_AT_ONCE)
    rows = connection.execute(query).all()
    return sum([_body(connection, table, row._asdict(), change) for row in rows])


def _body(connection: Connection, table: Table, row: dict[str, object], change: Change) -> bool:
    body = str(row["body"])
    told = _replaced(body, change)
    if told == body:
        return False
    here = [column == row[column.name] for column in table.primary_key]
    connection.execute(update(table).where(*here).values(body=told))
    if table is command:
        refused = connection.execute(select(command.c.refused).where(*here)).scalar()
        if refused:
            connection.execute(update(command).where(*here).values(refused=in_text(str(refused), change)))
    return True


def _replaced(body: str, change: Change) -> str:
    return msgspec.json.encode(in_value(msgspec.json.decode(body), change)).decode()


def forget_quarantined(connection: Connection, name: str, before_ms: int, after: int) -> tuple[int, int]:
    """Empty what nobody understood and what may hold a plate; the reason stays, the bytes go."""
    here = (quarantine.c.community == name, quarantine.c.seq > after, quarantine.c.received_ms < before_ms)
    rows = connection.execute(
        select(quarantine.c.seq, quarantine.c.payload).where(*here).order_by(quarantine.c.seq).limit(ROWS_AT_ONCE)
    ).all()
    for row in rows:
        if holds_plate(bytes(row.payload)):
            connection.execute(
                update(quarantine)
                .where(quarantine.c.community == name, quarantine.c.seq == row.seq)
                .values(payload=b"", detail=func.coalesce(quarantine.c.detail, "") + " (plate forgotten)")
            )
    return len(rows), (rows[-1].seq if rows else after)
