"""Snapshots: the whole state as compressed msgpack, so that a start needs only the blocks after it."""

from __future__ import annotations

import gc

import msgspec
import structlog
from sqlalchemy import Connection, delete, select

from hub.core.decisions import ConfigLoaded
from hub.core.state import State
from hub.errors import StoreError
from hub.store.clean import scrubbed
from hub.store.dialect import upsert
from hub.store.frames import unpack
from hub.store.schema import decision, snapshot

VERSION = 1
KEPT = 2
"""The newest and, should that prove unreadable, the one before it."""

log = structlog.get_logger("hub.store")

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(State)
_loaded = msgspec.json.Decoder(ConfigLoaded)


def state_bytes(state: State) -> bytes:
    """The state as MessagePack, for `Store.checkpoint`. The state must hold still meanwhile."""
    try:
        return _encoder.encode(state)
    except (UnicodeEncodeError, OverflowError):
        return _encoder.encode(scrubbed(state))


def decode_state(version: int, body: bytes, what: str) -> State:
    """The state as it was; StoreError names ``what`` when it is damaged or of another version."""
    if version != VERSION:
        raise StoreError(f"{what} has version {version}; this hub reads version {VERSION}.")
    unpacked = unpack(body, what)
    collects = gc.isenabled()
    gc.disable()  # half of the time would go to looking for garbage among 100,000 new dicts
    try:
        return _decoder.decode(unpacked)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise StoreError(f"{what} cannot be read ({exc}).") from exc
    finally:
        if collects:
            gc.enable()


def write_snapshot(connection: Connection, community: str, seq: int, at_ms: int, software: str, body: bytes) -> None:
    """Keep it, and drop all older ones but one."""
    row = {
        "community": community,
        "seq": seq,
        "at_ms": at_ms,
        "version": VERSION,
        "software": software,
        "body": body,
    }
    connection.execute(upsert(connection.dialect.name, snapshot), row)
    here = snapshot.c.community == community
    newest = select(snapshot.c.seq).where(here).order_by(snapshot.c.seq.desc()).limit(KEPT)
    kept = connection.execute(newest).scalars().all()
    connection.execute(delete(snapshot).where(here, snapshot.c.seq < min(kept)))


def ran_other_software(connection: Connection, community: str, after_seq: int, software: str) -> bool:
    """Whether another version stepped some of the journal beyond ``after_seq``: one that was tried and rolled back."""
    bodies = connection.execute(
        select(decision.c.body).where(
            decision.c.community == community, decision.c.seq > after_seq, decision.c.type == "config_loaded"
        )
    )
    return any(_loaded.decode(body).software != software for body in bodies.scalars())


def newest_snapshot(connection: Connection, community: str) -> tuple[State, str] | None:
    """The newest one that can be read and the software that wrote it; an unreadable one is logged and passed over."""
    here = snapshot.c.community == community
    seqs = connection.execute(select(snapshot.c.seq).where(here).order_by(snapshot.c.seq.desc())).scalars().all()
    for seq in seqs:  # one at a time: a body is some 20 MB, and the second is hardly ever wanted
        row = connection.execute(select(snapshot).where(here, snapshot.c.seq == seq)).one()
        try:
            state = decode_state(row.version, row.body, f"Snapshot {seq} of community {community}")
        except StoreError as exc:
            log.error("snapshot_unreadable", community=community, seq=seq, error=str(exc))
            continue
        return state, row.software
    return None
