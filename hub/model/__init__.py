"""The words of the hub as frozen structs, units and enums. Pure: imports nothing that can do I/O or tell the time.

Times are UTC integer milliseconds and end in ``_ms``. Ids of what the core makes are ``(community, seq)`` pairs; inside
one community the bare ``seq`` is enough and is what the structs carry.
"""

from __future__ import annotations

from hub.model.alerts import (
    SEVERITY_ORDER,
    Alert,
    Condition,
    Handling,
    Incident,
    Notification,
    NotificationState,
    Outcome,
    Purpose,
    Receipt,
    Responder,
    Severity,
    Silence,
)
from hub.model.facts import FACTS, Fact
from hub.model.kinds import LIFE_SAFETY, Event, Kind
from hub.model.messages import RawMessage, Reading, Undecodable, Undecoded
from hub.model.registry import Contact, Device, Duty, Permit, Person, Place, PlaceKind, Sees

__all__ = [
    "FACTS",
    "LIFE_SAFETY",
    "SEVERITY_ORDER",
    "Alert",
    "Condition",
    "Contact",
    "Device",
    "Duty",
    "Event",
    "Fact",
    "Handling",
    "Incident",
    "Kind",
    "Notification",
    "NotificationState",
    "Outcome",
    "Permit",
    "Person",
    "Place",
    "PlaceKind",
    "Purpose",
    "RawMessage",
    "Reading",
    "Receipt",
    "Responder",
    "Sees",
    "Severity",
    "Silence",
    "Undecodable",
    "Undecoded",
]
