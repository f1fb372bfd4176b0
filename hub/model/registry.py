"""Places, devices, people: what the office keeps."""

from __future__ import annotations

from enum import StrEnum

import msgspec

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


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody, or a group account, who can be told."""

    id: str
    name: str
    language: str = "zh"
    contacts: tuple[Contact, ...] = ()
    """The ladder: tried in this order."""
    phone: str = ""
    """A number that people ring, shown on the wall while this person is on duty. Never sent."""


class Duty(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds a role, for which place, and when. The rota is the list of these."""

    id: str
    role: str
    person: str
    place: str = ""
    """"" is the whole community."""
    from_minute: int = 0
    """Minute of the day, local time; equal to ``to_minute`` means all day."""
    to_minute: int = 0
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    """0 is Monday; a duty that crosses midnight belongs to the day it starts on."""


class Permit(msgspec.Struct, frozen=True, kw_only=True):
    """A car that may enter."""

    plate: str
    place: str = ""
    """The household's home."""
    until_ms: int | None = None


class Sees(StrEnum):
    """How much of the place a role is told before it accepts."""

    ROOM = "room"
    FLOOR = "floor"
    BUILDING = "building"
