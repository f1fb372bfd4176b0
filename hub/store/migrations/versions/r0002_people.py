"""The people side: works, contact health, photos, web push, keys of subjects, proofs, calls.

Frozen: `hub.store.schema` says what the tables are today, each revision what it made of them then.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_what_stands()
    _create_web()
    _create_delivery()


def _create_what_stands() -> None:
    op.create_table(
        "works",
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("id", LONG, autoincrement=False, nullable=False),
        sa.Column("until_ms", LONG, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("community", "id"),
    )
    op.create_table(
        "contact_health",
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("community", "person", "contact"),
    )
    op.create_table(
        "subject_key",
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("created_ms", LONG, nullable=False),
        sa.PrimaryKeyConstraint("community", "subject"),
    )
    op.create_table(
        "proof",
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("at_ms", LONG, nullable=False),
        sa.Column("proved", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("community"),
    )


def _create_web() -> None:
    op.create_table(
        "photo",
        sa.Column("id", LONG, autoincrement=True, nullable=False),
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("incident", LONG, nullable=False),
        sa.Column("at_ms", LONG, nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("photo_incident", "photo", ["community", "incident"])
    op.create_table(
        "push_subscription",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("at_ms", LONG, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _create_delivery() -> None:
    op.create_table(
        "call",
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("incident", LONG, nullable=False),
        sa.Column("notification", LONG, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("at_ms", LONG, nullable=False),
        sa.PrimaryKeyConstraint("provider", "call_id"),
    )
    op.create_index("call_time", "call", ["at_ms"])
