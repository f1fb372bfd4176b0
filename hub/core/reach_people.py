"""Over what one person is told first, at each moment, whatever happened before in that night. Pure.

Law: what the core would do decides (`hub.core.rungs`, `hub.core.ladder`, `hub.core.willing`). How often a phone has rung
tonight already is not known, so a person with a cap on night calls has several first ways while asleep: all are said, and
who proves anything by them must do with the worst. A contact that is broken is tried in vain, and costs one receipt's time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo

import msgspec

from hub.core.decisions import Reason
from hub.core.reach_lines import Line, drawn
from hub.core.rungs import Rung, reach
from hub.core.willing import asleep, unwilling_at, willing_edges
from hub.model import Person, Severity

Ways = frozenset[str]
"""Providers over which somebody may be told first; "" among them: over nothing that counts, or in vain."""

NOT_COUNTED = "not_counted"
"""Told, but over nothing that counts: a convenience, the inbox, a webhook."""
BROKEN = "contact_broken"
"""Every contact that counts is known not to work."""


class People:
    """Everybody who may be told, between two moments."""

    def __init__(
        self,
        people: Mapping[str, Person],
        broken: frozenset[str],
        zone: tzinfo,
        from_ms: int,
        until_ms: int,
    ) -> None:
        self.known = people
        self._broken = broken
        self._zone = zone
        self._from_ms = from_ms
        self._until_ms = until_ms
        self._lines: dict[tuple[str, tuple[str, ...], bool], Line[Ways | None]] = {}

    def line(self, id: str, channels: frozenset[str], awake: bool) -> Line[Ways | None]:
        """Over what a step with these channels tells them first; None: it does not tell them."""
        key = (id, tuple(sorted(channels)), awake)
        found = self._lines.get(key)
        if found is None:
            found = self._lines[key] = self._draw(*key)
        return found

    def why(self, id: str, channels: frozenset[str], awake: bool, now_ms: int) -> str:
        """Why a step does not tell them at that moment, or tells them over nothing that counts; "": it does."""
        person = self.known[id]
        if not person.contacts:
            return Reason.NO_CONTACT.value
        ladder = reach(person, tuple(sorted(channels))).ladder
        if not ladder:
            return Reason.CHANNEL_NOT_ALLOWED.value
        why = unwilling_at(self._zone, person, Severity.CRITICAL, now_ms)
        if why is not None:
            return why.reason.value
        if awake and self._asleep(person, now_ms):
            return Reason.NOT_AWAKE_FIRST.value
        ways = self.line(id, channels, awake).at(now_ms)
        if ways is not None and "" not in ways:
            return ""
        return BROKEN if any(_counts(rung) for rung in ladder) else NOT_COUNTED

    def _draw(self, id: str, channels: tuple[str, ...], awake: bool) -> Line[Ways | None]:
        person = self.known[id]
        ladder = reach(person, channels).ladder
        if not ladder or not person.agreed:
            return Line([self._from_ms], [None])
        rings = sum(rung.nature.rings for rung in ladder)
        broken = frozenset(c.id for c in person.contacts if f"{id}/{c.id}" in self._broken)
        free = frozenset({first_way(ladder, broken, None)})
        night = free
        if person.night_calls is not None and rings:
            calls = range(min(person.night_calls, rings) + 1)
            night = frozenset(first_way(ladder, broken, left) for left in calls)

        def ways(now_ms: int) -> Ways | None:
            if unwilling_at(self._zone, person, Severity.CRITICAL, now_ms) is not None:
                return None
            if (awake or night is not free) and self._asleep(person, now_ms):
                return None if awake else night
            return free

        # Nobody sleeps through critical: sleep matters to who is asked first, and to phones with a cap.
        about = person if awake or night is not free else msgspec.structs.replace(person, sleep=None)
        return drawn(self._from_ms, willing_edges(self._zone, about, self._from_ms, self._until_ms), ways)

    def _asleep(self, person: Person, now_ms: int) -> bool:
        return person.home_until_ms <= now_ms and asleep(self._zone, person, now_ms) is not None


def first_way(ladder: tuple[Rung, ...], broken: frozenset[str], calls_left: int | None) -> str:
    """The provider of the first contact that takes a critical message, as `hub.core.ladder` climbs; "" when none does,
    or when it is one that counts for nothing. ``calls_left``: how often the phone may still ring tonight; None: always.
    """
    index = -1
    while True:
        rest = range(index + 1, len(ladder))
        may_ring = calls_left is None or calls_left > 0
        picked = next((n for n in rest if may_ring or not ladder[n].nature.rings), None)
        if picked is None:
            # Nothing else is left: a phone rings all the same, once, be it one that was passed over before.
            passed = [] if may_ring else [n for n in range(max(0, index)) if ladder[n].nature.rings]
            return next((_taken(ladder[n], broken) for n in (*rest, *passed)), "")
        rung = ladder[picked]
        if rung.contact.id not in broken:
            return _taken(rung, broken)
        if calls_left is not None and rung.nature.rings:
            calls_left = max(0, calls_left - 1)
        index = picked


def _taken(rung: Rung, broken: frozenset[str]) -> str:
    """The provider over which somebody is told there; "" for nothing that counts, or in vain."""
    return rung.nature.provider if _counts(rung) and rung.contact.id not in broken else ""


def _counts(rung: Rung) -> bool:
    return rung.nature.counts and rung.nature.person
