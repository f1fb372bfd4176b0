"""Telling: one notification to one person climbs the ladder of their contacts until a provider says that it has it. Pure.

Law of a notification: ``DUE`` (an attempt is under way and has a deadline, or it waits in the lane of its contact) ->
``SENT`` on a positive receipt, whatever attempt it belongs to; -> next contact on a refusal or at the deadline; ->
``HELD`` (waiting for the next round, for somebody to be awake, or for a digest); -> ``MISSED`` when the rounds are
through. ``CANCELLED`` when the incident ended or was answered first. Every end is a decision.

Beside the ladder stand the conveniences and the inbox: each has a companion notification (``aside``), told at once, once.
What goes together in one message is `hub.core.lanes`.
"""

from __future__ import annotations

from hub.core.cards import readers
from hub.core.contact_tests import tell_test
from hub.core.context import Core
from hub.core.decisions import Reason
from hub.core.digests import digest, digest_due, waits_for_digest
from hub.core.ends import UNDER_WAY, cancelled, ended, held, missed
from hub.core.health import confirm_test
from hub.core.ladder import ROUND_PAUSE_MS, ROUNDS, climb, start
from hub.core.receipts import answered, deadline, opened, receive_receipt
from hub.core.rota import Unwilling, unwilling
from hub.core.rungs import Reach, rungs
from hub.model import Handling, Incident, Notification, NotificationState, Person, Purpose, Severity


def tell(
    core: Core,
    incident: Incident,
    person: Person,
    role: str,
    purpose: Purpose,
    reason: Reason,
    channels: frozenset[str] = frozenset(),
    *,
    note: str = "",
    who: str = "",
) -> Notification | None:
    """Start telling one person over the contacts whose scheme is in ``channels`` (empty: all); None and a
    `NotificationHeld` when there is none, or when they may not be told now.

    ``note``, ``who``: the words and the role of whoever asks for help or hands over."""
    if not person.contacts:
        held(core, incident.id, role, Reason.NO_CONTACT, person.id)
        return None
    allowed = tuple(sorted(channels)) if channels else ()
    reach = core.reach(person, allowed)
    if not reach.ladder:
        held(core, incident.id, role, Reason.CHANNEL_NOT_ALLOWED, person.id)
        return None
    why = unwilling(core, person, incident.severity)
    if why is not None:
        held(core, incident.id, role, why.reason, person.id)
        if why.until_ms is None or incident.severity is Severity.CRITICAL:
            return None
    one = Notification(
        id=core.next_id(),
        incident=incident.id,
        person=person.id,
        role=role,
        purpose=purpose,
        severity=incident.severity,
        created_ms=core.now_ms,
        alerts=tuple(incident.alerts),
        test=incident.test,
        drill=incident.drill,
        channels=allowed,
        note=note,
        who=who,
    )
    core.state.notifications[one.id] = one
    known = core.notifications_of.get(incident.id)
    if known is None:
        known = core.notifications_of[incident.id] = set()
    known.add(one.id)
    if why is not None:
        _wait(core, one, why)
    elif waits_for_digest(core, incident, purpose):
        digest(core, incident, one)
    else:
        _begin(core, incident, one, reach, reason)
    return one


def announce(
    core: Core,
    person: Person,
    role: str,
    reason: Reason,
    *,
    note: str = "",
    until_ms: int | None = None,
    place: str = "",
) -> Notification | None:
    """Tell somebody that a silence or works began, end soon, or are over; None when they may not be told."""
    if not person.contacts:
        held(core, 0, role, Reason.NO_CONTACT, person.id)
        return None
    why = unwilling(core, person, Severity.INFO)
    if why is not None:
        held(core, 0, role, why.reason, person.id)
        if why.until_ms is None:
            return None
    one = Notification(
        id=core.next_id(),
        incident=0,
        person=person.id,
        role=role,
        purpose=Purpose.SILENCED,
        severity=Severity.INFO,
        created_ms=core.now_ms,
        note=note,
        who=reason.value,
        until_ms=until_ms,
        place=place,
    )
    core.state.notifications[one.id] = one
    core.notifications_of.setdefault(0, set()).add(one.id)
    if why is not None:
        _wait(core, one, why)
    else:
        climb(core, one, person, reason)
    return one


