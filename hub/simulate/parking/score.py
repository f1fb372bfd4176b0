"""The core's words against the truth, minute by minute. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from hub.core.decisions import AlertCleared, AlertRaised, AnyDecision, CommandRefused
from hub.core.state import Changes, State
from hub.model import Direction, Verdict
from hub.simulate.parking.devices import Said
from hub.simulate.parking.site import ZONES, Site, settings
from hub.simulate.parking.truth import DAY_MS, SECOND_MS, Stand, Truth

LATE_MS = 2 * 60 * SECOND_MS
"""An alert may come this long after grace and debounce; a stay that ends before is not asked for."""


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """What the month gave; the first six are the issue's."""

    minutes_within_bound: float
    bound_mean: float
    squats_sensed: int
    """Bikes in counted spaces that a sensor showed for longer than debounce and grace."""
    missed_squats: int
    """Of these, how many were not alerted."""
    false_squats: int
    """Alerts of a squat where no bike stood."""
    ledger_errors: int
    """Minutes in which a zone's ins were not its outs plus those present."""
    alerted_squats: int
    bikes_unseen: int
    """Bikes in counted spaces that no sensor showed."""
    lanes_sensed: int
    """Bikes in fire lanes and no-parking bays that a sensor showed for longer than debounce and grace."""
    lanes_missed: int
    """Of these, how many were not alerted."""
    zones_within_bound: float
    zones_bound_mean: float
    error_mean: float
    entries: int
    refused: int
    faults: dict[str, int]
    explained: dict[str, int]
    """False squats by what stood there."""


