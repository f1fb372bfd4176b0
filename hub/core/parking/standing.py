"""Who stands where, who came in lately and which spaces became free lately: an index, never stored. Pure.

All of it follows from the visits and spaces of the state. It is made from them when there is none, or when the registry has
changed since; whatever writes a space's ``visit`` or ``occupied`` does so through `hub.core.parking.index`, which keeps it.
"""

from __future__ import annotations

from bisect import bisect_left, insort

import msgspec

from hub.core.parking.counts import FOR_EVER_MS, Counts
from hub.core.parking.site import Site
from hub.core.parking.state import ParkingState, SpaceState
from hub.core.state import State
from hub.model import Visit


class Standing(msgspec.Struct, kw_only=True):
    """The same whether made anew or kept."""

    site: Site
    """The registry that it was made for."""
    rank: dict[str, int]
    """Space -> its turn among ``state.parking.spaces``."""
    spaces_of: dict[int, list[str]]
    """Visit above 0 -> the spaces that have it: where its car stands, and those that it left."""
    freed: list[tuple[int, int, str]]
    """(since_ms, turn, space) of spaces that are free, by time."""
    counted: frozenset[str]
    """Counted spaces."""
    for_all: frozenset[str]
    """Counted spaces that are nobody's own."""
    free_for_all: int = 0
    """How many of these are free."""
    entered: list[tuple[int, int]]
    """(in_ms, visit) of those who are inside, by time."""
    by_home: dict[str, dict[int, None]]
    """Home -> visits of its cars that are inside."""
    known: dict[int, tuple[int, str]]
    """Visit -> (in_ms, home) as noted in the two above."""
    own: dict[int, tuple[str, ...]]
    """Visit -> what `hub.core.parking.evidence` found to be its car's own spaces."""
    counts: Counts

    def note_visit(self, visit: Visit) -> None:
        """It is inside."""
        if visit.id in self.known:
            self.forget_visit(visit.id)
        self.known[visit.id] = visit.in_ms, visit.home
        insort(self.entered, (visit.in_ms, visit.id))
        if visit.home:
            self.by_home.setdefault(visit.home, {})[visit.id] = None

    def forget_visit(self, id: int) -> None:
        """It is no longer inside, or not as it was noted."""
        noted = self.known.pop(id, None)
        if noted is None:
            return
        in_ms, home = noted
        self.own.pop(id, None)
        del self.entered[bisect_left(self.entered, (in_ms, id))]
        if home:
            cars = self.by_home[home]
            del cars[id]
            if not cars:
                del self.by_home[home]

    def note_space(self, id: str, state: SpaceState) -> None:
        """The space has this visit and this occupancy."""
        if state.visit > 0:
            self.spaces_of.setdefault(state.visit, []).append(id)
        if state.occupied is False:
            insort(self.freed, (state.since_ms, self.rank[id], id))
            self.free_for_all += id in self.for_all

    def forget_space(self, id: str, state: SpaceState) -> None:
        """It is about to have another."""
        if state.visit > 0:
            spaces = self.spaces_of[state.visit]
            spaces.remove(id)
            if not spaces:
                del self.spaces_of[state.visit]
        if state.occupied is False:
            del self.freed[bisect_left(self.freed, (state.since_ms, self.rank[id], id))]
            self.free_for_all -= id in self.for_all

    def touch(self, id: str) -> None:
        """What its sensor says, or how far that is believed, may have changed."""
        if id in self.counted:
            self.counts.touched.add(id)

    def freed_between(self, from_ms: int, until_ms: int = FOR_EVER_MS) -> list[tuple[int, int, str]]:
        """Spaces that are free since then, both ends included."""
        return self.freed[bisect_left(self.freed, (from_ms, 0, "")) : bisect_left(self.freed, (until_ms + 1, 0, ""))]

    def entered_between(self, from_ms: int, until_ms: int) -> list[tuple[int, int]]:
        """Who came in then and is inside, both ends included."""
        return self.entered[bisect_left(self.entered, (from_ms, 0)) : bisect_left(self.entered, (until_ms + 1, 0))]

    def whereabouts(self, visit: int, parking: ParkingState) -> tuple[str | None, tuple[str, int] | None]:
        """The space that its car stands in; the free space that it left last, and when."""
        spaces = self.spaces_of.get(visit)
        if spaces is None:
            return None, None
        states = parking.spaces
        if len(spaces) == 1:
            id = spaces[0]
            space = states[id]
            return (None, (id, space.since_ms)) if space.occupied is False else (id, None)
        rank = self.rank
        taken = [id for id in spaces if states[id].occupied is not False]
        free = [id for id in spaces if states[id].occupied is False]
        last = max(free, key=lambda id: (states[id].since_ms, -rank[id]), default=None)
        at = max(taken, key=rank.__getitem__, default=None)
        return at, None if last is None else (last, states[last].since_ms)

    def stands(self, visit: int, parking: ParkingState) -> str | None:
        """The space that its car stands in."""
        return self.whereabouts(visit, parking)[0]


def standing_of(state: State, site: Site) -> Standing:
    """Make it from the state."""
    made = Standing(
        site=site,
        rank={id: n for n, id in enumerate(state.parking.spaces)},
        spaces_of={},
        freed=[],
        counted=frozenset(site.counted[""]),
        for_all=frozenset(id for id in site.counted[""] if not state.spaces[id].homes),
        entered=[],
        by_home={},
        known={},
        own={},
        counts=Counts(touched=set(site.counted[""])),
    )
    for visit in state.parking.visits.values():
        made.note_visit(visit)
    for id, space in state.parking.spaces.items():
        made.note_space(id, space)
    return made
