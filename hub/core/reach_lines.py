"""Lines: a value that changes at known moments. Pure.

Law: a line has a value at every moment from its first start on, neighbouring values differ, and all lines that are joined
have the same first start. Nothing is sampled: between two starts nothing changes.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

V = TypeVar("V", bound=Hashable)
W = TypeVar("W", bound=Hashable)


class Line(Generic[V]):
    """``values[n]`` holds from ``starts[n]`` until the next start."""

    __slots__ = ("starts", "values")

    def __init__(self, starts: list[int], values: list[V]) -> None:
        self.starts = starts
        self.values = values

    def at(self, moment_ms: int) -> V:
        """The value at that moment."""
        return self.values[bisect_right(self.starts, moment_ms) - 1]

    def seen(self, from_ms: int, until_ms: int, ahead_ms: int) -> Line[V]:
        """Between those moments, what this line is ``ahead_ms`` later."""
        kept = bisect_right(self.starts, from_ms + ahead_ms)
        end = bisect_left(self.starts, until_ms + ahead_ms, kept)
        starts = [start - ahead_ms for start in self.starts[kept:end]]
        return Line([from_ms, *starts], self.values[kept - 1 : end])

    def stretches(self, until_ms: int) -> Iterator[tuple[int, int, V]]:
        """(from, until, value) of each stretch before that moment."""
        for n, (start, value) in enumerate(zip(self.starts, self.values, strict=True)):
            if start >= until_ms:
                return
            end = self.starts[n + 1] if n + 1 < len(self.starts) else until_ms
            yield start, min(end, until_ms), value


def drawn(first_ms: int, edges: Iterable[int], value_at: Callable[[int], V]) -> Line[V]:
    """The line of a value that changes at these moments only; those before ``first_ms`` do not matter."""
    starts: list[int] = []
    values: list[V] = []
    for edge in sorted({first_ms, *(edge for edge in edges if edge > first_ms)}):
        value = value_at(edge)
        if not values or value != values[-1]:
            starts.append(edge)
            values.append(value)
    return Line(starts, values)


def joined(lines: Sequence[Line[V]], fold: Callable[[tuple[V, ...]], W]) -> Line[W]:
    """The line of what ``fold`` makes of the values of all of them, each combination asked once."""
    events = [
        (start, n, value) for n, line in enumerate(lines) for start, value in zip(line.starts, line.values, strict=True)
    ]
    events.sort(key=_when)
    current = [line.values[0] for line in lines]
    known: dict[tuple[V, ...], W] = {}
    starts: list[int] = []
    values: list[W] = []
    last = len(events) - 1
    for index, (start, n, value) in enumerate(events):
        current[n] = value
        if index < last and events[index + 1][0] == start:
            continue
        key = tuple(current)
        found = known.get(key)
        if found is None:
            found = known[key] = fold(key)
        if not values or found != values[-1]:
            starts.append(start)
            values.append(found)
    return Line(starts, values)


def stitched(pieces: Iterable[Line[V]]) -> Line[V]:
    """Lines that follow each other as one."""
    starts: list[int] = []
    values: list[V] = []
    for piece in pieces:
        for start, value in zip(piece.starts, piece.values, strict=True):
            if not values or value != values[-1]:
                starts.append(start)
                values.append(value)
    return Line(starts, values)


def _when(event: tuple[int, int, object]) -> int:
    return event[0]
