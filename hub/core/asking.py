"""Asking: whom a step of a policy, a page or a call for help reaches now, and why somebody is left out. Pure.

Law: nobody is left out without a `NotificationHeld` that says why. An action is asked once in an incident; the end of the
incident undoes it.
"""

from __future__ import annotations

from collections.abc import Iterator

from hub.core.context import ACTION, Core
from hub.core.decisions import Reason
from hub.core.parking.owners import CAR_OWNER, owners
from hub.core.policies import Step
from hub.core.rota import asleep, holders, restday, unwilling
from hub.core.telling import held, tell
from hub.model import Days, Handling, Incident, NotificationState, Person, Purpose, Responder, Severity

RANK = {Handling.NEW: 0, Handling.ACCEPTED: 1, Handling.ON_SITE: 2, Handling.DONE: 3}
"""How far the handling has come."""


def tell_step(core: Core, incident: Incident, step: Step, purpose: Purpose, reason: Reason) -> bool:
    """Tell everybody of one step, then act. False: it is empty, nobody can be told, and waiting would help nobody."""
    if not day_fits(core, step.days):
        for role in step.roles:
            held(core, incident.id, role, Reason.WRONG_DAY)
        for id in step.people:
            held(core, incident.id, "", Reason.WRONG_DAY, id)
        for name in step.act:
            held(core, incident.id, ACTION, Reason.WRONG_DAY, f"{ACTION}:{name}")
        return False
    reached: dict[str, bool] = {}
    for role, person in _named(core, incident, step):
        if person.id not in reached:
            reached[person.id] = _ask(core, incident, person, role, step, purpose, reason)
        elif reached[person.id]:
            held(core, incident.id, role, Reason.ALREADY_TOLD, person.id)
    for name in step.act:
        _act(core, incident, name, purpose, reason)
    return any(reached.values()) or not (step.roles or step.people)


def page_others(core: Core, incident: Incident, purpose: Purpose, reason: Reason, *, goers: bool) -> None:
    """Everybody who was told and has not answered, else whoever the steps to come name; ``goers``: who goes, too."""
    roles = roles_told(core, incident)
    others = False
    for id in list(incident.told):
        person, known = core.person(id), incident.responder(id)
        if person is None or is_action(id) or (known is not None and (known.declined or not goers)):
            continue
        told = tell(core, incident, person, roles.get(id, ""), purpose, reason)
        others = others or (known is None and told is not None)
    if others:
        return
    steps = core.settings.policy(incident.policy).steps
    if not _tell_new(core, incident, steps[incident.step :], purpose, reason):
        _tell_new(core, incident, steps, purpose, reason)


def tell_everybody(core: Core, incident: Incident, asker: str) -> None:
    """A call for help: everybody of every step and everybody told so far, whoever accepted, but who cannot go."""
    roles = roles_told(core, incident)
    people: dict[str, tuple[str, Person]] = {}
    for id in incident.told:
        person = core.person(id)
        if person is not None and not is_action(id):
            people[id] = (roles.get(id, ""), person)
    for step in core.settings.policy(incident.policy).steps:
        for role, person in _named(core, incident, step):
            people.setdefault(person.id, (role, person))
    for id, (role, person) in people.items():
        known = incident.responder(id)
        if known is not None and known.declined:
            held(core, incident.id, role, Reason.DECLINED, id)
        elif id != asker:
            tell(
                core,
                incident,
                person,
                role,
                Purpose.HELP,
                Reason.HELP_ASKED,
                note=incident.help_text,
                who=role_of(core, incident, asker),
            )


def role_of(core: Core, incident: Incident, person: str) -> str:
    """The role in which they were told, else the first of the policy's that they hold now, else ""."""
    role = roles_told(core, incident).get(person, "")
    if role:
        return role
    place = place_of(core, incident)
    for step in core.settings.policy(incident.policy).steps:
        for named in step.roles:
            if any(p.id == person for p in _holding(core, incident, named, place)):
                return named
    return ""


def roles_told(core: Core, incident: Incident) -> dict[str, str]:
    """Person -> role in which they were told last."""
    told = (core.state.notifications[id] for id in sorted(core.notifications_of.get(incident.id, ())))
    return {n.person: n.role for n in told if n.role}


def place_of(core: Core, incident: Incident) -> str:
    """Whose people are asked: the place of the newest alert."""
    newest = core.state.alerts.get(incident.alerts[-1]) if incident.alerts else None
    return newest.place if newest is not None else incident.place


