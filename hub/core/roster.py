"""The rota of one community as a whole: duties, overrides, calendar and who is at home, asked for a moment. Pure.

Law: a roster never changes; whoever changes the registry makes another. Between two of a role's edges (a shift or an
override begins or ends, somebody's "I'm home" runs out) the same people hold it, so that answer is worked out once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import tzinfo

import msgspec

from hub.core.covers import stand_ins
from hub.core.localtime import local_day, moment, zone_named
from hub.core.shifts import Shift, force_ends, in_force, is_rest, shift_on, shifts_between, with_site
from hub.model import CalendarDay, Duty, Override, Person, Place

DEEPEST = 16
"""Places above a place: as many as `Core.ancestors` looks at."""

_LONG_AGO_MS, _FOR_EVER_MS = -(1 << 62), 1 << 62


class Held(msgspec.Struct, frozen=True):
    """What one duty gives during a stretch: who is on shift, and who is at home and may be asked though off shift."""

    place: str
    on_shift: str
    at_home: tuple[str, ...]


class Stretch(msgspec.Struct):
    """A time in which nothing of a role changes, with the answers that were worked out for it."""

    from_ms: int
    until_ms: int
    held: list[Held]
    overrides: list[Override]
    answers: dict[str, list[Person]] = {}


class Roster:
    """Who holds which role, where and when; made of plain collections."""

    def __init__(
        self,
        *,
        people: Mapping[str, Person],
        duties: Iterable[Duty],
        overrides: Iterable[Override] = (),
        calendar: Mapping[str, CalendarDay] = {},
        restdays: Mapping[int, bool] = {},
        places: Mapping[str, Place] = {},
        zone: tzinfo,
    ) -> None:
        self.people = people
        self.places = places
        self.zone = zone
        self.rests = with_site(restdays, calendar)
        self.duties: dict[str, list[Duty]] = {}
        self.overrides: dict[str, list[Override]] = {}
        for duty in sorted(duties, key=lambda duty: duty.id):
            self.duties.setdefault(duty.role, []).append(duty)
        for override in sorted(overrides, key=lambda override: override.id):
            if override.person in people:  # a cover who is not there takes nothing over
                self.overrides.setdefault(override.role, []).append(override)
        self._stretches: dict[str, Stretch] = {}

    def holders(self, role: str, place: str, now_ms: int) -> list[Person]:
        """People who hold the role for the place, in the order of duty id, then override id."""
        stretch = self._stretches.get(role)
        if stretch is None or not stretch.from_ms <= now_ms < stretch.until_ms:
            stretch = self._stretches[role] = self._stretch(role, now_ms)
        found = stretch.answers.get(place)
        if found is None:
            found = stretch.answers[place] = self._resolve(stretch, self.above(place))
        return list(found)

    def on_duty(self, role: str, now_ms: int) -> list[Person]:
        """People who hold the role anywhere at all."""
        places = {"", *(duty.place for duty in self.duties.get(role, ()))}
        places.update(override.place for override in self.overrides.get(role, ()))
        found = {person.id: person for place in sorted(places) for person in self.holders(role, place, now_ms)}
        return list(found.values())

    def restday(self, now_ms: int) -> bool:
        """Is the local day of that moment a day of rest?"""
        return is_rest(self.rests, local_day(self.zone, now_ms))

    def above(self, place: str) -> frozenset[str]:
        """Ids of the place, of all that it stands in, and "" for the whole community."""
        found = {""}
        known = self.places.get(place)
        if known is None and not self.places:
            return frozenset({"", place})
        while known is not None and len(found) <= DEEPEST:
            found.add(known.id)
            known = self.places.get(known.parent)
        return frozenset(found)

    def edges(self, from_ms: int, until_ms: int) -> set[int]:
        """Moments, some outside that time, at which holders of any role or the day's being one of rest may change."""
        found: set[int] = set()
        for role in self.duties.keys() | self.overrides.keys():
            found.update(self._edges(role, from_ms, until_ms))
        first, last = local_day(self.zone, from_ms), local_day(self.zone, until_ms)
        for day in range(first, last + 1):
            if is_rest(self.rests, day) is not is_rest(self.rests, day + 1):
                found.add(moment(self.zone, day + 1, 0))
        return found

    def _edges(self, role: str, from_ms: int, until_ms: int) -> set[int]:
        found: set[int] = set()
        for duty in self.duties.get(role, ()):
            found |= self._duty_edges(duty, from_ms, until_ms)
        for override in self.overrides.get(role, ()):
            found |= {override.from_ms, override.until_ms}
        return found

    def _duty_edges(self, duty: Duty, from_ms: int, until_ms: int) -> set[int]:
        found: set[int] = set()
        before: Shift | None = None
        for shift in shifts_between(duty, from_ms, until_ms, self.zone, self.rests):
            found |= {shift.from_ms, shift.until_ms}
            if before is not None and (before.until_ms, before.person) == (shift.from_ms, shift.person):
                found.discard(shift.from_ms)  # the same person goes on: nothing changes
            before = shift
        home = [person.home_until_ms for person in self._named(duty)]
        if any(at_ms > from_ms for at_ms in home):
            found.update(home, force_ends(duty, zone_named(duty.zone, self.zone)))
        return found

    def _named(self, duty: Duty) -> list[Person]:
        return [self.people[id] for id in (duty.person, *duty.rotation) if id in self.people]

    def _stretch(self, role: str, now_ms: int) -> Stretch:
        edges: set[int] = set()
        held: list[Held] = []
        for duty in self.duties.get(role, ()):
            zone = zone_named(duty.zone, self.zone)
            day = local_day(zone, now_ms)
            edges |= {moment(zone, day, 0), moment(zone, day + 1, 0)}
            on_shift, at_home = "", list[str]()
            for shift in (shift_on(duty, day - 1, self.zone, self.rests), shift_on(duty, day, self.zone, self.rests)):
                if shift is not None:
                    edges |= {shift.from_ms, shift.until_ms}
                    on_shift = shift.person if shift.from_ms <= now_ms < shift.until_ms else on_shift
            for person in self._named(duty):
                edges.add(person.home_until_ms)
                if person.home_until_ms > now_ms and in_force(duty, day):
                    at_home.append(person.id)
            if on_shift or at_home:
                held.append(Held(duty.place, on_shift, tuple(at_home)))
        overrides = self.overrides.get(role, [])
        for override in overrides:
            edges |= {override.from_ms, override.until_ms}
        return Stretch(
            from_ms=max((edge for edge in edges if edge <= now_ms), default=_LONG_AGO_MS),
            until_ms=min((edge for edge in edges if edge > now_ms), default=_FOR_EVER_MS),
            held=held,
            overrides=[o for o in overrides if o.from_ms <= now_ms < o.until_ms],
        )

    def _resolve(self, stretch: Stretch, places: frozenset[str]) -> list[Person]:
        here = [override for override in stretch.overrides if override.place in places]
        found: list[str] = []
        for held in stretch.held:
            if held.place in places:
                if held.on_shift:
                    found += [o.person for o in stand_ins(here, held.on_shift)] or [held.on_shift]
                found += held.at_home
        found += [override.person for override in here if not override.instead_of]
        return [self.people[id] for id in dict.fromkeys(found) if id in self.people]
