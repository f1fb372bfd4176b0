"""Every question the web asks of the store, as structs of `hub.model`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
from sqlalchemy import Connection, Row, Select, desc, func, or_, select

from hub.core.decisions import AnyDecision
from hub.model import (
    Alert,
    CalendarDay,
    ContactHealth,
    Device,
    Duty,
    Fact,
    Incident,
    Notification,
    Override,
    Person,
    Place,
    Receipt,
    Silence,
    Works,
)
from hub.store import schema

DAY_MS = 24 * 3_600_000
SAID = ("incident_commented", "help_asked", "incident_handed_over")


class Registry(msgspec.Struct, frozen=True, kw_only=True):
    """Places, people and the rota of one community."""

    places: dict[str, Place]
    people: dict[str, Person]
    duties: dict[str, Duty]
    overrides: dict[str, Override] = {}
    calendar: dict[str, CalendarDay] = {}


class DeviceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of ``device``."""

    id: str
    kind: str
    place: str
    name: str
    model: str
    registered: bool
    last_seen_ms: int | None
    silent: bool
    alarm: bool | None
    facts: dict[str, Fact]
    body: Device | None


class InboxMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One row of ``inbox``."""

    id: int
    at_ms: int
    incident: int
    severity: str
    purpose: str
    text: str
    read_ms: int | None
    notification: int
    attempt: int


class Quarantined(msgspec.Struct, frozen=True, kw_only=True):
    """One row of ``quarantine``; the payload cut to what a screen shows."""

    seq: int
    received_ms: int
    source: str
    topic: bytes
    head: bytes
    size: int
    reason: str
    detail: str
    device: str
    replayed_ms: int | None


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One outbox row: one send over one contact."""

    notification: int
    attempt: int
    contact: str
    receipt: Receipt | None
    queued_ms: int
    claimed_ms: int | None
    """When delivery took it to send it."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """How far a community's record goes."""

    seq: int = 0
    ms: int = 0


def head(connection: Connection, community: str) -> Head:
    table = schema.community
    row = connection.execute(select(table.c.head_seq, table.c.head_ms).where(table.c.id == community)).first()
    return Head(seq=row.head_seq, ms=row.head_ms) if row else Head()


def heads(connection: Connection) -> dict[str, int]:
    table = schema.community
    return {row.id: row.head_seq for row in connection.execute(select(table.c.id, table.c.head_seq))}


def registry(connection: Connection, community: str) -> Registry:
    table = schema.registry
    places: dict[str, Place] = {}
    people: dict[str, Person] = {}
    duties: dict[str, Duty] = {}
    overrides: dict[str, Override] = {}
    calendar: dict[str, CalendarDay] = {}
    for row in connection.execute(select(table).where(table.c.community == community).order_by(table.c.id)):
        if row.what == "place":
            places[row.id] = msgspec.json.decode(row.body, type=Place)
        elif row.what == "person":
            people[row.id] = msgspec.json.decode(row.body, type=Person)
        elif row.what == "duty":
            duties[row.id] = msgspec.json.decode(row.body, type=Duty)
        elif row.what == "override":
            overrides[row.id] = msgspec.json.decode(row.body, type=Override)
        elif row.what == "calendar_day":
            calendar[row.id] = msgspec.json.decode(row.body, type=CalendarDay)
    return Registry(places=places, people=people, duties=duties, overrides=overrides, calendar=calendar)


def _incidents(connection: Connection, query: Select[str]) -> list[Incident]:
    return [msgspec.json.decode(body, type=Incident) for body in connection.execute(query).scalars()]


def open_incidents(connection: Connection, community: str) -> list[Incident]:
    table = schema.incident
    query = select(table.c.body).where(table.c.community == community, table.c.closed_ms.is_(None))
    return _incidents(connection, query.order_by(table.c.opened_ms))


def closed_incidents(connection: Connection, community: str, limit: int) -> list[Incident]:
    """The newest first."""
    table = schema.incident
    query = select(table.c.body).where(table.c.community == community, table.c.closed_ms.is_not(None))
    return _incidents(connection, query.order_by(desc(table.c.closed_ms)).limit(limit))


def incident(connection: Connection, community: str, number: int) -> Incident | None:
    table = schema.incident
    query = select(table.c.body).where(table.c.community == community, table.c.id == number)
    return next(iter(_incidents(connection, query)), None)


