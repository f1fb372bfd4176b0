"""Who is inside, by plate, and who stands where: an index of visits, spaces and permits, never stored. Pure.

Law: whatever writes ``visit``, ``occupied`` or what a sensor says into a space does so through the functions below, and
whatever opens, names or ends a visit through `note_inside` and `note_gone`. A state that is written otherwise needs
``core.parking_index = None``.
"""

from __future__ import annotations

from bisect import bisect_left

import msgspec

from hub.core.context import Core
from hub.core.parking.site import site_of
from hub.core.parking.standing import Standing, standing_of
from hub.core.parking.state import SpaceState
from hub.model import Visit


class ParkingIndex(msgspec.Struct):
    """Rebuilt from the state wherever it is missing; the same whether rebuilt or kept."""

    inside: dict[tuple[str, str], int]
    """(zone, plate) -> its open visit."""
    anonymous: dict[str, list[tuple[int, int]]]
    """zone -> (in_ms, visit) of cars that nobody has read, the oldest first."""
    near: dict[str, list[str]] | None = None
    """A plate with one character left out -> plates of permits; None after each change of a permit."""
    standing: Standing | None = None
    """Who stands where; None until it is asked for."""


def index(core: Core) -> ParkingIndex:
    """The index; made from the state when there is none."""
    if core.parking_index is None:
        core.parking_index = ParkingIndex(inside={}, anonymous={})
        for visit in core.state.parking.visits.values():
            note_inside(core.parking_index, visit)
    return core.parking_index


def standing(core: Core) -> Standing:
    """Who stands where; made from the state when there is none, or when the registry has changed."""
    known = core.parking_index
    if known is not None and known.standing is not None and known.standing.site is core.site:
        return known.standing
    if core.site is None:
        core.site = site_of(core.state)
    made = index(core).standing = standing_of(core.state, core.site)
    return made


def note_inside(known: ParkingIndex, visit: Visit) -> None:
    """A visit is open."""
    if known.standing is not None:
        known.standing.note_visit(visit)
    if visit.plate:
        known.inside[visit.zone, visit.plate] = visit.id
        return
    nameless = known.anonymous.setdefault(visit.zone, [])
    at = bisect_left(nameless, (visit.in_ms, visit.id))
    if at == len(nameless) or nameless[at] != (visit.in_ms, visit.id):  # the index may just have been made with it
        nameless.insert(at, (visit.in_ms, visit.id))


def note_gone(known: ParkingIndex, visit: Visit) -> None:
    """A visit is no longer open, or gets its name."""
    if known.standing is not None:
        known.standing.forget_visit(visit.id)
    if visit.plate:
        if known.inside.get((visit.zone, visit.plate)) == visit.id:
            del known.inside[visit.zone, visit.plate]
        return
    nameless = known.anonymous.get(visit.zone, [])
    at = bisect_left(nameless, (visit.in_ms, visit.id))
    if at < len(nameless) and nameless[at] == (visit.in_ms, visit.id):
        del nameless[at]


def visit_inside(core: Core, zone: str, plate: str) -> Visit | None:
    """The open visit of this car."""
    id = index(core).inside.get((zone, plate)) if plate else None
    return None if id is None else core.state.parking.visits.get(id)


def oldest_nameless(core: Core, zone: str, by_ms: int) -> Visit | None:
    """The car that has been inside for longest and that nobody has read; it must have entered by then."""
    nameless = index(core).anonymous.get(zone)
    if not nameless or nameless[0][0] > by_ms:
        return None
    return core.state.parking.visits[nameless[0][1]]


# ── what is written into a space ─────────────────────────────────────────────────────────────────────────────────────


def _kept(core: Core) -> Standing | None:
    """The index if it has to be kept: none has been made yet, or it is made anew at its next use."""
    known = None if core.parking_index is None else core.parking_index.standing
    return known if known is not None and known.site is core.site else None


def new_space(core: Core, id: str, since_ms: int = 0) -> SpaceState:
    """A space is heard of, or looked at, for the first time."""
    state = core.state.parking.spaces[id] = SpaceState(since_ms=since_ms)
    known = _kept(core)
    if known is not None:
        known.rank[id] = max(known.rank.values(), default=-1) + 1
        known.touch(id)
    return state


def put_visit(core: Core, id: str, state: SpaceState, visit: int, plate: str = "") -> None:
    """This car stands there, or a word of `hub.core.parking.evidence`."""
    before, state.visit, state.plate = state.visit, visit, plate
    known = _kept(core)
    if known is not None and visit != before:
        known.forget_visit_of(id, before)
        known.note_visit_of(id, visit)


def put_occupied(core: Core, id: str, state: SpaceState, occupied: bool | None, since_ms: int) -> None:
    """This is believed of it since then."""
    before, before_ms = state.occupied, state.since_ms
    state.occupied, state.since_ms = occupied, since_ms
    known = _kept(core)
    if known is None:
        return
    if before is False:
        known.forget_free(id, before_ms)
    if occupied is False:
        known.note_free(id, since_ms)
    if state.visit > 0:
        known.place(state.visit)
    known.touch(id)


def touched(core: Core, id: str) -> None:
    """Something else of what its sensor says, or of how far that is believed, may have changed."""
    known = _kept(core)
    if known is not None:
        known.touch(id)
