"""Traffic for the replay: cars with and without a permit come in, stand here and there, and go; bikes stand where they may not. Pure.

Five changes of spaces a passage is more than a compound has, so that a car stands in several spaces before it goes. 200,000 passages and
1,000,000 changes come within about a month: ten times as dense as life, in which so many passages are nine months of 180 cars.
Every stay, and every gap between two, outlasts the debounce, so that each change is believed and judged. Each sensor also says every
hour that nothing has changed; that is no change, and is stepped beside.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from random import Random

from hub.core.inputs import Received
from hub.model import Direction, Event, Fact, Kind, RawMessage, Reading
from hub.simulate.parking.site import GATES, Site

START_MS = 1_799_942_400_000
SECOND_MS, MINUTE_MS = 1000, 60_000
STAYS_MS, AWAY_MS = 210 * SECOND_MS, 45 * MINUTE_MS
"""How long a car stands in one space, and is out, on average: so that some sixty are inside, and every second space is taken."""
LEAST_MS = 2 * MINUTE_MS
"""The shortest stay, and the shortest time that a space is free."""
UNREAD = 0.01
CAR_APART_MS = 16 * SECOND_MS
"""Two cars of one lane; nearer to each other one without a plate would count as another read of the one before."""
BIKES, BIKE_AWAY_MS, BIKE_STAYS_MS = 60, 2880 * MINUTE_MS, 60 * MINUTE_MS
HEARTBEAT_MS = 60 * MINUTE_MS
COMES_BACK = 0.8
"""Share of owners who stand in their own space again rather than in another."""
IN_A_LANE = 0.1
"""Share of bikes and cars in fire lanes and no-parking bays."""
STRANGER = 0.01
"""Share of cars that take whatever is free, be it somebody's own."""

_Event = tuple[int, int, str, int, str]
"""(ms, n, what, who, space)."""


