"""Work to be done: the outbox and its receipts, commands, budgets, cursors."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import structlog
from sqlalchemy import Connection, Select, bindparam, insert, or_, select, update

from hub.core.commands import AnyCommand, ReplayQuarantined
from hub.core.decisions import NotificationDue
from hub.errors import StoreError
from hub.model import Receipt
from hub.store.clean import column_text, json_text
from hub.store.dialect import insert_into, upsert
from hub.store.port import Outgoing
from hub.store.schema import budget, command, cursor, outbox, quarantine

log = structlog.get_logger("hub.store")

_due = msgspec.json.Decoder(NotificationDue)
_command: msgspec.json.Decoder[AnyCommand] = msgspec.json.Decoder(AnyCommand)
_receipt = msgspec.json.Decoder(Receipt)


# ── outbox ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def claimable(by: str, limit: int, communities: Sequence[str] | None) -> Select[str, int, int, str, str, int]:
    """Rows that nobody has sent yet and ``by`` does not hold already, most severe and oldest first."""
    statement = (
        select(
            outbox.c.community,
            outbox.c.notification,
            outbox.c.attempt,
            outbox.c.url,
            outbox.c.body,
            outbox.c.created_ms,
        )
        .where(outbox.c.done_ms.is_(None), outbox.c.receipt.is_(None), outbox.c.claimed_by != by)
        .order_by(outbox.c.severity_order, outbox.c.created_ms, outbox.c.notification, outbox.c.attempt)
        .limit(limit)
    )
    return statement if communities is None else statement.where(outbox.c.community.in_(communities))


def claim(
    connection: Connection, by: str, now_ms: int, limit: int, communities: Sequence[str] | None
) -> list[Outgoing]:
    """Take rows for ``by``; two claimers at the same moment never get the same row."""
    rows = connection.execute(claimable(by, limit, communities).with_for_update(skip_locked=True)).all()
    if not rows:
        return []
    connection.execute(
        _claimed,
        [
            {
                "b_community": r.community,
                "b_notification": r.notification,
                "b_attempt": r.attempt,
                "b_by": by,
                "b_ms": now_ms,
            }
            for r in rows
        ],
    )
    claimed: list[Outgoing] = []
    for row in rows:
        try:
            due = _due.decode(row.body)
        except msgspec.DecodeError as exc:  # its deadline passes, and the core goes on to the next contact
            log.error("outbox_row_unreadable", community=row.community, notification=row.notification, error=str(exc))
            continue
        claimed.append(Outgoing(community=row.community, due=due, url=row.url, created_ms=row.created_ms))
    return claimed


def record_receipt(connection: Connection, community: str, receipt: Receipt) -> None:
    """Keep an answer. The first one stands, unless a later one says that it was sent after all."""
    here = (
        outbox.c.community == community,
        outbox.c.notification == receipt.notification,
        outbox.c.attempt == receipt.attempt,
    )
    replaceable = (
        or_(outbox.c.receipt.is_(None), outbox.c.done_ms.is_(None)) if receipt.sent else outbox.c.receipt.is_(None)
    )
    kept = connection.execute(update(outbox).where(*here, replaceable).values(receipt=json_text(receipt)))
    if kept.rowcount == 0 and connection.execute(select(outbox.c.attempt).where(*here)).first() is None:
        raise StoreError(
            f"Attempt {receipt.attempt} of notification {receipt.notification} of community {community} is not in the"
            " outbox, so its receipt has no place."
        )


def open_receipts(connection: Connection, community: str) -> list[Receipt]:
    """Answers that were kept and not yet stepped."""
    rows = connection.execute(
        select(outbox.c.receipt)
        .where(outbox.c.done_ms.is_(None), outbox.c.receipt.is_not(None), outbox.c.community == community)
        .order_by(outbox.c.notification, outbox.c.attempt)
    )
    return [_receipt.decode(one) for one in rows.scalars() if one is not None]


# ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def write_command(connection: Connection, community: str, one: AnyCommand, now_ms: int) -> int:
    """Queue a command; gives its row."""
    row = {"community": community, "at_ms": now_ms, "actor": column_text(one.actor), "body": json_text(one)}
    return int(connection.execute(insert(command).values(row).returning(command.c.id)).scalar_one())


def open_commands(connection: Connection, community: str) -> tuple[list[tuple[int, AnyCommand]], list[tuple[int, str]]]:
    """Commands that no commit answered, oldest first; and those that cannot be read, with why."""
    rows = connection.execute(
        select(command.c.id, command.c.body)
        .where(command.c.community == community, command.c.done_ms.is_(None))
        .order_by(command.c.id)
    )
    commands: list[tuple[int, AnyCommand]] = []
    unreadable: list[tuple[int, str]] = []
    for row in rows:
        try:
            commands.append((row.id, _command.decode(row.body)))
        except msgspec.DecodeError as exc:
            unreadable.append((row.id, str(exc)))
    return commands, unreadable


def refuse_commands(connection: Connection, unreadable: Sequence[tuple[int, str]]) -> None:
    """Answer what cannot be read, so that it does not stand at the head of the queue for ever."""
    for row, why in unreadable:
        log.error("command_unreadable", row=row, error=why)
        connection.execute(
            update(command)
            .where(command.c.id == row)
            .values(done_ms=command.c.at_ms, refused=f"This command cannot be read: {why}")
        )


def mark_replayed(connection: Connection, community: str, rows: Sequence[int], now_ms: int) -> None:
    """Note on each quarantined message that a replay command, done now, has understood it."""
    bodies = connection.execute(
        select(command.c.body).where(command.c.id.in_(rows), command.c.body.contains("replay_quarantined"))
    )
    for body in bodies.scalars():
        one = _command.decode(body)
        if isinstance(one, ReplayQuarantined):
            here = (quarantine.c.community == community, quarantine.c.seq == one.seq)
            connection.execute(update(quarantine).where(*here).values(replayed_ms=now_ms))


# ── budgets and cursors ──────────────────────────────────────────────────────────────────────────────────────────────


def take_budget(connection: Connection, provider: str, window_ms: int, cost: int, limit: int) -> bool:
    """One statement, so that two hubs cannot both take the last token."""
    if cost > limit:
        return False
    statement = (
        insert_into(connection.dialect.name, budget)
        .values(provider=provider, window_ms=window_ms, taken=cost)
        .on_conflict_do_update(
            index_elements=[budget.c.provider, budget.c.window_ms],
            set_={"taken": budget.c.taken + cost},
            where=budget.c.taken + cost <= limit,
        )
        .returning(budget.c.taken)
    )
    return connection.execute(statement).first() is not None


def read_cursor(connection: Connection, name: str, community: str) -> int:
    """The last seq that this follower has done, 0 for one never heard of."""
    here = (cursor.c.name == name, cursor.c.community == community)
    found = connection.execute(select(cursor.c.seq).where(*here)).scalar()
    return found or 0


def move_cursor(connection: Connection, name: str, community: str, seq: int) -> None:
    """Set where a follower stands; backwards too, to have it follow again."""
    connection.execute(upsert(connection.dialect.name, cursor), {"name": name, "community": community, "seq": seq})


_claimed = (
    update(outbox)
    .where(
        outbox.c.community == bindparam("b_community"),
        outbox.c.notification == bindparam("b_notification"),
        outbox.c.attempt == bindparam("b_attempt"),
    )
    .values(claimed_by=bindparam("b_by"), claimed_ms=bindparam("b_ms"))
)
