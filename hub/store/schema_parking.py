"""The tables of gates and parking; the others and what they have in common are in `hub.store.schema`."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text

from hub.store.schema import Long, metadata

ledger = (
    Table(  # entries of the gate ledger: added, never changed: hub.model.LedgerEntry as JSON beside what is searched
        "ledger",
        metadata,
        Column("community", String, primary_key=True),
        Column("id", Long, primary_key=True, autoincrement=False),
        Column("at_ms", Long, nullable=False),
        Column("kept_ms", Long, nullable=False),
        Column("direction", String, nullable=False),
        Column("reason", String, nullable=False),
        Column("lane", String, nullable=False),
        Column("gate", String, nullable=False),
        Column("zone", String, nullable=False),
        Column("plate", String, nullable=False),
        Column("read", String, nullable=False),
        Column("visit", Long, nullable=False),
        Column("body", Text, nullable=False),
        Index("ledger_time", "community", "at_ms"),
        Index("ledger_plate", "community", "plate"),
    )
)

visit = Table(  # stays of cars: hub.model.Visit as JSON beside what is searched
    "visit",
    metadata,
    Column("community", String, primary_key=True),
    Column("id", Long, primary_key=True, autoincrement=False),
    Column("in_ms", Long, nullable=False),
    Column("out_ms", Long),
    Column("zone", String, nullable=False),
    Column("plate", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("home", String, nullable=False),
    Column("body", Text, nullable=False),
    Index("visit_open", "community", "out_ms", "in_ms"),
    Index("visit_plate", "community", "plate"),
)

squat = Table(  # what stood in a space and was probably no car: hub.model.Squat as JSON beside what is searched
    "squat",
    metadata,
    Column("community", String, primary_key=True),
    Column("id", Long, primary_key=True, autoincrement=False),
    Column("from_ms", Long, nullable=False),
    Column("until_ms", Long),
    Column("space", String, nullable=False),
    Column("zone", String, nullable=False),
    Column("verdict", String, nullable=False),
    Column("body", Text, nullable=False),
    Index("squat_time", "community", "from_ms"),
)

census = Table(  # walks round the spaces: hub.model.Census as JSON beside what is searched
    "census",
    metadata,
    Column("community", String, primary_key=True),
    Column("id", Long, primary_key=True, autoincrement=False),
    Column("at_ms", Long, nullable=False),
    Column("zone", String, nullable=False),
    Column("body", Text, nullable=False),
    Index("census_time", "community", "at_ms"),
)

watch = Table(  # watches after a clean-up: hub.model.Watch as JSON beside what is searched
    "watch",
    metadata,
    Column("community", String, primary_key=True),
    Column("id", Long, primary_key=True, autoincrement=False),
    Column("until_ms", Long, nullable=False),
    Column("body", Text, nullable=False),
)

space_now = Table(  # what is believed of each space: hub.core.parking.state.SpaceState
    "space_now",
    metadata,
    Column("community", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("zone", String, nullable=False),
    Column("occupied", Boolean),
    Column("since_ms", Long, nullable=False),
    Column("body", Text, nullable=False),
)

estimate = Table(  # spaces left in each zone: hub.model.Estimate
    "estimate",
    metadata,
    Column("community", String, primary_key=True),
    Column("zone", String, primary_key=True),
    Column("at_ms", Long, nullable=False),
    Column("left", Integer, nullable=False),
    Column("bound", Integer, nullable=False),
    Column("body", Text, nullable=False),
)

zone_hour = Table(  # what the table of parking needs is made of: hub.model.ZoneHour
    "zone_hour",
    metadata,
    Column("community", String, primary_key=True),
    Column("zone", String, primary_key=True),
    Column("hour_ms", Long, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
)

list_entry = Table(  # permits as the gates have them: sync state, one row a lane and plate
    "list_entry",
    metadata,
    Column("community", String, primary_key=True),
    Column("lane", String, primary_key=True),
    Column("plate", String, primary_key=True),
    Column("wanted", Boolean, nullable=False),
    Column("state", String, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("at_ms", Long, nullable=False),
    Column("said", Text, nullable=False),
    Column("body", Text, nullable=False),
    Index("list_entry_state", "community", "lane", "state"),
)
