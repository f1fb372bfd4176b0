"""What the wall counts, as points every few seconds, so that zero differs from no data. Pure."""

from __future__ import annotations

import msgspec

from hub.influx.lines import tags_of
from hub.model import Severity


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """How one gate stands; None: nobody knows."""

    name: str
    online: bool | None = None
    open: bool | None = None
    fault: bool | None = None


class ZoneParking(msgspec.Struct, frozen=True, kw_only=True):
    """Spaces of one zone, and how many cars its ledger has counted since its beginning."""

    zone: str
    """Its name; ``all`` for the whole community."""
    total: int
    left: int
    bound: int
    present: int
    unknown: int
    ins: int
    outs: int
    squats: int


class LaneReads(msgspec.Struct, frozen=True, kw_only=True):
    """How well one lane of a gate sees, in the window that is on."""

    gate: str
    lane: str
    reads: int
    unread: int
    wrong: int
    """How many things are wrong with it."""


class Gauges(msgspec.Struct, frozen=True, kw_only=True):
    """The state of one community at one moment; made by a callback of the follower's owner."""

    community: str
    open_alerts: dict[Severity, int]
    """Alerts that nobody has closed; a severity that is missing counts 0."""
    unanswered: dict[Severity, int]
    """Those of them that nobody has accepted."""
    oldest_unanswered_ms: int | None
    """Since when the oldest of these waits."""
    detectors_total: int
    """Smoke detectors that the registry knows."""
    detectors_online: int
    """Those of them that were heard in time."""
    spaces_total: int
    spaces_left: int
    unprotected: dict[str, int]
    """Building -> protected homes without a live detector; buildings with none stand with 0."""
    gates: tuple[Gate, ...] = ()
    zones: tuple[ZoneParking, ...] = ()
    lanes: tuple[LaneReads, ...] = ()


def gauge_lines(gauges: Gauges, now_ms: int, lag_ms: int) -> list[str]:
    """Lines of measurement ``hub`` (the community, each building, each gate), ``parking`` (each zone), ``passage`` (each lane)."""
    stamp = now_ms * 1_000_000
    waiting_s = 0.0 if gauges.oldest_unanswered_ms is None else max(0, now_ms - gauges.oldest_unanswered_ms) / 1000
    fields = [f"open_{s.value}={gauges.open_alerts.get(s, 0)}i" for s in Severity]
    fields += [f"unanswered_{s.value}={gauges.unanswered.get(s, 0)}i" for s in Severity]
    fields += [
        f"oldest_unanswered_s={waiting_s!r}",
        f"detectors_total={gauges.detectors_total}i",
        f"detectors_online={gauges.detectors_online}i",
        f"spaces_total={gauges.spaces_total}i",
        f"spaces_left={gauges.spaces_left}i",
        f"unprotected_total={sum(gauges.unprotected.values())}i",
        f"lag_s={lag_ms / 1000!r}",
    ]
    lines = [f"hub{tags_of(community=gauges.community)} {','.join(fields)} {stamp}"]
    for building, homes in gauges.unprotected.items():
        tags = tags_of(building=building, community=gauges.community)
        lines.append(f"hub{tags} unprotected={homes}i {stamp}")
    for gate in gauges.gates:
        known = {"gate_online": gate.online, "gate_open": gate.open, "gate_fault": gate.fault}
        states = ",".join(f"{name}={int(value)}i" for name, value in known.items() if value is not None)
        if states:
            lines.append(f"hub{tags_of(community=gauges.community, gate=gate.name)} {states} {stamp}")
    lines += [_zone_line(gauges.community, zone, stamp) for zone in gauges.zones]
    lines += [_lane_line(gauges.community, lane, stamp) for lane in gauges.lanes]
    return lines


def _zone_line(community: str, zone: ZoneParking, stamp: int) -> str:
    fields = ",".join(
        f"{name}={getattr(zone, name)}i"
        for name in ("total", "left", "bound", "present", "unknown", "ins", "outs", "squats")
    )
    return f"parking{tags_of(community=community, zone=zone.zone)} {fields} {stamp}"


def _lane_line(community: str, lane: LaneReads, stamp: int) -> str:
    tags = tags_of(community=community, gate=lane.gate, lane=lane.lane)
    return f"passage{tags} reads={lane.reads}i,unread={lane.unread}i,wrong={lane.wrong}i {stamp}"
