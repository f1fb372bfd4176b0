"""Telling: one notification to one person climbs the ladder of their contacts until a provider says that it has it. Pure.

Law of a notification: ``DUE`` (an attempt is under way and has a deadline) -> ``SENT`` on a positive receipt, whatever
attempt it belongs to; -> next contact on a refusal or at the deadline; -> ``HELD`` (waiting for the next round) when the
ladder is through; -> ``MISSED`` when the rounds are through. ``CANCELLED`` when the incident ended first. Every end is a
decision.
"""

from __future__ import annotations

import msgspec

from hub.core.context import Core
from hub.core.decisions import (
    NotificationCancelled,
    NotificationDue,
    NotificationFailed,
    NotificationHeld,
    NotificationMissed,
    NotificationSent,
    Reason,
)
from hub.core.notices import notice, test_notice
from hub.model import (
    Contact,
    Incident,
    Notification,
    NotificationState,
    Person,
    PlaceKind,
    Purpose,
    Receipt,
    Severity,
)

ROUNDS = {Severity.CRITICAL: 5, Severity.MAJOR: 3, Severity.MINOR: 2, Severity.INFO: 1}
"""How often the whole ladder is tried."""
ROUND_PAUSE_MS = 20_000


def tell(
    core: Core,
    incident: Incident,
    person: Person,
    role: str,
    purpose: Purpose,
    reason: Reason,
    channels: frozenset[str] = frozenset(),
) -> Notification | None:
    """Start telling one person over the contacts whose scheme is in ``channels`` (empty: all); None and a
    `NotificationHeld` when there is none, or when they may not be told now."""
    if not person.contacts:
        held(core, incident.id, role, Reason.NO_CONTACT, person.id)
        return None
    notification = Notification(
        id=core.next_id(),
        incident=incident.id,
        person=person.id,
        role=role,
        purpose=purpose,
        severity=incident.severity,
        created_ms=core.now_ms,
        alerts=tuple(incident.alerts),
        test=incident.test,
        channels=tuple(sorted(channels)),
    )
    core.state.notifications[notification.id] = notification
    core.notifications_of.setdefault(incident.id, set()).add(notification.id)
    if person.id not in incident.told:
        incident.told.append(person.id)
    _attempt(core, notification, person, reason)
    return notification


def tell_test(core: Core, person: Person, contact_id: str) -> bool:
    """Send 【测试】 to one person, over one contact when named; False when there is none."""
    contacts = [c for c in person.contacts if contact_id in ("", c.id)]
    if not contacts:
        return False
    notification = Notification(
        id=core.next_id(),
        incident=0,
        person=person.id,
        role="",
        purpose=Purpose.TEST,
        severity=Severity.INFO,
        created_ms=core.now_ms,
        dead=tuple(c.id for c in person.contacts if c not in contacts),
        test=True,
    )
    core.state.notifications[notification.id] = notification
    core.notifications_of.setdefault(0, set()).add(notification.id)
    _attempt(core, notification, person, Reason.PERSON_ASKED)
    return True


def held(core: Core, incident: int, role: str, reason: Reason, person: str = "") -> None:
    """Say that somebody is not told, and why."""
    core.decisions.append(
        NotificationHeld(
            seq=core.input_seq, at_ms=core.now_ms, reason=reason, incident=incident, role=role, person=person
        )
    )


def receive_receipt(core: Core, receipt: Receipt) -> None:
    """A provider answered; the answer to an earlier attempt counts when it is positive."""
    notification = core.state.notifications.get(receipt.notification)
    if notification is None or notification.state not in (NotificationState.DUE, NotificationState.HELD):
        return
    if receipt.sent:
        notification.state = NotificationState.SENT
        notification.sent_ms = receipt.at_ms
        notification.contact = receipt.contact
        notification.due_ms = None
        notification.reason = receipt.reason
        core.decisions.append(
            NotificationSent(
                seq=core.input_seq,
                at_ms=core.now_ms,
                reason=Reason.POLICY_STEP,
                notification=notification.id,
                contact=receipt.contact,
            )
        )
        _ended(core, notification)
        return
    if receipt.attempt != notification.attempt or notification.state is not NotificationState.DUE:
        return
    if receipt.permanent:
        notification.dead = (*notification.dead, receipt.contact)
    _failed(core, notification, Reason.CONTACT_REFUSED, receipt.code or receipt.reason, receipt.retry_after_ms)


def notification_due(core: Core, id: int, due_ms: int) -> None:
    """Its deadline passed, or its pause is over."""
    notification = core.state.notifications.get(id)
    if notification is None or notification.due_ms != due_ms:
        return
    if notification.state is NotificationState.DUE:
        _failed(core, notification, Reason.NO_RECEIPT_IN_TIME, "", None)
    elif notification.state is NotificationState.HELD:
        person = core.person(notification.person)
        if person is None:
            _missed(core, notification, Reason.NO_CONTACT)
        else:
            _attempt(core, notification, person, Reason.POLICY_STEP)


