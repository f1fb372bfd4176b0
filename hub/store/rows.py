"""Entity rows: what became of places, devices, people, alerts, incidents, notifications and silences.

Gives writes, (statement, rows) pairs in an order in which they may run; a row is searchable columns and the whole struct
as JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Executable,
    Insert,
    Table,
    and_,
    bindparam,
    case,
    delete,
    literal_column,
    update,
)
from sqlalchemy.sql.compiler import SQLCompiler

from hub.core.state import Changes, DeviceState
from hub.model import (
    Alert,
    CalendarDay,
    ContactHealth,
    Device,
    Duty,
    GateLane,
    Incident,
    Notification,
    Override,
    ParkingPlan,
    Permit,
    Person,
    Place,
    PlanTurn,
    Silence,
    Space,
    Works,
)
from hub.store import schema
from hub.store.clean import column_text, json_text
from hub.store.dialect import Insert as Upsert
from hub.store.dialect import upsert

Row = dict[str, object]
Entry = Place | Person | Duty | Permit | Override | CalendarDay | Space | GateLane | ParkingPlan | PlanTurn
Writes = list[tuple[Executable, list[Row]]]


def entity_writes(dialect: str, community: str, changes: Changes) -> Writes:
    """The rows of everything that the batch touched."""
    writes: Writes = []
    _add_registry(writes, dialect, community, changes)
    if changes.alerts:
        writes.append((upsert(dialect, schema.alert), [alert_row(community, one) for one in changes.alerts.values()]))
    if changes.incidents:
        rows = [incident_row(community, one) for one in changes.incidents.values()]
        writes.append((upsert(dialect, schema.incident), rows))
    if changes.notifications:
        rows = [notification_row(community, one) for one in changes.notifications.values()]
        writes.append((upsert(dialect, schema.notification), rows))
    _add_pauses(writes, dialect, community, changes)
    _add_health(writes, dialect, community, changes)
    return writes


def write_devices(connection: Connection, community: str, devices: Iterable[DeviceState]) -> None:
    """What the core heard of devices: the one hot write besides the block, so on SQLite its SQL is made once for many rows
    and goes to the driver as it is."""
    rows: list[Row] = [
        {
            "community": community,
            "id": column_text(state.id),
            "kind": state.kind.value,
            "model": column_text(state.model),
            "last_seen_ms": state.last_seen_ms,
            "silent": state.silent,
            "alarm": state.alarm,
            "facts": json_text(state.facts),
            "place": "",
            "name": "",
            "registered": False,
            "body": "{}",
        }
        for state in devices
    ]
    if rows:
        write_rows(connection, upsert(connection.dialect.name, schema.device, _heard), rows)


def write_rows(connection: Connection, statement: Executable, rows: list[Row]) -> None:
    """One statement for all rows, which have the same columns in the same order; on SQLite an insert goes out with many
    rows at a time."""
    if connection.dialect.name != "sqlite" or not isinstance(statement, Insert):
        connection.execute(statement, rows)
        return
    at = 0
    for size in _TOGETHER:
        if len(rows) - at < size:
            continue
        text, order = _many_sql(connection.dialect, statement, tuple(rows[0]), size)
        while len(rows) - at >= size:
            together = rows[at : at + size]
            connection.exec_driver_sql(text, tuple([row[name] for row in together for name in order]))
            at += size


_TOGETHER = (256, 64, 16, 4, 1)
"""Rows of one statement. SQLite's driver gives the interpreter away at each of its steps and then waits to have it back,
half a millisecond on a busy hub: row by row a commit of 250 devices waited 30 ms."""


@cache
def _many_sql(dialect: Dialect, statement: Insert, columns: tuple[str, ...], size: int) -> tuple[str, tuple[str, ...]]:
    """The insert's text for that many rows, and the order of the parameters of one."""
    compiled = statement.compile(dialect=dialect, column_keys=list(columns))
    assert isinstance(compiled, SQLCompiler)
    order = tuple(compiled.positiontup or ())
    assert len(order) == len(columns), "a default or a value of its own would need a parameter"
    one = f"({', '.join('?' * len(order))})"
    text = str(compiled)
    assert one in text
    return text.replace(one, ", ".join([one] * size), 1), order


def registered_row(community: str, one: Device) -> Row:
    """What the office says of a device."""
    return {
        "community": community,
        "id": column_text(one.id),
        "kind": one.kind.value,
        "model": column_text(one.model),
        "place": column_text(one.place),
        "name": column_text(one.name),
        "registered": True,
        "silent": False,
        "facts": "{}",
        "body": json_text(one),
    }


def alert_row(community: str, one: Alert) -> Row:
    return {
        "community": community,
        "id": one.id,
        "incident": one.incident,
        "rule": one.rule,
        "severity": one.severity.value,
        "subject": column_text(one.subject),
        "place": column_text(one.place),
        "condition": one.condition.value,
        "handling": one.handling.value,
        "raised_ms": one.raised_ms,
        "accepted_ms": one.accepted_ms,
        "closed_ms": one.closed_ms,
        "outcome": None if one.outcome is None else one.outcome.value,
        "test": one.test,
        "body": json_text(one),
    }


def incident_row(community: str, one: Incident) -> Row:
    return {
        "community": community,
        "id": one.id,
        "place": column_text(one.place),
        "severity": one.severity.value,
        "handling": one.handling.value,
        "opened_ms": one.opened_ms,
        "due_ms": one.due_ms,
        "accepted_ms": one.accepted_ms,
        "closed_ms": one.closed_ms,
        "outcome": None if one.outcome is None else one.outcome.value,
        "test": one.test,
        "body": json_text(one),
    }


