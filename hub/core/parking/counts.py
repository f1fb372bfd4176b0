"""What the spaces of each zone say, counted as it changes: an index, never stored. Pure.

A space that its sensor speaks for is in one of four classes; one that nobody sees is kept by name, for its chance depends on the time. What
may have changed is ``touched`` and put into its class before the next look. Time alone makes a sensor dead: no sensor that is counted is
so before ``alive_until_ms``; then all are looked at again.
"""

from __future__ import annotations

from enum import IntEnum

import msgspec

from hub.core.parking.site import Site
from hub.core.parking.state import SpaceState
from hub.core.state import State
from hub.model import SpaceUse

FLAPPING = 20
"""Changes of a day that did not last, above which a sensor is not believed."""
FOR_EVER_MS = 1 << 62


class Class(IntEnum):
    """What the sensor of a space says."""

    FREE = 0
    OCCUPIED = 1
    FILLING = 2
    """Occupied, but not for the debounce."""
    EMPTYING = 3
    UNSEEN = 4


FREE, OCCUPIED, FILLING, EMPTYING, UNSEEN = Class
_STAY = (False, True, False, True, None)
"""What is believed, by class."""


class ZoneCounts(msgspec.Struct, kw_only=True):
    """The spaces of one zone."""

    of_class: list[int] = msgspec.field(default_factory=lambda: [0] * len(Class))
    live: dict[SpaceUse, int] = msgspec.field(default_factory=dict)
    """Use -> its spaces that are seen."""
    occupied: dict[SpaceUse, int] = msgspec.field(default_factory=dict)
    """Of these, believed to be occupied."""
    unseen: set[str] = msgspec.field(default_factory=set)


class Counts(msgspec.Struct, kw_only=True):
    """All zones; the same whether made anew or kept, once nothing is touched."""

    touched: set[str]
    """Counted spaces that have to be looked at."""
    zones: dict[str, ZoneCounts] = msgspec.field(default_factory=dict)
    where: dict[str, tuple[SpaceUse, list[ZoneCounts]]] = msgspec.field(default_factory=dict)
    """Space -> its use, and the zones that count it."""
    class_of: dict[str, Class] = msgspec.field(default_factory=dict)
    """Space -> its class."""
    alive_until_ms: int = FOR_EVER_MS
    day: tuple[int, int] = (0, 0)
    """Begin and end of the local day, as asked for last."""
    clock: tuple[int, float] = (-1, 0.0)
    """A moment, and what `hub.core.parking.estimates.swing` found of its hour."""

    def zone(self, name: str, state: State, site: Site, now_ms: int, dead_ms: int) -> ZoneCounts:
        """The zone as it is now."""
        if now_ms > self.alive_until_ms:
            self.alive_until_ms = FOR_EVER_MS
            self.touched.update(site.counted[""])
        if self.touched:
            for id in self.touched:
                self._place(id, state, site, now_ms, dead_ms)
            self.touched.clear()
        found = self.zones.get(name)
        if found is None:
            found = self.zones[name] = ZoneCounts()
        if found.unseen:
            for id in [id for id in found.unseen if seen(state.parking.spaces.get(id), now_ms, dead_ms)]:
                self._place(id, state, site, now_ms, dead_ms)
        return found

    def _place(self, id: str, state: State, site: Site, now_ms: int, dead_ms: int) -> None:
        """Put the space into its class."""
        space = state.parking.spaces.get(id)
        now = class_of(space, now_ms, dead_ms)
        if now is not UNSEEN and space is not None and space.heard_ms + dead_ms < self.alive_until_ms:
            self.alive_until_ms = space.heard_ms + dead_ms
        before = self.class_of.get(id)
        if before is now:
            return
        self.class_of[id] = now
        known = self.where.get(id)
        if known is None:
            inner = site.zone_of[id]
            names = ("", inner) if inner else ("",)
            zones = [self.zones.setdefault(name, ZoneCounts()) for name in names]
            known = self.where[id] = state.spaces[id].use, zones
        use, zones = known
        for zone in zones:
            zone.of_class[now] += 1
            if before is not None:
                zone.of_class[before] -= 1
                if _STAY[before] == _STAY[now]:
                    continue
                _count(zone, id, use, before, -1)
            _count(zone, id, use, now, 1)


def _count(zone: ZoneCounts, id: str, use: SpaceUse, what: Class, by: int) -> None:
    if what is not UNSEEN:
        zone.live[use] = zone.live.get(use, 0) + by
        if what is OCCUPIED or what is EMPTYING:
            zone.occupied[use] = zone.occupied.get(use, 0) + by
    elif by > 0:
        zone.unseen.add(id)
    else:
        zone.unseen.discard(id)


def seen(space: SpaceState | None, now_ms: int, dead_ms: int) -> bool:
    """Its sensor lives and may be believed."""
    return (
        space is not None
        and space.occupied is not None
        and now_ms - space.heard_ms <= dead_ms
        and (not space.doubted_ms or space.since_ms > space.doubted_ms)
        and space.flips <= FLAPPING
    )


def class_of(space: SpaceState | None, now_ms: int, dead_ms: int) -> Class:
    """What its sensor says."""
    if space is None or not seen(space, now_ms, dead_ms):
        return UNSEEN
    if space.shown is not None and space.shown is not space.occupied:
        return FILLING if space.shown else EMPTYING
    return OCCUPIED if space.occupied else FREE
