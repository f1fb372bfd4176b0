"""Who stands where, who came in lately and which spaces became free lately: an index, never stored. Pure.

All of it follows from the visits and spaces of the state. It is made from them when there is none, or when the registry has
changed since; whatever writes a space's ``visit`` or ``occupied`` does so through `hub.core.parking.index`, which keeps it.

A car stands well in its own space; one that has none, in a space that is nobody's. Nearly all do, and such a car gives way for nothing
but its own space: whoever looks for a car needs only those that roam, and those whose own space it is.
"""

from __future__ import annotations

from bisect import bisect_left, insort

import msgspec

from hub.core.parking.counts import FOR_EVER_MS, Counts
from hub.core.parking.site import Site
from hub.core.parking.state import SpaceState
from hub.core.state import State
from hub.model import Permit, Visit


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
    spaces: dict[str, SpaceState]
    permits: dict[str, Permit]
    nobodys: frozenset[str]
    """Spaces that are nobody's own."""
    entered: dict[int, int]
    """Visit of a car that is inside -> in_ms."""
    roaming: list[tuple[int, int]]
    """(in_ms, visit) of those that do not stand well, by time."""
    roams: set[int]
    """The same visits."""
    own: dict[int, tuple[str, ...]]
    """Visit -> its home's spaces, and those that its permit names."""
    owners: dict[str, dict[int, None]]
    """Space -> visits whose own it is."""
    homes: dict[str, int]
    """Home -> how many of its cars are inside."""
    home_of: dict[int, str]
    """Visit -> home."""
    counts: Counts

    def note_visit(self, visit: Visit) -> None:
        """It is inside."""
        id = visit.id
        if id in self.entered:
            self.forget_visit(id)
        self.entered[id] = visit.in_ms
        if visit.home:
            self.home_of[id] = visit.home
            self.homes[visit.home] = self.homes.get(visit.home, 0) + 1
        permit = self.permits.get(visit.plate) if visit.plate else None
        home = visit.home or (permit.place if permit is not None else "")
        own = self.site.owned.get(home, ()) if home else ()
        if permit is not None:
            own += permit.spaces
        self.own[id] = own
        for space in own:
            self.owners.setdefault(space, {})[id] = None
        self.place(id)

    def forget_visit(self, id: int) -> None:
        """It is no longer inside, or not as it was noted."""
        in_ms = self.entered.pop(id, None)
        if in_ms is None:
            return
        home = self.home_of.pop(id, "")
        if home:
            self.homes[home] -= 1
            if not self.homes[home]:
                del self.homes[home]
        for space in set(self.own.pop(id)):
            del self.owners[space][id]
        if id in self.roams:
            self.roams.remove(id)
            del self.roaming[bisect_left(self.roaming, (in_ms, id))]

    def place(self, id: int) -> None:
        """It roams, or stands well."""
        in_ms = self.entered.get(id)
        if in_ms is None:
            return
        at = self.spaces_of.get(id)
        well = False
        if at is not None and len(at) == 1 and self.spaces[at[0]].occupied is not False:
            own = self.own[id]
            well = at[0] in own if own else at[0] in self.nobodys
        if well and id in self.roams:
            self.roams.remove(id)
            del self.roaming[bisect_left(self.roaming, (in_ms, id))]
        elif not well and id not in self.roams:
            self.roams.add(id)
            insort(self.roaming, (in_ms, id))

    def note_visit_of(self, id: str, visit: int) -> None:
        """The space has this visit."""
        if visit > 0:
            self.spaces_of.setdefault(visit, []).append(id)
            self.place(visit)

    def forget_visit_of(self, id: str, visit: int) -> None:
        """The space no longer has this visit."""
        if visit > 0:
            spaces = self.spaces_of[visit]
            spaces.remove(id)
            if not spaces:
                del self.spaces_of[visit]
            self.place(visit)

    def note_free(self, id: str, since_ms: int) -> None:
        """The space is free."""
        insort(self.freed, (since_ms, self.rank[id], id))
        self.free_for_all += id in self.for_all

    def forget_free(self, id: str, since_ms: int) -> None:
        """The space is no longer free, or since another time."""
        del self.freed[bisect_left(self.freed, (since_ms, self.rank[id], id))]
        self.free_for_all -= id in self.for_all

    def touch(self, id: str) -> None:
        """What its sensor says, or how far that is believed, may have changed."""
        if id in self.counted:
            self.counts.touched.add(id)

    def freed_between(self, from_ms: int, until_ms: int = FOR_EVER_MS) -> list[tuple[int, int, str]]:
        """Spaces that are free since then, both ends included."""
        return self.freed[bisect_left(self.freed, (from_ms, 0, "")) : bisect_left(self.freed, (until_ms + 1, 0, ""))]

    def roaming_since(self, from_ms: int, until_ms: int) -> list[tuple[int, int]]:
        """Who came in then and does not stand well, both ends included."""
        return self.roaming[bisect_left(self.roaming, (from_ms, 0)) : bisect_left(self.roaming, (until_ms + 1, 0))]

    def whereabouts(self, visit: int) -> tuple[str | None, tuple[str, int] | None]:
        """The space that its car stands in; the free space that it left last, and when."""
        spaces = self.spaces_of.get(visit)
        if spaces is None:
            return None, None
        states = self.spaces
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

    def stands(self, visit: int) -> str | None:
        """The space that its car stands in."""
        return self.whereabouts(visit)[0]


def standing_of(state: State, site: Site) -> Standing:
    """Make it from the state."""
    made = Standing(
        site=site,
        rank={id: n for n, id in enumerate(state.parking.spaces)},
        spaces_of={},
        freed=[],
        counted=frozenset(site.counted[""]),
        for_all=frozenset(id for id in site.counted[""] if not state.spaces[id].homes),
        spaces=state.parking.spaces,
        permits=state.permits,
        nobodys=frozenset(id for id, space in state.spaces.items() if not space.homes),
        entered={},
        roaming=[],
        roams=set(),
        own={},
        owners={},
        homes={},
        home_of={},
        counts=Counts(touched=set(site.counted[""])),
    )
    for visit in state.parking.visits.values():
        made.note_visit(visit)
    for id, space in state.parking.spaces.items():
        made.note_visit_of(id, space.visit)
        if space.occupied is False:
            made.note_free(id, space.since_ms)
    return made
