"""Answering: what people do about an incident. Pure.

Law: `hub.core.incidents.HANDLING` is the table; repeating an answer changes nothing and decides nothing.
"""

from __future__ import annotations

from hub.core.context import Core
from hub.core.decisions import IncidentAccepted, IncidentDeclined, Reason, ResponderArrived
from hub.core.incidents import HANDLING, Act, again
from hub.core.steps import schedule
from hub.model import Handling, Incident, Purpose, Responder


def accept(core: Core, incident: Incident, person: str) -> None:
    """我去: everybody's alerts in it are accepted; steps that wait for that are not taken."""
    known = incident.responder(person)
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
    schedule(core, incident)


def decline(core: Core, incident: Incident, person: str) -> None:
    """去不了: not asked again for this incident; whoever had accepted and backs out leaves it new again."""
    known = incident.responder(person)
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
        schedule(core, incident)


def arrive(core: Core, incident: Incident, person: str) -> None:
    """已到场."""
    known = incident.responder(person)
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
    schedule(core, incident)


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
