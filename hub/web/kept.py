"""What the office's screens ask of the store beyond `hub.web.rows`: health, works, drills, looks, the proof."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, desc, select

from hub.model import Incident, Notification
from hub.store import schema


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """One row of ``look``."""

    at_ms: int
    who: str
    what: str
    incident: int | None


class ReachGap(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch in which a rule would reach too few people at a place."""

    from_ms: int
    until_ms: int
    rule: str = ""
    rules: tuple[str, ...] = ()
    place: str = ""
    places: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    times: int = 1
    """How often, at the same local time for as long."""
    last_ms: int = 0
    """When the last of those times ends."""
    said_zh: str = ""
    said_en: str = ""


class ReachProof(msgspec.Struct, frozen=True, kw_only=True):
    """The last proof of reach."""

    proved: bool
    at_ms: int
    days: int = 0
    gaps: tuple[ReachGap, ...] = ()
    more: int = 0
    """Gaps that are not listed."""


def last_test(connection: Connection, community: str, person: str) -> Notification | None:
    """The newest 【测试】 to this person."""
    table = schema.notification
    query = select(table.c.body).where(
        table.c.community == community, table.c.person == person, table.c.purpose == "test"
    )
    body = connection.execute(query.order_by(desc(table.c.id)).limit(1)).scalar()
    return msgspec.json.decode(body, type=Notification) if body else None


def drills(connection: Connection, community: str, limit: int) -> list[Incident]:
    """The newest first."""
    table = schema.incident
    # Only a drill's body says that it is one; closed ones have the outcome as well, open ones not yet.
    query = select(table.c.body).where(table.c.community == community, table.c.body.contains('"drill":true'))
    bodies = connection.execute(query.order_by(desc(table.c.opened_ms)).limit(limit)).scalars()
    return [one for body in bodies if (one := msgspec.json.decode(body, type=Incident)).drill]


def looks(
    connection: Connection, community: str, *, who: str = "", incident: int | None = None, limit: int = 200
) -> list[Look]:
    """The newest first."""
    table = schema.look
    query = select(table.c.at_ms, table.c.who, table.c.what, table.c.incident).where(table.c.community == community)
    if who:
        query = query.where(table.c.who == who)
    if incident is not None:
        query = query.where(table.c.incident == incident)
    rows = connection.execute(query.order_by(desc(table.c.id)).limit(limit))
    return [Look(**row._asdict()) for row in rows]


def lookers(connection: Connection, community: str) -> list[str]:
    """Everybody who is in the log."""
    table = schema.look
    query = select(table.c.who).where(table.c.community == community).distinct().order_by(table.c.who)
    return list(connection.execute(query).scalars())


def proof(connection: Connection, community: str) -> ReachProof | None:
    """The last one; None: never proved, or written by a newer software in words that we cannot read."""
    table = schema.proof
    body = connection.execute(select(table.c.body).where(table.c.community == community)).scalar()
    try:
        return msgspec.json.decode(body, type=ReachProof) if body else None
    except msgspec.MsgspecError:
        return None
