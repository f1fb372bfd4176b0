"""The reach prover: can a life-safety alert be told to nobody, or to one, at any minute of the days to come? Pure.

The claim, for each rule of severity critical on a life-safety kind, each building, and each moment from now on: when an
alert of that rule rises there and nobody has answered it yet, then at the latest when the second step of its policy is taken
at least two different people have each had a message handed to a provider, and not both to the same one. So whichever one
provider fails, hangs or lies, at least one of the two is told over another: that is what independent means here.

By when: ``Proof.within_ms`` after the alert is raised, which is the second step's ``after``, and one receipt's time more for
each contact known to be broken that stands before the one that works. A rule's ``for`` comes before the alert is raised.

Exact, not sampled: holders, willingness and days change at known moments alone (`hub.core.roster`, `hub.core.willing`), and
between two of them every answer is the same. Sleep, hours, leave, refusals, covers, rest days, empty roles, ``awake``,
``days``, ``channels``, policies of places and the cap on night calls are all what the core does with them; of the cap every
number of calls that may have been made tonight is tried. Conveniences, the inbox, webhooks and actions count for nothing.

One alarm at a time: what comes on top of it the lanes merge and do not drop, and what a provider allows in an hour or a day
is not used up. That a contact can be opened at all (its secret, its account) is the doctor's to say. Not part of it: an alert that works in a home
narrow to the person on site until the second step widens it; ``repeat_every`` and a third step, which only add people;
duties of a home or a floor, which only add people; who said of the same incident that they cannot come.
"""

from __future__ import annotations

from collections.abc import Iterator

from hub.core.localtime import DAY_MS
from hub.core.policies import Settings
from hub.core.reach_gaps import Found, gathered
from hub.core.reach_proof import Gap, Left, Proof, Registry, registry_of, rests_of
from hub.core.reach_steps import Steps
from hub.core.rules import Rule
from hub.model import LIFE_SAFETY, Place, PlaceKind, Severity

__all__ = ["DAYS", "Gap", "Left", "Proof", "Registry", "prove", "registry_of", "rests_of"]

DAYS = 30
DAY_MINUTES = 1440
DEEPEST = 16


def prove(registry: Registry, settings: Settings, at_ms: int, days: int = DAYS) -> Proof:
    """Prove the claim for so many days from that moment on, or say what stands against it."""
    until_ms = at_ms + days * DAY_MS
    rules = life_safety_rules(settings)
    places = sites(registry)
    policies = {(rule.policy, place): _policy_at(registry, rule.policy, place) for rule in rules for place in places}
    taken = [settings.policy(name) for name in sorted(set(policies.values()))]
    within_ms = max((policy.steps[:2][-1].after_ms for policy in taken if policy.steps), default=0)
    steps = Steps(registry, settings, at_ms, until_ms + within_ms + 1)

    def found() -> Iterator[Found]:
        for place in places:
            for named in sorted({rule.policy for rule in rules}):
                policy = policies[named, place]
                concerned = tuple(sorted(rule.name for rule in rules if rule.policy == named))
                for from_ms, until, fault in steps.faults(settings.policy(policy), place).stretches(until_ms):
                    if not fault.enough:
                        yield Found(from_ms, until, fault, concerned, place, policy)

    def left_out(one: Found) -> tuple[Left, ...]:
        return steps.left_out(settings.policy(one.policy), one.place, one.from_ms)

    gaps, more = gathered(found(), settings.zone, left_out)
    return Proof(
        at_ms=at_ms,
        days=days,
        proved=not gaps,
        checked=len(rules) * len(places) * days * DAY_MINUTES,
        rules=tuple(rule.name for rule in rules),
        places=len(places),
        people=len(registry.people),
        within_ms=within_ms,
        gaps=gaps,
        more=more,
    )


def life_safety_rules(settings: Settings) -> list[Rule]:
    """The rules that the claim is about, by name."""
    rules = (settings.rules.rules[name] for name in sorted(settings.rules.rules))
    return [rule for rule in rules if rule.severity is Severity.CRITICAL and rule.on & LIFE_SAFETY]


def sites(registry: Registry) -> list[str]:
    """Where an alert may rise: each building; each place inside one that has policies or covers of its own; each place
    outside them in which a life-safety device stands; without any of these the community as a whole."""
    places = registry.places
    found = {place.id for place in places.values() if place.kind is PlaceKind.BUILDING}
    found.update(place.id for place in places.values() if place.policies and _building(registry, place.id))
    for override in registry.overrides:
        if override.instead_of and _building(registry, override.place):
            found.add(override.place)
    for device in registry.devices:
        if device.kind in LIFE_SAFETY and device.place in places and not _building(registry, device.place):
            found.add(device.place)
    return sorted(found) or [""]


def _above(registry: Registry, id: str) -> Iterator[Place]:
    """The place and all that it stands in, as `Core.ancestors`."""
    for _ in range(DEEPEST):
        place = registry.places.get(id)
        if place is None:
            return
        yield place
        id = place.parent


def _building(registry: Registry, id: str) -> str:
    return next((place.id for place in _above(registry, id) if place.kind is PlaceKind.BUILDING), "")


def _policy_at(registry: Registry, name: str, id: str) -> str:
    """The policy that takes its stead there, as `hub.core.steps.policy_name`."""
    return next((place.policies[name] for place in _above(registry, id) if name in place.policies), name)
