"""Shifts as they are really held: duties with their covers, cut where a cover begins and ends. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec

from hub.core.covers import stand_ins
from hub.core.roster import Roster
from hub.core.shifts import Shift, shifts_between
from hub.model import Override


def real_shifts(roster: Roster, from_ms: int, until_ms: int) -> list[Shift]:
    """Every shift that reaches into that time, in order of time; one that nobody covers is whole."""
    found: list[Shift] = []
    for role in roster.duties.keys() | roster.overrides.keys():
        overrides = roster.overrides.get(role, [])
        for duty in roster.duties.get(role, ()):
            for shift in shifts_between(duty, from_ms, until_ms, roster.zone, roster.rests):
                if shift.person in roster.people:
                    found += _joined(_pieces(roster, shift, overrides))
        for override in overrides:
            if not override.instead_of and override.from_ms < until_ms and from_ms < override.until_ms:
                found.append(_added(override))
    return sorted(found, key=lambda shift: (shift.from_ms, shift.role, shift.duty, shift.override, shift.place))


def _added(override: Override) -> Shift:
    return Shift(
        role=override.role,
        person=override.person,
        from_ms=override.from_ms,
        until_ms=override.until_ms,
        place=override.place,
        override=override.id,
    )


def _pieces(roster: Roster, shift: Shift, overrides: Sequence[Override]) -> Iterator[Shift]:
    """The shift cut at every begin and end of a cover, each piece with who holds it there."""
    covers = [o for o in overrides if o.instead_of and o.from_ms < shift.until_ms and shift.from_ms < o.until_ms]
    edges = {edge for o in covers for edge in (o.from_ms, o.until_ms) if shift.from_ms < edge < shift.until_ms}
    cuts = [shift.from_ms, *sorted(edges), shift.until_ms]
    for from_ms, until_ms in pairwise(cuts):
        on = [o for o in covers if o.from_ms <= from_ms < o.until_ms]
        piece = msgspec.structs.replace(shift, from_ms=from_ms, until_ms=until_ms)
        whole = _at(roster, on, shift.place, shift.person)
        if not whole:
            yield piece
        for override in whole:
            yield msgspec.structs.replace(piece, person=override.person, override=override.id)
        # A cover for one building of a shift that is for the whole community takes over that building alone.
        for place in sorted({o.place for o in on}):
            if shift.place in roster.above(place) and place not in roster.above(shift.place):
                for override in _at(roster, on, place, shift.person):
                    if override not in whole:
                        yield msgspec.structs.replace(
                            piece, person=override.person, override=override.id, place=override.place
                        )


def _at(roster: Roster, on: Sequence[Override], place: str, person: str) -> list[Override]:
    above = roster.above(place)
    return stand_ins([o for o in on if o.place in above], person)


def _joined(pieces: Iterator[Shift]) -> list[Shift]:
    """Pieces that touch and have the same holder are one again."""
    found: list[Shift] = []
    for piece in pieces:
        for index, known in enumerate(found):
            if msgspec.structs.replace(piece, from_ms=known.from_ms) == msgspec.structs.replace(
                known, until_ms=piece.until_ms
            ) and (known.until_ms == piece.from_ms):
                found[index] = msgspec.structs.replace(known, until_ms=piece.until_ms)
                break
        else:
            found.append(piece)
    return found