def cancel(core: Core, incident: Incident) -> None:
    """The incident ended: what has not reached anybody yet need not any more."""
    for id in sorted(core.notifications_of.get(incident.id, ())):
        notification = core.state.notifications[id]
        if notification.state not in (NotificationState.DUE, NotificationState.HELD):
            continue
        notification.state = NotificationState.CANCELLED
        notification.due_ms = None
        notification.reason = Reason.INCIDENT_ENDED.value
        core.touch_notification(notification)
        core.decisions.append(
            NotificationCancelled(seq=core.input_seq, at_ms=core.now_ms, reason=Reason.INCIDENT_ENDED, notification=id)
        )


def _contact_after(notification: Notification, person: Person) -> Contact | None:
    """The next rung of the ladder, as it is now, that has not refused for good; None at its top."""
    ids = [c.id for c in person.contacts]
    start = ids.index(notification.contact) + 1 if notification.contact in ids else 0
    return next((c for c in person.contacts[start:] if c.id not in notification.dead), None)


def _attempt(core: Core, notification: Notification, person: Person, reason: Reason) -> None:
    contact = _contact_after(notification, person)
    if contact is None:
        _missed(core, notification, Reason.LADDER_EXHAUSTED)
        return
    notification.state = NotificationState.DUE
    notification.attempt += 1
    notification.contact = contact.id
    notification.due_ms = core.now_ms + core.settings.receipt_within_ms
    core.arm(notification.due_ms, "notification", notification.id)
    core.touch_notification(notification)
    incident = core.state.incidents.get(notification.incident)
    words = (
        test_notice(core, contact, person.language)
        if incident is None
        else notice(core, incident, notification, contact, person.language)
    )
    core.decisions.append(
        NotificationDue(
            seq=core.input_seq,
            at_ms=core.now_ms,
            reason=reason,
            notification=notification.id,
            attempt=notification.attempt,
            incident=notification.incident,
            person=notification.person,
            contact=contact.id,
            purpose=notification.purpose,
            severity=notification.severity,
            notice=words,
            deadline_ms=notification.due_ms,
        )
    )


def _failed(core: Core, notification: Notification, reason: Reason, code: str, retry_after_ms: int | None) -> None:
    """Up the ladder at once; at its top pause, then start again from below until the rounds are through."""
    core.decisions.append(
        NotificationFailed(
            seq=core.input_seq,
            at_ms=core.now_ms,
            reason=reason,
            notification=notification.id,
            contact=notification.contact,
            code=code,
        )
    )
    person = core.person(notification.person)
    if person is None:
        _missed(core, notification, Reason.NO_CONTACT)
    elif _contact_after(notification, person) is not None:
        _attempt(core, notification, person, reason)
    elif all(c.id in notification.dead for c in person.contacts) or notification.attempt >= ROUNDS[
        notification.severity
    ] * len(person.contacts):
        _missed(core, notification, Reason.LADDER_EXHAUSTED)
    else:
        notification.state = NotificationState.HELD
        notification.contact = ""
        notification.due_ms = core.now_ms + (retry_after_ms or ROUND_PAUSE_MS)
        notification.reason = reason.value
        core.arm(notification.due_ms, "notification", notification.id)
        core.touch_notification(notification)


def _missed(core: Core, notification: Notification, reason: Reason) -> None:
    notification.state = NotificationState.MISSED
    notification.due_ms = None
    notification.reason = reason.value
    core.decisions.append(
        NotificationMissed(
            seq=core.input_seq,
            at_ms=core.now_ms,
            reason=reason,
            notification=notification.id,
            person=notification.person,
        )
    )
    _ended(core, notification)


def _ended(core: Core, notification: Notification) -> None:
    core.touch_notification(notification)
    if notification.incident:
        core.forget_closed(notification.incident)
    else:
        core.notifications_of.get(0, set()).discard(notification.id)
        del core.state.notifications[notification.id]


def announce(
    core: Core, person: Person, role: str, reason: Reason, *, note: str, until_ms: int | None, place: str
) -> None:
    """Tell one person that a silence or works began, end soon, or are over."""
    if not person.contacts:
        held(core, 0, role, Reason.NO_CONTACT, person.id)
        return
    notification = Notification(
        id=core.next_id(),
        incident=0,
        person=person.id,
        role=role,
        purpose=Purpose.SILENCED,
        severity=Severity.INFO,
        created_ms=core.now_ms,
    )
    core.state.notifications[notification.id] = notification
    core.notifications_of.setdefault(0, set()).add(notification.id)
    _attempt(core, notification, person, reason)
    due = core.decisions[-1]
    if isinstance(due, NotificationDue):
        known = core.state.places.get(place)
        words = msgspec.structs.replace(
            due.notice,
            purpose=Purpose.SILENCED,
            test=False,
            note=note,
            until_ms=until_ms,
            place=known.name if known is not None and known.kind is not PlaceKind.HOME else "",
        )
        core.decisions[-1] = msgspec.structs.replace(due, notice=words)
