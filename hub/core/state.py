"""The state of one community, as the core keeps it. Owned and mutated by `step` alone; a failed commit throws it away.

Law: everything that is due is derivable from the entities (each has its own ``due_ms``), so the timer heap is an index
that is rebuilt, never stored. `encode` of two equal states gives equal bytes.
"""

from __future__ import annotations

import msgspec

from hub.model import (
    Alert,
    Device,
    Duty,
    Fact,
    Incident,
    Kind,
    Notification,
    Permit,
    Person,
    Place,
    Silence,
)

KEYS = 8
"""Natural keys remembered of one device. A frame counter's duplicates come close together."""


class DeviceState(msgspec.Struct, array_like=True, gc=False):
    """What the core remembers of one device: under 1.5 KB, whatever it sends."""

    id: str
    kind: Kind
    last_seen_ms: int
    first_seen_ms: int
    """0: registered and never heard."""
    facts: dict[str, Fact]
    """Facts of the newest reading, merged over those before it."""
    model: str = ""
    alarm: bool | None = None
    silent: bool = False
    offline_at_seen_ms: int = 0
    """`State.offline_ms` when it was last heard: time in which the hub could not hear it does not count."""
    row_ms: int = 0
    """``last_seen_ms`` that the device's row shows; refreshed at most once a minute."""
    keys: list[str] | None = None
    """The last natural keys, newest last, at most `KEYS`."""
    answers: str | None = None
    """What this kind's rules answered last, a letter each (`hub.core.rules`); equal answers change nothing."""
    met: dict[str, int] | None = None
    """rule -> ms since which its condition is met."""
    alerts: dict[str, int] | None = None
    """rule -> id of the alert that stands for it."""
    away: bool = False
    """Its platform says that it is offline, and it has not been heard since."""


class State(msgspec.Struct, kw_only=True):
    """One community."""

    community: str
    seq: int = 0
    now_ms: int = 0
    offline_ms: int = 0
    """How long in all the hub was not connected or not drained: no sensor's silence counts then."""
    offline_since_ms: int | None = None
    """Since when it is so; None while the hub hears everything."""
    sources_down: dict[str, int] = msgspec.field(default_factory=dict)
    config_digest: str = ""
    places: dict[str, Place] = msgspec.field(default_factory=dict)
    registered: dict[str, Device] = msgspec.field(default_factory=dict)
    people: dict[str, Person] = msgspec.field(default_factory=dict)
    duties: dict[str, Duty] = msgspec.field(default_factory=dict)
    devices: dict[str, DeviceState] = msgspec.field(default_factory=dict)
    alerts: dict[int, Alert] = msgspec.field(default_factory=dict)
    incidents: dict[int, Incident] = msgspec.field(default_factory=dict)
    notifications: dict[int, Notification] = msgspec.field(default_factory=dict)
    silences: dict[int, Silence] = msgspec.field(default_factory=dict)
    permits: dict[str, Permit] = msgspec.field(default_factory=dict)
    """plate -> permit."""


class Changes(msgspec.Struct, kw_only=True):
    """Which entities a batch touched; the store writes their rows in the batch's transaction."""

    devices: dict[str, DeviceState] = msgspec.field(default_factory=dict)
    alerts: dict[int, Alert] = msgspec.field(default_factory=dict)
    incidents: dict[int, Incident] = msgspec.field(default_factory=dict)
    notifications: dict[int, Notification] = msgspec.field(default_factory=dict)
    silences: dict[int, Silence | None] = msgspec.field(default_factory=dict)
    places: dict[str, Place | None] = msgspec.field(default_factory=dict)
    registered: dict[str, Device | None] = msgspec.field(default_factory=dict)
    people: dict[str, Person | None] = msgspec.field(default_factory=dict)
    duties: dict[str, Duty | None] = msgspec.field(default_factory=dict)
    permits: dict[str, Permit | None] = msgspec.field(default_factory=dict)
    """None: removed."""