def alerts_of(connection: Connection, community: str, incidents: Iterable[int]) -> dict[int, list[Alert]]:
    """incident -> its alerts, oldest first."""
    table = schema.alert
    wanted = list(incidents)
    query = select(table.c.body).where(table.c.community == community, table.c.incident.in_(wanted))
    found: dict[int, list[Alert]] = {number: [] for number in wanted}
    for body in connection.execute(query.order_by(table.c.id)).scalars() if wanted else ():
        alert = msgspec.json.decode(body, type=Alert)
        found[alert.incident].append(alert)
    return found


def _device(row: Row[tuple[object, ...]]) -> DeviceRow:
    fields = row._asdict()
    fields.pop("community")
    body = fields.pop("body")
    facts: dict[str, Fact] = msgspec.json.decode(fields.pop("facts"), type=dict[str, Fact])
    registered = msgspec.json.decode(body, type=Device) if body != "{}" else None
    return DeviceRow(**fields, facts=facts, body=registered)


def devices(connection: Connection, community: str) -> list[DeviceRow]:
    table = schema.device
    query = select(table).where(table.c.community == community)
    return [_device(row) for row in connection.execute(query.order_by(table.c.kind, table.c.place, table.c.id))]


def notifications_of(connection: Connection, community: str, number: int) -> list[Notification]:
    table = schema.notification
    query = select(table.c.body).where(table.c.community == community, table.c.incident == number)
    bodies = connection.execute(query.order_by(table.c.id)).scalars()
    return [msgspec.json.decode(body, type=Notification) for body in bodies]


def newest_notifications(connection: Connection, community: str, limit: int) -> list[Notification]:
    table = schema.notification
    query = select(table.c.body).where(table.c.community == community).order_by(desc(table.c.created_ms))
    bodies = connection.execute(query.limit(limit)).scalars()
    return [msgspec.json.decode(body, type=Notification) for body in bodies]


def attempts_of(connection: Connection, community: str, notifications: Iterable[int]) -> dict[int, list[Attempt]]:
    table = schema.outbox
    wanted = list(notifications)
    query = select(
        table.c.notification, table.c.attempt, table.c.contact, table.c.receipt, table.c.created_ms, table.c.claimed_ms
    ).where(table.c.community == community, table.c.notification.in_(wanted))
    found: dict[int, list[Attempt]] = {number: [] for number in wanted}
    for row in connection.execute(query.order_by(table.c.attempt)) if wanted else ():
        receipt = msgspec.json.decode(row.receipt, type=Receipt) if row.receipt else None
        found[row.notification].append(
            Attempt(
                notification=row.notification,
                attempt=row.attempt,
                contact=row.contact,
                receipt=receipt,
                queued_ms=row.created_ms,
                claimed_ms=row.claimed_ms,
            )
        )
    return found


def roles_told(connection: Connection, community: str, numbers: Iterable[int]) -> dict[tuple[int, str], str]:
    """(incident, person) -> the role in which they were told first."""
    table = schema.notification
    query = select(table.c.incident, table.c.person, table.c.role).where(
        table.c.community == community, table.c.incident.in_(list(numbers))
    )
    found: dict[tuple[int, str], str] = {}
    for row in connection.execute(query.order_by(table.c.id)):
        found.setdefault((row.incident, row.person), row.role)
    return found


def decisions_of(connection: Connection, community: str, number: int, limit: int = 3000) -> list[AnyDecision]:
    """The timeline of an incident, oldest first. Decisions of a newer software that we cannot read are left out."""
    table, alert, told = schema.decision, schema.alert, schema.notification
    alerts = select(alert.c.id).where(alert.c.community == community, alert.c.incident == number)
    messages = select(told.c.id).where(told.c.community == community, told.c.incident == number)
    began = select(schema.incident.c.opened_ms - DAY_MS).where(
        schema.incident.c.community == community, schema.incident.c.id == number
    )
    query = select(table.c.body).where(
        table.c.community == community,
        table.c.at_ms >= began.scalar_subquery(),  # what the index by time can leave out
        or_(table.c.incident == number, table.c.alert.in_(alerts), table.c.notification.in_(messages)),
    )
    return _decisions(connection, query.order_by(table.c.seq, table.c.n).limit(limit))


