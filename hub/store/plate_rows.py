"""Plates in rows: some at a time when they are too old, and all of a household's at once when it asks."""

from __future__ import annotations

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, and_, func, or_, select, update

from hub.store.plate_words import Change, holds_plate, in_text, in_value
from hub.store.schema import alert, command, decision, incident, notification, outbox, quarantine
from hub.store.schema_parking import ledger, squat, visit
from hub.store.sealing import like

ROWS_AT_ONCE = 500

BODIES: tuple[Table, ...] = (alert, incident, notification, decision, outbox, command, squat)
"""Tables whose body may name a plate; `ledger` and `visit` have a column of it besides."""


def forget_rows(connection: Connection, name: str, before_ms: int, change: Change, quarantined: int) -> tuple[int, int]:
    """Replace old plates in a bounded number of rows; gives how many rows there were, and how far quarantine is done."""
    done = 0
    for table, old in (
        (ledger, ledger.c.kept_ms < before_ms),
        (visit, visit.c.out_ms < before_ms),
    ):
        here = and_(table.c.community == name, old, table.c.plate != "", table.c.plate.not_like("#%"))
        done += _columns(connection, table, here, change)
    for table, old in _old_bodies(before_ms):
        here = and_(table.c.community == name, old, _names_plate(table))
        done += _bodies(connection, table, here, change)
    seen, quarantined = _quarantined(connection, name, before_ms, quarantined)
    return done + seen, quarantined


def erase_rows(connection: Connection, name: str, plates: set[str], change: Change) -> None:
    """These plates, in all rows but those of a stay that is on: the core still writes that one."""
    for plate in sorted(plates):
        _everywhere(connection, name, plate, change)


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


def _everywhere(connection: Connection, name: str, plate: str, change: Change) -> None:
    for table in (ledger, visit):
        here = and_(table.c.community == name, table.c.plate == plate)
        closed = and_(here, visit.c.out_ms.is_not(None)) if table is visit else here
        while _columns(connection, table, closed, change):
            continue
    for table in BODIES:
        named = table.c.body.like(f"%{like(plate)}%", escape="\\")
        done = and_(command.c.done_ms.is_not(None)) if table is command else named
        for row in connection.execute(
            select(*table.primary_key, table.c.body).where(table.c.community == name, named, done)
        ).all():
            _body(connection, table, row._asdict(), change)


def _old_bodies(before_ms: int) -> list[tuple[Table, ColumnElement[bool]]]:
    return [
        (alert, alert.c.closed_ms < before_ms),
        (incident, incident.c.closed_ms < before_ms),
        (notification, notification.c.created_ms < before_ms),
        (decision, decision.c.at_ms < before_ms),
        (outbox, outbox.c.done_ms < before_ms),
        (command, command.c.done_ms < before_ms),
        (squat, squat.c.until_ms < before_ms),
    ]


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


def _quarantined(connection: Connection, name: str, before_ms: int, after: int) -> tuple[int, int]:
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
