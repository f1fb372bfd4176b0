"""Who was told when, over which contact, how far it came; and who was not, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from hub.core.decisions import AnyDecision, NotificationHeld, NotificationProgressed, Reason
from hub.model import ContactHealth, Notification, NotificationState, Stage
from hub.web import rows
from hub.web.view import Picture


class ToldLine(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one person over one contact."""

    notification: int
    person: str
    who: str
    purpose: str
    contact: str
    channel: str
    """Scheme of the contact, "" while none was tried."""
    queued_ms: int
    sent_ms: int | None
    accepted_ms: int | None
    code: str
    delivered_ms: int | None
    opened_ms: int | None
    answered_ms: int | None
    state: NotificationState
    """Of the whole message: a contact that failed may have been followed by one that worked."""
    failure: str
    """Why this contact did not take it, "" when it did or has not said."""
    attempts: int
    failures_today: int
    merged: bool


class Untold(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody, or a role, that was not told, and why."""

    person: str
    who: str
    role: str
    reason: Reason
    first_ms: int
    times: int


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The whole answer for one incident."""

    lines: list[ToldLine]
    untold: list[Untold]


def told_view(picture: Picture, incident: int, decisions: Sequence[AnyDecision], *, names: bool) -> Told:
    """Messages in the order in which they fell due."""
    connection, community = picture.connection, picture.community
    notifications = rows.notifications_of(connection, community, incident)
    carriers = {one.merged_into or one.id for one in notifications}
    attempts = rows.attempts_of(connection, community, carriers)
    told = rows.roles_told(connection, community, [incident])
    health = rows.contact_health(connection, community)
    stages = _stages(decisions)
    lines = [
        line
        for one in notifications
        for line in _lines(picture, one, attempts[one.merged_into or one.id], stages, health, told, names=names)
    ]
    return Told(lines=lines, untold=_untold(picture, decisions, told, names=names))


def scheme_of(picture: Picture, person: str, contact: str) -> str:
    """Scheme of a contact's URL, "" when it is gone: an id may be made of a name."""
    known = picture.registry.people.get(person)
    found = next((one for one in known.contacts if one.id == contact), None) if known else None
    return found.url.partition(":")[0].lower() if found else "action" if person.startswith("action:") else ""


def failures_today(health: ContactHealth | None, now_ms: int, timezone: str) -> int:
    today = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(ZoneInfo(timezone)).date().isoformat()
    return health.failures if health and health.day == today else 0


def _lines(
    picture: Picture,
    one: Notification,
    attempts: list[rows.Attempt],
    stages: dict[tuple[int, str, Stage], int],
    health: dict[tuple[str, str], ContactHealth],
    told: dict[tuple[int, str], str],
    *,
    names: bool,
) -> list[ToldLine]:
    by_contact: dict[str, list[rows.Attempt]] = {}
    for attempt in attempts:
        by_contact.setdefault(attempt.contact, []).append(attempt)
    timezone, carrier = picture.deps.installation.timezone, one.merged_into or one.id
    lines: list[ToldLine] = []
    for contact, tried in (by_contact or {one.contact: []}).items():
        receipts = [attempt.receipt for attempt in tried if attempt.receipt]
        good = next((receipt for receipt in receipts if receipt.sent), None)
        last = receipts[-1] if receipts else None
        said = good or last
        current = contact == one.contact

        def came(stage: Stage, known: int | None, contact: str = contact, current: bool = current) -> int | None:
            at_ms = stages.get((one.id, contact, stage)) or stages.get((carrier, contact, stage))
            return at_ms or (known if current else None)

        accepted_ms = good.at_ms if good else one.sent_ms if current and not tried else None
        lines.append(
            ToldLine(
                notification=one.id,
                person=one.person,
                who=picture.who(one.incident, one.person, told, names=names),
                purpose=one.purpose,
                contact=contact,
                channel=scheme_of(picture, one.person, contact),
                queued_ms=tried[0].queued_ms if tried else one.created_ms,
                sent_ms=next((attempt.claimed_ms for attempt in tried if attempt.claimed_ms), None),
                accepted_ms=accepted_ms,
                code=said.code if said else one.code if current else "",
                delivered_ms=came(Stage.DELIVERED, one.delivered_ms),
                opened_ms=came(Stage.OPENED, one.opened_ms),
                answered_ms=came(Stage.ANSWERED, one.answered_ms),
                state=one.state,
                failure=last.reason if last and not good else "",
                attempts=len(tried),
                failures_today=failures_today(health.get((one.person, contact)), picture.now_ms, timezone),
                merged=one.merged_into != 0,
            )
        )
    return lines


def _stages(decisions: Sequence[AnyDecision]) -> dict[tuple[int, str, Stage], int]:
    """(notification, contact, stage) -> when it was first known."""
    found: dict[tuple[int, str, Stage], int] = {}
    for one in decisions:
        if isinstance(one, NotificationProgressed):
            found.setdefault((one.notification, one.contact, one.stage), one.at_ms)
    return found


def _untold(
    picture: Picture, decisions: Sequence[AnyDecision], told: dict[tuple[int, str], str], *, names: bool
) -> list[Untold]:
    """Each once per reason. Who has the message already, in another role, was told."""
    found: dict[tuple[str, str, Reason], list[NotificationHeld]] = {}
    for one in decisions:
        if isinstance(one, NotificationHeld) and one.reason is not Reason.ALREADY_TOLD:
            found.setdefault((one.role, one.person, one.reason), []).append(one)
    return [
        Untold(
            person=person,
            who=picture.who(held[0].incident, person, told, names=names) if person else "",
            role=picture.role_title(role) if role else "",
            reason=reason,
            first_ms=held[0].at_ms,
            times=len(held),
        )
        for (role, person, reason), held in found.items()
    ]