class Traffic:
    """So many passages and changes; the same each time."""

    def __init__(self, it: Site, passages: int, changes: int) -> None:
        self._it = it
        self._random = Random(1)
        self._passages, self._changes = passages, changes
        self._passed = self._changed = self._n = 0
        self._due: list[_Event] = []
        self._ready: dict[str, int] = {}
        """Space -> from when on it may be taken; absent while something stands there."""
        self._shown = {space.id: False for space in it.spaces}
        self._lane_ms: dict[str, int] = {}
        self._shared = [space.id for space in it.spaces if space.id in it.counted and not space.homes]

    def messages(self) -> Iterator[Received]:
        """What cameras and sensors say, in order of receipt."""
        self._ready = dict.fromkeys((space.id for space in self._it.spaces), START_MS + LEAST_MS)
        for who in range(len(self._it.cars)):
            self._at(START_MS + self._about(AWAY_MS), "in", who)
        for bike in range(BIKES):
            self._at(START_MS + self._about(BIKE_AWAY_MS), "stand", -1 - bike)
        for space in self._ready:
            self._at(START_MS + self._random.randrange(HEARTBEAT_MS), "alive", 0, space)
        while self._passed < self._passages or self._changed < self._changes:
            at_ms, _, what, who, space = heapq.heappop(self._due)
            match what:
                case "in" | "out":
                    said = self._pass(at_ms, Direction(what), who)
                case "stand":
                    said = self._stand(at_ms, who)
                case "alive":
                    said = self._lives(at_ms, space)
                case _:
                    said = self._leave(at_ms, who, space)
            if said is not None:
                yield said

    def _lives(self, at_ms: int, space: str) -> Received:
        self._at(at_ms + HEARTBEAT_MS, "alive", 0, space)
        facts: dict[str, Fact] = {"occupied": self._shown[space]}
        return _said(self._it.sensor(space), Kind.PARKING, Event.STATUS, facts, at_ms, 0)

    def _at(self, at_ms: int, what: str, who: int, space: str = "") -> None:
        self._n += 1
        heapq.heappush(self._due, (at_ms, self._n, what, who, space))

    def _about(self, mean_ms: float) -> int:
        return LEAST_MS + int(self._random.expovariate(1 / max(mean_ms - LEAST_MS, 1)))

    def _soon(self) -> int:
        return self._random.randrange(30 * SECOND_MS, 120 * SECOND_MS)

    def _pass(self, at_ms: int, way: Direction, who: int) -> Received | None:
        """The car drives through a gate, behind the one before it."""
        lane = f"cam-{self._random.choice(GATES)}-{way}"
        free_ms = self._lane_ms.get(lane, 0)
        if free_ms > at_ms:
            self._at(free_ms, way.value, who)
            return None
        self._lane_ms[lane] = at_ms + CAR_APART_MS
        if way is Direction.IN:
            self._at(at_ms + self._soon(), "stand", who)
        else:
            self._at(at_ms + self._about(AWAY_MS), "in", who)
        if self._passed >= self._passages:
            return None
        self._passed += 1
        facts: dict[str, Fact] = {"trigger": "auto", "direction": "down"}
        event = Event.VEHICLE_NO_PLATE
        if self._random.random() >= UNREAD:
            event = Event.PLATE
            facts |= {"plate": self._it.cars[who].plate, "plate_color": "blue", "confidence": 95}
        return _said(lane, Kind.LPR, event, facts, at_ms, self._passed)

    def _stand(self, at_ms: int, who: int) -> Received | None:
        """It takes a space, or goes again where it finds none."""
        space = self._space(at_ms, who)
        if not space:
            self._goes_on(at_ms, who)
            return None
        del self._ready[space]
        self._at(at_ms + self._about(STAYS_MS if who >= 0 else BIKE_STAYS_MS), "leave", who, space)
        return self._shows(at_ms, space, True)

    def _leave(self, at_ms: int, who: int, space: str) -> Received | None:
        self._ready[space] = at_ms + LEAST_MS
        self._goes_on(at_ms, who)
        return self._shows(at_ms, space, False)

    def _goes_on(self, at_ms: int, who: int) -> None:
        """To another space, or out: whichever there have been too few of."""
        if who < 0:
            self._at(at_ms + self._about(BIKE_AWAY_MS), "stand", who)
        elif self._passed * self._changes > self._changed * self._passages:
            comes_back = self._it.cars[who].space and self._random.random() < COMES_BACK
            self._at(at_ms + self._soon() + (LEAST_MS if comes_back else 0), "stand", who)
        else:
            self._at(at_ms + self._soon(), "out", who)

    def _space(self, at_ms: int, who: int) -> str:
        """Its own; else one for all; else somebody's."""
        random, it = self._random, self._it
        if random.random() < (IN_A_LANE if who < 0 else IN_A_LANE / 50):
            return self._free(at_ms, [random.choice(it.forbidden)])
        if who < 0:
            return self._free(at_ms, random.sample(it.counted, 8))
        own = it.cars[who].space
        if random.random() < STRANGER:
            return self._free(at_ms, random.sample(it.counted, 8))
        return self._free(at_ms, [own, *random.sample(self._shared, len(self._shared))])

    def _free(self, at_ms: int, spaces: list[str]) -> str:
        ready = self._ready
        return next((id for id in spaces if id in ready and ready[id] <= at_ms), "")

    def _shows(self, at_ms: int, space: str, occupied: bool) -> Received | None:
        if self._changed >= self._changes:
            return None
        self._changed += 1
        self._shown[space] = occupied
        facts: dict[str, Fact] = {"occupied": occupied}
        return _said(self._it.sensor(space), Kind.PARKING, Event.STATUS, facts, at_ms, self._changed)


def _said(device: str, kind: Kind, event: Event, facts: dict[str, Fact], at_ms: int, key: int) -> Received:
    return Received(
        RawMessage("site", device, b"", at_ms), (Reading(device, kind, event, facts, at_ms, str(key) if key else ""),)
    )
