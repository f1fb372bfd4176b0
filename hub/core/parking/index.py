"""Who is inside, by plate: an index of the open visits and of the permits, never stored. Pure."""

from __future__ import annotations

from bisect import bisect_left

import msgspec

from hub.core.context import Core
from hub.model import Visit


class ParkingIndex(msgspec.Struct):
    """Rebuilt from the state wherever it is missing; the same whether rebuilt or kept."""

    inside: dict[tuple[str, str], int]
    """(zone, plate) -> its open visit."""
    anonymous: dict[str, list[tuple[int, int]]]
    """zone -> (in_ms, visit) of cars that nobody has read, the oldest first."""
    near: dict[str, list[str]] | None = None
    """A plate with one character left out -> plates of permits; None after each change of a permit."""


def index(core: Core) -> ParkingIndex:
    """The index; made from the state when there is none."""
    if core.parking_index is None:
        core.parking_index = ParkingIndex(inside={}, anonymous={})
        for visit in core.state.parking.visits.values():
            note_inside(core.parking_index, visit)
    return core.parking_index


def note_inside(known: ParkingIndex, visit: Visit) -> None:
    """A visit is open."""
    if visit.plate:
        known.inside[visit.zone, visit.plate] = visit.id
        return
    nameless = known.anonymous.setdefault(visit.zone, [])
    at = bisect_left(nameless, (visit.in_ms, visit.id))
    if at == len(nameless) or nameless[at] != (visit.in_ms, visit.id):  # the index may just have been made with it
        nameless.insert(at, (visit.in_ms, visit.id))


def note_gone(known: ParkingIndex, visit: Visit) -> None:
    """A visit is no longer open, or gets its name."""
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
