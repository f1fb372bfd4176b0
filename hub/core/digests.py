"""Digests: what is minor waits for its person's next digest, and goes in one message. Pure."""

from __future__ import annotations

from hub.core.context import Core
from hub.core.decisions import Reason
from hub.core.ends import cancelled, ended, held
from hub.core.ladder import climb
from hub.core.rota import unwilling
from hub.model import SEVERITY_ORDER, Incident, Notification, NotificationState, Purpose, Severity

DIGESTED = frozenset({Purpose.RAISED, Purpose.GREW, Purpose.ESCALATED, Purpose.REPAGED, Purpose.ENDED})


def waits_for_digest(core: Core, incident: Incident, purpose: Purpose) -> bool:
    """Critical and major never do."""
    if incident.severity in (Severity.CRITICAL, Severity.MAJOR) or purpose not in DIGESTED:
        return False
    return core.settings.policy(incident.policy).digest_ms is not None


def digest(core: Core, incident: Incident, one: Notification) -> None:
    """Keep it for the person's next digest, which goes out when the first of it has waited for long enough."""
    after_ms = core.settings.policy(incident.policy).digest_ms or 0
    one.state = NotificationState.HELD
    one.reason = Reason.DIGESTED.value
    one.due_ms = core.now_ms + after_ms
    core.arm(one.due_ms, "notification", one.id)
    core.state.digests.setdefault(one.person, []).append(one.id)
    core.touch_notification(one)
    held(core, incident.id, one.role, Reason.DIGESTED, one.person)


def digest_due(core: Core, person_id: str) -> None:
    """One message of all that waits for this person and still stands."""
    waiting = [
        one
        for one in (core.state.notifications.get(id) for id in core.state.digests.pop(person_id, ()))
        if one is not None and one.state is NotificationState.HELD and not one.merged_into
    ]
    person = core.person(person_id)
    if not waiting or person is None:
        _not_sent(core, waiting, Reason.NO_CONTACT)
        return
    severity = min((one.severity for one in waiting), key=SEVERITY_ORDER.__getitem__)
    why = unwilling(core, person, severity)
    if why is not None and why.until_ms is None:
        _not_sent(core, waiting, why.reason)
        return
    if why is not None and why.until_ms is not None:
        core.state.digests[person_id] = [one.id for one in waiting]
        for one in waiting:
            one.due_ms = why.until_ms
            core.arm(why.until_ms, "notification", one.id)
            core.touch_notification(one)
        return
    whole = Notification(
        id=core.next_id(),
        incident=0,
        person=person_id,
        role=waiting[0].role,
        purpose=Purpose.DIGEST,
        severity=severity,
        created_ms=core.now_ms,
        carries=tuple(one.id for one in waiting),
    )
    for one in waiting:
        one.merged_into = whole.id
        one.due_ms = None
        core.touch_notification(one)
        incident = core.state.incidents.get(one.incident)
        if incident is not None and person_id not in incident.told:
            incident.told.append(person_id)
            core.touch_incident(incident)
    core.state.notifications[whole.id] = whole
    core.notifications_of.setdefault(0, set()).add(whole.id)
    climb(core, whole, person, Reason.DIGESTED)


def _not_sent(core: Core, waiting: list[Notification], reason: Reason) -> None:
    """Waiting would not help: they refused, or there is nobody any more."""
    for one in waiting:
        cancelled(core, one, reason)
        ended(core, one)
