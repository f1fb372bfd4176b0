"""Policies and roles as the core needs them: milliseconds and plain names. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta, tzinfo

import msgspec

from hub.config import ActionConfig, PolicyConfig, RoleConfig, StepConfig
from hub.core.rules import RuleBook, milliseconds
from hub.model import Days, Handling, Sees, Severity, Window


class Step(msgspec.Struct, frozen=True):
    """After how long which roles are told, and what makes that unnecessary."""

    after_ms: int
    roles: tuple[str, ...]
    until: Handling
    people: tuple[str, ...] = ()
    act: tuple[str, ...] = ()
    quorum: tuple[tuple[str, int], ...] = ()
    """(role, how many of it must have answered before this step is unnecessary)."""
    channels: frozenset[str] = frozenset()
    repeat_ms: int | None = None
    awake: bool = False
    days: Days = Days.EVERY


class Policy(msgspec.Struct, frozen=True):
    """Steps in order of time."""

    steps: tuple[Step, ...]
    needed: int
    repeat_ms: int | None
    repage_ms: int | None
    tell_end: bool
    hours: Window | None = None
    digest_ms: int | None = None


_UNTIL = {"accepted": Handling.ACCEPTED, "on_site": Handling.ON_SITE, "closed": Handling.DONE}


def compile_policy(config: PolicyConfig) -> Policy:
    """One policy from config.yaml."""
    steps = sorted(config.steps, key=lambda step: step.after)
    return Policy(
        steps=tuple(_compile_step(s) for s in steps),
        needed=config.needed,
        repeat_ms=_maybe(config.repeat_every),
        repage_ms=_maybe(config.repage_after),
        tell_end=config.tell_end,
        hours=config.hours,
        digest_ms=_maybe(config.digest_every),
    )


def _compile_step(config: StepConfig) -> Step:
    return Step(
        after_ms=milliseconds(config.after),
        roles=tuple(config.roles),
        until=_UNTIL[config.until],
        people=tuple(config.people),
        act=tuple(config.act),
        quorum=tuple(config.quorum.items()),
        channels=frozenset(config.channels),
        repeat_ms=_maybe(config.repeat_every),
        awake=config.awake,
        days=config.days,
    )


def _maybe(duration: timedelta | None) -> int | None:
    return None if duration is None else milliseconds(duration)


class ParkingSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the core is told about gates and spaces; `hub.config.ParkingConfig` explains each."""

    debounce_ms: int = 40_000
    one_car_ms: int = 15_000
    dead_ms: int = 3 * 3_600_000
    squat_ms: int = 10 * 60_000
    lane_ms: int = 2 * 60_000
    overstay_ms: int | None = None
    drift_ms: int = 30 * 60_000
    drift_cars: int = 8


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What the core is told by config.yaml. The four severities name the default policies."""

    community: str
    community_name: str
    community_address: str
    rules: RuleBook
    policies: Mapping[str, Policy]
    sees: Mapping[str, Sees]
    safety_sources: frozenset[str]
    """Sources whose undecodable payloads raise an alert."""
    receipt_within_ms: int
    zone: tzinfo
    """Time zone of the rota."""
    restdays: Mapping[int, bool] = {}
    """Ordinal of a date -> the country says that it is a day of rest, or (调休) a workday; other days go by weekday."""
    acts_in_drills: frozenset[str] = frozenset()
    """Actions that are carried out in drills too; all known actions are in ``actions``."""
    actions: frozenset[str] = frozenset()
    test_every_ms: int | None = None
    """How often each contact is sent a test."""
    parking: ParkingSettings = ParkingSettings()

    def policy(self, name: str) -> Policy:
        """The policy of that name; a built-in rule's falls back to critical's, which `hub check` demands."""
        return self.policies.get(name) or self.policies[Severity.CRITICAL.value]


def compile_settings(
    *,
    community: str,
    community_name: str,
    community_address: str,
    rules: RuleBook,
    policies: Mapping[str, PolicyConfig],
    roles: Mapping[str, RoleConfig],
    safety_sources: frozenset[str],
    receipt_within_ms: int,
    zone: tzinfo,
    restdays: Mapping[int, bool] = {},
    actions: Mapping[str, ActionConfig] = {},
    test_every: timedelta | None = None,
    parking: ParkingSettings | None = None,
) -> Settings:
    """The core's slice of config.yaml."""
    return Settings(
        parking=parking or ParkingSettings(),
        community=community,
        community_name=community_name,
        community_address=community_address,
        rules=rules,
        policies={name: compile_policy(config) for name, config in policies.items()},
        sees={name: config.sees for name, config in roles.items()},
        safety_sources=safety_sources,
        receipt_within_ms=receipt_within_ms,
        zone=zone,
        restdays=restdays,
        acts_in_drills=frozenset(name for name, action in actions.items() if action.in_drills),
        actions=frozenset(actions),
        test_every_ms=_maybe(test_every),
    )
