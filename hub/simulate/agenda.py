"""What happens when: a heap of things to do in simulated time, and what they publish. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator

import msgspec


class Timed(msgspec.Struct, frozen=True):
    """One message and the moment it is published."""

    at_ms: int
    topic: str
    payload: bytes
    retain: bool = False
    qos: int = 1


Act = Callable[[int], Iterable[Timed]]
"""Does what is due at that time: gives messages and may put more on the agenda, never in the past."""


class Agenda:
    """Things to do in (time, insertion) order, so that the same seed gives the same bytes."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Act]] = []
        self._count = 0

    def put(self, at_ms: int, act: Act) -> None:
        self._count += 1
        heapq.heappush(self._heap, (at_ms, self._count, act))

    def run(self) -> Iterator[Timed]:
        """Everything that is published, in order of time; endless while something renews itself."""
        while self._heap:
            at_ms, _, act = heapq.heappop(self._heap)
            yield from act(at_ms)


def merged(*streams: Iterable[Timed]) -> Iterator[Timed]:
    """Several ordered streams as one ordered stream; of equal times the earlier argument goes first."""
    return heapq.merge(*streams, key=lambda timed: timed.at_ms)
