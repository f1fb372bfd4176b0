"""Guesses: what was concluded about visits that nobody saw, until a replayed record shows it right or wrong. Pure."""

from __future__ import annotations

from hub.core.context import Core
from hub.core.parking.state import Guess, GuessKind
from hub.model import Direction, Visit

KEPT = 512
"""Guesses remembered at least, the newest: cameras replay what they kept while they were offline, seldom more than days."""

KEPT_MS = 8 * 24 * 3_600_000
"""What is older is forgotten, for it holds plates: as late as this a passage may come (`hub.store.plate_rows`)."""

ABOUT_IN = (GuessKind.ENTRY, GuessKind.TAKEN)


def guess(core: Core, kind: GuessKind, visit: Visit) -> None:
    """Remember a conclusion."""
    guesses = core.state.parking.guesses
    guesses.append(Guess(kind=kind, visit=visit))
    if len(guesses) > 2 * KEPT:
        del guesses[:-KEPT]
    while len(guesses) > 1 and (guesses[0].visit.out_ms or guesses[0].visit.in_ms) < core.now_ms - KEPT_MS:
        del guesses[0]


def take_guess(core: Core, zone: str, plate: str, direction: Direction, at_ms: int) -> Guess | None:
    """The newest guess that stood for a car that passed then; it is none any more."""
    guesses = core.state.parking.guesses
    for n in range(len(guesses) - 1, -1, -1):
        one = guesses[n]
        visit = one.visit
        if visit.plate == plate and visit.zone == zone and _fits(one.kind, visit, direction, at_ms):
            del guesses[n]
            return one
    return None


def _fits(kind: GuessKind, visit: Visit, direction: Direction, at_ms: int) -> bool:
    if kind in ABOUT_IN:
        return direction is Direction.IN and (visit.out_ms is None or at_ms <= visit.out_ms)
    return direction is Direction.OUT and visit.out_ms is not None and visit.in_ms <= at_ms <= visit.out_ms