def notification_row(community: str, one: Notification) -> Row:
    return {
        "community": community,
        "id": one.id,
        "incident": one.incident,
        "person": column_text(one.person),
        "role": column_text(one.role),
        "purpose": one.purpose.value,
        "severity": one.severity.value,
        "state": one.state.value,
        "created_ms": one.created_ms,
        "sent_ms": one.sent_ms,
        "reason": one.reason,
        "body": json_text(one),
    }


def silence_row(community: str, one: Silence | Works) -> Row:
    return {"community": community, "id": one.id, "until_ms": one.until_ms, "body": json_text(one)}


def health_row(community: str, one: ContactHealth) -> Row:
    person, contact = column_text(one.person), column_text(one.contact)
    return {"community": community, "person": person, "contact": contact, "body": json_text(one)}


def registry_row(community: str, what: str, name: str, one: Entry) -> Row:
    return {"community": community, "what": what, "id": column_text(name), "body": json_text(one)}


def _add_registry(writes: Writes, dialect: str, community: str, changes: Changes) -> None:
    entries: list[tuple[str, Mapping[str, Entry | None]]] = [
        ("place", changes.places),
        ("person", changes.people),
        ("duty", changes.duties),
        ("permit", changes.permits),
        ("override", changes.overrides),
        ("calendar_day", changes.calendar),
        ("space", changes.spaces),
        ("gate_lane", changes.gate_lanes),
        ("plan", changes.plans),
        ("turn", changes.turns),
    ]
    put: list[Row] = []
    gone: list[Row] = []
    for what, changed in entries:
        for name, one in changed.items():
            if one is None:
                gone.append({"b_community": community, "b_what": what, "b_id": column_text(name)})
            else:
                put.append(registry_row(community, what, name, one))
    if put:
        writes.append((upsert(dialect, schema.registry), put))
    if gone:
        writes.append((_delete_registry, gone))
    removed: list[Row] = [
        {"b_community": community, "b_id": column_text(k)} for k, v in changes.registered.items() if v is None
    ]
    rows = [registered_row(community, one) for one in changes.registered.values() if one is not None]
    if rows:
        writes.append((upsert(dialect, schema.device, _registered), rows))
    if removed:  # one that speaks stays on screen, as unregistered; one never heard goes
        writes.append((_delete_unheard_device, removed))
        writes.append((_unregister_device, removed))


def _add_pauses(writes: Writes, dialect: str, community: str, changes: Changes) -> None:
    """Silences and works: while they stand they have a row."""
    pauses: tuple[tuple[Table, Mapping[int, Silence | Works | None]], ...] = (
        (schema.silence, changes.silences),
        (schema.works, changes.works),
    )
    for table, changed in pauses:
        rows = [silence_row(community, one) for one in changed.values() if one is not None]
        gone: list[Row] = [{"b_community": community, "b_id": key} for key, one in changed.items() if one is None]
        if rows:
            writes.append((upsert(dialect, table), rows))
        if gone:
            writes.append((_delete_pause(table), gone))


def _add_health(writes: Writes, dialect: str, community: str, changes: Changes) -> None:
    rows = [health_row(community, one) for one in changes.health.values() if one is not None]
    gone: list[Row] = []
    for key, one in changes.health.items():
        if one is None:
            person, _, contact = key.partition("/")
            gone.append({"b_community": community, "b_person": column_text(person), "b_contact": column_text(contact)})
    if rows:
        writes.append((upsert(dialect, schema.contact_health), rows))
    if gone:
        writes.append((_delete_health, gone))


def _heard(table: Table, statement: Upsert) -> dict[str, ColumnElement[object]]:
    """A device that spoke: what the office registered stays."""
    new = statement.excluded
    return {
        "kind": case((table.c.registered, table.c.kind), else_=new.kind),
        "model": case(
            (and_(table.c.registered, table.c.model != literal_column("''")), table.c.model), else_=new.model
        ),
        "last_seen_ms": new.last_seen_ms,
        "silent": new.silent,
        "alarm": new.alarm,
        "facts": new.facts,
    }


def _registered(table: Table, statement: Upsert) -> dict[str, ColumnElement[object]]:
    """A device that the office put: what was heard of it stays."""
    new = statement.excluded
    return {
        "kind": new.kind,
        "model": case((new.model != literal_column("''"), new.model), else_=table.c.model),
        "place": new.place,
        "name": new.name,
        "registered": new.registered,
        "body": new.body,
    }


_delete_registry = delete(schema.registry).where(
    schema.registry.c.community == bindparam("b_community"),
    schema.registry.c.what == bindparam("b_what"),
    schema.registry.c.id == bindparam("b_id"),
)
_delete_unheard_device = delete(schema.device).where(
    schema.device.c.community == bindparam("b_community"),
    schema.device.c.id == bindparam("b_id"),
    schema.device.c.last_seen_ms.is_(None),
)
_unregister_device = (
    update(schema.device)
    .where(schema.device.c.community == bindparam("b_community"), schema.device.c.id == bindparam("b_id"))
    .values(registered=False, place="", name="", body="{}")
)


@cache
def _delete_pause(table: Table) -> Executable:
    return delete(table).where(table.c.community == bindparam("b_community"), table.c.id == bindparam("b_id"))


_delete_health = delete(schema.contact_health).where(
    schema.contact_health.c.community == bindparam("b_community"),
    schema.contact_health.c.person == bindparam("b_person"),
    schema.contact_health.c.contact == bindparam("b_contact"),
)
