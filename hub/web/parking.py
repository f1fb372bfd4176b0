"""Every question that the parking screens ask of the store, as structs of `hub.model`; and plates as others may read them."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from sqlalchemy import Connection, Select, desc, or_, select

from hub.core.parking.state import SpaceState
from hub.model import (
    Alert,
    Census,
    Condition,
    Estimate,
    GateLane,
    LedgerEntry,
    Space,
    Squat,
    Visit,
    Watch,
    ZoneHour,
)
from hub.plates import HIDDEN, is_replaced
from hub.store import schema, schema_parking

ODD = ("tailgated", "missed_exit", "missed_entry", "census", "office")
"""Entries that no camera wrote by itself."""
UNREAD = ("unread", "encrypted", "none")

Found = TypeVar("Found", bound=msgspec.Struct)


def in_full(plate: str) -> str:
    """As it is; what was replaced by its hash shows nothing."""
    return HIDDEN if is_replaced(plate) else plate


def _bodies(connection: Connection, query: Select[str], wanted: type[Found]) -> list[Found]:
    return [msgspec.json.decode(body, type=wanted) for body in connection.execute(query).scalars()]


def _registry(connection: Connection, community: str, what: str, wanted: type[Found]) -> list[Found]:
    table = schema.registry
    query = select(table.c.body).where(table.c.community == community, table.c.what == what).order_by(table.c.id)
    return _bodies(connection, query, wanted)


def spaces(connection: Connection, community: str) -> list[Space]:
    return _registry(connection, community, "space", Space)


def lanes(connection: Connection, community: str) -> list[GateLane]:
    return _registry(connection, community, "gate_lane", GateLane)


def spaces_now(connection: Connection, community: str) -> dict[str, SpaceState]:
    """space -> what is believed of it."""
    table = schema_parking.space_now
    query = select(table.c.id, table.c.body).where(table.c.community == community)
    return {row.id: msgspec.json.decode(row.body, type=SpaceState) for row in connection.execute(query)}


def estimates(connection: Connection, community: str) -> dict[str, Estimate]:
    """zone -> spaces left in it."""
    table = schema_parking.estimate
    query = select(table.c.body).where(table.c.community == community).order_by(table.c.zone)
    return {one.zone: one for one in _bodies(connection, query, Estimate)}


def open_alerts(connection: Connection, community: str) -> list[Alert]:
    """Active alerts that nobody has closed, oldest first."""
    table = schema.alert
    query = select(table.c.body).where(
        table.c.community == community, table.c.closed_ms.is_(None), table.c.condition == Condition.ACTIVE.value
    )
    return _bodies(connection, query.order_by(table.c.id), Alert)


def hours(connection: Connection, community: str, zone: str, from_ms: int, until_ms: int) -> list[ZoneHour]:
    table = schema_parking.zone_hour
    query = select(table.c.body).where(
        table.c.community == community,
        table.c.zone == zone,
        table.c.hour_ms >= from_ms,
        table.c.hour_ms < until_ms,
    )
    return _bodies(connection, query.order_by(table.c.hour_ms), ZoneHour)


def entries(
    connection: Connection, community: str, from_ms: int, until_ms: int, *, gate: str, only: str, limit: int
) -> list[LedgerEntry]:
    """Passages, the newest first; ``only``: "", odd, missed, tailgated or unread."""
    table = schema_parking.ledger
    query = select(table.c.body).where(
        table.c.community == community, table.c.at_ms >= from_ms, table.c.at_ms < until_ms
    )
    if gate:
        query = query.where(table.c.gate == gate)
    match only:
        case "odd":
            query = query.where(or_(table.c.reason.in_(ODD), table.c.read.in_(UNREAD)))
        case "missed":
            query = query.where(table.c.reason.in_(("missed_exit", "missed_entry")))
        case "tailgated":
            query = query.where(table.c.reason == "tailgated")
        case "unread":
            query = query.where(table.c.read.in_(UNREAD))
    return _bodies(connection, query.order_by(desc(table.c.at_ms), desc(table.c.id)).limit(limit), LedgerEntry)


def entry(connection: Connection, community: str, number: int) -> LedgerEntry | None:
    table = schema_parking.ledger
    query = select(table.c.body).where(table.c.community == community, table.c.id == number)
    return next(iter(_bodies(connection, query, LedgerEntry)), None)


def visits(connection: Connection, community: str, from_ms: int, until_ms: int, limit: int) -> list[Visit]:
    """Stays that reach into this time, the newest first."""
    table = schema_parking.visit
    query = select(table.c.body).where(
        table.c.community == community,
        table.c.in_ms < until_ms,
        or_(table.c.out_ms.is_(None), table.c.out_ms >= from_ms),
    )
    return _bodies(connection, query.order_by(desc(table.c.in_ms)).limit(limit), Visit)


def squats(connection: Connection, community: str, from_ms: int) -> list[Squat]:
    """Those that began since, the newest first."""
    table = schema_parking.squat
    query = select(table.c.body).where(table.c.community == community, table.c.from_ms >= from_ms)
    return _bodies(connection, query.order_by(desc(table.c.from_ms)), Squat)


def last_census(connection: Connection, community: str, zone: str) -> Census | None:
    table = schema_parking.census
    query = select(table.c.body).where(table.c.community == community, table.c.zone == zone)
    return next(iter(_bodies(connection, query.order_by(desc(table.c.at_ms)).limit(1), Census)), None)


def watches(connection: Connection, community: str, limit: int) -> list[Watch]:
    """The newest first."""
    table = schema_parking.watch
    query = select(table.c.body).where(table.c.community == community)
    return _bodies(connection, query.order_by(desc(table.c.id)).limit(limit), Watch)
