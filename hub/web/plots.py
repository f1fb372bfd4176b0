"""A small plot drawn by the server: two figures of each drill over time."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 96, 28, 18, 30
STEPS_S = (30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 43_200, 86_400)
"""What the top of the scale may be."""


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of one drill."""

    x: float
    y: float
    value_s: float


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """One line across, with what it stands for."""

    y: float
    seconds: int


class Plot(msgspec.Struct, frozen=True, kw_only=True):
    """All coordinates of one picture."""

    width: int
    height: int
    left: int
    right: int
    accept: list[Mark]
    arrive: list[Mark]
    scales: list[Scale]
    days: list[tuple[float, int]]
    """(x, ms) of the drills that are named below the axis."""

    def line(self, marks: Sequence[Mark]) -> str:
        return " ".join(f"{one.x:g},{one.y:g}" for one in marks)


def drill_plot(drills: Sequence[tuple[int, float | None, float | None]]) -> Plot | None:
    """``drills``: (ms, seconds to the first accept, seconds to on site), oldest first; None: nothing to draw."""
    values = [value for _, *both in drills for value in both if value is not None]
    if not values:
        return None
    top = next((step for step in STEPS_S if step >= max(values)), STEPS_S[-1])
    gap = (WIDTH - LEFT - RIGHT) / max(1, len(drills) - 1)

    def x(n: int) -> float:
        return round(LEFT + (n * gap if len(drills) > 1 else (WIDTH - LEFT - RIGHT) / 2), 1)

    def y(value: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - min(value, top) / top), 1)

    def marks(which: int) -> list[Mark]:
        return [
            Mark(x=x(n), y=y(value), value_s=value)
            for n, one in enumerate(drills)
            if (value := (one[1], one[2])[which]) is not None
        ]

    every = max(1, -(-len(drills) // 6))
    return Plot(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=WIDTH - RIGHT,
        accept=marks(0),
        arrive=marks(1),
        scales=[Scale(y=y(top * part / 2), seconds=top * part // 2) for part in range(3)],
        days=[(x(n), one[0]) for n, one in enumerate(drills) if n % every == 0],
    )
