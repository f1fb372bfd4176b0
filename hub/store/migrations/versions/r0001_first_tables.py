"""The first tables.

Frozen: `hub.store.schema` says what the tables are today, each revision what it made of them then.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_record()
    _create_what_stands()
    _create_what_happens()
    _create_work()
    _create_web()
    if (
        op.get_bind().dialect.name == "postgresql"
    ):  # bodies are compressed already: a second attempt costs 15 % a commit
        op.execute("ALTER TABLE block ALTER COLUMN body SET STORAGE EXTERNAL")
        op.execute("ALTER TABLE snapshot ALTER COLUMN body SET STORAGE EXTERNAL")


def _create_record() -> None:
    op.create_table(
        "community",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("epoch", LONG, nullable=False),
        sa.Column("lease_until_ms", LONG, nullable=False),
        sa.Column("head_seq", LONG, nullable=False),
        sa.Column("head_ms", LONG, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "block",
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("first_seq", LONG, autoincrement=False, nullable=False),
        sa.Column("last_seq", LONG, nullable=False),
        sa.Column("first_ms", LONG, nullable=False),
        sa.Column("last_ms", LONG, nullable=False),
        sa.Column("readings", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("community", "first_seq"),
    )
    op.create_index("block_time", "block", ["community", "last_ms"])
    op.create_table(
        "snapshot",
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("seq", LONG, autoincrement=False, nullable=False),
        sa.Column("at_ms", LONG, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("software", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("community", "seq"),
    )
    op.create_table(
        "quarantine",
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("seq", LONG, autoincrement=False, nullable=False),
        sa.Column("received_ms", LONG, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("topic", sa.LargeBinary(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("replayed_ms", LONG, nullable=True),
        sa.PrimaryKeyConstraint("community", "seq"),
    )
    op.create_index("quarantine_time", "quarantine", ["community", "received_ms"])
    op.create_table(
        "decision",
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("seq", LONG, autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at_ms", LONG, nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("incident", LONG, nullable=True),
        sa.Column("alert", LONG, nullable=True),
        sa.Column("notification", LONG, nullable=True),
        sa.Column("person", sa.String(), nullable=True),
        sa.Column("device", sa.String(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("community", "seq", "n"),
    )
    op.create_index("decision_incident", "decision", ["community", "incident", "seq"])
    op.create_index("decision_time", "decision", ["community", "at_ms"])


def _create_what_stands() -> None:
    op.create_table(
        "device",
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("registered", sa.Boolean(), nullable=False),
        sa.Column("last_seen_ms", LONG, nullable=True),
        sa.Column("silent", sa.Boolean(), nullable=False),
        sa.Column("alarm", sa.Boolean(), nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("community", "id"),
    )
    op.create_index("device_place", "device", ["community", "place"])
    op.create_table(
        "registry",
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("community", "what", "id"),
    )
    op.create_table(
        "silence",
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("id", LONG, autoincrement=False, nullable=False),
        sa.Column("until_ms", LONG, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("community", "id"),
    )


def _create_what_happens() -> None:
    op.create_table(
        "alert",
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("id", LONG, autoincrement=False, nullable=False),
        sa.Column("incident", LONG, nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("condition", sa.String(), nullable=False),
        sa.Column("handling", sa.String(), nullable=False),
        sa.Column("raised_ms", LONG, nullable=False),
        sa.Column("accepted_ms", LONG, nullable=True),
        sa.Column("closed_ms", LONG, nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("test", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("community", "id"),
    )
    op.create_index("alert_incident", "alert", ["community", "incident"])
    op.create_index("alert_open", "alert", ["community", "closed_ms", "raised_ms"])
    op.create_table(
        "incident",
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("id", LONG, autoincrement=False, nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("handling", sa.String(), nullable=False),
        sa.Column("opened_ms", LONG, nullable=False),
        sa.Column("due_ms", LONG, nullable=True),
        sa.Column("accepted_ms", LONG, nullable=True),
        sa.Column("closed_ms", LONG, nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("test", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("community", "id"),
    )
    op.create_index("incident_open", "incident", ["community", "closed_ms", "opened_ms"])
    op.create_table(
        "notification",
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("id", LONG, autoincrement=False, nullable=False),
        sa.Column("incident", LONG, nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_ms", LONG, nullable=False),
        sa.Column("sent_ms", LONG, nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("community", "id"),
    )
    op.create_index("notification_incident", "notification", ["community", "incident"])
    op.create_index("notification_time", "notification", ["community", "created_ms"])


def _create_work() -> None:
    op.create_table(
        "outbox",
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("notification", LONG, autoincrement=False, nullable=False),
        sa.Column("attempt", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("created_ms", LONG, nullable=False),
        sa.Column("severity_order", sa.Integer(), nullable=False),
        sa.Column("deadline_ms", LONG, nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("claimed_ms", LONG, nullable=True),
        sa.Column("claimed_by", sa.String(), nullable=False),
        sa.Column("done_ms", LONG, nullable=True),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("community", "notification", "attempt"),
    )
    op.create_index("outbox_open", "outbox", ["done_ms", "severity_order", "created_ms"])
    op.create_table(
        "command",
        sa.Column("id", LONG, autoincrement=True, nullable=False),
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("at_ms", LONG, nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("done_ms", LONG, nullable=True),
        sa.Column("seq", LONG, nullable=True),
        sa.Column("refused", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("command_open", "command", ["community", "done_ms", "id"])
    op.create_table(
        "budget",
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("window_ms", LONG, autoincrement=False, nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("provider", "window_ms"),
    )
    op.create_table(
        "cursor",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("seq", LONG, nullable=False),
        sa.PrimaryKeyConstraint("name", "community"),
    )


def _create_web() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", LONG, autoincrement=True, nullable=False),
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("at_ms", LONG, nullable=False),
        sa.Column("incident", LONG, nullable=False),
        sa.Column("notification", LONG, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("read_ms", LONG, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("inbox_once", "inbox", ["community", "notification", "attempt"], unique=True)
    op.create_index("inbox_person", "inbox", ["community", "person", "id"])
    op.create_table(
        "account",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("created_ms", LONG, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "setting",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "look",
        sa.Column("id", LONG, autoincrement=True, nullable=False),
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("at_ms", LONG, nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("incident", LONG, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
