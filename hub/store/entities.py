"""Reading back what the rows have: open alerts and incidents, what is still to be told, silences, the registry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import msgspec
from sqlalchemy import Connection, Select, or_, select

from hub.core.state import Changes
from hub.errors import StoreError
from hub.model import (
    Alert,
    CalendarDay,
    ContactHealth,
    Device,
    Duty,
    GateLane,
    Incident,
    Notification,
    NotificationState,
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
from hub.store.schema import alert, contact_health, device, incident, notification, registry, silence, works

T = TypeVar("T")


def read_entities(connection: Connection, community: str) -> Changes:
    """Open incidents with all their alerts and notifications, silences and the registry, each in the order of its ids.

    A closed incident whose end is still being told counts as open.
    """
    under_way = notification.c.state.in_([NotificationState.DUE.value, NotificationState.HELD.value])
    untold = select(notification.c.incident).where(notification.c.community == community, under_way)
    here = (incident.c.community == community, or_(incident.c.closed_ms.is_(None), incident.c.id.in_(untold)))
    open_ids = select(incident.c.id).where(*here)
    alerts = _read(
        connection,
        select(alert.c.body)
        .where(alert.c.community == community, or_(alert.c.closed_ms.is_(None), alert.c.incident.in_(open_ids)))
        .order_by(alert.c.id),
        Alert,
    )
    incidents = _read(connection, select(incident.c.body).where(*here).order_by(incident.c.id), Incident)
    told = (
        select(notification.c.body)
        .where(notification.c.community == community, or_(under_way, notification.c.incident.in_(open_ids)))
        .order_by(notification.c.id)
    )
    silences = _read(connection, select(silence.c.body).where(silence.c.community == community), Silence)
    registered = _read(
        connection, select(device.c.body).where(device.c.community == community, device.c.registered), Device
    )
    return Changes(
        alerts={one.id: one for one in alerts},
        incidents={one.id: one for one in incidents},
        notifications={one.id: one for one in _read(connection, told, Notification)},
        silences={one.id: one for one in silences},
        registered={one.id: one for one in registered},
        places={one.id: one for one in _registry(connection, community, "place", Place)},
        people={one.id: one for one in _registry(connection, community, "person", Person)},
        duties={one.id: one for one in _registry(connection, community, "duty", Duty)},
        permits={one.plate: one for one in _registry(connection, community, "permit", Permit)},
        overrides={one.id: one for one in _registry(connection, community, "override", Override)},
        calendar={one.date: one for one in _registry(connection, community, "calendar_day", CalendarDay)},
        spaces={one.id: one for one in _registry(connection, community, "space", Space)},
        gate_lanes={one.id: one for one in _registry(connection, community, "gate_lane", GateLane)},
        plans={one.id: one for one in _registry(connection, community, "plan", ParkingPlan)},
        turns={one.id: one for one in _registry(connection, community, "turn", PlanTurn)},
        works={
            one.id: one for one in _read(connection, select(works.c.body).where(works.c.community == community), Works)
        },
        health={
            f"{one.person}/{one.contact}": one
            for one in _read(
                connection, select(contact_health.c.body).where(contact_health.c.community == community), ContactHealth
            )
        },
    )


def read_people(connection: Connection, community: str) -> Iterable[Person]:
    return _registry(connection, community, "person", Person)


def _registry(connection: Connection, community: str, what: str, type_: type[T]) -> list[T]:
    statement = select(registry.c.body).where(registry.c.community == community, registry.c.what == what)
    return _read(connection, statement, type_)


def _read(connection: Connection, statement: Select[str], type_: type[T]) -> list[T]:
    decoder = msgspec.json.Decoder(type_)
    try:
        return [decoder.decode(body) for body in connection.execute(statement).scalars()]
    except msgspec.DecodeError as exc:
        raise StoreError(f"A row of {type_.__name__.lower()} cannot be read ({exc}). Restore a backup.") from exc
