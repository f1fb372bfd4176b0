"""Who may do what on the screens: one table, and the person behind a request."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from hub.config import RoleConfig
from hub.model import Sees


class Role(StrEnum):
    """What an account is for."""

    ADMIN = "admin"
    PROPERTY = "property"
    GUARD = "guard"
    COMMITTEE = "committee"
    VOLUNTEER = "volunteer"
    STREET = "street"
    WALL = "wall"


class Right(StrEnum):
    """One thing that a screen lets one do."""

    COUNTS = "counts"
    WALL = "wall"
    ALERTS = "alerts"
    ACT = "act"
    DEVICES = "devices"
    DELIVERIES = "deliveries"
    SILENCE = "silence"
    PEOPLE = "people"
    NAMES = "names"
    QUARANTINE = "quarantine"
    ACCOUNTS = "accounts"
    REGISTRY = "registry"
    """Change people, the rota and the rest of the registry."""
    DRILL = "drill"
    LOOKS = "looks"
    PERMITS = "permits"
    """See permits and temporary plans, plates masked."""
    PLATES = "plates"
    """See plates in full; everybody else sees 沪A·**345."""
    PARKING = "parking"
    """See spaces, zones and gates; say what stands in a space."""
    VISITS = "visits"
    """See which cars came and went, and when."""
    VISITORS = "visitors"
    """Let a visitor's car in for today."""


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.ADMIN: frozenset(Right),
    Role.PROPERTY: frozenset(Right) - {Right.ACCOUNTS, Right.LOOKS},
    Role.GUARD: frozenset(
        {Right.COUNTS, Right.WALL, Right.ALERTS, Right.ACT, Right.DEVICES, Right.SILENCE}
        | {Right.PARKING, Right.VISITS, Right.PERMITS, Right.PLATES, Right.VISITORS}
    ),
    Role.COMMITTEE: frozenset(
        {Right.COUNTS, Right.ALERTS, Right.ACT, Right.DEVICES, Right.DELIVERIES, Right.PEOPLE}
        | {Right.PARKING, Right.VISITS, Right.PERMITS}
    ),
    Role.VOLUNTEER: frozenset({Right.COUNTS, Right.ALERTS, Right.PARKING}),
    Role.STREET: frozenset({Right.COUNTS}),
    Role.WALL: frozenset({Right.COUNTS, Right.WALL, Right.ACT}),
}

SEES_AT_ONCE: dict[Role, Sees] = {
    Role.ADMIN: Sees.ROOM,
    Role.PROPERTY: Sees.ROOM,
    Role.GUARD: Sees.ROOM,
    Role.COMMITTEE: Sees.FLOOR,
    Role.VOLUNTEER: Sees.FLOOR,
    Role.STREET: Sees.BUILDING,
    Role.WALL: Sees.ROOM,  # the staffed console
}

BREADTH: dict[Sees, int] = {Sees.BUILDING: 0, Sees.FLOOR: 1, Sees.ROOM: 2}


def widest(*seen: Sees) -> Sees:
    """The most that any of these may see; the building when there is none."""
    return max(seen, key=BREADTH.__getitem__, default=Sees.BUILDING)


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """The account, wall or API client behind a request."""

    account: str
    role: Role
    person: str = ""

    @property
    def actor(self) -> str:
        """Who the core is told did it."""
        return self.person or "console"

    @property
    def label(self) -> str:
        """Who looked, in the ``look`` table."""
        return self.account

    def may(self, right: Right) -> bool:
        return right in RIGHTS[self.role]

    def sees(self, roles: Mapping[str, RoleConfig]) -> Sees:
        """How much of a place this visitor is shown before accepting: config.yaml decides, else the table above."""
        configured = roles.get(self.role.value)
        return configured.sees if configured else SEES_AT_ONCE[self.role]
