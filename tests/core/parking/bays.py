"""A courtyard of spaces on the fake clock: cars come in, stand and leave, and so do bikes. Times are minutes since the start."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from hub.config import PolicyConfig, RuleConfig
from hub.core.commands import (
    PutDevice,
    PutDuty,
    PutGateLane,
    PutPermit,
    PutPerson,
    PutPlace,
    PutSpace,
    SayVerdict,
)
from hub.core.decisions import AlertCleared, AlertRaised, AnyDecision
from hub.core.inputs import Commanded, Receipted, Received, TimePassed
from hub.core.parking.state import SpaceState
from hub.model import (
    Alert,
    Device,
    Direction,
    Duty,
    EntryReason,
    Event,
    Fact,
    GateLane,
    Kind,
    Permit,
    Place,
    PlaceKind,
    RawMessage,
    Reading,
    Severity,
    Space,
    SpaceUse,
    Squat,
    Verdict,
    Visit,
)
from tests.core.timeline import ROLES, Timeline, ms, person, rule, steps

RULES: dict[str, RuleConfig] = {
    "fire_lane": rule(Kind.PARKING, Severity.CRITICAL, when="fire_lane", policy="lane", group_by="place"),
    "no_parking": rule(Kind.PARKING, Severity.MAJOR, when="no_parking", policy="lane", group_by="place"),
    "squat": rule(Kind.PARKING, Severity.MINOR, when="squat", policy="neighbours", group_by="place"),
    "overstay": rule(Kind.PARKING, Severity.MINOR, when="overstay", group_by="place"),
    "unentitled": rule(Kind.PARKING, Severity.MINOR, when="unentitled", group_by="place"),
}
POLICIES: dict[str, PolicyConfig] = {
    "lane": PolicyConfig(steps=steps((0, "car_owner"), (120, "property"), (300, "committee")), tell_end=False),
    "neighbours": PolicyConfig(steps=steps((0, "committee volunteer")), tell_end=False),
}
SPACES = {
    "11": Space(id="11", use=SpaceUse.SHARED),
    "12": Space(id="12", use=SpaceUse.SHARED),
    "13": Space(id="13", use=SpaceUse.VISITOR, overstay_ms=3 * 3_600_000),
    "21": Space(id="21", use=SpaceUse.RESIDENT, homes=("1203",)),
    "lane": Space(id="lane", use=SpaceUse.FIRE_LANE),
    "corner": Space(id="corner", use=SpaceUse.NO_PARKING),
}
OWNER, OTHER = "沪A12345", "沪B67890"
"""The car of 1203, and that of 301."""


class Bays(Timeline):
    """Every space has a sensor ``s-SPACE`` that said at minute 0 that it is free."""

    def __init__(self, **more: Mapping[str, RuleConfig]) -> None:
        super().__init__(more.get("rules", RULES), POLICIES)
        self.raised: list[tuple[str, str]] = []
        """(rule, space) of each alert, in order."""
        self.over: list[str] = []
        self.squats: dict[int, Squat] = {}
        self.visit = 100_000
        self.command(0, PutPlace(actor="seed", place=Place(id="yard", kind=PlaceKind.AREA, name="东区", parent="g")))
        for id, space in SPACES.items():
            place = Place(id=id, kind=PlaceKind.SPACE, name=f"{id}号车位", parent="yard")
            self.command(0, PutPlace(actor="seed", place=place))
            self.command(0, PutSpace(actor="seed", space=space))
            self.sensor(f"s-{id}", id)
        lane = GateLane(id="east-in", gate="east", direction=Direction.IN, devices=("camera-east",))
        self.command(0, PutGateLane(actor="seed", lane=lane))
        self.command(0, PutPerson(actor="seed", person=person("chezhu")))
        self.command(0, PutPerson(actor="seed", person=person("jiaren")))
        self.command(0, PutDuty(actor="seed", duty=Duty(id="h", role="household", person="jiaren", place="301")))
        self.command(0, PutPermit(actor="seed", permit=Permit(plate=OWNER, place="1203", person="chezhu")))
        self.command(0, PutPermit(actor="seed", permit=Permit(plate=OTHER, place="301")))
        for id in SPACES:
            self.says(0, id, False)
        self.wait(2)

    def sensor(self, device: str, space: str, kind: Kind = Kind.PARKING) -> None:
        self.command(self.now, PutDevice(actor="seed", device=Device(id=device, kind=kind, place=space)))

    def _step(self, at: float, input: Commanded | Received | Receipted | TimePassed) -> list[AnyDecision]:
        decisions = super()._step(at, input)
        for one in decisions:
            if isinstance(one, AlertRaised):
                self.raised.append((one.rule, one.place))
            elif isinstance(one, AlertCleared):
                self.over.append(self.rule_of(one.alert))
        for id, squat in self.changes.parking.squats.items():
            self.squats[id] = msgspec.structs.replace(squat)
        return decisions

    def rule_of(self, alert: int) -> str:
        known = self.core.state.alerts.get(alert) or self.changes.alerts.get(alert)
        return known.rule if known is not None else ""

    # ── what happens; minutes ──

    def wait(self, until: float) -> list[AnyDecision]:
        return self.passed(until * 60)

    def says(
        self,
        at: float,
        space: str,
        occupied: bool,
        *,
        device: str = "",
        fault: bool | None = None,
        confidence: float | None = None,
    ) -> list[AnyDecision]:
        """Its sensor, or another device that stands in it."""
        facts: dict[str, Fact] = {"occupied": occupied}
        if fault is not None:
            facts["fault"] = fault
        if confidence is not None:
            facts["confidence"] = confidence
        device = device or f"s-{space}"
        payload = msgspec.json.encode([device, facts])
        raw = RawMessage("bulk", f"t/{device}", payload, ms(at * 60))
        reading = Reading(device, Kind.PARKING, Event.STATUS, facts)
        return self._step(at * 60, Received(raw, (reading,)))

    def enters(self, at: float, plate: str = "", *, written: float | None = None) -> int:
        """The ledger writes a visit."""
        self.wait(at if written is None else written)
        self.visit += 1
        permit = self.core.state.permits.get(plate)
        self.core.state.parking.visits[self.visit] = Visit(
            id=self.visit,
            zone="",
            plate=plate,
            home=permit.place if permit is not None else "",
            in_ms=ms(at * 60),
            in_entry=self.visit,
            in_how=EntryReason.PASSED,
        )
        self.core.parking_index = None
        return self.visit

    def goes_out(self, at: float, visit: int) -> None:
        self.wait(at)
        del self.core.state.parking.visits[visit]
        self.core.parking_index = None

    def gate_falls_silent(self, at: float) -> None:
        self.reading(at * 60, "camera-east", Event.OFFLINE, kind=Kind.LPR)

    def gate_is_back(self, at: float) -> None:
        self.reading(at * 60, "camera-east", Event.ONLINE, kind=Kind.LPR)

    def somebody_says(self, at: float, space: str, verdict: Verdict, photo: int = 0) -> list[AnyDecision]:
        return self.command(at * 60, SayVerdict(actor="juwei", space=space, verdict=verdict, photo=photo))

    # ── what is so ──

    def space(self, id: str) -> SpaceState:
        return self.core.state.parking.spaces[id]

    def squat(self, space: str) -> Squat:
        """The newest of that space."""
        return next(squat for squat in reversed(self.squats.values()) if squat.space == space)

    @property
    def alerts(self) -> list[Alert]:
        return [alert for alert in self.core.state.alerts.values() if alert.closed_ms is None]


__all__ = ["OTHER", "OWNER", "ROLES", "Bays"]
