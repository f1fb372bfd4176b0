"""One `Commit` as writes: block, decisions, outbox, quarantine, what was answered, entity rows. Nothing here does I/O."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import bindparam, insert, update
from sqlalchemy.sql.functions import coalesce

from hub.core.decisions import AlertPending, DuplicateIgnored, NotificationCancelled, NotificationDue
from hub.core.inputs import Receipted, Received
from hub.model import SEVERITY_ORDER, RawMessage
from hub.store import schema
from hub.store.blocks import VERSION
from hub.store.clean import column_text, json_text
from hub.store.port import Commit
from hub.store.rows import Row, Writes, entity_writes
from hub.store.rows_parking import parking_writes

IN_BLOCK_ONLY = (AlertPending, DuplicateIgnored)
"""Decisions that come with every other reading and that nobody asks for: the journal's block has them."""

UrlOf = Callable[[str, str], str]
"""(person, contact id) -> the contact's URL, "" when nobody knows it."""


def batch_writes(dialect: str, commit: Commit, body: bytes, url_of: UrlOf) -> Writes:
    """Everything but the head, in the order in which it is written."""
    writes: Writes = []
    if commit.inputs:
        writes.append((_insert[schema.block], [_block_row(commit, body)]))
    if commit.decisions:
        writes.append((_insert[schema.decision], decision_rows(commit)))
        _add_outbox(writes, commit, url_of)
    if commit.quarantined:
        rows = [quarantine_row(commit.community, seq, one) for seq, one in commit.quarantined]
        writes.append((_insert[schema.quarantine], rows))
    _add_answered(writes, commit)
    writes.extend(entity_writes(dialect, commit.community, commit.changes))
    writes.extend(parking_writes(dialect, commit.community, commit.changes.parking))
    return [(statement, rows) for statement, rows in writes if rows]


def decision_rows(commit: Commit) -> list[Row]:
    """One row a decision; ``n`` counts the decisions of one input."""
    counts: dict[int, int] = {}
    rows: list[Row] = []
    for one in commit.decisions:
        if type(one) in IN_BLOCK_ONLY:
            continue
        n = counts.get(one.seq, 0)
        counts[one.seq] = n + 1
        row: Row = {
            "community": commit.community,
            "seq": one.seq,
            "n": n,
            "at_ms": one.at_ms,
            "type": type(one).__struct_config__.tag,
            "reason": one.reason.value,
            "body": json_text(one),
        }
        for column, name in _COLUMNS.items():
            row[column] = None
            for attribute in name:
                value = getattr(one, attribute, None)
                if value is not None:
                    row[column] = column_text(value) if isinstance(value, str) else value
        rows.append(row)
    return rows


def quarantine_row(community: str, seq: int, one: Received) -> Row:
    """A message nobody understood, as bytes."""
    why = one.undecodable
    return {
        "community": community,
        "seq": seq,
        "received_ms": one.raw.received_ms,
        "source": column_text(one.raw.source),
        "topic": topic_bytes(one.raw),
        "payload": one.raw.payload,
        "reason": "" if why is None else why.reason.value,
        "detail": "" if why is None else column_text(why.detail),
        "device": "" if why is None else column_text(why.device),
    }


def topic_bytes(raw: RawMessage) -> bytes:
    """The topic as it came off the wire."""
    try:
        return raw.topic.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a surrogate that no wire gave: keep it, rather than refuse the message
        return raw.topic.encode("utf-8", "surrogatepass")


def _block_row(commit: Commit, body: bytes) -> Row:
    return {
        "community": commit.community,
        "first_seq": commit.first_seq,
        "last_seq": commit.last_seq,
        "first_ms": commit.inputs[0].now_ms,
        "last_ms": commit.now_ms,
        "readings": sum([len(one.readings) for one in commit.inputs if type(one) is Received]),
        "version": VERSION,
        "body": body,
    }


def _add_answered(writes: Writes, commit: Commit) -> None:
    """Receipts and commands that this batch has stepped are open no more."""
    receipts: list[Row] = [
        {
            "b_community": commit.community,
            "b_notification": one.receipt.notification,
            "b_attempt": one.receipt.attempt,
            "b_receipt": json_text(one.receipt),
            "b_now_ms": commit.now_ms,
        }
        for one in commit.inputs
        if type(one) is Receipted
    ]
    writes.append((_receipt_stepped, receipts))
    commands: list[Row] = [
        {
            "b_community": commit.community,
            "b_row": row,
            "b_seq": seq,
            "b_refused": None if refused is None else column_text(refused),
            "b_now_ms": commit.now_ms,
        }
        for row, seq, refused in commit.commands
    ]
    writes.append((_command_answered, commands))


def _add_outbox(writes: Writes, commit: Commit, url_of: UrlOf) -> None:
    due = [_outbox_row(commit, one, url_of) for one in commit.decisions if type(one) is NotificationDue]
    writes.append((_insert[schema.outbox], due))
    cancelled: list[Row] = [
        {"b_community": commit.community, "b_notification": one.notification, "b_now_ms": commit.now_ms}
        for one in commit.decisions
        if type(one) is NotificationCancelled
    ]
    writes.append((_cancelled, cancelled))


def _outbox_row(commit: Commit, due: NotificationDue, url_of: UrlOf) -> Row:
    return {
        "community": commit.community,
        "notification": due.notification,
        "attempt": due.attempt,
        "created_ms": due.at_ms,
        "severity_order": SEVERITY_ORDER[due.severity],
        "deadline_ms": due.deadline_ms,
        "contact": column_text(due.contact),
        "url": column_text(url_of(due.person, due.contact)),
        "body": json_text(due),
        # Born claimed by the hub that decided it, which hands it to its own delivery right after this commit: a second
        # transaction would cost the alarm some milliseconds. Should it die before, the next life claims it again.
        "claimed_by": commit.owner,
        "claimed_ms": commit.now_ms,
    }


# Column of a decision's row -> the attributes that may fill it.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "incident": ("incident",),
    "alert": ("alert",),
    "notification": ("notification",),
    "person": ("person",),
    "device": ("device", "subject"),
}

_insert = {table: insert(table) for table in (schema.block, schema.decision, schema.outbox, schema.quarantine)}

_receipt_stepped = (
    update(schema.outbox)
    .where(
        schema.outbox.c.community == bindparam("b_community"),
        schema.outbox.c.notification == bindparam("b_notification"),
        schema.outbox.c.attempt == bindparam("b_attempt"),
    )
    .values(done_ms=bindparam("b_now_ms"), receipt=coalesce(schema.outbox.c.receipt, bindparam("b_receipt")))
)
# Nobody sends it in a later life; one that a sender holds already still writes its receipt into the row.
_cancelled = (
    update(schema.outbox)
    .where(
        schema.outbox.c.community == bindparam("b_community"),
        schema.outbox.c.notification == bindparam("b_notification"),
        schema.outbox.c.done_ms.is_(None),
    )
    .values(done_ms=bindparam("b_now_ms"))
)
_command_answered = (
    update(schema.command)
    .where(schema.command.c.id == bindparam("b_row"), schema.command.c.community == bindparam("b_community"))
    .values(done_ms=bindparam("b_now_ms"), seq=bindparam("b_seq"), refused=bindparam("b_refused"))
)
