"""Two gates on a fake clock: timelines about cars read like sentences, seconds are since the start.

North has a way in and a way out with a camera, an arm and (in only) a loop each; south has cameras alone; a relay opens the
arm of the bay, a zone of its own.
"""

from __future__ import annotations

import msgspec

from hub.core.commands import CorrectLedger, PutDevice, PutGateLane, PutPermit, PutPlace, Remove
from hub.core.decisions import AnyDecision
from hub.core.inputs import Commanded, Receipted, Received, TimePassed
from hub.core.parking.state import LaneState, ZoneState
from hub.model import (
    Device,
    Direction,
    EntryReason,
    Event,
    Fact,
    GateLane,
    Kind,
    LedgerEntry,
    Permit,
    PermitKind,
    Place,
    PlaceKind,
    RawMessage,
    Reading,
    Severity,
    Visit,
)
from tests.core.timeline import RULES, Timeline, ms, rule

CAR, OTHER, THIRD = "沪A12345", "沪B67890", "沪AD56789"

DERIVED_RULES = {
    f"gate_{name}": rule(Kind.GATE, Severity.MINOR, when=name).model_copy(update={"on": [Kind.GATE, Kind.LPR]})
    for name in ("stuck_open", "stuck_closed", "forced", "blind", "clock_wrong", "tailgating")
} | {
    "denied_car": rule(Kind.LPR, Severity.MAJOR, when='event == "plate" && denied'),
    "entered_twice": rule(Kind.LPR, Severity.INFO, when='event == "plate" && entered_twice'),
}

LANES = (
    GateLane(id="in", gate="north", direction=Direction.IN, devices=("cam-in", "cam-in-2", "arm-in", "loop-in")),
    GateLane(id="out", gate="north", direction=Direction.OUT, devices=("cam-out", "arm-out", "loop-out")),
    GateLane(id="s-in", gate="south", direction=Direction.IN, devices=("cam-s-in",)),
    GateLane(id="s-out", gate="south", direction=Direction.OUT, devices=("cam-s-out",)),
    GateLane(id="both", gate="south", devices=("cam-both",)),
    GateLane(id="bay", gate="south", direction=Direction.IN, zone="bay", devices=("cam-bay", "relay-bay")),
    GateLane(id="bay-out", gate="south", direction=Direction.OUT, zone="bay", devices=("cam-bay-out",)),
)

KINDS = {"cam": Kind.LPR, "arm": Kind.GATE, "loop": Kind.GATE_IO, "relay": Kind.RELAY}


