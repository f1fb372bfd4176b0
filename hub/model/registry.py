"""Places, devices, people: what the office keeps."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from hub.model.alerts import Severity
from hub.model.kinds import Kind


class PlaceKind(StrEnum):
    COMMUNITY = "community"
    GRID = "grid"
    BUILDING = "building"
    UNIT = "unit"
    FLOOR = "floor"
    HOME = "home"
    SPACE = "space"
    GATE = "gate"
    AREA = "area"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A node of the tree of places; every device stands in one."""

    id: str
    """Stable and immutable, for example ``b6-1203``."""
    kind: PlaceKind
    name: str
    """As people say it: 6号楼, 1203室, 12号车位, 东门."""
    parent: str = ""
    floor: int | None = None
    address: str = ""
    """Full postal address, for the 119 script; inherited from the parent when empty."""
    protected: bool = False
    """A home of an elder who lives alone: it must have a live detector."""
    policies: dict[str, str] = {}
    """Policy -> policy that takes its stead here and below, for example ``{"critical": "critical_tower"}``."""
    key_holder: str = ""
    """Who has a key, in the office's words. Personal: shown after somebody has accepted, and each look is logged."""
    health_note: str = ""
    """What a helper must know. Personal, as ``key_holder``."""


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A sensor as the registry knows it."""

    id: str
    """The address that its platform gives (devEui, friendly name, IMEI, camera serial)."""
    kind: Kind
    place: str
    model: str = ""
    """Catalogue name of the codec (``vendor/model``); needed where the envelope does not tell."""
    name: str = ""
    source: str = ""
    topic: str = ""
    """Exact MQTT topic, when known: lets the life-safety lane subscribe to it."""
    gateway: str = ""
    """Address of the gateway that it speaks through."""


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """One way to reach one person or group."""

    id: str
    url: str
    """``inbox://person``, ``wecom://KEY`` or an Apprise URL. May hold ``${NAME}`` for a secret."""
    group: bool = False
    """Read by more than one person: never carries a room, a name or a plate."""


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of each day, local time; equal ends mean all day, an end before the start is on the next day."""

    from_minute: int
    to_minute: int


class Leave(msgspec.Struct, frozen=True, kw_only=True):
    """Away: nobody asks them, whatever it is."""

    from_ms: int
    until_ms: int
    reason: str = ""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody, or a group account, who can be told."""

    id: str
    name: str
    language: str = "zh"
    contacts: tuple[Contact, ...] = ()
    """The ladder: tried in this order."""
    phone: str = ""
    """A number that people ring, shown on the wall while this person is on duty. Never sent."""
    hours: tuple[Window, ...] = ()
    """When they may be told at all; empty: always."""
    sleep: Window | None = None
    wakes_for: Severity = Severity.CRITICAL
    """What is at least this severe gets through their sleep; the rest waits until it ends."""
    night_calls: int | None = None
    """At most this many phone calls in one sleep; None: no cap. Other contacts are not capped."""
    skills: tuple[str, ...] = ()
    leave: tuple[Leave, ...] = ()
    agreed: bool = True
    """False: they refused to be told, and nobody tells them."""
    home_until_ms: int = 0
    """They said "I'm home now": until then hours, sleep and the times of their duties do not hold them back."""


class Days(StrEnum):
    """Which days of the calendar (with 调休: a Saturday may be a workday)."""

    EVERY = "every"
    WORKDAYS = "workdays"
    RESTDAYS = "restdays"


class Duty(msgspec.Struct, frozen=True, kw_only=True):
    """A shift: who holds a role, for which place, and when. The rota is the list of these with their overrides."""

    id: str
    role: str
    person: str
    place: str = ""
    """"" is the whole community."""
    from_minute: int = 0
    """Minute of the day, local time; equal to ``to_minute`` means all day."""
    to_minute: int = 0
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    """0 is Monday; a shift that crosses midnight belongs to the day it starts on."""
    days: Days = Days.EVERY
    rotation: tuple[str, ...] = ()
    """People who take turns after ``person``, each for ``turn_days``, counted from ``from_date``."""
    turn_days: int = 7
    from_date: str = ""
    """First day, ISO 8601; "" is always (a rotation then counts from 1970-01-05, a Monday)."""
    until_date: str = ""
    """Last day, ISO 8601; "" is for ever."""
    zone: str = ""
    """IANA time zone; "" is the installation's."""


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of time in which somebody else has a role: cover, or one half of a swap."""

    id: str
    role: str
    person: str
    from_ms: int
    until_ms: int
    place: str = ""
    instead_of: str = ""
    """Person whose shifts of that role it takes over; "" adds ``person``."""


class CalendarDay(msgspec.Struct, frozen=True, kw_only=True):
    """The site's own word on one day, over the country's calendar."""

    date: str
    """ISO 8601."""
    rest: bool
    name: str = ""


class Sees(StrEnum):
    """How much of the place a role is told before it accepts."""

    ROOM = "room"
    FLOOR = "floor"
    BUILDING = "building"
