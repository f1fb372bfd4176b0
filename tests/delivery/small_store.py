"""The smallest real outbox: the tables of hub/store/schema.py on SQLite, with the three methods that delivery uses.

Stands in for `hub.store.sql.SqlStore` behind the same Protocol (`hub.delivery.dispatch.Outbox`).
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import msgspec
from sqlalchemy import Connection, Engine, create_engine, event, insert, or_, select, update
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import ConnectionPoolEntry

from hub.core.decisions import NotificationDue
from hub.model import SEVERITY_ORDER, Receipt
from hub.store.port import Outgoing
from hub.store.schema import budget, metadata, outbox


def open_engine(path: Path) -> Engine:
    """WAL and a busy timeout, as the embedded store has them."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 20})

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
        del entry
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.close()

    metadata.create_all(engine)
    return engine


class SmallStore:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def reader(self) -> AbstractContextManager[Connection]:
        return self.engine.connect()

    def writer(self) -> AbstractContextManager[Connection]:
        return self.engine.begin()

    def put(self, *rows: tuple[str, NotificationDue, str]) -> None:
        """What a commit does: (community, due, url)."""
        with self.engine.begin() as connection:
            for community, due, url in rows:
                connection.execute(
                    insert(outbox).values(
                        community=community,
                        notification=due.notification,
                        attempt=due.attempt,
                        created_ms=due.at_ms,
                        severity_order=SEVERITY_ORDER[due.severity],
                        deadline_ms=due.deadline_ms,
                        contact=due.contact,
                        url=url,
                        body=msgspec.json.encode(due).decode(),
                    )
                )

    def claim(self, by: str, now_ms: int, limit: int) -> list[Outgoing]:
        free = or_(outbox.c.claimed_ms.is_(None), outbox.c.claimed_by != by)
        query = select(outbox).where(outbox.c.done_ms.is_(None), outbox.c.receipt.is_(None), free)
        query = query.order_by(outbox.c.severity_order, outbox.c.created_ms, outbox.c.notification).limit(limit)
        claimed = []
        with self.engine.begin() as connection:
            for row in connection.execute(query).all():
                connection.execute(
                    update(outbox)
                    .where(
                        outbox.c.community == row.community,
                        outbox.c.notification == row.notification,
                        outbox.c.attempt == row.attempt,
                    )
                    .values(claimed_ms=now_ms, claimed_by=by)
                )
                due = msgspec.json.decode(row.body, type=NotificationDue)
                claimed.append(Outgoing(community=row.community, due=due, url=row.url, created_ms=row.created_ms))
        return claimed

    def take_budget(self, provider: str, window_ms: int, cost: int, limit: int) -> bool:
        here = (budget.c.provider == provider) & (budget.c.window_ms == window_ms)
        with self.engine.begin() as connection:
            try:
                with connection.begin_nested():
                    connection.execute(insert(budget).values(provider=provider, window_ms=window_ms, taken=0))
            except IntegrityError:
                pass  # this window's row is there already
            taken = connection.execute(
                update(budget).where(here, budget.c.taken + cost <= limit).values(taken=budget.c.taken + cost)
            )
        return taken.rowcount == 1

    def record_receipt(self, community: str, receipt: Receipt) -> None:
        with self.engine.begin() as connection:
            connection.execute(
                update(outbox)
                .where(
                    outbox.c.community == community,
                    outbox.c.notification == receipt.notification,
                    outbox.c.attempt == receipt.attempt,
                )
                .values(receipt=msgspec.json.encode(receipt).decode())
            )

    def receipts(self) -> list[Receipt]:
        with self.engine.connect() as connection:
            rows = connection.execute(select(outbox.c.receipt).where(outbox.c.receipt.is_not(None)))
            return [msgspec.json.decode(row.receipt, type=Receipt) for row in rows]

    def open_rows(self) -> list[int]:
        with self.engine.connect() as connection:
            rows = connection.execute(select(outbox.c.notification).where(outbox.c.receipt.is_(None)))
            return [row.notification for row in rows]