def progress(core: Core, incident: Incident, reason: Reason) -> None:
    """Somebody accepted or arrived: change the cards that are there, quietly, one attempt each."""
    for person_id, contact_id in readers(core, incident):
        person = core.person(person_id)
        rung = next((r for r in rungs(person) if r.contact.id == contact_id), None) if person else None
        if rung is None:
            continue
        one = Notification(
            id=core.next_id(),
            incident=incident.id,
            person=person_id,
            role=_role(core, incident, person_id),
            purpose=Purpose.PROGRESS,
            severity=incident.severity,
            created_ms=core.now_ms,
            test=incident.test,
            drill=incident.drill,
        )
        core.state.notifications[one.id] = one
        core.notifications_of.setdefault(incident.id, set()).add(one.id)
        start(core, one, rung, reason)


def notification_due(core: Core, id: int, due_ms: int) -> None:
    """Its deadline passed, its pause is over, or its person may be told now."""
    one = core.state.notifications.get(id)
    if one is None or one.due_ms != due_ms:
        return
    if one.state is not NotificationState.HELD:
        deadline(core, one)
        return
    person = core.person(one.person)
    incident = core.state.incidents.get(one.incident)
    if one.reason == Reason.DIGESTED:
        digest_due(core, one.person)
    elif person is None:
        missed(core, one, Reason.NO_CONTACT)
    elif one.attempt:
        climb(core, one, person, Reason.POLICY_STEP)
    elif incident is None:
        _awake_for_news(core, one, person)
    else:
        _awake(core, incident, one, person)


def cancel(core: Core, incident: Incident) -> None:
    """The incident ended: what has not reached anybody yet need not any more. A message that carries others is out."""
    for id in sorted(core.notifications_of.get(incident.id, ())):
        one = core.state.notifications[id]
        if one.state in UNDER_WAY and not one.carries:
            cancelled(core, one, Reason.INCIDENT_ENDED)


def _begin(core: Core, incident: Incident, one: Notification, reach: Reach, reason: Reason) -> None:
    """The ladder's first rung, and all that stands beside it."""
    if one.person not in incident.told:
        incident.told.append(one.person)
    climb(core, one, reach.person, reason)
    for rung in reach.asides:
        beside = Notification(
            id=core.next_id(),
            incident=one.incident,
            person=one.person,
            role=one.role,
            purpose=one.purpose,
            severity=one.severity,
            created_ms=core.now_ms,
            alerts=one.alerts,
            test=one.test,
            drill=one.drill,
            note=one.note,
            who=one.who,
            aside=True,
        )
        core.state.notifications[beside.id] = beside
        core.notifications_of.setdefault(one.incident, set()).add(beside.id)
        start(core, beside, rung, reason)


def _wait(core: Core, one: Notification, why: Unwilling) -> None:
    one.state = NotificationState.HELD
    one.reason = why.reason.value
    one.due_ms = why.until_ms
    core.arm(one.due_ms, "notification", one.id)
    core.touch_notification(one)


def _awake(core: Core, incident: Incident, one: Notification, person: Person) -> None:
    """Whoever may be told now is, if it is still needed."""
    over = incident.closed_ms is not None or incident.handling is not Handling.NEW
    if over and one.purpose is not Purpose.ENDED:
        cancelled(core, one, Reason.INCIDENT_ANSWERED)
        ended(core, one)
        return
    why = unwilling(core, person, incident.severity)
    reach = core.reach(person, one.channels)
    if why is not None and why.until_ms is not None and why.until_ms > core.now_ms:
        _wait(core, one, why)
    elif why is not None or not reach.ladder:
        cancelled(core, one, why.reason if why else Reason.CHANNEL_NOT_ALLOWED)
        ended(core, one)
    else:
        _begin(core, incident, one, reach, Reason.POLICY_STEP)
        core.touch_incident(incident)


def _awake_for_news(core: Core, one: Notification, person: Person) -> None:
    """An announcement that waited: they may have refused or gone on leave since."""
    why = unwilling(core, person, one.severity)
    if why is None:
        climb(core, one, person, Reason.POLICY_STEP)
    elif why.until_ms is not None and why.until_ms > core.now_ms:
        _wait(core, one, why)
    else:
        cancelled(core, one, why.reason)
        ended(core, one)


def _role(core: Core, incident: Incident, person: str) -> str:
    """The role in which somebody was told of it last."""
    told = sorted(core.notifications_of.get(incident.id, ()), reverse=True)
    return next((n.role for n in (core.state.notifications[id] for id in told) if n.person == person and n.role), "")


__all__ = [
    "ROUNDS",
    "ROUND_PAUSE_MS",
    "announce",
    "answered",
    "cancel",
    "confirm_test",
    "held",
    "notification_due",
    "opened",
    "progress",
    "receive_receipt",
    "tell",
    "tell_test",
]
