"""What cameras, barriers and sensors say of the month, with their faults, as the hub receives it. Pure.

Faults: 2 % missed reads (half without a plate, half without any record), 5 % dead sensors (half fall silent, half stick), double fires of
cameras and sensors, short false changes, gates offline for a while whose records come later (``isoffline``) and whose barriers' do not,
bikes that a sensor sees in 30 to 90 of 100 cases, with a score of what it sees (`hub.simulate.parking.signature`).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from random import Random

import msgspec

from hub.core.inputs import Received
from hub.model import Direction, Event, Fact, Kind, RawMessage, Reading
from hub.simulate.parking import signature
from hub.simulate.parking.site import GATES, Site
from hub.simulate.parking.truth import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Passage, Stand, Truth

UNREAD, UNSEEN = 0.01, 0.01
CAMERA_TWICE, SENSOR_TWICE = 0.03, 0.03
DEAD = 0.05
FALSE_CHANGES = 40
"""Changes of a day, over all sensors, that last for seconds and mean nothing."""
OFFLINE_EVERY_DAYS = 3
KEEP_ALIVE_MS = 5 * MINUTE_MS


class Sensed(msgspec.Struct, frozen=True):
    """A stay of a bike that a sensor showed, from first showing to last."""

    space: str
    from_ms: int
    until_ms: int


class Said(msgspec.Struct, frozen=True):
    """Everything that the devices said, in order of receipt."""

    messages: tuple[Received, ...]
    sensed: tuple[Sensed, ...]
    """Bikes that a sensor showed."""
    dead: dict[str, str]
    """Space -> silent or stuck."""
    faults: dict[str, int]


class Change(msgspec.Struct, frozen=True, order=True):
    """A sensor shows something else."""

    at_ms: int
    on: bool
    measured: float
    """Of what stands there (`signature`); means nothing while nothing is shown."""


def said(it: Site, month: Truth, seed: int, *, signature: bool = True) -> Said:
    """The same seed gives the same messages; without ``signature`` the same ones without scores."""
    return _Devices(it, month, seed, signature).spoken()


class _Devices:
    def __init__(self, it: Site, month: Truth, seed: int, scores: bool) -> None:
        self.it = it
        self.month = month
        self.random = Random(f"devices {seed}")
        self.noise = Random(f"noise {seed}") if scores else None
        self.end_ms = month.start_ms + month.days * DAY_MS
        self.out: list[tuple[int, int, Received]] = []
        self.frames: dict[str, int] = {}
        self.faults: dict[str, int] = {}
        self.dead: dict[str, tuple[str, int]] = {}
        self.offline = {gate: list(self._stretches()) for gate in GATES}
        self.sensed: list[Sensed] = []

    def spoken(self) -> Said:
        dying = self.random.sample(self.it.counted, round(DEAD * len(self.it.counted)))
        for n, space in enumerate(dying):
            at_ms = self.month.start_ms + self.random.randrange(2 * DAY_MS)
            self.dead[space] = ("stuck" if n % 2 else "silent", at_ms)
        passages = [move for move in self.month.moves if isinstance(move, Passage)]
        for passage in passages:
            self._camera(passage)
        for gate in GATES:
            for way in Direction:
                self._arm(gate, way, [p for p in passages if p.gate == gate and p.direction is way])
            self._keep_alive(gate)
        for space in (one.id for one in self.it.spaces):
            self._sensor(space, [m for m in self.month.moves if isinstance(m, Stand) and m.space == space])
        self.out.sort(key=lambda one: one[:2])
        return Said(
            tuple(one[2] for one in self.out),
            tuple(sorted(self.sensed, key=lambda one: one.from_ms)),
            {space: how for space, (how, _) in self.dead.items()},
            self.faults,
        )

    def _count(self, fault: str) -> None:
        self.faults[fault] = self.faults.get(fault, 0) + 1

    def _say(self, at_ms: int, reading: Reading) -> None:
        if at_ms < self.end_ms:
            raw = RawMessage("site", reading.device, b"", at_ms)
            self.out.append((at_ms, len(self.out), Received(raw, (reading,))))

    def _key(self, device: str) -> str:
        self.frames[device] = self.frames.get(device, 0) + 1
        return str(self.frames[device])

    # ── gates ──

    def _stretches(self) -> Iterator[tuple[int, int]]:
        at_ms = self.month.start_ms
        while True:
            at_ms += int(self.random.expovariate(1 / (OFFLINE_EVERY_DAYS * DAY_MS))) + HOUR_MS
            until_ms = at_ms + int(self.random.uniform(5, 60) * MINUTE_MS)
            if until_ms >= self.end_ms:
                return
            yield at_ms, until_ms
            at_ms = until_ms

    def _back_ms(self, gate: str, at_ms: int) -> int | None:
        """When the gate is connected again, if it is not at that moment."""
        return next((until for begin, until in self.offline[gate] if begin <= at_ms < until), None)

    def _camera(self, passage: Passage) -> None:
        random = self.random
        lot = random.random()
        if lot < UNSEEN:
            self._count("unseen")
            return
        device = f"cam-{passage.gate}-{passage.direction}"
        facts: dict[str, Fact] = {"trigger": "auto", "direction": "down"}
        event = Event.PLATE
        if lot < UNSEEN + UNREAD:
            self._count("unread")
            event = Event.VEHICLE_NO_PLATE
        else:
            facts |= {"plate": passage.plate, "plate_color": "blue", "confidence": random.randrange(80, 100)}
        device_ms = passage.at_ms - passage.at_ms % SECOND_MS
        fires = 2 if random.random() < CAMERA_TWICE else 1
        back_ms = self._back_ms(passage.gate, passage.at_ms)
        for n in range(fires):
            at_ms = passage.at_ms + n * random.randrange(1000, 5000)
            one, historical = facts, back_ms is not None
            if back_ms is not None:
                self._count("replayed")
                one = {**facts, "offline_record": True}
                at_ms = back_ms + random.randrange(5, 60) * SECOND_MS
            stamp = device_ms + n * 2 * SECOND_MS
            self._say(
                at_ms + random.randrange(100, 900),
                Reading(device, Kind.LPR, event, one, stamp, self._key(device), historical),
            )
            if n:
                self._count("camera_twice")

    def _arm(self, gate: str, way: Direction, passages: list[Passage]) -> None:
        """One opening for cars that come close together."""
        device = f"arm-{gate}-{way}"
        open_until = 0
        for passage in passages:
            if open_until and passage.at_ms - 2000 > open_until:
                self._swing(gate, device, open_until, up=False)
                open_until = 0
            if not open_until:
                self._swing(gate, device, passage.at_ms - 1500, up=True)
            open_until = passage.at_ms + self.random.randrange(6000, 12000)
        if open_until:
            self._swing(gate, device, open_until, up=False)

    def _swing(self, gate: str, device: str, at_ms: int, *, up: bool) -> None:
        if self._back_ms(gate, at_ms) is None:
            at_ms += self.random.randrange(100, 500)
            self._say(at_ms, Reading(device, Kind.GATE, Event.STATUS, {"open": up}, at_ms, self._key(device)))

    def _keep_alive(self, gate: str) -> None:
        for way in Direction:
            for device, kind in ((f"cam-{gate}-{way}", Kind.LPR), (f"arm-{gate}-{way}", Kind.GATE)):
                at_ms = self.month.start_ms + self.random.randrange(KEEP_ALIVE_MS)
                while at_ms < self.end_ms:
                    if self._back_ms(gate, at_ms) is None:
                        self._say(at_ms, Reading(device, Kind.LIFECYCLE, Event.HEARTBEAT, {"alarm": False}))
                    at_ms += KEEP_ALIVE_MS
                for begin, until in self.offline[gate]:
                    self._say(begin + 30 * SECOND_MS, Reading(device, kind, Event.OFFLINE, {}))
                    self._say(until + 1 * SECOND_MS, Reading(device, kind, Event.ONLINE, {}))
                    self._count("offline")

    # ── spaces ──

    def _sensor(self, space: str, moves: list[Stand]) -> None:
        """Its changes, its false changes and an hourly heartbeat, until it dies."""
        start_ms = self.month.start_ms
        taken = space in set(self.month.at_start.values())
        first = Change(start_ms + self.random.randrange(30 * SECOND_MS), taken, abs(signature.car(self.random)))
        changes = [first, *self._shown(space, moves)]
        for day in range(self.month.days):
            if self.random.random() < FALSE_CHANGES / len(self.it.spaces):
                changes += self._false_change(start_ms + day * DAY_MS + self.random.randrange(DAY_MS), changes)
                changes.sort()
        self._publish(space, changes)

    def _false_change(self, at_ms: int, changes: list[Change]) -> list[Change]:
        before = [one for one in changes if one.at_ms <= at_ms]
        if not before or any(at_ms < one.at_ms < at_ms + MINUTE_MS for one in changes):
            return []
        self._count("false_change")
        was = before[-1]
        back_ms = at_ms + self.random.randrange(5, 30) * SECOND_MS
        return [Change(at_ms, not was.on, signature.PASSING), Change(back_ms, was.on, was.measured)]

    def _shown(self, space: str, moves: list[Stand]) -> Iterator[Change]:
        measured, from_ms, last_ms = 1.0, 0, 0
        for move in moves:
            at_ms = max(move.at_ms + self.random.randrange(4, 15) * SECOND_MS, last_ms + SECOND_MS)
            if move.on:
                measured = self._measure(move.bike)
                seen = "shown" if measured > 0 else "unshown"
                self._count(("bike_" if move.bike >= 0 else "car_") + seen)
                from_ms = at_ms
            elif measured > 0 and move.bike >= 0:
                dies_ms = self.dead[space][1] if space in self.dead else self.end_ms
                if at_ms < dies_ms:
                    self.sensed.append(Sensed(space, from_ms, at_ms))
            if measured > 0:
                last_ms = at_ms
                yield Change(at_ms, move.on, measured)
            if not move.on:
                measured = 1.0

    def _measure(self, bike: int) -> float:
        if bike < 0:
            return signature.car(self.random)
        return signature.bike(bike, self.month.detects[bike], self.random)

    def _publish(self, space: str, changes: list[Change]) -> None:
        device = self.it.sensor(space)
        how, dies_ms = self.dead.get(space, ("", self.end_ms))
        last_ms = dies_ms if how == "silent" else self.end_ms
        beats = range(self.month.start_ms + self.random.randrange(HOUR_MS), last_ms, HOUR_MS)
        shown: Change | None = None
        live = [(one.at_ms, one) for one in changes if one.at_ms < dies_ms]
        for at_ms, change in heapq.merge(live, [(at, None) for at in beats], key=lambda one: one[0]):
            if change is None:
                if shown is not None:
                    self._space(device, at_ms, shown, Event.HEARTBEAT)
                continue
            shown = change
            key = self._space(device, at_ms, change, Event.STATUS)
            if self.random.random() < SENSOR_TWICE:
                self._count("sensor_twice")
                again = key if self.random.random() < 0.5 else ""
                self._space(device, at_ms + self.random.randrange(1000, 4000), change, Event.STATUS, again)

    def _space(self, device: str, at_ms: int, shown: Change, event: Event, key: str = "") -> str:
        key = key or self._key(device)
        facts: dict[str, Fact] = {"occupied": shown.on}
        if shown.on and self.noise is not None:
            anew = event is Event.HEARTBEAT
            facts["score"] = signature.score(signature.again(shown.measured, self.noise) if anew else shown.measured)
        self._say(at_ms, Reading(device, Kind.PARKING, event, facts, at_ms, key))
        return key
