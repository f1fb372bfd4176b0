"""Incidents: alerts that belong together: how one opens, grows and ends. Pure.

Law of handling: `HANDLING` is the table; a missing key is a refused command. The policy's steps are in `hub.core.steps`,
what people do about it in `hub.core.answering`. The end is told once to everybody who was told.
"""

from __future__ import annotations

from enum import Enum

from hub.core.asking import is_action, roles_told
from hub.core.context import Core
from hub.core.decisions import IncidentClosed, IncidentGrew, IncidentOpened, Reason
from hub.core.false_alarms import count_false
from hub.core.inhibition import RELEASED, lifted
from hub.core.rules import Rule
from hub.core.steps import begin, policy_name
from hub.core.telling import cancel, tell
from hub.model import SEVERITY_ORDER, Alert, Handling, Incident, Outcome, Purpose


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


DRILL = "drill"
"""What the cause and the subject of a drill begin with."""


def join(
    core: Core, alert: Alert, rule: Rule, reason: Reason, hidden_until_ms: int | None, *, acts: bool = False
) -> Incident:
    """Put a raised alert into the open incident of its cause and place, or open one; tells whom it concerns.

    ``hidden_until_ms``: a silence covers it; the policy starts when that ends. ``acts``: a drill with sirens.
    """
    place = core.span_of(alert, by_place=rule.by_place)
    # A drill never joins what is real, and nothing real ever joins a drill.
    cause = f"{DRILL}:{rule.cause}" if alert.drill else rule.cause
    incident = core.state.incidents.get(core.open_incidents.get((cause, place), 0))
    if incident is None:
        return _open(core, alert, rule, cause, place, reason, hidden_until_ms, acts=acts)
    new_place = all(core.state.alerts[id].place != alert.place for id in incident.alerts if id in core.state.alerts)
    incident.alerts.append(alert.id)
    worse = SEVERITY_ORDER[alert.severity] < SEVERITY_ORDER[incident.severity]
    if worse:
        incident.severity = alert.severity
        incident.policy = policy_name(core, rule.policy, alert.place)
        incident.needed = max(incident.needed, core.settings.policy(incident.policy).needed)
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
    incident.page_ms = None
    incident.round += 1
    begin(core, incident, core.now_ms, purpose, reason)


def _open(
    core: Core,
    alert: Alert,
    rule: Rule,
    cause: str,
    place: str,
    reason: Reason,
    hidden_until_ms: int | None,
    *,
    acts: bool,
) -> Incident:
    policy = policy_name(core, rule.policy, alert.place)
    incident = Incident(
        id=core.next_id(),
        place=place,
        cause=cause,
        severity=alert.severity,
        opened_ms=core.now_ms,
        alerts=[alert.id],
        policy=policy,
        needed=core.settings.policy(policy).needed,
        test=alert.test,
        drill=alert.drill,
        acts=acts,
    )
    alert.incident = incident.id
    core.state.incidents[incident.id] = incident
    core.open_incidents[cause, place] = incident.id
    core.decisions.append(
        IncidentOpened(
            seq=core.input_seq,
            at_ms=core.now_ms,
            reason=Reason.DRILL if alert.drill else Reason.CONDITION_MET,
            incident=incident.id,
            alert=alert.id,
        )
    )
    begin(
        core,
        incident,
        hidden_until_ms or core.now_ms,
        Purpose.RAISED,
        reason if reason in RELEASED else Reason.POLICY_STEP,
    )
    return incident


def resume(core: Core, incident: Incident) -> None:
    """The silence that held its policy back is over."""
    begin(core, incident, core.now_ms, Purpose.RAISED, Reason.POLICY_STEP)


def close(core: Core, incident: Incident, person: str, outcome: Outcome, cause: str, reason: Reason) -> None:
    """It is over: alerts closed, what is under way cancelled, the end told to everybody who was told."""
    outcome = Outcome.DRILL if incident.drill else outcome
    incident.handling = HANDLING[incident.handling, Act.CLOSE]
    incident.closed_ms = core.now_ms
    incident.outcome = outcome
    incident.cause_text = cause
    incident.closed_by = person
    incident.due_ms = incident.page_ms = None
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
    _tell_end(core, incident)
    core.forget_closed(incident.id)


def _tell_end(core: Core, incident: Incident) -> None:
    """Once to everybody who was told; to an action always, because that undoes it."""
    roles = roles_told(core, incident)
    everybody = core.settings.policy(incident.policy).tell_end
    for id in list(incident.told):
        somebody = core.person(id)
        if somebody is not None and (everybody or is_action(id)):
            tell(core, incident, somebody, roles.get(id, ""), Purpose.ENDED, Reason.INCIDENT_ENDED)


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
