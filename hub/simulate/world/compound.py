"""The little compound that every world has: its registry, rules and policies, and how its payloads are read."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from zoneinfo import ZoneInfo

import msgspec

from hub.config import ActionConfig, PolicyConfig, RoleConfig, RuleConfig, StepConfig, Text
from hub.core.policies import Settings, compile_settings
from hub.core.rules import compile_rules
from hub.model import (
    Days,
    Event,
    Fact,
    Kind,
    RawMessage,
    Reading,
    Sees,
    Severity,
    Undecodable,
    Undecoded,
)

COMMUNITY = "world"
RECEIPT_WITHIN_S = 10.0
ZONE = ZoneInfo("Asia/Shanghai")
SAFETY, BULK = "safety", "bulk"
"""Names of the two sources; each has one lane of that name."""

SMOKES = ("smoke-1", "smoke-2", "smoke-3", "smoke-4")
STRANGER = "smoke-9"
"""A detector that nobody registered."""
OTHERS = {
    "space-1": Kind.PARKING,
    "space-2": Kind.PARKING,
    "gate-1": Kind.GATE,
    "lpr-1": Kind.LPR,
    "gateway-1": Kind.LIFECYCLE,
    "door-1": Kind.DOOR,
}
GATEWAY = "gateway-1"
BEHIND_GATEWAY = ("smoke-1", "smoke-2", "door-1")
KINDS: dict[str, Kind] = dict.fromkeys((*SMOKES, STRANGER), Kind.SMOKE) | OTHERS
SEES = {
    "guard": Sees.ROOM,
    "property": Sees.ROOM,
    "committee": Sees.FLOOR,
    "volunteer": Sees.BUILDING,
    "backup": Sees.FLOOR,
    "neighbour": Sees.BUILDING,
}
ROLES = tuple(SEES)
ACTIONS: dict[str, ActionConfig] = {
    "siren": ActionConfig(title=Text(zh="警铃", en="siren"), topic="act/siren", payload="on", undo="off"),
    "lights": ActionConfig(
        title=Text(zh="灯", en="lights"), topic="act/lights", payload="on", undo="off", in_drills=True
    ),
}


def _rule(on: Kind, severity: Severity, **more: object) -> RuleConfig:
    words = Text(zh="告警", en="alert")
    return RuleConfig.model_validate({"on": [on], "severity": severity, "title": words, "todo": words} | more)


RULES: dict[str, RuleConfig] = {
    "smoke": _rule(Kind.SMOKE, Severity.CRITICAL, when="alarm && !test", latch=True, cause="fire"),
    "smoke_test": _rule(Kind.SMOKE, Severity.INFO, when='test && event != "alarm"', test=True, group_by="place"),
    "battery": _rule(Kind.SMOKE, Severity.MINOR, when="battery_low", cause="battery", inhibited_by=["gateway"]),
    "silent": _rule(
        Kind.SMOKE, Severity.MAJOR, silent_after=timedelta(minutes=50), cause="silent", inhibited_by=["gateway"]
    ),
    "gateway_down": _rule(
        Kind.LIFECYCLE, Severity.MAJOR, when='event == "gateway_offline"', cause="gateway", group_by="place"
    ),
    "door_open": _rule(Kind.DOOR, Severity.MINOR, when="open", cause="door", inhibited_by=["gateway"]),
    "gate_open": _rule(Kind.GATE, Severity.MAJOR, when="open", **{"for": timedelta(minutes=3)}),
    "space_long": _rule(Kind.PARKING, Severity.MINOR, when="occupied", **{"for": timedelta(minutes=40)}),
    "unknown_car": _rule(Kind.LPR, Severity.MINOR, when='event == "plate" && !permitted', group_by="place"),
}


def _step(after_s: float, roles: str = "", **more: object) -> StepConfig:
    return StepConfig.model_validate({"after": timedelta(seconds=after_s), "roles": roles.split()} | more)


def _minutes(minutes: float) -> timedelta:
    return timedelta(minutes=minutes)


POLICIES: dict[str, PolicyConfig] = {
    "critical": PolicyConfig(
        steps=[_step(0, "property committee volunteer"), _step(60, "backup property")],
        needed=2,
        repeat_every=_minutes(15),
        repage_after=_minutes(20),
    ),
    "critical_quorum": PolicyConfig(
        steps=[
            _step(0, "guard property"),
            _step(60, "volunteer", awake=True),
            _step(90, "neighbour committee", channels=["alisms", "ntfy", "inbox"], days=Days.WORKDAYS),
            _step(150, "backup", people=["zhi"], until="on_site", quorum={"property": 1, "volunteer": 1}),
            _step(300, act=["siren"]),
        ],
        repeat_every=_minutes(10),
        repage_after=_minutes(5),
    ),
    "critical_acts": PolicyConfig(
        steps=[
            _step(0, "guard property volunteer", act=["lights"]),
            _step(45, "committee", days=Days.RESTDAYS),
            _step(60, "committee backup", act=["siren"], repeat_every=_minutes(4)),
        ],
        needed=2,
        repeat_every=_minutes(30),
        repage_after=_minutes(8),
    ),
    "major": PolicyConfig(steps=[_step(0, "property"), _step(600, "committee")], repeat_every=timedelta(hours=1)),
    "minor": PolicyConfig(steps=[_step(0, "property")]),
    "minor_digest": PolicyConfig(steps=[_step(0, "property committee")], digest_every=_minutes(5)),
    "minor_hours": PolicyConfig(steps=[_step(0, "property"), _step(120, "backup")], hours="16:20-17:10"),
    "info": PolicyConfig(steps=[_step(0, "property")], tell_end=False),
}


@cache
def settings() -> Settings:
    """The core's settings, compiled once in a process."""
    return compile_settings(
        community=COMMUNITY,
        community_name="模拟小区",
        community_address="模拟路1号",
        rules=compile_rules(RULES),
        policies=POLICIES,
        roles={r: RoleConfig(title=Text(zh=r, en=r), sees=sees) for r, sees in SEES.items()},
        safety_sources=frozenset({SAFETY}),
        receipt_within_ms=round(RECEIPT_WITHIN_S * 1000),
        zone=ZONE,
        actions=ACTIONS,
    )


class Said(msgspec.Struct, omit_defaults=True):
    """A payload of this world."""

    e: Event
    f: dict[str, Fact] = {}
    n: int = 0
    """Makes two payloads differ; 0 for makers that say the same in the same words."""
    k: str = ""
    """Natural key."""


_said = msgspec.json.Decoder(Said)


def decode(raw: RawMessage) -> tuple[tuple[Reading, ...], Undecodable | None]:
    """The world's own codec; topics are source/device."""
    device = raw.topic.rpartition("/")[2]
    try:
        said = _said.decode(raw.payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        return (), Undecodable(Undecoded.NOT_JSON, str(exc)[:100], device)
    return (Reading(device, KINDS[device], said.e, said.f, key=said.k),), None
