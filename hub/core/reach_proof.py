"""What the prover is given and what it says: the registry as it stands, the proof, and its counter-examples. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import NamedTuple

import msgspec

from hub.core.reach_people import Ways
from hub.core.shifts import with_site
from hub.core.state import State
from hub.model import CalendarDay, Device, Duty, Override, Person, Place

BROKEN_AFTER = 3
"""Failures of a contact since it last worked that make it count as broken."""


class Registry(msgspec.Struct, frozen=True, kw_only=True):
    """A copy of who there is, where, when and over what: what a proof is about."""

    people: Mapping[str, Person]
    places: Mapping[str, Place]
    duties: tuple[Duty, ...]
    overrides: tuple[Override, ...] = ()
    devices: tuple[Device, ...] = ()
    rests: Mapping[int, bool] = {}
    """Ordinal of a date -> day of rest: the country's calendar with the site's own words over it."""
    broken: frozenset[str] = frozenset()
    """``person/contact`` that is known not to work; an address that fails for one fails for all who have it."""


def registry_of(state: State, restdays: Mapping[int, bool]) -> Registry:
    """A copy of what the state has now: its entries are never changed in place, so that another thread may read it."""
    return Registry(
        people=dict(state.people),
        places=dict(state.places),
        duties=tuple(sorted(state.duties.values(), key=lambda duty: duty.id)),
        overrides=tuple(sorted(state.overrides.values(), key=lambda override: override.id)),
        devices=tuple(state.registered.values()),
        rests=rests_of(restdays, state.calendar),
        broken=_broken(state),
    )


def _broken(state: State) -> frozenset[str]:
    every = [(f"{person.id}/{one.id}", one.url) for person in state.people.values() for one in person.contacts]
    known = {key for key, health in state.health.items() if health.failures >= BROKEN_AFTER}
    urls = {url for key, url in every if key in known}
    return frozenset(key for key, url in every if url in urls)


def rests_of(restdays: Mapping[int, bool], calendar: Mapping[str, CalendarDay]) -> Mapping[int, bool]:
    """The country's days of rest with the site's own words over them."""
    return dict(with_site(restdays, calendar))


class Left(msgspec.Struct, frozen=True):
    """Somebody, or a role, that a step names and that is not told."""

    role: str
    person: str
    reason: str
    """A `hub.core.decisions.Reason`, `NOT_COUNTED` or `BROKEN`."""


class Fault(NamedTuple):
    """Who is told all the same, and over what, where that is not enough."""

    enough: bool = False
    people: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    """Over which all of them may be told at once: when it fails nobody is."""
    unseen: bool = False
    """Nobody at all is told, not even over what does not count."""


ENOUGH = Fault(enough=True)


def enough(crowds: Iterable[Iterable[tuple[str, Ways]]]) -> Fault:
    """Are two different people told over two different providers, whichever of their ways each of them is told over?

    ``crowds``: whom each step tells, in order. A person's first message that counts is the one that counts: a later one
    may find their phone rung out, or a number that takes one SMS a minute.
    """
    open_: dict[str, Ways] = {}
    first: dict[str, Ways] = {}
    told = [list(crowd) for crowd in crowds]
    for crowd in told:
        for id, ways in crowd:
            if id not in first:
                so_far = open_.get(id, frozenset()) | ways - {""}
                if "" in ways:
                    open_[id] = so_far  # perhaps in vain: then the next step's message is their first
                elif any(so_far.isdisjoint(ways) for ways in islice(first.values(), 1)):
                    return ENOUGH  # and more people never take that away
                else:
                    first[id] = so_far
    if not first:
        return Fault(unseen=not any(told))
    common = frozenset.intersection(*first.values())
    if len(first) > 1 and not common:
        return ENOUGH
    providers = common or frozenset[str]().union(*first.values())
    return Fault(False, tuple(sorted(first)), tuple(sorted(providers)))


def witnesses(crowd: frozenset[tuple[str, Ways]]) -> frozenset[tuple[str, Ways]]:
    """Two people of a crowd who are enough, always the same while they can be; the whole crowd where no two are."""
    sure = sorted((one for one in crowd if "" not in one[1]), key=lambda one: one[0])
    for other in sure[1:]:
        if other[1].isdisjoint(sure[0][1]):
            return frozenset({sure[0], other})
    return crowd


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A counter-example: when an alert that rises then and there does not reach two people over two providers."""

    rules: tuple[str, ...]
    places: tuple[str, ...]
    from_ms: int
    until_ms: int
    """The first time that it is so."""
    people: tuple[str, ...]
    """Who is told all the same."""
    providers: tuple[str, ...]
    """Over these, and no other, they may all be told: one of them fails, and nobody is."""
    unseen: bool = False
    """Nobody at all is told, not even over what does not count."""
    why: tuple[Left, ...]
    """Who else is named, and why they are not told; at its begin."""
    times: int = 1
    """How often, at the same local time for as long."""
    daily: bool = False
    """Those times are on days that follow each other."""
    last_ms: int = 0
    """When the last of those times ends."""


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What was proved, or what stands against it."""

    at_ms: int
    days: int
    proved: bool
    checked: int
    """Rules x places x minutes."""
    rules: tuple[str, ...]
    places: int
    people: int
    within_ms: int
    """By when they are told at the latest after the alert is raised: when the second step is taken."""
    gaps: tuple[Gap, ...] = ()
    more: int = 0
    """Gaps that are not listed."""
