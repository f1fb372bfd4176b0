"""Whom the first two steps of a policy tell for a place, at each moment, and whether that is enough. Pure.

Law: whatever depends on the same duties is worked out once, so that a hundred buildings cost little more than one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from hub.core.decisions import Reason
from hub.core.policies import Policy, Settings, Step
from hub.core.reach_lines import Line, drawn, joined, stitched
from hub.core.reach_people import People, Ways
from hub.core.reach_proof import ENOUGH, Fault, Left, Registry, enough, witnesses
from hub.core.roster import Roster
from hub.model import Days, Duty, Override

Crowd = frozenset[tuple[str, Ways]]
"""Everybody who is told, with the ways over which they may be."""
RoleKey = tuple[str, tuple[str, ...], tuple[str, ...]]
"""A role with the ids of its duties and overrides that concern a place."""


class Taken(NamedTuple):
    """What one step does at a moment: it reaches somebody (or acts), and whom."""

    reached: bool
    crowd: Crowd


def _union(crowds: tuple[Crowd, ...]) -> Crowd:
    return frozenset[tuple[str, Ways]]().union(*crowds)


def _one(id: str) -> Callable[[tuple[Ways | None, ...]], Crowd]:
    def crowd(ways: tuple[Ways | None, ...]) -> Crowd:
        return frozenset() if ways[0] is None else frozenset({(id, ways[0])})

    return crowd


class Steps:
    """The rota and the policies of one community between two moments."""

    def __init__(self, registry: Registry, settings: Settings, from_ms: int, until_ms: int) -> None:
        self._registry = registry
        self._settings = settings
        self._from_ms = from_ms
        self._until_ms = until_ms
        self._people = People(registry.people, registry.broken, settings.zone, from_ms, until_ms)
        self._all = self._roster((), ())
        self._duties: dict[str, list[Duty]] = {}
        self._overrides: dict[str, list[Override]] = {}
        for duty in registry.duties:
            self._duties.setdefault(duty.role, []).append(duty)
        for override in registry.overrides:
            self._overrides.setdefault(override.role, []).append(override)
        self._holders: dict[RoleKey, Line[tuple[str, ...]]] = {}
        self._told: dict[tuple[object, ...], Line[Crowd]] = {}
        self._slim: dict[int, Line[Crowd]] = {}
        self._taken: dict[tuple[object, ...], Line[Taken]] = {}
        self._faults: dict[tuple[object, ...], Line[Fault]] = {}
        self._rest: Line[bool] | None = None

    def faults(self, policy: Policy, place: str) -> Line[Fault]:
        """What is missing for an alert that rises there, at each moment; `ENOUGH` where nothing is."""
        keys = self._keys(policy, place)
        known = (id(policy), *(keys[role] for role in sorted(keys)))
        found = self._faults.get(known)
        if found is None:
            found = self._faults[known] = self._judge(policy, place, keys)
        return found

    def left_out(self, policy: Policy, place: str, raised_ms: int) -> tuple[Left, ...]:
        """Why the first two steps of an alert that rises then and there tell no more people."""
        keys = self._keys(policy, place)
        found: dict[Left, None] = {}
        told: set[str] = set()
        for step in policy.steps[:2]:
            now_ms = raised_ms + step.after_ms
            if not self._day_fits(step, now_ms):
                found.update((Left(role, "", Reason.WRONG_DAY.value), None) for role in step.roles)
                continue
            for role in step.roles:
                holders = self._held(keys[role], place).at(now_ms)
                if not holders:
                    found[Left(role, "", Reason.ROLE_EMPTY.value)] = None
                for person in holders:
                    why = self._people.why(person, step.channels, step.awake, now_ms)
                    if why:
                        found[Left(role, person, why)] = None
                    else:
                        told.add(person)
            for person in step.people:
                if person not in self._registry.people:
                    found[Left("", person, Reason.ROLE_EMPTY.value)] = None
                elif why := self._people.why(person, step.channels, step.awake, now_ms):
                    found[Left("", person, why)] = None
                else:
                    told.add(person)
        return tuple(one for one in found if one.person not in told)

    # ── one place ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _judge(self, policy: Policy, place: str, keys: dict[str, RoleKey]) -> Line[Fault]:
        """Where the first step alone is enough, it is; only in between is anything else looked at."""
        if not policy.steps:
            return Line([self._from_ms], [Fault(unseen=True)])
        ahead_ms = policy.steps[0].after_ms
        first = self._step(policy.steps[0], place, keys, slim=True).seen(self._from_ms, self._until_ms, ahead_ms)
        alone = joined([first], lambda now: enough([now[0].crowd]).enough)
        pieces = [
            Line([from_ms], [ENOUGH]) if suffices else self._judge_between(policy, place, keys, from_ms, until_ms)
            for from_ms, until_ms, suffices in alone.stretches(self._until_ms)
        ]
        return stitched(pieces)

    def _judge_between(
        self, policy: Policy, place: str, keys: dict[str, RoleKey], from_ms: int, until_ms: int
    ) -> Line[Fault]:
        """The steps as they are taken: the second at its time, or at once where the first reaches nobody; what the core
        takes at that same moment, because a step reaches nobody, belongs to it."""
        steps = policy.steps
        lines = [self._step(step, place, keys) for step in steps]
        first_ms = steps[0].after_ms
        second_ms = steps[1].after_ms if len(steps) > 1 else first_ms
        soon = [line.seen(from_ms, until_ms, first_ms) for line in lines]
        later = [line.seen(from_ms, until_ms, second_ms) for line in lines[1:]]
        together = [one.after_ms == other.after_ms for one, other in pairwise(steps[1:])]

        def judged(taken: tuple[Taken, ...]) -> Fault:
            crowds = [taken[0].crowd]
            rest = taken[len(steps) :] if taken[0].reached else taken[1 : len(steps)]
            for n, step in enumerate(rest):
                if n and rest[n - 1].reached and not together[n - 1]:
                    break
                crowds.append(step.crowd)
            return enough(crowds)

        return joined([*soon, *later], judged)

    def _step(self, step: Step, place: str, keys: dict[str, RoleKey], *, slim: bool = False) -> Line[Taken]:
        """What the step does; ``slim``: of a crowd that is enough by itself only two who make it so."""
        roles = tuple(sorted({keys[role] for role in step.roles}))
        key = (id(step), roles, slim)
        found = self._taken.get(key)
        if found is not None:
            return found
        shared = [role for role in roles if self._everywhere(role)]
        local = [role for role in roles if not self._everywhere(role)]
        crowd = self._crowd(step, shared, place)
        if slim:
            crowd = self._slimmed(crowd)
        if local:
            crowd = joined([crowd, self._crowd(step, local, place, people=False)], _union)
        names = bool(step.roles or step.people)
        if step.days is Days.EVERY:
            found = joined([crowd], lambda now: Taken(bool(now[0]) or not names, now[0]))
        else:
            fits = self._fits(step)
            nobody: Crowd = frozenset()

            def on_day(now: tuple[Crowd | bool, ...]) -> Taken:
                crowd, fit = now
                if fit is not True or not isinstance(crowd, frozenset):
                    return Taken(False, nobody)
                return Taken(bool(crowd) or not names, crowd)

            parts: list[Line[Crowd | bool]] = [Line(list(crowd.starts), list(crowd.values))]
            parts.append(Line(list(fits.starts), list(fits.values)))
            found = joined(parts, on_day)
        self._taken[key] = found
        return found

    def _crowd(self, step: Step, roles: Sequence[RoleKey], place: str, *, people: bool = True) -> Line[Crowd]:
        """Everybody whom the step tells by these roles and, where asked, by name."""
        named = tuple(id for id in step.people if id in self._registry.people) if people else ()
        key = (tuple(roles), named, step.channels, step.awake)
        found = self._told.get(key)
        if found is None:
            lines = [self._told_by(role, step, place) for role in roles]
            for id in named:
                lines.append(joined([self._people.line(id, step.channels, step.awake)], _one(id)))
            found = joined(lines, _union) if lines else Line([self._from_ms], [frozenset()])
            self._told[key] = found
        return found

    def _slimmed(self, crowd: Line[Crowd]) -> Line[Crowd]:
        found = self._slim.get(id(crowd))
        if found is None:
            found = self._slim[id(crowd)] = joined([crowd], lambda now: witnesses(now[0]))
        return found

    def _told_by(self, role: RoleKey, step: Step, place: str) -> Line[Crowd]:
        key = (role, step.channels, step.awake)
        found = self._told.get(key)
        if found is None:
            holders = self._held(role, place)
            ids = sorted({id for held in holders.values for id in held})
            ways = [self._people.line(id, step.channels, step.awake) for id in ids]

            def crowd(now: tuple[tuple[str, ...] | Ways | None, ...]) -> Crowd:
                held = now[0]
                assert isinstance(held, tuple)
                told = zip(ids, now[1:], strict=True)
                return frozenset((id, way) for id, way in told if id in held and isinstance(way, frozenset))

            parts: list[Line[tuple[str, ...] | Ways | None]] = [Line(list(holders.starts), list(holders.values))]
            parts += [Line(list(way.starts), list(way.values)) for way in ways]
            found = self._told[key] = joined(parts, crowd)
        return found

    # ── the rota ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _keys(self, policy: Policy, place: str) -> dict[str, RoleKey]:
        above = self._all.above(place)
        found: dict[str, RoleKey] = {}
        for step in policy.steps:
            for role in step.roles:
                if role not in found:
                    duties = tuple(d.id for d in self._duties.get(role, ()) if d.place in above)
                    overrides = tuple(o.id for o in self._overrides.get(role, ()) if o.place in above)
                    found[role] = (role, duties, overrides)
        return found

    def _everywhere(self, key: RoleKey) -> bool:
        role, duties, overrides = key
        return len(duties) == len(self._duties.get(role, ())) and len(overrides) == len(self._overrides.get(role, ()))

    def _held(self, key: RoleKey, place: str) -> Line[tuple[str, ...]]:
        """Who holds the role there; the same for every place with the same duties and overrides."""
        found = self._holders.get(key)
        if found is None:
            role, duties, overrides = key
            roster = self._roster(
                [d for d in self._duties.get(role, ()) if d.id in duties],
                [o for o in self._overrides.get(role, ()) if o.id in overrides],
            )
            edges = roster.edges(self._from_ms, self._until_ms)
            found = self._holders[key] = drawn(
                self._from_ms, edges, lambda now_ms: tuple(p.id for p in roster.holders(role, place, now_ms))
            )
        return found

    def _roster(self, duties: Sequence[Duty], overrides: Sequence[Override]) -> Roster:
        return Roster(
            people=self._registry.people,
            duties=duties,
            overrides=overrides,
            restdays=self._registry.rests,
            places=self._registry.places,
            zone=self._settings.zone,
        )

    def _fits(self, step: Step) -> Line[bool]:
        if self._rest is None:
            self._rest = drawn(self._from_ms, self._all.edges(self._from_ms, self._until_ms), self._all.restday)
        return joined([self._rest], lambda now: now[0] is (step.days is Days.RESTDAYS))

    def _day_fits(self, step: Step, now_ms: int) -> bool:
        return step.days is Days.EVERY or self._fits(step).at(now_ms)
