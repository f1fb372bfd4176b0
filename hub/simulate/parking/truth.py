"""What really happens in the month: cars come, stand and go by the rhythm of the day; bikes stand where cars should. Pure.

Law: a car stands only after it has passed a gate, and passes out only after it has left its space. A bike passes no gate that counts it.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from functools import partial
from random import Random

import msgspec

from hub.model import Direction
from hub.simulate.parking.site import GATES, Car, Site

SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS = 1000, 60_000, 3_600_000, 86_400_000
BIKES = 60
BIKE_DAYS = 0.8
"""How often on a day a bike that misbehaves does so."""
BIKE_IN_LANE = 0.06
REPARKS = 0.02
"""A car that found no space and stands elsewhere moves into one later."""
STRANGER = 0.25
"""A car that finds only spaces of others free takes one."""
LANE_STANDER = 0.15


class Passage(msgspec.Struct, frozen=True):
    """A car passes a gate."""

    at_ms: int
    gate: str
    direction: Direction
    plate: str


class Stand(msgspec.Struct, frozen=True):
    """Something begins or ceases to stand in a space; ``bike`` is its number, -1 for a car."""

    at_ms: int
    space: str
    on: bool
    bike: int = -1
    plate: str = ""


class Truth(msgspec.Struct, frozen=True):
    """The month as it was, in order of time."""

    start_ms: int
    days: int
    at_start: dict[str, str]
    """Plate -> space, or "" for elsewhere, of cars that are inside when it begins."""
    moves: tuple[Passage | Stand, ...]
    detects: tuple[float, ...]
    """How likely a sensor sees this bike."""


def truth(it: Site, seed: int, start_ms: int, days: int) -> Truth:
    """The same seed gives the same month."""
    return _Month(it, Random(f"truth {seed}"), start_ms, days).played()


class _Month:
    def __init__(self, it: Site, random: Random, start_ms: int, days: int) -> None:
        self.it = it
        self.random = random
        self.start_ms = start_ms
        self.days = days
        self.moves: list[Passage | Stand] = []
        self.in_space: dict[str, str] = {}
        """space -> plate, or ``bike N``."""
        self.where: dict[str, str] = {}
        """plate -> space, "" elsewhere; only of cars inside."""
        self.queue: list[tuple[int, int, Callable[[int], None]]] = []
        self.number = 0
        uses = {space.id: space.use.value for space in it.spaces}
        self.common = {use: [id for id in it.counted if uses[id] == use] for use in ("shared", "visitor", "resident")}

    def played(self) -> Truth:
        inside = [car for car in self.it.cars if car.home and self.random.random() < 0.88]
        for car in inside:
            space = self._choose(car, strange=False)
            self.where[car.plate] = space
            if space:
                self.in_space[space] = car.plate
        at_start = dict(self.where)
        for day in range(self.days):
            for car in self.it.cars:
                self._day_of(car, day)
            for _ in range(BIKES):
                if self.random.random() < BIKE_DAYS:
                    self._at(day, self._hour(14, 4.5), partial(self._bike, self.random.randrange(BIKES)))
        end_ms = self.start_ms + self.days * DAY_MS
        while self.queue and self.queue[0][0] < end_ms:
            at_ms, _, happen = heapq.heappop(self.queue)
            happen(at_ms)
        detects = tuple(self.random.uniform(0.3, 0.9) for _ in range(BIKES))
        self.moves.sort(key=lambda move: move.at_ms)
        return Truth(self.start_ms, self.days, at_start, tuple(self.moves), detects)

    # ── the day ──

    def _day_of(self, car: Car, day: int) -> None:
        random = self.random
        if not car.home:
            if random.random() < 0.4:
                come = min(max(self._hour(14, 3.5), 7), 21.5)
                self._at(day, come, partial(self._arrive, car))
                self._at(day, come + random.lognormvariate(0.6, 0.6), partial(self._leave, car))
            return
        workday = day % 7 not in (1, 2)
        if car.commutes and workday:
            self._trip(car, day, self._hour(7.9, 0.8), self._hour(18.6, 1.3))
            if random.random() < 0.15:
                self._trip(car, day, 20.5 + random.random(), 22 + random.random())
        elif random.random() < 0.7:
            leave = self._hour(11, 2.5)
            self._trip(car, day, leave, leave + random.uniform(0.5, 5))

    def _trip(self, car: Car, day: int, leave: float, back: float) -> None:
        self._at(day, leave, partial(self._leave, car))
        self._at(day, max(back, leave + 0.2), partial(self._arrive, car))

    def _hour(self, mean: float, spread: float) -> float:
        return min(max(self.random.gauss(mean, spread), 0.1), 23.8)

    def _at(self, day: int, hour: float, happen: Callable[[int], None]) -> None:
        self._put(self.start_ms + day * DAY_MS + int(hour * HOUR_MS), happen)

    def _put(self, at_ms: int, happen: Callable[[int], None]) -> None:
        self.number += 1
        heapq.heappush(self.queue, (at_ms, self.number, happen))

    # ── cars ──

    def _arrive(self, car: Car, at_ms: int) -> None:
        if car.plate in self.where:
            return
        self.where[car.plate] = ""
        self.moves.append(Passage(at_ms, self.random.choice(GATES), Direction.IN, car.plate))
        self._put(at_ms + self.random.randrange(35, 200) * SECOND_MS, partial(self._park, car))

    def _park(self, car: Car, at_ms: int) -> None:
        if self.where.get(car.plate) != "":
            return
        space = self._choose(car, strange=True)
        if not space:
            free = [id for id in self.it.forbidden if id not in self.in_space]
            if free and self.random.random() < LANE_STANDER:
                space = self.random.choice(free)
        if space:
            self._stand(at_ms, space, car.plate)
        elif self.random.random() < REPARKS:
            self._put(at_ms + self.random.randrange(20, 180) * MINUTE_MS, partial(self._park, car))

    def _choose(self, car: Car, *, strange: bool) -> str:
        """Its own space, else a free one that is for it, else (sometimes) somebody else's; "" for none."""
        if car.space and car.space not in self.in_space:
            return car.space
        for use in ("shared", "visitor") if car.home else ("visitor", "shared"):
            free = [id for id in self.common[use] if id not in self.in_space]
            if free:
                return self.random.choice(free)
        if strange and self.random.random() < STRANGER:
            free = [id for id in self.common["resident"] if id not in self.in_space]
            if free:
                return self.random.choice(free)
        return ""

    def _stand(self, at_ms: int, space: str, plate: str) -> None:
        self.in_space[space] = plate
        self.where[plate] = space
        self.moves.append(Stand(at_ms, space, True, plate=plate))

    def _leave(self, car: Car, at_ms: int) -> None:
        space = self.where.pop(car.plate, None)
        if space is None:
            return
        if space:
            del self.in_space[space]
            self.moves.append(Stand(at_ms, space, False, plate=car.plate))
        out_ms = at_ms + self.random.randrange(30, 180) * SECOND_MS
        self.moves.append(Passage(out_ms, self.random.choice(GATES), Direction.OUT, car.plate))

    # ── bikes ──

    def _bike(self, bike: int, at_ms: int) -> None:
        lane = self.random.random() < BIKE_IN_LANE
        free = [id for id in (self.it.forbidden if lane else self.it.counted) if id not in self.in_space]
        if not free:
            return
        space = self.random.choice(free)
        stay_ms = int(min(max(self.random.lognormvariate(3.9, 1.0), 3), 600) * MINUTE_MS)
        self.in_space[space] = f"bike {bike}"
        self.moves.append(Stand(at_ms, space, True, bike))
        self._put(at_ms + stay_ms, partial(self._unbike, space, bike))

    def _unbike(self, space: str, bike: int, at_ms: int) -> None:
        del self.in_space[space]
        self.moves.append(Stand(at_ms, space, False, bike))
