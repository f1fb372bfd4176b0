"""Policies and roles as the core needs them: milliseconds and plain names. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo

import msgspec

from hub.config import PolicyConfig, RoleConfig
from hub.core.rules import RuleBook, milliseconds
from hub.model import Handling, Sees, Severity


class Step(msgspec.Struct, frozen=True):
    """After how long which roles are told, and what makes that unnecessary."""

    after_ms: int
    roles: tuple[str, ...]
    until: Handling


class Policy(msgspec.Struct, frozen=True):
    """Steps in order of time."""

    steps: tuple[Step, ...]
    needed: int
    repeat_ms: int | None
    repage_ms: int | None
    tell_end: bool


_UNTIL = {"accepted": Handling.ACCEPTED, "on_site": Handling.ON_SITE, "closed": Handling.DONE}


def compile_policy(config: PolicyConfig) -> Policy:
    """One policy from config.yaml."""
    steps = sorted(config.steps, key=lambda step: step.after)
    return Policy(
        steps=tuple(Step(milliseconds(s.after), tuple(s.roles), _UNTIL[s.until]) for s in steps),
        needed=config.needed,
        repeat_ms=None if config.repeat_every is None else milliseconds(config.repeat_every),
        repage_ms=None if config.repage_after is None else milliseconds(config.repage_after),
        tell_end=config.tell_end,
    )


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
) -> Settings:
    """The core's slice of config.yaml."""
    return Settings(
        community=community,
        community_name=community_name,
        community_address=community_address,
        rules=rules,
        policies={name: compile_policy(config) for name, config in policies.items()},
        sees={name: config.sees for name, config in roles.items()},
        safety_sources=safety_sources,
        receipt_within_ms=receipt_within_ms,
        zone=zone,
    )
