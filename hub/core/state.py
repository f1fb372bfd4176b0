"""The state of one community, as the core keeps it. Owned and mutated by `step` alone; a failed commit throws it away.

Law: everything that is due is derivable from the entities (each has its own ``due_ms``), so the timer heap is an index
that is rebuilt, never stored. `encode` of two equal states gives equal bytes.
"""

from __future__ import annotations

import msgspec

from hub.core.parking.state import ParkingChanges, ParkingState
from hub.model import (
    Alert,
    CalendarDay,
    ContactHealth,
    Device,
    Duty,
    Fact,
    GateLane,
    Incident,
    Kind,
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


class Lane(msgspec.Struct, kw_only=True):
    """What goes out over one contact's URL: how much it may take now, and what waits to go together."""

    spent: list[int] = msgspec.field(default_factory=list)
    """When each message of the last minute went out."""
    waiting: list[int] = msgspec.field(default_factory=list)
    """Notifications that go out together at ``due_ms``."""
    due_ms: int | None = None
    urgent: bool = False
    """One that waits is critical."""


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
    overrides: dict[str, Override] = msgspec.field(default_factory=dict)
    calendar: dict[str, CalendarDay] = msgspec.field(default_factory=dict)
    """ISO date -> what the site says about it."""
    works: dict[int, Works] = msgspec.field(default_factory=dict)
    lanes: dict[str, Lane] = msgspec.field(default_factory=dict)
    """contact URL -> lane; only while something waits or was spent within the minute."""
    firsts: dict[int, dict[str, tuple[int, int, str]]] = msgspec.field(default_factory=dict)
    """incident -> ``purpose created_ms URL`` -> (notification, attempt, contact) that carries this news over that URL:
    whoever shares the URL needs no message of their own."""
    health: dict[str, ContactHealth] = msgspec.field(default_factory=dict)
    """``person/contact`` -> health."""
    calls: dict[str, list[int]] = msgspec.field(default_factory=dict)
    """person -> when their phone rang in the sleep that is on."""
    digests: dict[str, list[int]] = msgspec.field(default_factory=dict)
    """person -> notifications that wait for their next digest."""
    raises: dict[str, list[int]] = msgspec.field(default_factory=dict)
    """``device/rule`` -> when it rose lately: what flapping is seen by."""
    false_alarms: dict[str, list[int]] = msgspec.field(default_factory=dict)
    """device -> when its alerts were closed as false, in the last 30 days."""
    spaces: dict[str, Space] = msgspec.field(default_factory=dict)
    gate_lanes: dict[str, GateLane] = msgspec.field(default_factory=dict)
    plans: dict[str, ParkingPlan] = msgspec.field(default_factory=dict)
    turns: dict[str, PlanTurn] = msgspec.field(default_factory=dict)
    parking: ParkingState = msgspec.field(default_factory=ParkingState)


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
    overrides: dict[str, Override | None] = msgspec.field(default_factory=dict)
    calendar: dict[str, CalendarDay | None] = msgspec.field(default_factory=dict)
    works: dict[int, Works | None] = msgspec.field(default_factory=dict)
    health: dict[str, ContactHealth | None] = msgspec.field(default_factory=dict)
    spaces: dict[str, Space | None] = msgspec.field(default_factory=dict)
    gate_lanes: dict[str, GateLane | None] = msgspec.field(default_factory=dict)
    plans: dict[str, ParkingPlan | None] = msgspec.field(default_factory=dict)
    turns: dict[str, PlanTurn | None] = msgspec.field(default_factory=dict)
    parking: ParkingChanges = msgspec.field(default_factory=ParkingChanges)
    erased: set[str] = msgspec.field(default_factory=set)
    """People whose keys are destroyed in this transaction."""
    erased_plates: set[str] = msgspec.field(default_factory=set)
    """Plates that are replaced by their hashes from this transaction on."""
