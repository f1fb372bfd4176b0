"""Rows of gates and parking: what a batch added to the ledger and changed of spaces, estimates, squats and hours."""

from __future__ import annotations

from hub.core.parking.state import ParkingChanges, SpaceState
from hub.model import Census, Estimate, LedgerEntry, Squat, Visit, Watch, ZoneHour
from hub.store import schema_parking as schema
from hub.store.clean import column_text, json_text
from hub.store.dialect import upsert
from hub.store.rows import Row, Writes


def parking_writes(dialect: str, community: str, changes: ParkingChanges) -> Writes:
    """(statement, rows) pairs, in an order in which they may run."""
    writes: Writes = []
    for table, rows in (
        (schema.ledger, [ledger_row(community, one) for one in changes.entries]),
        (schema.visit, [visit_row(community, one) for one in changes.visits.values()]),
        (schema.squat, [squat_row(community, one) for one in changes.squats.values()]),
        (schema.census, [census_row(community, one) for one in changes.censuses.values()]),
        (schema.watch, [watch_row(community, one) for one in changes.watches.values()]),
        (schema.space_now, [space_row(community, id, one) for id, one in changes.spaces.items()]),
        (schema.estimate, [estimate_row(community, one) for one in changes.estimates.values()]),
        (schema.zone_hour, [hour_row(community, one) for one in changes.hours.values()]),
    ):
        if rows:
            writes.append((upsert(dialect, table), rows))
    return writes


def ledger_row(community: str, one: LedgerEntry) -> Row:
    return {
        "community": community,
        "id": one.id,
        "at_ms": one.at_ms,
        "kept_ms": one.kept_ms,
        "direction": one.direction.value,
        "reason": one.reason.value,
        "lane": column_text(one.lane),
        "gate": column_text(one.gate),
        "zone": column_text(one.zone),
        "plate": column_text(one.plate),
        "read": one.read.value,
        "visit": one.visit,
        "body": json_text(one),
    }


def visit_row(community: str, one: Visit) -> Row:
    return {
        "community": community,
        "id": one.id,
        "in_ms": one.in_ms,
        "out_ms": one.out_ms,
        "zone": column_text(one.zone),
        "plate": column_text(one.plate),
        "kind": one.kind.value if one.kind else "",
        "home": column_text(one.home),
        "body": json_text(one),
    }


def squat_row(community: str, one: Squat) -> Row:
    return {
        "community": community,
        "id": one.id,
        "from_ms": one.from_ms,
        "until_ms": one.until_ms,
        "space": column_text(one.space),
        "zone": column_text(one.zone),
        "verdict": one.verdict.value,
        "body": json_text(one),
    }


def census_row(community: str, one: Census) -> Row:
    zone = column_text(one.zone)
    return {"community": community, "id": one.id, "at_ms": one.at_ms, "zone": zone, "body": json_text(one)}


def watch_row(community: str, one: Watch) -> Row:
    return {"community": community, "id": one.id, "until_ms": one.until_ms, "body": json_text(one)}


def space_row(community: str, id: str, one: SpaceState) -> Row:
    return {
        "community": community,
        "id": column_text(id),
        "zone": "",
        "occupied": one.occupied,
        "since_ms": one.since_ms,
        "body": json_text(one),
    }


def estimate_row(community: str, one: Estimate) -> Row:
    return {
        "community": community,
        "zone": column_text(one.zone),
        "at_ms": one.at_ms,
        "left": one.left,
        "bound": one.bound,
        "body": json_text(one),
    }


def hour_row(community: str, one: ZoneHour) -> Row:
    return {"community": community, "zone": column_text(one.zone), "hour_ms": one.hour_ms, "body": json_text(one)}