def is_action(person: str) -> bool:
    """Told like a person, but is a siren, a light or a barrier."""
    return person.startswith(f"{ACTION}:")


def day_fits(core: Core, days: Days) -> bool:
    """Is today a day for this?"""
    return days is Days.EVERY or restday(core, core.now_ms) is (days is Days.RESTDAYS)


def _asleep(core: Core, person: Person) -> bool:
    """Would telling them now wake them? Somebody who said that they are home is up."""
    if person.home_until_ms > core.now_ms:
        return False
    return asleep(core.settings.zone, person, core.now_ms) is not None


def _named(core: Core, incident: Incident, step: Step) -> Iterator[tuple[str, Person]]:
    """Everybody whom the step names, with the role in which they are asked; says which role is empty."""
    place = place_of(core, incident)
    for role in step.roles:
        people = _holding(core, incident, role, place)
        if not people:
            held(core, incident.id, role, Reason.ROLE_EMPTY)
        for person in people:
            yield role, person
    for id in step.people:
        somebody = core.state.people.get(id)
        if somebody is None:
            held(core, incident.id, "", Reason.ROLE_EMPTY, id)
        else:
            yield role_of(core, incident, id), somebody


def _holding(core: Core, incident: Incident, role: str, place: str) -> list[Person]:
    """Who holds the role by the rota; a car's owner by its permit, for no rota knows them."""
    if role != CAR_OWNER:
        return holders(core, role, place)
    newest = core.state.alerts.get(incident.alerts[-1]) if incident.alerts else None
    return owners(core, newest) if newest is not None else []


def _ask(
    core: Core, incident: Incident, person: Person, role: str, step: Step, purpose: Purpose, reason: Reason
) -> bool:
    """Tell one person; False when that reaches nobody, so that the next step need not wait for them."""
    known = incident.responder(person.id)
    if known is not None and known.declined:
        held(core, incident.id, role, Reason.DECLINED, person.id)
        return False
    if known is not None and purpose is Purpose.ESCALATED and _has_answered(incident, known, step):
        held(core, incident.id, role, Reason.INCIDENT_ANSWERED, person.id)
        return False
    why_not = unwilling(core, person, incident.severity)
    if step.awake and why_not is None and _asleep(core, person):
        held(core, incident.id, role, Reason.NOT_AWAKE_FIRST, person.id)
        return False
    told = tell(core, incident, person, role, purpose, reason, step.channels)
    if incident.severity is Severity.CRITICAL:
        return told is not None and why_not is None
    # What is less severe may be told to them later, in their hours or in a digest: they are no empty step.
    return bool(person.contacts) and (why_not is None or why_not.until_ms is not None)


def _has_answered(incident: Incident, known: Responder, step: Step) -> bool:
    """They do already what this step waits for; it is taken because others are missing."""
    return incident.handling is not Handling.NEW and RANK[known.state] >= RANK[step.until]


def _act(core: Core, incident: Incident, name: str, purpose: Purpose, reason: Reason) -> None:
    """Switch something on, once; never for a test, and in a drill only what may."""
    id = f"{ACTION}:{name}"
    if _acted(core, incident, id):
        return
    action = core.person(id)
    if incident.test:
        held(core, incident.id, ACTION, Reason.TEST_PRESSED, id)
    elif incident.drill and not incident.acts and name not in core.settings.acts_in_drills:
        held(core, incident.id, ACTION, Reason.DRILL, id)
    elif action is None:
        held(core, incident.id, ACTION, Reason.NO_CONTACT, id)
    else:
        tell(core, incident, action, ACTION, purpose, reason)


def _acted(core: Core, incident: Incident, id: str) -> bool:
    """It was told before, and not in vain."""
    told = (core.state.notifications[n] for n in core.notifications_of.get(incident.id, ()))
    in_vain = (NotificationState.MISSED, NotificationState.CANCELLED)
    return any(n.person == id and n.state not in in_vain for n in told)


def _tell_new(core: Core, incident: Incident, steps: tuple[Step, ...], purpose: Purpose, reason: Reason) -> bool:
    """Tell those of the steps who know nothing of it yet."""
    reached = False
    for step in steps:
        for role, person in _named(core, incident, step):
            if person.id not in incident.told and incident.responder(person.id) is None:
                reached = tell(core, incident, person, role, purpose, reason) is not None or reached
    return reached
