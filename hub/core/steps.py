"""Steps: whom the policy of an incident tells, and when. Pure.

Law: steps are taken at their time unless what they wait for has happened; when all are taken and nobody accepted, the
policy starts again; accepted and nothing since pages everybody again.
"""

from __future__ import annotations

from hub.core.context import Core
from hub.core.decisions import PolicyAdvanced, Reason
from hub.core.policies import Policy
from hub.core.rota import holders
from hub.core.telling import held, tell
from hub.model import Handling, Incident, Purpose

_RANK = {Handling.NEW: 0, Handling.ACCEPTED: 1, Handling.ON_SITE: 2, Handling.DONE: 3}


def incident_due(core: Core, id: int, due_ms: int) -> None:
    """The next step, the next round or the next page is due."""
    incident = core.state.incidents.get(id)
    if incident is None or incident.due_ms != due_ms or incident.closed_ms is not None:
        return
    policy = core.settings.policy(incident.policy)
    if _next_step(incident, policy) is not None:
        first = incident.step == 0
        advance(
            core,
            incident,
            Purpose.RAISED if first else Purpose.ESCALATED,
            Reason.POLICY_STEP if first else Reason.NOBODY_ACCEPTED,
        )
    elif incident.handling is Handling.NEW:
        incident.round += 1
        incident.from_ms = core.now_ms
        incident.step = 0
        advance(core, incident, Purpose.ESCALATED, Reason.NOBODY_ACCEPTED)
    else:
        _repage(core, incident)


def roles_told(core: Core, incident: Incident) -> dict[str, str]:
    """Person -> role in which they were told last."""
    told = (core.state.notifications[id] for id in sorted(core.notifications_of.get(incident.id, ())))
    return {n.person: n.role for n in told}


def _next_step(incident: Incident, policy: Policy) -> int | None:
    """Index of the next step that what people did has not made unnecessary."""
    for index in range(incident.step, len(policy.steps)):
        if _RANK[incident.handling] < _RANK[policy.steps[index].until]:
            return index
    return None


def advance(core: Core, incident: Incident, purpose: Purpose, reason: Reason) -> None:
    """Take every step that is due, then look when the next one is."""
    policy = core.settings.policy(incident.policy)
    while (index := _next_step(incident, policy)) is not None:
        if incident.from_ms + policy.steps[index].after_ms > core.now_ms:
            break
        incident.step = index + 1
        core.decisions.append(
            PolicyAdvanced(seq=core.input_seq, at_ms=core.now_ms, reason=reason, incident=incident.id, step=index)
        )
        _tell_roles(core, incident, policy.steps[index].roles, purpose, reason)
    schedule(core, incident)


def schedule(core: Core, incident: Incident) -> None:
    """Look when the next step, round or page is due."""
    policy = core.settings.policy(incident.policy)
    index = _next_step(incident, policy)
    due: int | None = None
    if index is not None:
        due = incident.from_ms + policy.steps[index].after_ms
    elif incident.handling is Handling.NEW and policy.repeat_ms is not None:
        due = core.now_ms + policy.repeat_ms
    elif incident.handling is Handling.ACCEPTED and policy.repage_ms is not None:
        due = core.now_ms + policy.repage_ms
    incident.due_ms = due
    core.arm(due, "incident", incident.id)
    core.touch_incident(incident)


def _tell_roles(core: Core, incident: Incident, roles: tuple[str, ...], purpose: Purpose, reason: Reason) -> None:
    told_now: set[str] = set()
    place = core.state.alerts[incident.alerts[-1]].place if incident.alerts else incident.place
    for role in roles:
        people = holders(core, role, place)
        if not people:
            held(core, incident.id, role, Reason.ROLE_EMPTY)
        for person in people:
            known = incident.responder(person.id)
            if person.id in told_now:
                held(core, incident.id, role, Reason.ALREADY_TOLD, person.id)
            elif known is not None and known.declined:
                held(core, incident.id, role, Reason.DECLINED, person.id)
            else:
                told_now.add(person.id)
                tell(core, incident, person, role, purpose, reason)


def _repage(core: Core, incident: Incident) -> None:
    """Accepted, and nothing since: everybody who was told is told again."""
    roles = roles_told(core, incident)
    for person_id in list(incident.told):
        person = core.person(person_id)
        known = incident.responder(person_id)
        if person is None or (known is not None and known.declined):
            continue
        tell(
            core,
            incident,
            person,
            roles.get(person_id, ""),
            Purpose.REPAGED,
            Reason.NOTHING_SINCE_ACCEPT,
        )
    schedule(core, incident)
