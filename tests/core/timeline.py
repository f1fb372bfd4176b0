"""A community on a fake clock: timelines read like sentences, seconds are since its start."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from zoneinfo import ZoneInfo

import msgspec

from hub.config import ActionConfig, PolicyConfig, RoleConfig, RuleConfig, StepConfig, Text
from hub.core.commands import (
    Accept,
    AnyCommand,
    Arrive,
    AskHelp,
    Close,
    Decline,
    HandOver,
    PutDevice,
    PutDuty,
    PutPerson,
    PutPlace,
    StartDrill,
)
from hub.core.context import Core
from hub.core.decisions import AnyDecision, CommandRefused, NotificationDue, NotificationHeld, Reason
from hub.core.inputs import Commanded, Receipted, Received, TimePassed
from hub.core.policies import Settings, compile_settings
from hub.core.rules import compile_rules
from hub.core.state import Changes, State
from hub.core.step import step
from hub.model import (
    Contact,
    Device,
    Duty,
    Event,
    Fact,
    Incident,
    Kind,
    Outcome,
    Person,
    Place,
    PlaceKind,
    Purpose,
    RawMessage,
    Reading,
    Receipt,
    Sees,
    Severity,
    Undecodable,
    Undecoded,
)
from hub.store.snapshots import state_bytes

START = 1_800_000_000_000
"""2027-01-15 16:00 in Shanghai, a Friday."""


def text(words: str) -> Text:
    return Text(zh=words, en=words)


def rule(on: Kind, severity: Severity, **more: object) -> RuleConfig:
    return RuleConfig.model_validate(
        {"on": [on], "severity": severity, "title": text("what"), "todo": text("do")} | more
    )


RULES: dict[str, RuleConfig] = {
    "smoke": rule(Kind.SMOKE, Severity.CRITICAL, when="alarm && !test", latch=True, cause="fire"),
    "smoke_test": rule(Kind.SMOKE, Severity.INFO, when="test", test=True),
    "battery": rule(Kind.SMOKE, Severity.MINOR, when="battery_low || battery_pct < 15.0", clear="!battery_low"),
    "silent": rule(Kind.SMOKE, Severity.MAJOR, silent_after=timedelta(hours=26)),
    "gate_open": rule(Kind.GATE, Severity.MAJOR, when="open", group_by="place", **{"for": timedelta(minutes=3)}),
    "unknown_car": rule(Kind.LPR, Severity.MINOR, when='event == "plate" && !permitted', group_by="place"),
    "hot": rule(Kind.TEMPERATURE, Severity.MINOR, when="temperature > 60.0", clear="temperature < 50.0"),
}


def steps(*taken: tuple[float, str]) -> list[StepConfig]:
    return [StepConfig(after=timedelta(seconds=after), roles=roles.split()) for after, roles in taken]


POLICIES: dict[str, PolicyConfig] = {
    "critical": PolicyConfig(
        steps=steps((0, "property committee volunteer"), (60, "backup property")),
        needed=2,
        repeat_every=timedelta(minutes=3),
        repage_after=timedelta(minutes=10),
    ),
    "major": PolicyConfig(steps=steps((0, "property"), (300, "committee"))),
    "minor": PolicyConfig(steps=steps((0, "property"))),
    "info": PolicyConfig(steps=steps((0, "property")), tell_end=False),
}

ROLES: dict[str, RoleConfig] = {
    "property": RoleConfig(title=text("物业"), sees=Sees.ROOM),
    "committee": RoleConfig(title=text("居委"), sees=Sees.FLOOR),
    "volunteer": RoleConfig(title=text("志愿者"), sees=Sees.FLOOR),
    "backup": RoleConfig(title=text("后备"), sees=Sees.FLOOR),
}


def settings(
    rules: Mapping[str, RuleConfig] = RULES,
    policies: Mapping[str, PolicyConfig] = POLICIES,
    actions: Mapping[str, ActionConfig] = {},
) -> Settings:
    return compile_settings(
        community="guihuayuan",
        community_name="桂花园",
        community_address="万航渡路660弄",
        rules=compile_rules(rules),
        policies=policies,
        roles=ROLES,
        safety_sources=frozenset({"safety"}),
        receipt_within_ms=10_000,
        zone=ZoneInfo("Asia/Shanghai"),
        actions=actions,
    )


def person(id: str, *urls: str) -> Person:
    contacts = tuple(Contact(id=f"{id}{n}", url=url) for n, url in enumerate(urls or (f"inbox://{id}",)))
    return Person(id=id, name=id, contacts=contacts)


def registry() -> list[AnyCommand]:
    """Two towers with homes 1203, 1204 (no. 6) and 301 (no. 7), a gate, and who is on duty."""
    places = [
        Place(id="g", kind=PlaceKind.COMMUNITY, name="桂花园"),
        Place(id="b6", kind=PlaceKind.BUILDING, name="6号楼", parent="g", address="万航渡路660弄6号楼"),
        Place(id="b7", kind=PlaceKind.BUILDING, name="7号楼", parent="g"),
        Place(id="1203", kind=PlaceKind.HOME, name="1203室", parent="b6", floor=12, protected=True),
        Place(id="1204", kind=PlaceKind.HOME, name="1204室", parent="b6", floor=12, protected=True),
        Place(id="301", kind=PlaceKind.HOME, name="301室", parent="b7", floor=3, protected=True),
        Place(id="east", kind=PlaceKind.GATE, name="东门", parent="g"),
    ]
    devices = [
        Device(id="smoke-1203", kind=Kind.SMOKE, place="1203"),
        Device(id="smoke-1204", kind=Kind.SMOKE, place="1204"),
        Device(id="smoke-301", kind=Kind.SMOKE, place="301"),
        Device(id="gate-east", kind=Kind.GATE, place="east"),
        Device(id="camera-east", kind=Kind.LPR, place="east"),
    ]
    people = [
        person("wuye", "mailto://wuye.example", "ntfy://127.0.0.1/wuye"),
        person("juwei"),
        person("zhiyuan"),
        person("houbei"),
    ]
    duties = [
        Duty(id="1", role="property", person="wuye"),
        Duty(id="2", role="committee", person="juwei"),
        Duty(id="3", role="volunteer", person="zhiyuan"),
    ]
    return [
        *(PutPlace(actor="seed", place=p) for p in places),
        *(PutDevice(actor="seed", device=d) for d in devices),
        *(PutPerson(actor="seed", person=p) for p in people),
        *(PutDuty(actor="seed", duty=d) for d in duties),
    ]


class Timeline:
    """One community from its first second on, and before every step a twin that has just been restarted.

    The twin knows only what a snapshot keeps, and must decide the same: handling, silences and timers survive a restart
    exactly, in every timeline of these tests, because each step follows from the state alone.
    """

    def __init__(
        self,
        rules: Mapping[str, RuleConfig] = RULES,
        policies: Mapping[str, PolicyConfig] = {},
        actions: Mapping[str, ActionConfig] = {},
        *,
        restarts: bool = True,
    ) -> None:
        self.restarts = restarts
        self.settings = settings(rules, {**POLICIES, **policies}, actions)
        self.core = Core(State(community="guihuayuan"), self.settings)
        self.decisions: list[AnyDecision] = []
        self.changes = Changes()
        self.now = 0.0
        for command in registry():
            self.command(0, command)
        self.core.take()

    def _step(self, at: float, input: Commanded | Received | Receipted | TimePassed) -> list[AnyDecision]:
        self.now = at
        twin = self._restarted() if self.restarts else None
        already = len(self.core.decisions)  # of steps that a test took by itself
        step(self.core, input)
        self.decisions, self.changes = self.core.take()
        if twin is not None:
            step(twin, input)
            assert twin.take()[0] == self.decisions[already:]
            assert state_bytes(twin.state) == state_bytes(self.core.state)
        return self.decisions

    def _restarted(self) -> Core:
        """The community as a hub that starts now knows it."""
        twin = Core(msgspec.msgpack.decode(state_bytes(self.core.state), type=State), self.core.settings)
        twin.recent = {name: recent.copy() for name, recent in self.core.recent.items()}  # read back from the journal
        return twin

    # ── what people do ───────────────────────────────────────────────────────────────────────────────────────────────

    def accept(self, at: float, who: str, **more: str) -> list[AnyDecision]:
        return self.command(at, Accept(actor=who, incident=self.incident.id, **more))

    def arrive(self, at: float, who: str) -> list[AnyDecision]:
        return self.command(at, Arrive(actor=who, incident=self.incident.id))

    def decline(self, at: float, who: str) -> list[AnyDecision]:
        return self.command(at, Decline(actor=who, incident=self.incident.id))

    def ask_help(self, at: float, who: str, words: str = "") -> list[AnyDecision]:
        return self.command(at, AskHelp(actor=who, incident=self.incident.id, text=words))

    def hand_over(self, at: float, who: str, to: str) -> list[AnyDecision]:
        return self.command(at, HandOver(actor=who, incident=self.incident.id, to=to))

    def close(self, at: float, who: str, outcome: Outcome = Outcome.FALSE) -> list[AnyDecision]:
        return self.command(at, Close(actor=who, incident=self.incident.id, outcome=outcome))

    def drill(self, at: float, place: str = "1203", rule: str = "smoke", *, acts: bool = False) -> list[AnyDecision]:
        return self.command(at, StartDrill(actor="wuye", place=place, rule=rule, acts=acts))

    def on_duty(self, role: str, *people: str, place: str = "") -> None:
        """From the start of the timeline on."""
        for one in people:
            duty = Duty(id=f"{role}-{one}", role=role, person=one, place=place)
            self.command(self.now, PutDuty(actor="clerk", duty=duty))

    def command(self, at: float, command: AnyCommand) -> list[AnyDecision]:
        return self._step(at, Commanded(ms(at), command))

    def passed(self, at: float, *, drained: bool = True, jumped: float = 0) -> list[AnyDecision]:
        return self._step(at, TimePassed(ms(at), drained, round(jumped * 1000)))

    def back(self, at: float) -> list[AnyDecision]:
        """The hub was not there until now."""
        return self._step(at, TimePassed(ms(at), True, away=True))

    def reading(
        self,
        at: float,
        device: str,
        event: Event = Event.STATUS,
        *,
        kind: Kind = Kind.SMOKE,
        key: str = "",
        device_at: float | None = None,
        historical: bool = False,
        retained: bool = False,
        duplicate: bool = False,
        **facts: Fact,
    ) -> list[AnyDecision]:
        payload = msgspec.json.encode([device, event, facts])
        raw = RawMessage("safety", f"t/{device}", payload, ms(at), retained, duplicate)
        device_ms = None if device_at is None else ms(device_at)
        return self._step(at, Received(raw, (Reading(device, kind, event, facts, device_ms, key, historical),)))

    def smoke(self, at: float, device: str = "smoke-1203") -> list[AnyDecision]:
        return self.reading(at, device, Event.ALARM, alarm=True)

    def clear(self, at: float, device: str = "smoke-1203") -> list[AnyDecision]:
        return self.reading(at, device, alarm=False)

    def undecodable(self, at: float, source: str, device: str = "") -> list[AnyDecision]:
        raw = RawMessage(source, "t", b"\x00", ms(at))
        return self._step(at, Received(raw, (), Undecodable(Undecoded.NOT_JSON, "no", device)))

    def receipt(self, at: float, due: NotificationDue, *, sent: bool = True, **more: object) -> list[AnyDecision]:
        receipt = Receipt(
            notification=due.notification,
            contact=due.contact,
            attempt=due.attempt,
            at_ms=ms(at),
            sent=sent,
            reason="accepted" if sent else "refused",
        )
        return self._step(at, Receipted(ms(at), msgspec.structs.replace(receipt, **more)))

    def sent_all(self, at: float) -> None:
        """Every attempt under way gets its positive receipt."""
        for due in dues(self.decisions):
            self.receipt(at, due)

    @property
    def incident(self) -> Incident:
        """The one open incident."""
        (incident,) = (i for i in self.core.state.incidents.values() if i.closed_ms is None)
        return incident


def ms(at: float) -> int:
    return START + round(at * 1000)


def names(decisions: list[AnyDecision]) -> list[str]:
    return [type(d).__name__ for d in decisions]


def dues(decisions: list[AnyDecision]) -> list[NotificationDue]:
    return [d for d in decisions if isinstance(d, NotificationDue)]


def told(decisions: list[AnyDecision]) -> list[str]:
    """Who is told by these decisions."""
    return [d.person for d in dues(decisions) if d.incident]


def asked(decisions: list[AnyDecision]) -> list[tuple[str, Purpose]]:
    """Who is told by these decisions, and why."""
    return [(d.person, d.purpose) for d in dues(decisions)]


def held(decisions: list[AnyDecision]) -> list[tuple[str, Reason]]:
    """Who (a person, or a role that has nobody) is not told, and why not."""
    return [(d.person or d.role, d.reason) for d in decisions if isinstance(d, NotificationHeld)]


def refusal(decisions: list[AnyDecision]) -> str:
    """Why the one command was refused."""
    (refused,) = decisions
    assert isinstance(refused, CommandRefused)
    return refused.detail


def going(incident: Incident) -> list[str]:
    """Who counts as on the way or there."""
    return [r.person for r in incident.going]