class Scorer:
    """Keeps count while the month is played."""

    def __init__(self, it: Site, month: Truth, spoken: Said) -> None:
        self.it = it
        self.month = month
        self.spoken = spoken
        self.minutes = self.within = self.bounds = self.errors = 0
        self.zone_minutes = self.zone_within = self.zone_bounds = 0
        self.ledger_errors = self.entries = self.refused = 0
        self.balance: dict[str, int] = {}
        self.alerted: list[tuple[str, int]] = []
        self.lanes: list[tuple[str, int]] = []
        self.raised: dict[int, tuple[str, int]] = {}
        """Alert -> the space, and when."""
        self.cleared: dict[tuple[str, int], int] = {}
        """The same -> when it was over."""
        self.space_of = {it.sensor(space.id): space.id for space in it.spaces}
        self.of_zone = {zone: [id for id in it.counted if it.zone_of[id] == zone] for zone in ZONES}
        self.worst: list[tuple[int, int, int, int]] = []

    def hear(self, decisions: Iterable[AnyDecision], changes: Changes) -> None:
        for one in decisions:
            if isinstance(one, AlertCleared) and one.alert in self.raised:
                self.cleared[self.raised[one.alert]] = one.at_ms
            elif isinstance(one, AlertRaised):
                self.raised[one.alert] = self.space_of.get(one.subject, ""), one.at_ms
                if one.rule == "squat":
                    self.alerted.append((self.space_of[one.subject], one.at_ms))
                elif one.rule in ("fire_lane", "no_parking"):
                    self.lanes.append((self.space_of[one.subject], one.at_ms))
            elif isinstance(one, CommandRefused):
                self.refused += 1
        for entry in changes.parking.entries:
            self.entries += 1
            way = 1 if entry.direction is Direction.IN else -1
            self.balance[entry.zone] = self.balance.get(entry.zone, 0) + way

    def minute(self, state: State, stands: dict[str, Verdict], now_ms: int) -> None:
        """Compare."""
        for zone, spaces in (("", self.it.counted), *self.of_zone.items()):
            known = state.parking.zones.get(zone)
            if known is None or known.estimate is None:
                if not zone:
                    self.minutes += 1
                continue
            free = sum(id not in stands for id in spaces)
            off, bound = abs(known.estimate.left - free), known.estimate.bound
            if zone:
                self.zone_minutes += 1
                self.zone_within += off <= bound
                self.zone_bounds += bound
                continue
            self.minutes += 1
            self.within += off <= bound
            self.bounds += bound
            self.errors += off
            if off > bound:
                self.worst.append((now_ms, known.estimate.left, free, bound))
        self.ledger_errors += self._ledger_wrong(state)

    def _ledger_wrong(self, state: State) -> bool:
        """Ins are outs plus present, by the entries that were written and by the visits that are open."""
        inside: dict[str, int] = {}
        for visit in state.parking.visits.values():
            inside[visit.zone] = inside.get(visit.zone, 0) + 1
        for name, zone in state.parking.zones.items():
            present = inside.get(name, 0) - zone.unnamed_outs
            if zone.ins - zone.outs != present or self.balance.get(name, 0) != present:
                return True
        return False

    def score(self) -> Score:
        told = settings().parking
        counted = set(self.it.counted)
        sensed, missed = self._sensed(counted, told.debounce_ms + told.squat_ms, self.alerted)
        lanes_sensed, lanes_missed = self._sensed(set(self.it.forbidden), told.debounce_ms + told.lane_ms, self.lanes)
        bikes, cars = self._stays()
        false, explained = 0, {"car": 0, "nothing": 0}
        for space, at_ms in self.alerted:
            if not any(begin <= at_ms <= end + LATE_MS for begin, end in bikes.get(space, ())):
                false += 1
                explained["car" if any(b <= at_ms <= e for b, e in cars.get(space, ())) else "nothing"] += 1
        return Score(
            minutes_within_bound=round(self.within / max(self.minutes, 1), 5),
            bound_mean=round(self.bounds / max(self.minutes, 1), 3),
            squats_sensed=sensed,
            missed_squats=missed,
            false_squats=false,
            ledger_errors=self.ledger_errors,
            alerted_squats=len(self.alerted),
            bikes_unseen=self.spoken.faults.get("bike_unshown", 0),
            lanes_sensed=lanes_sensed,
            lanes_missed=lanes_missed,
            zones_within_bound=round(self.zone_within / max(self.zone_minutes, 1), 5),
            zones_bound_mean=round(self.zone_bounds / max(self.zone_minutes, 1), 3),
            error_mean=round(self.errors / max(self.minutes, 1), 3),
            entries=self.entries,
            refused=self.refused,
            faults=self.spoken.faults,
            explained=explained,
        )

    def _sensed(self, spaces: set[str], grace_ms: int, told: list[tuple[str, int]]) -> tuple[int, int]:
        """Bikes there that a sensor showed for longer than the grace; how many of them were not told.

        One that took the place of another within the debounce is told by the alert that stands.
        """
        long = [
            one for one in self.spoken.sensed if one.space in spaces and one.until_ms - one.from_ms > grace_ms + LATE_MS
        ]
        missed = 0
        for one in long:
            alerts = [(space, at) for space, at in told if space == one.space and at <= one.until_ms + LATE_MS]
            missed += not any(self.cleared.get(alert, one.until_ms) >= one.from_ms + grace_ms for alert in alerts)
        return len(long), missed

    def _stays(self) -> tuple[dict[str, list[tuple[int, int]]], dict[str, list[tuple[int, int]]]]:
        """space -> when a bike stood there; the same for cars."""
        bikes: dict[str, list[tuple[int, int]]] = {}
        cars: dict[str, list[tuple[int, int]]] = {}
        begun = dict.fromkeys((space for space in self.month.at_start.values() if space), self.month.start_ms)
        end_ms = self.month.start_ms + self.month.days * DAY_MS
        last: dict[str, bool] = dict.fromkeys(begun, False)
        for move in self.month.moves:
            if isinstance(move, Stand):
                if move.on:
                    begun[move.space], last[move.space] = move.at_ms, move.bike >= 0
                else:
                    stays = bikes if move.bike >= 0 else cars
                    stays.setdefault(move.space, []).append((begun.pop(move.space), move.at_ms))
        for space, from_ms in begun.items():
            (bikes if last[space] else cars).setdefault(space, []).append((from_ms, end_ms))
        return bikes, cars
