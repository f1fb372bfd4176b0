"""Incidents: alerts that belong together, the policy that tells people, and what people did about it. Pure.

Law of handling: `HANDLING` is the table; a missing key is a refused command. Steps of a policy are taken at their time
unless what they wait for has happened; when all are taken and nobody accepted, the policy starts again; accepted and
nothing since pages everybody again; the end is told once to everybody who was told.
"""

from __future__ import annotations

from enum import Enum

from hub.core.context import Core
from hub.core.decisions import (
    IncidentAccepted,
    IncidentClosed,
    IncidentDeclined,
    IncidentGrew,
    IncidentOpened,
    PolicyAdvanced,
    Reason,
    ResponderArrived,
)
from hub.core.false_alarms import count_false
from hub.core.inhibition import RELEASED, lifted
from hub.core.policies import Policy
from hub.core.rota import holders
from hub.core.rules import Rule
from hub.core.telling import cancel, held, tell
from hub.core.works import step_taken
from hub.model import (
    SEVERITY_ORDER,
    Alert,
    Handling,
    Incident,
    Notification,
    Outcome,
    Purpose,
    Responder,
)


class Act(Enum):
    """What a person can do about an incident."""

    ACCEPT = "accept"
    ARRIVE = "arrive"
    CLOSE = "close"


HANDLING: dict[tuple[Handling, Act], Handling] = {
    (Handling.NEW, Act.ACCEPT): Handling.ACCEPTED,
    (Handling.NEW, Act.ARRIVE): Handling.ON_SITE,
    (Handling.NEW, Act.CLOSE): Handling.DONE,
    (Handling.ACCEPTED, Act.ACCEPT): Handling.ACCEPTED,
    (Handling.ACCEPTED, Act.ARRIVE): Handling.ON_SITE,
    (Handling.ACCEPTED, Act.CLOSE): Handling.DONE,
    (Handling.ON_SITE, Act.ACCEPT): Handling.ON_SITE,
    (Handling.ON_SITE, Act.ARRIVE): Handling.ON_SITE,
    (Handling.ON_SITE, Act.CLOSE): Handling.DONE,
}

_RANK = {Handling.NEW: 0, Handling.ACCEPTED: 1, Handling.ON_SITE: 2, Handling.DONE: 3}


def join(core: Core, alert: Alert, rule: Rule, reason: Reason, hidden_until_ms: int | None) -> Incident:
    """Put a raised alert into the open incident of its cause and place, or open one; tells whom it concerns.

    ``hidden_until_ms``: a silence covers it; the policy starts when that ends.
    """
    place = core.span_of(alert, by_place=rule.by_place)
    key = (rule.cause, place)
    incident = core.state.incidents.get(core.open_incidents.get(key, 0))
    if incident is None:
        return _open(core, alert, rule, place, reason, hidden_until_ms)
    new_place = all(core.state.alerts[id].place != alert.place for id in incident.alerts if id in core.state.alerts)
    incident.alerts.append(alert.id)
    worse = SEVERITY_ORDER[alert.severity] < SEVERITY_ORDER[incident.severity]
    if worse:
        incident.severity = alert.severity
        incident.policy = rule.policy
    alert.incident = incident.id
    grown = Reason.NEW_HOME_IN_INCIDENT if new_place else Reason.SAME_INCIDENT
    core.decisions.append(
        IncidentGrew(seq=core.input_seq, at_ms=core.now_ms, reason=grown, incident=incident.id, alert=alert.id)
    )
    core.touch_incident(incident)
    if hidden_until_ms is None and (new_place or worse or incident.from_ms > core.now_ms):
        again(core, incident, Purpose.GREW, reason)
    return incident


def again(core: Core, incident: Incident, purpose: Purpose, reason: Reason) -> None:
    """Start the policy anew: something happened that the accept so far did not know of."""
    if incident.handling in (Handling.ACCEPTED, Handling.ON_SITE):
        incident.handling = Handling.NEW
    incident.from_ms = core.now_ms
    incident.round += 1
    incident.step = 0
    _advance(core, incident, purpose, reason)


