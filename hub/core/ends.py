"""Ends of a notification: sent, missed, cancelled. Each is a decision. Pure."""

from __future__ import annotations

from hub.core.context import Core
from hub.core.decisions import NotificationCancelled, NotificationHeld, NotificationMissed, NotificationSent, Reason
from hub.model import Notification, NotificationState, Purpose, Stage

UNDER_WAY = (NotificationState.DUE, NotificationState.HELD)


def held(core: Core, incident: int, role: str, reason: Reason, person: str = "") -> None:
    """Say that somebody is not told, and why."""
    core.decisions.append(
        NotificationHeld(
            seq=core.input_seq, at_ms=core.now_ms, reason=reason, incident=incident, role=role, person=person
        )
    )


def sent(core: Core, one: Notification, contact: str, at_ms: int, reason: Reason, said: str = "") -> None:
    """A provider has it. Whoever calls forgets it (`ended`) when it has read all that it needs."""
    one.state = NotificationState.SENT
    one.sent_ms = at_ms
    one.contact = contact
    one.due_ms = None
    one.reason = said or reason.value
    core.touch_notification(one)
    core.decisions.append(
        NotificationSent(seq=core.input_seq, at_ms=core.now_ms, reason=reason, notification=one.id, contact=contact)
    )


def missed(core: Core, one: Notification, reason: Reason) -> None:
    """The whole ladder failed. A convenience and a card are only recorded: nobody counted on them."""
    one.state = NotificationState.MISSED
    one.due_ms = None
    one.reason = reason.value
    if not one.aside and one.purpose is not Purpose.PROGRESS:
        core.decisions.append(
            NotificationMissed(
                seq=core.input_seq, at_ms=core.now_ms, reason=reason, notification=one.id, person=one.person
            )
        )
    for part in digested(core, one):
        missed(core, part, reason)
    ended(core, one)


def cancelled(core: Core, one: Notification, reason: Reason) -> None:
    """Not needed any more."""
    one.state = NotificationState.CANCELLED
    one.due_ms = None
    one.reason = reason.value
    core.touch_notification(one)
    core.decisions.append(
        NotificationCancelled(seq=core.input_seq, at_ms=core.now_ms, reason=reason, notification=one.id)
    )


def ended(core: Core, one: Notification) -> None:
    """It is over: what hangs on nothing any more is forgotten. Its row stays."""
    core.touch_notification(one)
    if one.incident:
        core.forget_closed(one.incident)
    elif one.due_ms is None:  # else its message carries others yet
        core.notifications_of.get(0, set()).discard(one.id)
        core.state.notifications.pop(one.id, None)


def digested(core: Core, digest: Notification) -> list[Notification]:
    """What waits for this digest's end."""
    if digest.purpose is not Purpose.DIGEST:
        return []
    parts = (core.state.notifications.get(id) for id in digest.carries)
    return [p for p in parts if p is not None and p.state is NotificationState.HELD and p.merged_into == digest.id]


LATER: dict[Stage, str] = {Stage.DELIVERED: "delivered_ms", Stage.OPENED: "opened_ms", Stage.ANSWERED: "answered_ms"}
"""Stage -> the field of a notification that says when it came so far."""
