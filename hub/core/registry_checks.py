"""What the registry refuses, in plain words: what is wrong, where, and what to do. Pure; None: it may be put.

Names of time zones are looked up at the edge (`hub.calendar`): an unknown one counts as the installation's.
"""

from __future__ import annotations

from collections.abc import Iterable

from hub.core.context import ACTION, Core
from hub.core.localtime import DAY_MINUTES, day_of
from hub.model import CalendarDay, Duty, Override, Person, Place, Window

ISO = "write it as 2027-02-06"


def first_mistake(mistakes: Iterable[str | None]) -> str | None:
    """The first one found, or None."""
    return next((mistake for mistake in mistakes if mistake is not None), None)


def check_person(person: Person) -> str | None:
    """May this person be put?"""
    at = f"person {person.id}"
    ids = [contact.id for contact in person.contacts]
    twice = next((id for id in ids if ids.count(id) > 1), None)
    windows = (*person.hours, person.sleep) if person.sleep else person.hours
    return first_mistake(
        (
            "a person needs an id; give one that never changes" if not person.id else None,
            f"{at}: ids that begin with {ACTION}: are the hub's own; choose another"
            if person.id.startswith(f"{ACTION}:")
            else None,
            f"{at}: a contact has no id; give each its own" if "" in ids else None,
            f"{at}: two contacts are called {twice}; give each its own id" if twice is not None else None,
            first_mistake(_minutes(at, window) for window in windows),
            f"{at}: a cap of {person.night_calls} night calls; say 0 or more, or none for no cap"
            if person.night_calls is not None and person.night_calls < 0
            else None,
            f"{at}: a leave ends before it begins; swap its ends"
            if any(leave.until_ms <= leave.from_ms for leave in person.leave)
            else None,
        )
    )


def check_duty(core: Core, duty: Duty) -> str | None:
    """May this duty be put?"""
    at = f"duty {duty.id}"
    people = (duty.person, *duty.rotation)
    unknown = next((person for person in people if person not in core.state.people), None)
    weekday = next((day for day in duty.weekdays if not 0 <= day <= 6), None)
    first, last = day_of(duty.from_date), day_of(duty.until_date)
    return first_mistake(
        (
            f"{at}: it has no role; name one of config.yaml" if not duty.role else None,
            f"{at}: nobody is called {unknown}; put the person first" if unknown is not None else None,
            f"{at}: there is no place {duty.place}; put the place first"
            if duty.place and duty.place not in core.state.places
            else None,
            _minutes(at, Window(from_minute=duty.from_minute, to_minute=duty.to_minute)),
            f"{at}: there is no weekday {weekday}; 0 is Monday, 6 is Sunday" if weekday is not None else None,
            f"{at}: it is on no weekday; name at least one, 0 is Monday" if not duty.weekdays else None,
            f"{at}: turns of {duty.turn_days} days; a turn is at least 1 day" if duty.turn_days < 1 else None,
            f"{at}: {duty.from_date} is no date; {ISO}" if duty.from_date and first is None else None,
            f"{at}: {duty.until_date} is no date; {ISO}" if duty.until_date and last is None else None,
            f"{at}: it ends on {duty.until_date}, before it begins on {duty.from_date}; swap them"
            if first is not None and last is not None and last < first
            else None,
        )
    )


def check_override(core: Core, override: Override) -> str | None:
    """May this override be put?"""
    at = f"override {override.id}"
    people, places = core.state.people, core.state.places
    return first_mistake(
        (
            f"{at}: it has no role; name the role that is covered" if not override.role else None,
            f"{at}: nobody is called {override.person}; put the person first"
            if override.person not in people
            else None,
            f"{at}: nobody is called {override.instead_of}; name whose shifts it takes over, or nobody to add one"
            if override.instead_of and override.instead_of not in people
            else None,
            f"{at}: {override.person} cannot stand in for themselves; name somebody else"
            if override.instead_of == override.person
            else None,
            f"{at}: there is no place {override.place}; put the place first"
            if override.place and override.place not in places
            else None,
            f"{at}: it ends before it begins; swap its ends" if override.until_ms <= override.from_ms else None,
        )
    )


def check_calendar_day(day: CalendarDay) -> str | None:
    """May this day be put?"""
    return f"calendar day {day.date}: that is no date; {ISO}" if day_of(day.date) is None else None


def check_place(core: Core, place: Place) -> str | None:
    """May this place be put?"""
    at, known = f"place {place.id}", core.settings.policies
    names = (name for pair in place.policies.items() for name in pair)
    unknown = next((name for name in names if name not in known), None)
    return first_mistake(
        (
            f"{at}: there is no place {place.parent}; put the parent first"
            if place.parent and place.parent not in core.state.places
            else None,
            f"{at}: it would stand inside itself; choose another parent"
            if place.parent == place.id or any(p.id == place.id for p in core.ancestors(place.parent))
            else None,
            f"{at}: there is no policy {unknown}; config.yaml has {', '.join(sorted(known))}"
            if unknown is not None
            else None,
        )
    )


def _minutes(at: str, window: Window) -> str | None:
    wrong = next((m for m in (window.from_minute, window.to_minute) if not 0 <= m < DAY_MINUTES), None)
    return None if wrong is None else f"{at}: there is no minute {wrong} in a day; 0 is 00:00, 1439 is 23:59"
