"""Gates and parking: the ledger, visits, spaces, estimates, squats, censuses, watches, lists at gates.

Frozen: `hub.store.schema` says what the tables are today, each revision what it made of them then.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_ledger()
    _create_spaces()


def _create_ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("id", LONG, autoincrement=False, nullable=False),
        sa.Column("at_ms", LONG, nullable=False),
        sa.Column("kept_ms", LONG, nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("gate", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("plate", sa.String(), nullable=False),
        sa.Column("read", sa.String(), nullable=False),
        sa.Column("visit", LONG, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("community", "id"),
    )
    op.create_index("ledger_time", "ledger", ["community", "at_ms"])
    op.create_index("ledger_plate", "ledger", ["community", "plate"])
    op.create_table(
        "visit",
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("id", LONG, autoincrement=False, nullable=False),
        sa.Column("in_ms", LONG, nullable=False),
        sa.Column("out_ms", LONG),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("plate", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("home", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("community", "id"),
    )
    op.create_index("visit_open", "visit", ["community", "out_ms", "in_ms"])
    op.create_index("visit_plate", "visit", ["community", "plate"])
    op.create_table(
        "squat",
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("id", LONG, autoincrement=False, nullable=False),
        sa.Column("from_ms", LONG, nullable=False),
        sa.Column("until_ms", LONG),
        sa.Column("space", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("community", "id"),
    )
    op.create_index("squat_time", "squat", ["community", "from_ms"])
    op.create_table(
        "census",
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("id", LONG, autoincrement=False, nullable=False),
        sa.Column("at_ms", LONG, nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("community", "id"),
    )
    op.create_index("census_time", "census", ["community", "at_ms"])
    op.create_table(
        "watch",
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("id", LONG, autoincrement=False, nullable=False),
        sa.Column("until_ms", LONG, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("community", "id"),
    )


def _create_spaces() -> None:
    op.create_table(
        "space_now",
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("occupied", sa.Boolean()),
        sa.Column("since_ms", LONG, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("community", "id"),
    )
    op.create_table(
        "estimate",
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("at_ms", LONG, nullable=False),
        sa.Column("left", sa.Integer(), nullable=False),
        sa.Column("bound", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("community", "zone"),
    )
    op.create_table(
        "zone_hour",
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("hour_ms", LONG, autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("community", "zone", "hour_ms"),
    )
    op.create_table(
        "list_entry",
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("plate", sa.String(), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("at_ms", LONG, nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("community", "lane", "plate"),
    )
    op.create_index("list_entry_state", "list_entry", ["community", "lane", "state"])