def _open(core: Core, alert: Alert, rule: Rule, place: str, reason: Reason, hidden_until_ms: int | None) -> Incident:
    incident = Incident(
        id=core.next_id(),
        place=place,
        cause=rule.cause,
        severity=alert.severity,
        opened_ms=core.now_ms,
        alerts=[alert.id],
        policy=rule.policy,
        from_ms=hidden_until_ms or core.now_ms,
        needed=core.settings.policy(rule.policy).needed,
        test=alert.test,
    )
    alert.incident = incident.id
    core.state.incidents[incident.id] = incident
    core.open_incidents[rule.cause, place] = incident.id
    core.decisions.append(
        IncidentOpened(
            seq=core.input_seq,
            at_ms=core.now_ms,
            reason=Reason.CONDITION_MET,
            incident=incident.id,
            alert=alert.id,
        )
    )
    _advance(core, incident, Purpose.RAISED, reason if reason in RELEASED else Reason.POLICY_STEP)
    return incident


def incident_due(core: Core, id: int, due_ms: int) -> None:
    """The next step, the next round or the next page is due."""
    incident = core.state.incidents.get(id)
    if incident is None or incident.due_ms != due_ms or incident.closed_ms is not None:
        return
    policy = core.settings.policy(incident.policy)
    if _next_step(incident, policy) is not None:
        first = incident.step == 0
        _advance(
            core,
            incident,
            Purpose.RAISED if first else Purpose.ESCALATED,
            Reason.POLICY_STEP if first else Reason.NOBODY_ACCEPTED,
        )
    elif incident.handling is Handling.NEW:
        incident.round += 1
        incident.from_ms = core.now_ms
        incident.step = 0
        _advance(core, incident, Purpose.ESCALATED, Reason.NOBODY_ACCEPTED)
    else:
        _repage(core, incident)


def resume(core: Core, incident: Incident) -> None:
    """The silence that held its policy back is over."""
    incident.from_ms = core.now_ms
    _advance(core, incident, Purpose.RAISED, Reason.POLICY_STEP)


def accept(core: Core, incident: Incident, person: str) -> None:
    """我去: everybody's alerts in it are accepted; steps that wait for that are not taken."""
    known = _responder(incident, person)
    if known is not None and not known.declined:
        return
    _answer(core, incident, person, Act.ACCEPT)
    incident.accepted_ms = incident.accepted_ms or core.now_ms
    core.decisions.append(
        IncidentAccepted(
            seq=core.input_seq,
            at_ms=core.now_ms,
            reason=Reason.PERSON_ASKED,
            incident=incident.id,
            person=person,
        )
    )
    _schedule(core, incident)


def decline(core: Core, incident: Incident, person: str) -> None:
    """去不了: not asked again for this incident; whoever had accepted and backs out leaves it new again."""
    known = _responder(incident, person)
    if known is not None and known.declined:
        return
    _respond(core, incident, person, Handling.NEW, declined=True)
    core.decisions.append(
        IncidentDeclined(
            seq=core.input_seq,
            at_ms=core.now_ms,
            reason=Reason.PERSON_ASKED,
            incident=incident.id,
            person=person,
        )
    )
    if incident.handling in (Handling.ACCEPTED, Handling.ON_SITE) and not any(
        not r.declined for r in incident.responders
    ):
        again(core, incident, Purpose.ESCALATED, Reason.DECLINED)
    else:
        _schedule(core, incident)


def arrive(core: Core, incident: Incident, person: str) -> None:
    """已到场."""
    known = _responder(incident, person)
    if known is not None and known.state is Handling.ON_SITE:
        return
    _answer(core, incident, person, Act.ARRIVE)
    incident.accepted_ms = incident.accepted_ms or core.now_ms
    incident.on_site_ms = incident.on_site_ms or core.now_ms
    core.decisions.append(
        ResponderArrived(
            seq=core.input_seq,
            at_ms=core.now_ms,
            reason=Reason.PERSON_ASKED,
            incident=incident.id,
            person=person,
        )
    )
    _schedule(core, incident)


