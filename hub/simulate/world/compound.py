"""The little compound that every world has: its registry, rules and policies, and how its payloads are read."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from zoneinfo import ZoneInfo

import msgspec

from hub.config import PolicyConfig, RoleConfig, RuleConfig, StepConfig, Text
from hub.core.commands import AnyCommand, PutDevice, PutDuty, PutPerson, PutPlace
from hub.core.policies import Settings, compile_settings
from hub.core.rules import compile_rules
from hub.model import (
    Contact,
    Device,
    Duty,
    Event,
    Fact,
    Kind,
    Person,
    Place,
    PlaceKind,
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
OTHERS = {"space-1": Kind.PARKING, "space-2": Kind.PARKING, "gate-1": Kind.GATE, "lpr-1": Kind.LPR}
KINDS: dict[str, Kind] = dict.fromkeys((*SMOKES, STRANGER), Kind.SMOKE) | OTHERS
ROLES = ("property", "committee", "volunteer", "backup")


def _rule(on: Kind, severity: Severity, **more: object) -> RuleConfig:
    words = Text(zh="告警", en="alert")
    return RuleConfig.model_validate({"on": [on], "severity": severity, "title": words, "todo": words} | more)


RULES: dict[str, RuleConfig] = {
    "smoke": _rule(Kind.SMOKE, Severity.CRITICAL, when="alarm && !test", latch=True, cause="fire"),
    "smoke_test": _rule(Kind.SMOKE, Severity.INFO, when='test && event != "alarm"', test=True, group_by="place"),
    "battery": _rule(Kind.SMOKE, Severity.MINOR, when="battery_low", cause="battery"),
    "silent": _rule(Kind.SMOKE, Severity.MAJOR, silent_after=timedelta(minutes=50), cause="silent"),
    "gate_open": _rule(Kind.GATE, Severity.MAJOR, when="open", **{"for": timedelta(minutes=3)}),
    "space_long": _rule(Kind.PARKING, Severity.MINOR, when="occupied", **{"for": timedelta(minutes=40)}),
    "unknown_car": _rule(Kind.LPR, Severity.MINOR, when='event == "plate" && !permitted', group_by="place"),
}


def _steps(*taken: tuple[float, str]) -> list[StepConfig]:
    return [StepConfig(after=timedelta(seconds=after), roles=roles.split()) for after, roles in taken]


POLICIES: dict[str, PolicyConfig] = {
    "critical": PolicyConfig(
        steps=_steps((0, "property committee volunteer"), (60, "backup property")),
        needed=2,
        repeat_every=timedelta(minutes=15),
        repage_after=timedelta(minutes=20),
    ),
    "major": PolicyConfig(steps=_steps((0, "property"), (600, "committee")), repeat_every=timedelta(hours=1)),
    "minor": PolicyConfig(steps=_steps((0, "property"))),
    "info": PolicyConfig(steps=_steps((0, "property")), tell_end=False),
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
        roles={r: RoleConfig(title=Text(zh=r, en=r), sees=Sees.ROOM) for r in ROLES},
        safety_sources=frozenset({SAFETY}),
        receipt_within_ms=round(RECEIPT_WITHIN_S * 1000),
        zone=ZONE,
    )


def registry() -> list[AnyCommand]:
    """Two buildings with two homes each, two spaces, a gate with its camera, and four people with four contacts each, of which one is a group of all."""
    places = [Place(id="all", kind=PlaceKind.COMMUNITY, name="模拟小区", address="模拟路1号")]
    for b in (1, 2):
        places.append(Place(id=f"b{b}", kind=PlaceKind.BUILDING, name=f"{b}号楼", parent="all"))
        for h in (1, 2):
            home = f"b{b}-{h}01"
            places.append(Place(id=home, kind=PlaceKind.HOME, name=f"{h}01室", parent=f"b{b}", floor=h))
    for id, kind in (("s1", PlaceKind.SPACE), ("s2", PlaceKind.SPACE), ("east", PlaceKind.GATE)):
        places.append(Place(id=id, kind=kind, name=id, parent="all"))
    stands = dict(zip(SMOKES, ("b1-101", "b1-201", "b2-101", "b2-201"), strict=True))
    stands |= {"space-1": "s1", "space-2": "s2", "gate-1": "east", "lpr-1": "east"}
    commands: list[AnyCommand] = [PutPlace(actor="seed", place=place) for place in places]
    commands += [
        PutDevice(actor="seed", device=Device(id=id, kind=KINDS[id], place=place)) for id, place in stands.items()
    ]
    for role in ROLES:
        ladder = (
            Contact(id=f"{role}-1", url=f"alisms://{role}"),
            Contact(id=f"{role}-2", url="wecom://all", group=True),
            Contact(id=f"{role}-3", url=f"inbox://{role}"),
            Contact(id=f"{role}-4", url=f"ntfy://{role}"),
        )
        commands.append(PutPerson(actor="seed", person=Person(id=role, name=role, contacts=ladder)))
        commands.append(PutDuty(actor="seed", duty=Duty(id=role, role=role, person=role)))
    return commands


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