class Yard(Timeline):
    """The community of `Timeline` with gates, and the ledger's law checked after every step."""

    def __init__(self, *, restarts: bool = True) -> None:
        self.entries: list[LedgerEntry] = []
        self.visits: dict[int, Visit] = {}
        super().__init__({"unknown_car": RULES["unknown_car"], **DERIVED_RULES}, restarts=restarts)
        for id, kind in (("north", PlaceKind.GATE), ("south", PlaceKind.GATE), ("bay", PlaceKind.AREA)):
            self.command(0, PutPlace(actor="seed", place=Place(id=id, kind=kind, name=id, parent="g")))
        for lane in LANES:
            for device in lane.devices:
                known = Device(id=device, kind=KINDS[device.partition("-")[0]], place=lane.gate)
                self.command(0, PutDevice(actor="seed", device=known))
            self.command(0, PutGateLane(actor="seed", lane=lane))

    def _step(self, at: float, input: Commanded | Received | Receipted | TimePassed) -> list[AnyDecision]:
        decisions = super()._step(at, input)
        self.entries += self.changes.parking.entries
        copies = {id: msgspec.structs.replace(visit) for id, visit in self.changes.parking.visits.items()}
        self.visits.update(copies)
        self.check()
        return decisions

    def check(self) -> None:
        """The law of the ledger, by its counts, its visits and its entries."""
        parking = self.core.state.parking
        for name, zone in parking.zones.items():
            inside = [visit for visit in parking.visits.values() if visit.zone == name]
            assert zone.unnamed_outs >= 0
            assert zone.ins - zone.outs == len(inside) - zone.unnamed_outs
            ways = [one.direction for one in self.entries if one.zone == name]
            assert (zone.ins, zone.outs) == (ways.count(Direction.IN), ways.count(Direction.OUT))
            plates = [visit.plate for visit in inside if visit.plate]
            assert len(plates) == len(set(plates))

    # ── what happens at the gates ────────────────────────────────────────────────────────────────────────────────────

    def seen(
        self,
        at: float,
        camera: str,
        event: Event,
        facts: dict[str, Fact],
        *,
        happened: float | None = None,
        historical: bool = False,
        duplicate: bool = False,
        key: str = "",
    ) -> list[AnyDecision]:
        """One message of a camera; ``happened`` is what its clock said."""
        raw = RawMessage(
            "gates", f"t/{camera}", msgspec.json.encode([event, facts, happened]), ms(at), False, duplicate
        )
        device_ms = None if happened is None else ms(happened)
        reading = Reading(camera, Kind.LPR, event, facts, device_ms, key, historical)
        return self._step(at, Received(raw, (reading,)))

    def plate(self, at: float, camera: str, plate: str, **more: Fact) -> list[AnyDecision]:
        return self.seen(at, camera, Event.PLATE, {"plate": plate, **more})

    def unread(self, at: float, camera: str, **more: Fact) -> list[AnyDecision]:
        return self.seen(at, camera, Event.VEHICLE_NO_PLATE, more)

    def replayed(self, at: float, camera: str, happened: float, plate: str = "") -> list[AnyDecision]:
        event = Event.PLATE if plate else Event.VEHICLE_NO_PLATE
        facts: dict[str, Fact] = {"plate": plate} if plate else {}
        return self.seen(at, camera, event, facts, happened=happened, historical=True)

    def arm(self, at: float, device: str, up: bool) -> list[AnyDecision]:
        return self.reading(at, device, kind=Kind.GATE, open=up)

    def loop(self, at: float, device: str, on: bool = True) -> list[AnyDecision]:
        return self.reading(at, device, Event.IO_CHANGE, kind=Kind.GATE_IO, on=on)

    def relay(self, at: float, device: str = "relay-bay") -> list[AnyDecision]:
        return self.reading(at, device, kind=Kind.RELAY, on=True)

    def permit(self, plate: str, kind: PermitKind = PermitKind.RESIDENT, **more: str | int) -> list[AnyDecision]:
        permit = msgspec.convert({"plate": plate, "kind": kind, **more}, Permit)
        return self.command(self.now, PutPermit(actor="desk", permit=permit))

    def forget_permit(self, plate: str) -> list[AnyDecision]:
        return self.command(self.now, Remove(actor="desk", what="permit", id=plate))

    def correct(self, at: float, way: Direction, plate: str = "", note: str = "seen") -> list[AnyDecision]:
        return self.command(at, CorrectLedger(actor="desk", direction=way, plate=plate, note=note))

    # ── what became of it ────────────────────────────────────────────────────────────────────────────────────────────

    def zone(self, name: str = "") -> ZoneState:
        return self.core.state.parking.zones.get(name) or ZoneState()

    def lane(self, name: str = "in") -> LaneState:
        return self.core.state.parking.lanes[name]

    def inside(self, zone: str = "") -> list[str]:
        """Plates inside, "" for a car that nobody has read."""
        visits = sorted(self.core.state.parking.visits.values(), key=lambda visit: (visit.in_ms, visit.id))
        return [visit.plate for visit in visits if visit.zone == zone]

    def ledger(self) -> list[tuple[Direction, EntryReason, str]]:
        return [(one.direction, one.reason, one.plate) for one in self.entries]

    def alerted(self) -> list[str]:
        """Rules whose alert stands."""
        return sorted(one.rule for one in self.core.state.alerts.values() if one.closed_ms is None)