def close(core: Core, incident: Incident, person: str, outcome: Outcome, cause: str, reason: Reason) -> None:
    """It is over: alerts closed, what is under way cancelled, the end told to everybody who was told."""
    incident.handling = HANDLING[incident.handling, Act.CLOSE]
    incident.closed_ms = core.now_ms
    incident.outcome = outcome
    incident.cause_text = cause
    incident.closed_by = person
    incident.due_ms = None
    if outcome is Outcome.FALSE:
        count_false(core, incident)
    for alert in core.open_alerts(incident):
        _close_alert(core, alert, outcome, cause)
    core.open_incidents.pop((incident.cause, incident.place), None)
    core.decisions.append(
        IncidentClosed(
            seq=core.input_seq,
            at_ms=core.now_ms,
            reason=reason,
            incident=incident.id,
            person=person,
            outcome=outcome,
            cause=cause,
        )
    )
    core.touch_incident(incident)
    cancel(core, incident)
    if core.settings.policy(incident.policy).tell_end:
        roles = {n.person: n.role for n in _notifications(core, incident)}
        for person_id in list(incident.told):
            somebody = core.person(person_id)
            if somebody is not None:
                tell(
                    core,
                    incident,
                    somebody,
                    roles.get(person_id, ""),
                    Purpose.ENDED,
                    Reason.INCIDENT_ENDED,
                )
    core.forget_closed(incident.id)


def _close_alert(core: Core, alert: Alert, outcome: Outcome, cause: str) -> None:
    alert.handling = Handling.DONE
    alert.closed_ms = core.now_ms
    alert.due_ms = None
    alert.outcome = outcome
    alert.cause = cause
    core.touch_alert(alert)
    lifted(core, alert)
    device = core.state.devices.get(alert.subject)
    if device is not None and device.alerts and device.alerts.get(alert.key) == alert.id:
        del device.alerts[alert.key]
        if device.met and alert.key in device.met:
            # A detector that goes on alarming is heard again after a while: see readings.REASSERT_MS.
            device.met[alert.key] = core.now_ms


def _notifications(core: Core, incident: Incident) -> list[Notification]:
    return [core.state.notifications[id] for id in sorted(core.notifications_of.get(incident.id, ()))]


def _responder(incident: Incident, person: str) -> Responder | None:
    return next((r for r in incident.responders if r.person == person), None)


def _respond(core: Core, incident: Incident, person: str, state: Handling, *, declined: bool = False) -> None:
    others = [r for r in incident.responders if r.person != person]
    incident.responders = [
        *others,
        Responder(person=person, at_ms=core.now_ms, state=state, declined=declined),
    ]
    core.touch_incident(incident)


def _answer(core: Core, incident: Incident, person: str, act: Act) -> None:
    incident.handling = HANDLING[incident.handling, act]
    _respond(core, incident, person, Handling.ON_SITE if act is Act.ARRIVE else Handling.ACCEPTED)
    for alert in core.open_alerts(incident):
        alert.handling = HANDLING[alert.handling, act]
        alert.accepted_ms = alert.accepted_ms or core.now_ms
        if act is Act.ARRIVE:
            alert.on_site_ms = alert.on_site_ms or core.now_ms
        core.touch_alert(alert)


def _next_step(incident: Incident, policy: Policy) -> int | None:
    """Index of the next step that what people did has not made unnecessary."""
    for index in range(incident.step, len(policy.steps)):
        if _RANK[incident.handling] < _RANK[policy.steps[index].until]:
            return index
    return None


def _advance(core: Core, incident: Incident, purpose: Purpose, reason: Reason) -> None:
    """Take every step that is due, then look when the next one is."""
    policy = core.settings.policy(incident.policy)
    while (index := _next_step(incident, policy)) is not None:
        if incident.from_ms + policy.steps[index].after_ms > core.now_ms:
            break
        incident.step = index + 1
        core.decisions.append(
            PolicyAdvanced(seq=core.input_seq, at_ms=core.now_ms, reason=reason, incident=incident.id, step=index)
        )
        taken = step_taken(core, incident, index, purpose, reason)
        if taken is not None:
            _tell_roles(core, incident, taken.roles, purpose, reason)
    _schedule(core, incident)


def _schedule(core: Core, incident: Incident) -> None:
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
            known = _responder(incident, person.id)
            if person.id in told_now:
                held(core, incident.id, role, Reason.ALREADY_TOLD, person.id)
            elif known is not None and known.declined:
                held(core, incident.id, role, Reason.DECLINED, person.id)
            else:
                told_now.add(person.id)
                tell(core, incident, person, role, purpose, reason)


def _repage(core: Core, incident: Incident) -> None:
    """Accepted, and nothing since: everybody who was told is told again."""
    roles = {n.person: n.role for n in _notifications(core, incident)}
    for person_id in list(incident.told):
        person = core.person(person_id)
        known = _responder(incident, person_id)
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
    _schedule(core, incident)