def said_of(connection: Connection, community: str, number: int, limit: int = 200) -> list[AnyDecision]:
    """What people said about an incident: remarks, photos, calls for help, hand-overs; oldest first."""
    table = schema.decision
    query = select(table.c.body).where(
        table.c.community == community, table.c.incident == number, table.c.type.in_(SAID)
    )
    return _decisions(connection, query.order_by(table.c.seq, table.c.n).limit(limit))


def _decisions(connection: Connection, query: Select[str]) -> list[AnyDecision]:
    found: list[AnyDecision] = []
    for body in connection.execute(query).scalars():
        try:
            found.append(msgspec.json.decode(body, type=AnyDecision))
        except msgspec.ValidationError:
            continue
    return found


def quarantined(connection: Connection, community: str, limit: int) -> list[Quarantined]:
    """The newest first; only the first bytes of each payload leave the database."""
    table = schema.quarantine
    query = select(
        table.c.seq,
        table.c.received_ms,
        table.c.source,
        table.c.topic,
        func.substr(table.c.payload, 1, 256).label("head"),
        func.length(table.c.payload).label("size"),
        table.c.reason,
        table.c.detail,
        table.c.device,
        table.c.replayed_ms,
    ).where(table.c.community == community)
    rows = connection.execute(query.order_by(desc(table.c.seq)).limit(limit))
    return [Quarantined(**{**row._asdict(), "head": bytes(row.head), "topic": bytes(row.topic)}) for row in rows]


def open_silences(connection: Connection, community: str, now_ms: int) -> list[Silence]:
    table = schema.silence
    query = select(table.c.body).where(table.c.community == community, table.c.until_ms > now_ms)
    bodies = connection.execute(query.order_by(table.c.until_ms)).scalars()
    return [msgspec.json.decode(body, type=Silence) for body in bodies]


def open_works(connection: Connection, community: str, now_ms: int) -> list[Works]:
    table = schema.works
    query = select(table.c.body).where(table.c.community == community, table.c.until_ms > now_ms)
    found = [msgspec.json.decode(body, type=Works) for body in connection.execute(query).scalars()]
    return [one for one in found if one.from_ms <= now_ms]


def contact_health(connection: Connection, community: str) -> dict[tuple[str, str], ContactHealth]:
    """(person, contact) -> what is known of it."""
    table = schema.contact_health
    bodies = connection.execute(select(table.c.body).where(table.c.community == community)).scalars()
    found = [msgspec.json.decode(body, type=ContactHealth) for body in bodies]
    return {(one.person, one.contact): one for one in found}


def contact_of_attempt(connection: Connection, community: str, notification: int, attempt: int) -> str:
    """The contact that an outbox row went out over, "" when the row is gone."""
    table = schema.outbox
    query = select(table.c.contact).where(
        table.c.community == community, table.c.notification == notification, table.c.attempt == attempt
    )
    return str(connection.execute(query).scalar() or "")


def inbox_messages(connection: Connection, community: str, person: str, limit: int) -> list[InboxMessage]:
    """The newest first."""
    table = schema.inbox
    query = select(
        table.c.id,
        table.c.at_ms,
        table.c.incident,
        table.c.severity,
        table.c.purpose,
        table.c.text,
        table.c.read_ms,
        table.c.notification,
        table.c.attempt,
    ).where(table.c.community == community, table.c.person == person)
    rows = connection.execute(query.order_by(desc(table.c.id)).limit(limit))
    return [InboxMessage(**row._asdict()) for row in rows]


def answered(connection: Connection, row: int) -> tuple[bool, str | None]:
    """(stepped, why it was refused) of one command row."""
    table = schema.command
    found = connection.execute(select(table.c.done_ms, table.c.refused).where(table.c.id == row)).first()
    return (found is not None and found.done_ms is not None, found.refused if found else None)


def counts(connection: Connection, community: str, since_ms: int) -> Mapping[str, int]:
    """Numbers without names for the street office: open, and raised since."""
    table = schema.incident
    here = (table.c.community == community, table.c.test.is_(False))
    total = select(func.count()).select_from(table)
    return {
        "open": connection.execute(total.where(*here, table.c.closed_ms.is_(None))).scalar_one(),
        "recent": connection.execute(total.where(*here, table.c.opened_ms >= since_ms)).scalar_one(),
        "real": connection.execute(
            total.where(*here, table.c.opened_ms >= since_ms, table.c.outcome == "real")
        ).scalar_one(),
        "false": connection.execute(
            total.where(*here, table.c.opened_ms >= since_ms, table.c.outcome == "false")
        ).scalar_one(),
    }
