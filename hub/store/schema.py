"""The tables: what the web, delivery and the office read. All rows but the journal's are projections of the core's state.

One row of an entity = its searchable columns + ``body``, the whole struct of `hub.model` as JSON. Times are UTC ms. Ids
are the ``seq`` of `(community, seq)`. The same on SQLite and PostgreSQL.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

metadata = MetaData()

# SQLite gives rowid semantics only to INTEGER; PostgreSQL needs BIGINT.
Long = BigInteger().with_variant(Integer, "sqlite")

# ── the record ───────────────────────────────────────────────────────────────────────────────────────────────────────

community = Table(
    "community",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", Text, nullable=False, default=""),
    Column("owner", String, nullable=False, default=""),
    Column("epoch", Long, nullable=False, default=0),
    Column("lease_until_ms", Long, nullable=False, default=0),
    Column("head_seq", Long, nullable=False, default=0),  # last committed seq: what the live stream watches
    Column("head_ms", Long, nullable=False, default=0),
)

block = Table(
    "block",
    metadata,
    Column("community", String, primary_key=True),
    Column("first_seq", Long, primary_key=True, autoincrement=False),
    Column("last_seq", Long, nullable=False),
    Column("first_ms", Long, nullable=False),
    Column("last_ms", Long, nullable=False),
    Column("readings", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("block_time", "community", "last_ms"),
)

snapshot = Table(
    "snapshot",
    metadata,
    Column("community", String, primary_key=True),
    Column("seq", Long, primary_key=True, autoincrement=False),
    Column("at_ms", Long, nullable=False),
    Column("version", Integer, nullable=False),
    Column("software", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("community", String, primary_key=True),
    Column("seq", Long, primary_key=True, autoincrement=False),
    Column("received_ms", Long, nullable=False),
    Column("source", String, nullable=False),
    Column("topic", LargeBinary, nullable=False),  # bytes: a topic may be no UTF-8
    Column("payload", LargeBinary, nullable=False),
    Column("reason", String, nullable=False),
    Column("detail", Text, nullable=False),
    Column("device", String, nullable=False),
    Column("replayed_ms", Long),  # set when a replay understood it
    Index("quarantine_time", "community", "received_ms"),
)

decision = Table(
    "decision",
    metadata,
    Column("community", String, primary_key=True),
    Column("seq", Long, primary_key=True, autoincrement=False),
    Column("n", Integer, primary_key=True, autoincrement=False),  # nth decision of that input
    Column("at_ms", Long, nullable=False),
    Column("type", String, nullable=False),  # the decision's tag
    Column("reason", String, nullable=False),
    Column("incident", Long),
    Column("alert", Long),
    Column("notification", Long),
    Column("person", String),
    Column("device", String),
    Column("body", Text, nullable=False),
    Index("decision_incident", "community", "incident", "seq"),
    Index("decision_time", "community", "at_ms"),
)

# ── projections of the state ─────────────────────────────────────────────────────────────────────────────────────────

device = Table(
    "device",
    metadata,
    Column("community", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("place", String, nullable=False, default=""),
    Column("name", Text, nullable=False, default=""),
    Column("model", String, nullable=False, default=""),
    Column("registered", Boolean, nullable=False, default=False),
    Column("last_seen_ms", Long),
    Column("silent", Boolean, nullable=False, default=False),
    Column("alarm", Boolean),
    Column("facts", Text, nullable=False, default="{}"),  # JSON object
    Column("body", Text, nullable=False, default="{}"),  # hub.model.Device as JSON, {} while unregistered
    Index("device_place", "community", "place"),
)

alert = Table(
    "alert",
    metadata,
    Column("community", String, primary_key=True),
    Column("id", Long, primary_key=True, autoincrement=False),
    Column("incident", Long, nullable=False),
    Column("rule", String, nullable=False),
    Column("severity", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("place", String, nullable=False),
    Column("condition", String, nullable=False),
    Column("handling", String, nullable=False),
    Column("raised_ms", Long, nullable=False),
    Column("accepted_ms", Long),
    Column("closed_ms", Long),
    Column("outcome", String),
    Column("test", Boolean, nullable=False),
    Column("body", Text, nullable=False),
    Index("alert_open", "community", "closed_ms", "raised_ms"),
    Index("alert_incident", "community", "incident"),
)

incident = Table(
    "incident",
    metadata,
    Column("community", String, primary_key=True),
    Column("id", Long, primary_key=True, autoincrement=False),
    Column("place", String, nullable=False),
    Column("severity", String, nullable=False),
    Column("handling", String, nullable=False),
    Column("opened_ms", Long, nullable=False),
    Column("due_ms", Long),
    Column("accepted_ms", Long),
    Column("closed_ms", Long),
    Column("outcome", String),
    Column("test", Boolean, nullable=False),
    Column("body", Text, nullable=False),
    Index("incident_open", "community", "closed_ms", "opened_ms"),
)

notification = Table(
    "notification",
    metadata,
    Column("community", String, primary_key=True),
    Column("id", Long, primary_key=True, autoincrement=False),
    Column("incident", Long, nullable=False),
    Column("person", String, nullable=False),
    Column("role", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("severity", String, nullable=False),
    Column("state", String, nullable=False),
    Column("created_ms", Long, nullable=False),
    Column("sent_ms", Long),
    Column("reason", String, nullable=False),
    Column("body", Text, nullable=False),
    Index("notification_incident", "community", "incident"),
    Index("notification_time", "community", "created_ms"),
)

silence = Table(
    "silence",
    metadata,
    Column("community", String, primary_key=True),
    Column("id", Long, primary_key=True, autoincrement=False),
    Column("until_ms", Long, nullable=False),
    Column("body", Text, nullable=False),
)

works = Table(
    "works",
    metadata,
    Column("community", String, primary_key=True),
    Column("id", Long, primary_key=True, autoincrement=False),
    Column("until_ms", Long, nullable=False),
    Column("body", Text, nullable=False),
)

contact_health = Table(
    "contact_health",
    metadata,
    Column("community", String, primary_key=True),
    Column("person", String, primary_key=True),
    Column("contact", String, primary_key=True),
    Column("body", Text, nullable=False),
)

registry = Table(  # places, people, duties ...: hub.model structs as JSON; devices have a table of their own
    "registry",
    metadata,
    Column("community", String, primary_key=True),
    Column("what", String, primary_key=True),  # place | person | duty | permit | override | calendar_day
    Column("id", String, primary_key=True),
    Column("body", Text, nullable=False),
)

# ── work to be done ──────────────────────────────────────────────────────────────────────────────────────────────────

outbox = Table(
    "outbox",
    metadata,
    Column("community", String, primary_key=True),
    Column("notification", Long, primary_key=True, autoincrement=False),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("created_ms", Long, nullable=False),
    Column("severity_order", Integer, nullable=False),  # 0 is critical: claimed first
    Column("deadline_ms", Long, nullable=False),
    Column("contact", String, nullable=False),
    Column("url", Text, nullable=False),  # the contact's URL, secrets still as ${NAME}
    Column("body", Text, nullable=False),  # hub.core.decisions.NotificationDue as JSON
    Column("claimed_ms", Long),
    Column("claimed_by", String, nullable=False, default=""),
    Column("done_ms", Long),  # its receipt was stepped and committed
    Column("receipt", Text),  # hub.model.Receipt as JSON
    Index("outbox_open", "done_ms", "severity_order", "created_ms"),
)

command = Table(
    "command",
    metadata,
    Column("id", Long, primary_key=True, autoincrement=True),
    Column("community", String, nullable=False),
    Column("at_ms", Long, nullable=False),
    Column("actor", String, nullable=False),
    Column("body", Text, nullable=False),  # hub.core.commands.AnyCommand as JSON
    Column("done_ms", Long),
    Column("seq", Long),
    Column("refused", Text),  # why not, None when it was done
    Index("command_open", "community", "done_ms", "id"),
)

budget = Table(
    "budget",
    metadata,
    Column("provider", String, primary_key=True),  # key of one robot, callee or account
    Column("window_ms", Long, primary_key=True, autoincrement=False),  # start of the window
    Column("taken", Integer, nullable=False),
)

cursor = Table(
    "cursor",
    metadata,
    Column("name", String, primary_key=True),  # who follows the journal, for example influx
    Column("community", String, primary_key=True),
    Column("seq", Long, nullable=False),
)

# ── the web's own ────────────────────────────────────────────────────────────────────────────────────────────────────

inbox = Table(  # the built-in channel inbox://person
    "inbox",
    metadata,
    Column("id", Long, primary_key=True, autoincrement=True),
    Column("community", String, nullable=False),
    Column("person", String, nullable=False),
    Column("at_ms", Long, nullable=False),
    Column("incident", Long, nullable=False),
    Column("notification", Long, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("severity", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("read_ms", Long),
    Index("inbox_person", "community", "person", "id"),
    Index("inbox_once", "community", "notification", "attempt", unique=True),
)

account = Table(
    "account",
    metadata,
    Column("name", String, primary_key=True),
    Column("role", String, nullable=False),  # admin, property, guard, committee, volunteer, street, wall
    Column("person", String, nullable=False, default=""),
    Column("password_hash", String, nullable=False),
    Column("created_ms", Long, nullable=False),
)

setting = Table(  # secrets the hub makes for itself: link key, setup token hash, wall token, installation id
    "setting",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),
)

look = Table(  # who looked at what that is personal
    "look",
    metadata,
    Column("id", Long, primary_key=True, autoincrement=True),
    Column("community", String, nullable=False),
    Column("at_ms", Long, nullable=False),
    Column("who", String, nullable=False),
    Column("what", String, nullable=False),
    Column("incident", Long),
)

photo = Table(  # pictures of an incident, metadata stripped
    "photo",
    metadata,
    Column("id", Long, primary_key=True, autoincrement=True),
    Column("community", String, nullable=False),
    Column("incident", Long, nullable=False),
    Column("at_ms", Long, nullable=False),
    Column("person", String, nullable=False),
    Column("type", String, nullable=False),  # image/jpeg
    Column("body", LargeBinary, nullable=False),
    Index("photo_incident", "community", "incident"),
)

push_subscription = Table(  # browsers that take web push: the contact webpush://ID
    "push_subscription",
    metadata,
    Column("id", String, primary_key=True),
    Column("community", String, nullable=False),
    Column("person", String, nullable=False),
    Column("at_ms", Long, nullable=False),
    Column("body", Text, nullable=False),  # the browser's PushSubscription as JSON
)

subject_key = Table(  # what a person's fields in the journal are sealed with; without it they are erased
    "subject_key",
    metadata,
    Column("community", String, primary_key=True),
    Column("subject", String, primary_key=True),
    Column("key", LargeBinary, nullable=False),
    Column("created_ms", Long, nullable=False),
)

proof = Table(  # the last proof of reach
    "proof",
    metadata,
    Column("community", String, primary_key=True),
    Column("at_ms", Long, nullable=False),
    Column("proved", Boolean, nullable=False),
    Column("body", Text, nullable=False),  # hub.core.reach.Proof as JSON
)

call = Table(  # a provider's own id of a call or an SMS -> what it was for: its report and its key press come later
    "call",
    metadata,
    Column("provider", String, primary_key=True),
    Column("call_id", String, primary_key=True),
    Column("community", String, nullable=False),
    Column("incident", Long, nullable=False),
    Column("notification", Long, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("person", String, nullable=False),
    Column("contact", String, nullable=False),
    Column("at_ms", Long, nullable=False),
    Index("call_time", "at_ms"),
)
