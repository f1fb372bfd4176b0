"""The record: who owns it, where it ends, its blocks, and what could not be understood."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, bindparam, func, select, update

from hub.core.inputs import Received
from hub.errors import LeaseLost, StoreError
from hub.model import RawMessage, Undecodable, Undecoded
from hub.store.blocks import decode_block
from hub.store.connections import Database
from hub.store.dialect import insert_into
from hub.store.port import Block, Commit
from hub.store.schema import block, community, quarantine
from hub.store.sealing import Sealing, has_personal

LEASE_MS = 10_000
"""How long an owner that does not commit is still taken for alive."""

_PAGE = 32
"""Blocks read at a time while recovering: some megabytes."""


def take_lease(connection: Connection, name: str, owner: str, now_ms: int) -> int:
    """Take the community over; its epoch grows by one, so that whatever an earlier owner still commits is refused."""
    insert = insert_into(connection.dialect.name, community)
    values = {"owner": owner, "lease_until_ms": now_ms + LEASE_MS}
    statement = (
        insert.values(id=name, epoch=1, **values)
        .on_conflict_do_update(index_elements=[community.c.id], set_={"epoch": community.c.epoch + 1, **values})
        .returning(community.c.epoch)
    )
    return int(connection.execute(statement).scalar_one())


def check_lease(connection: Connection, name: str, owner: str, epoch: int) -> int:
    """The committed head; LeaseLost when the community is somebody else's by now."""
    row = connection.execute(_head, {"b_id": name}).one_or_none()
    if row is None or (row.owner, row.epoch) != (owner, epoch):
        holder = "nobody" if row is None or not row.owner else f"{row.owner} (epoch {row.epoch})"
        raise LeaseLost(
            f"Community {name} is owned by {holder}, no longer by {owner} (epoch {epoch}); nothing of the batch was kept."
        )
    return int(row.head_seq)


def advance_head(connection: Connection, commit: Commit) -> None:
    """Move the head and renew the lease, or raise: LeaseLost, or StoreError for a batch that was kept before."""
    moved = connection.execute(
        _advance,
        {
            "b_id": commit.community,
            "b_owner": commit.owner,
            "b_epoch": commit.epoch,
            "b_first_seq": commit.first_seq,
            "b_last_seq": commit.last_seq,
            "b_now_ms": commit.now_ms,
            "b_lease_ms": commit.now_ms + LEASE_MS,
        },
    )
    if moved.rowcount == 1:
        return
    head = check_lease(connection, commit.community, commit.owner, commit.epoch)
    raise StoreError(
        f"The batch from seq {commit.first_seq} to {commit.last_seq} of community {commit.community} was kept before:"
        f" its journal ends at {head}. Reload the state and step the batch again."
    )


def read_blocks(connection: Connection, name: str, after_seq: int, limit: int) -> list[Block]:
    """The next blocks that end beyond ``after_seq``, oldest first."""
    rows = connection.execute(_blocks, {"b_community": name, "b_after": after_seq, "b_limit": limit}).all()
    found = [
        decode_block(row.version, row.body, f"Block {row.first_seq} to {row.last_seq} of community {name}")
        for row in rows
    ]
    for one in found:
        if has_personal(one.inputs):  # keys are read anew each time: another process may have erased one
            one.inputs = Sealing().open(connection, name, one.inputs)
    return found


def stream_blocks(database: Database, name: str, after_seq: int) -> Iterator[Block]:
    """All blocks beyond ``after_seq``, a page at a time, so that a long tail does not fill the memory."""
    while True:
        with database.read() as connection:
            page = read_blocks(connection, name, after_seq, _PAGE)
        yield from page
        if len(page) < _PAGE:
            return
        after_seq = page[-1].last_seq


def read_quarantined(connection: Connection, name: str, seq: int) -> Received | None:
    """The message as it came, to be decoded again."""
    row = connection.execute(
        select(quarantine).where(quarantine.c.community == name, quarantine.c.seq == seq)
    ).one_or_none()
    if row is None:
        return None
    topic = bytes(row.topic).decode("utf-8", "surrogateescape")
    raw = RawMessage(row.source, topic, bytes(row.payload), row.received_ms)
    if not row.reason:
        return Received(raw, ())
    return Received(raw, (), Undecodable(Undecoded(row.reason), row.detail, row.device))


_head = select(community.c.owner, community.c.epoch, community.c.head_seq).where(community.c.id == bindparam("b_id"))
_advance = (
    update(community)
    .where(
        community.c.id == bindparam("b_id"),
        community.c.owner == bindparam("b_owner"),
        community.c.epoch == bindparam("b_epoch"),
        community.c.head_seq < bindparam("b_first_seq"),
    )
    .values(head_seq=bindparam("b_last_seq"), head_ms=bindparam("b_now_ms"), lease_until_ms=bindparam("b_lease_ms"))
)

# Only the last block that begins at or before the seq can hold it: found in the primary key, where a condition on
# last_seq alone would walk the whole journal for every page that a follower reads.
_start = (
    select(func.max(block.c.first_seq))
    .where(block.c.community == bindparam("b_community"), block.c.first_seq <= bindparam("b_after"))
    .scalar_subquery()
)
_blocks = (
    select(block.c.first_seq, block.c.last_seq, block.c.version, block.c.body)
    .where(
        block.c.community == bindparam("b_community"),
        block.c.first_seq >= func.coalesce(_start, 0),
        block.c.last_seq > bindparam("b_after"),
    )
    .order_by(block.c.first_seq)
    .limit(bindparam("b_limit"))
)
