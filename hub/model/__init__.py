"""The words of the hub as frozen structs, units and enums. Pure: imports nothing that can do I/O or tell the time.

Times are UTC integer milliseconds and end in ``_ms``. Ids of what the core makes are ``(community, seq)`` pairs; inside
one community the bare ``seq`` is enough and is what the structs carry.
"""

from __future__ import annotations

from hub.model.alerts import (
    MAX_WORKS_MS,
    SEVERITY_ORDER,
    Alert,
    Condition,
    ContactHealth,
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
    Stage,
    Works,
)
from hub.model.channels import CHANNELS, ChannelNature, nature
from hub.model.facts import FACTS, Fact
from hub.model.kinds import LIFE_SAFETY, Event, Kind
from hub.model.messages import RawMessage, Reading, Undecodable, Undecoded
from hub.model.registry import (
    CalendarDay,
    Contact,
    Days,
    Device,
    Duty,
    Leave,
    Override,
    Permit,
    Person,
    Place,
    PlaceKind,
    Sees,
    Window,
)

__all__ = [
    "CHANNELS",
    "FACTS",
    "LIFE_SAFETY",
    "MAX_WORKS_MS",
    "SEVERITY_ORDER",
    "Alert",
    "CalendarDay",
    "ChannelNature",
    "Condition",
    "Contact",
    "ContactHealth",
    "Days",
    "Device",
    "Duty",
    "Event",
    "Fact",
    "Handling",
    "Incident",
    "Kind",
    "Leave",
    "Notification",
    "NotificationState",
    "Outcome",
    "Override",
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
    "Stage",
    "Undecodable",
    "Undecoded",
    "Window",
    "Works",
    "nature",
]
