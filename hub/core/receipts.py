"""Receipts: what a provider or a person said to an attempt, and how far each message is known to have come. Pure.

1. A positive receipt ends its notification, whatever attempt it belongs to, and all that its message carried.
2. Later stages (delivered, opened, answered) are noted on a notification that is sent already.
3. A report that it was not delivered after all opens the ladder again from the next contact.
4. A report that comes when the incident is over and forgotten is not looked at: nobody needs to be told any more.
"""

from __future__ import annotations

from hub.core.cards import keep_card
from hub.core.context import Core
from hub.core.decisions import NotificationProgressed, Reason
from hub.core.ends import LATER, UNDER_WAY, digested, ended, sent
from hub.core.health import receipted
from hub.core.ladder import detach, failed, go_on
from hub.model import Notification, NotificationState, Purpose, Receipt, Stage


def receive_receipt(core: Core, receipt: Receipt) -> None:
    """A provider answered one attempt, or reports on it later."""
    one = core.state.notifications.get(receipt.notification)
    if one is None:
        return
    receipted(core, one.person, receipt)
    if receipt.sent:
        _taken(core, one, receipt)
    elif receipt.attempt == one.attempt:
        _refused(core, one, receipt)


def deadline(core: Core, one: Notification) -> None:
    """No answer in time: this message's parts go on, and the notification itself unless it was sent after all."""
    parts = detach(core, one)
    if one.state is NotificationState.DUE:
        failed(core, one, Reason.NO_RECEIPT_IN_TIME, "", None)
    else:
        one.due_ms = None
        ended(core, one)
    go_on(core, parts, Reason.NO_RECEIPT_IN_TIME, "", permanent=False)


def opened(core: Core, person: str, incident: int) -> None:
    """The person opened the message: its link, or their inbox."""
    _read(core, person, incident, Stage.OPENED)


def answered(core: Core, incident: int, person: str) -> None:
    """The person answered about the incident, on whatever way."""
    _read(core, person, incident, Stage.ANSWERED)


def _read(core: Core, person: str, incident: int, stage: Stage) -> None:
    for id in sorted(core.notifications_of.get(incident, ())):
        one = core.state.notifications[id]
        if one.person == person and one.state is NotificationState.SENT:
            _progress(core, one, stage)


def _taken(core: Core, one: Notification, receipt: Receipt) -> None:
    current = receipt.attempt == one.attempt
    if one.state in UNDER_WAY:
        # Its parts are in the message of the attempt under way: that one's answer or deadline is theirs.
        flying = one.due_ms if one.carries and not current and one.purpose is not Purpose.DIGEST else None
        if flying is not None and not one.incident:
            return  # an announcement hangs on nothing that would keep it for its parts: told once more at worst
        sent(core, one, receipt.contact, receipt.at_ms, Reason.POLICY_STEP, receipt.reason)
        one.code = receipt.code
        one.due_ms = flying
        if not current:
            one.merged_into = 0  # sent on its own account, whatever becomes of the message that it went on in
        for part in digested(core, one):
            sent(core, part, receipt.contact, receipt.at_ms, Reason.DIGESTED)
            ended(core, part)
    elif current:
        one.due_ms = None
    keep_card(core, one, receipt)
    _progress(core, one, receipt.stage)
    if current and one.purpose is not Purpose.DIGEST:
        _land(core, one, receipt)
    ended(core, one)


def _land(core: Core, lead: Notification, receipt: Receipt) -> None:
    for id in lead.carries:
        one = core.state.notifications.get(id)
        if one is None or one.merged_into != lead.id:
            continue
        if one.state is NotificationState.DUE:
            reason = Reason.SHARED_CONTACT if one.reason == Reason.SHARED_CONTACT else Reason.MERGED
            sent(core, one, one.contact, receipt.at_ms, reason)
            one.code = receipt.code
        _progress(core, one, receipt.stage)
        ended(core, one)


def _refused(core: Core, one: Notification, receipt: Receipt) -> None:
    code = receipt.code or receipt.reason
    if one.state is NotificationState.DUE:
        if receipt.permanent:
            one.dead = (*one.dead, receipt.contact)
        parts = detach(core, one)
        failed(core, one, Reason.CONTACT_REFUSED, code, receipt.retry_after_ms)
        go_on(core, parts, Reason.CONTACT_REFUSED, code, permanent=receipt.permanent)
    elif one.state is NotificationState.SENT:
        one.due_ms = None
        parts = detach(core, one)
        if one.contact == receipt.contact and not one.answered_ms and not one.opened_ms:
            one.sent_ms = None
            failed(core, one, Reason.CONTACT_REFUSED, code, None)
        go_on(core, parts, Reason.CONTACT_REFUSED, code, permanent=receipt.permanent)


def _progress(core: Core, one: Notification, stage: Stage) -> None:
    """Note how far it came; once."""
    field = LATER.get(stage)
    if field is None or one.state is not NotificationState.SENT or getattr(one, field) is not None:
        return
    setattr(one, field, core.now_ms)
    core.touch_notification(one)
    core.decisions.append(
        NotificationProgressed(
            seq=core.input_seq,
            at_ms=core.now_ms,
            reason=Reason.POLICY_STEP if stage is Stage.DELIVERED else Reason.PERSON_ASKED,
            notification=one.id,
            person=one.person,
            contact=one.contact,
            stage=stage,
        )
    )
