"""Lanes: what goes out over one contact's URL, how fast, and what goes together in one message. Pure.

Laws, for a contact that takes P messages a minute:
1. Never more than P leave within any 60 s. The last quarter of them is critical's.
2. A quarter of P (5 of 20) leaves at once. What comes after that waits and leaves together in one message: critical 2 s
   after the first of it began to wait, the rest 10 s.
3. When only critical's quarter is left, critical leaves paced, at most `PACE_MS` apart, so that there is always a next one.
4. A critical message that leaves takes along all that waits. It never waits for anything that is not critical.
5. The message speaks for the most severe, then oldest of what it carries; its receipt is that of all.

A contact without a known limit sends 20 at once, then one every 2 s. A webhook or an action is never merged: no human
reads it. Everything here is derived from `State.lanes` and the notifications, so a restart changes nothing.
"""

from __future__ import annotations

from heapq import nsmallest

from hub.core.cards import card
from hub.core.context import Core
from hub.core.decisions import Also, NotificationDue, Reason
from hub.core.ends import ended, sent
from hub.core.nights import capped, rang
from hub.core.notices import also, notice_for
from hub.core.rota import unwilling
from hub.core.rungs import INBOX, Rung
from hub.core.state import Lane
from hub.model import SEVERITY_ORDER, ChannelNature, Contact, Notification, NotificationState, Purpose, Severity, nature

WINDOW_MS = 60_000
BURST_WINDOW_MS = 10_000
UNLIMITED_BURST = 20
CRITICAL_WAIT_MS = 2_000
OTHER_WAIT_MS = 10_000
PACE_MS = 9_000
ALSO = 12
"""Further incidents that a merged message names; the rest it counts."""
FORGET_FIRSTS = 1_000
ALONE = frozenset({Purpose.TEST, Purpose.DIGEST, Purpose.SILENCED, Purpose.PROGRESS})
"""Never merged: each is about its reader or its card."""


def enter(core: Core, one: Notification, rung: Rung) -> None:
    """This attempt goes out over that contact: now, or together with others, or it went out already."""
    nature, url = rung.nature, rung.contact.url
    incident = core.state.incidents.get(one.incident)
    if not nature.person or (incident is not None and nature.updates and card(core, incident, one)):
        send(core, one, rung.contact)
        return
    lane = core.state.lanes.get(url)
    if lane is None:
        lane = core.state.lanes[url] = Lane()
    if one.purpose in ALONE:
        if one.purpose is not Purpose.SILENCED or not _shared(core, lane, one, url):
            token_ms(core, lane, nature, critical=True)
            lane.spent.append(core.now_ms)
            send(core, one, rung.contact)
        return
    if rung.scheme != INBOX and _shared(core, lane, one, url):
        return
    critical = one.severity is Severity.CRITICAL
    if lane.waiting and (lane.urgent or not critical):
        lane.waiting.append(one.id)
        return
    at = leaves_ms(core, lane, nature, critical=critical)
    if at <= core.now_ms:
        # A critical one that may leave now takes along what waits.
        waiting = [*lane.waiting, one.id]
        lane.waiting = []
        _leave(core, lane, waiting)
        return
    lane.waiting.append(one.id)
    lane.urgent = critical
    _wait(core, lane, url, at if lane.due_ms is None else min(at, lane.due_ms))


def lane_due(core: Core, url: str, due_ms: int) -> None:
    """What waits in this lane may leave, or has to wait for the next token."""
    lane = core.state.lanes.get(url)
    if lane is None or lane.due_ms != due_ms:
        return
    known = (core.state.notifications.get(id) for id in lane.waiting)
    away = core.now_ms > due_ms  # else a timer fires in time
    waiting = [
        one.id for one in known if one is not None and waits(one) and _still_may(core, one, nature(url), away=away)
    ]
    lane.waiting = waiting
    lane.urgent = any(core.state.notifications[id].severity is Severity.CRITICAL for id in waiting)
    if not waiting:
        lane.due_ms = None
        return
    at = token_ms(core, lane, nature(url), critical=lane.urgent)
    if at > core.now_ms:
        _wait(core, lane, url, at)
        return
    lane.waiting = []
    _leave(core, lane, waiting)


def waits(one: Notification | None) -> bool:
    """Is it in a lane, not yet in a message?"""
    return one is not None and one.state is NotificationState.DUE and one.due_ms is None and not one.merged_into


def _still_may(core: Core, one: Notification, nature: ChannelNature, *, away: bool) -> bool:
    """A call waits for up to a minute, perhaps into its reader's sleep, where no more may ring; anything may have waited into
    sleep or leave while the hub was away."""
    person = core.person(one.person)
    if person is None:
        return True  # `_leave` has its ladder go on
    why = unwilling(core, person, one.severity) if away else None
    if why is not None:
        one.state = NotificationState.HELD
        one.reason = why.reason.value
        one.attempt -= 1  # it never left
        one.due_ms = core.now_ms if why.until_ms is None else why.until_ms
    elif nature.rings and one.rung_anyway != one.contact and capped(core, person, waiting=False):
        one.due_ms = core.now_ms
    else:
        return True
    core.arm(one.due_ms, "notification", one.id)
    core.touch_notification(one)
    return False


def full(core: Core, rung: Rung) -> bool:
    """Would a critical message over this contact wait longer than for a receipt?"""
    lane = core.state.lanes.get(rung.contact.url)
    if lane is None or not rung.nature.per_minute or not rung.nature.person:
        return False
    return token_ms(core, lane, rung.nature, critical=True) > core.now_ms + core.settings.receipt_within_ms


def rebase(core: Core, by_ms: int) -> None:
    """The wall clock jumped."""
    for lane in core.state.lanes.values():
        lane.spent = [at + by_ms for at in lane.spent]
        if lane.due_ms is not None:
            lane.due_ms += by_ms


def reserved(per_minute: int) -> int:
    """Tokens of a minute that only critical may use."""
    return per_minute // 4


def leaves_ms(core: Core, lane: Lane, nature: ChannelNature, *, critical: bool) -> int:
    """When a message that comes now may leave."""
    limit, now = nature.per_minute, core.now_ms
    at = token_ms(core, lane, nature, critical=critical)
    if at > now:
        return at
    burst = max(1, limit // 4) if limit else UNLIMITED_BURST
    if len(lane.spent) < burst or lane.spent[-burst] <= now - BURST_WINDOW_MS:
        return now
    return now + (CRITICAL_WAIT_MS if critical or not limit else OTHER_WAIT_MS)


def token_ms(core: Core, lane: Lane, nature: ChannelNature, *, critical: bool) -> int:
    """When there is a token for it; a time that is past means now."""
    limit, now = nature.per_minute, core.now_ms
    spent = lane.spent
    gone = now - (WINDOW_MS if limit else BURST_WINDOW_MS)
    if spent and spent[0] <= gone:
        spent = lane.spent = [at for at in spent if at > gone]
    if not limit:
        return now
    left, kept = limit - len(spent), reserved(limit)
    if not critical:
        return now if left > kept else spent[kept - limit] + WINDOW_MS
    if left <= 0:
        return spent[-limit] + WINDOW_MS
    if left <= kept:
        return spent[-1] + min(PACE_MS, (spent[0] + WINDOW_MS - now) // left)
    return now


def _wait(core: Core, lane: Lane, url: str, at_ms: int) -> None:
    lane.due_ms = at_ms
    core.arm(at_ms, "lane", 0, url)


def _shared(core: Core, lane: Lane, one: Notification, url: str) -> bool:
    """The same news to somebody else over the same URL: one message serves both."""
    firsts = core.state.firsts.setdefault(one.incident, {})
    if not one.incident and len(firsts) > FORGET_FIRSTS:
        firsts = core.state.firsts[0] = {k: v for k, v in firsts.items() if v[0] in core.state.notifications}
    key = f"{one.purpose} {one.created_ms} {url}"
    known = firsts.get(key)
    first = core.state.notifications.get(known[0]) if known else None
    if known is None or first is None or (first.id, first.attempt, first.contact) != known or first.id == one.id:
        firsts[key] = (one.id, one.attempt, one.contact)
        return False
    if first.state is NotificationState.SENT:
        sent(core, one, one.contact, core.now_ms, Reason.SHARED_CONTACT)
        ended(core, one)
        return True
    if first.state is not NotificationState.DUE:
        firsts[key] = (one.id, one.attempt, one.contact)
        return False
    one.reason = Reason.SHARED_CONTACT.value
    if waits(first):
        lane.waiting.append(one.id)
        return True
    lead = core.state.notifications.get(first.merged_into) if first.merged_into else first
    if lead is None or lead.due_ms is None:
        return False
    one.merged_into = lead.id
    lead.carries = (*lead.carries, one.id)
    core.touch_notification(lead)
    return True


def _order(one: Notification) -> tuple[bool, int, int, int]:
    return (one.purpose is Purpose.ENDED, SEVERITY_ORDER[one.severity], one.created_ms, one.id)


def _leave(core: Core, lane: Lane, ids: list[int]) -> None:
    """All of them in one message; of several about one incident the newest speaks."""
    lane.due_ms = None
    lane.urgent = False
    known = core.state.notifications
    waiting = [one for one in (known.get(id) for id in ids) if one is not None and waits(one)]
    newest: dict[int, Notification] = {}
    contact: Contact | None = None
    while contact is None and waiting:
        newest = {one.incident: one for one in waiting}
        lead = min(newest.values(), key=_order)
        person = core.person(lead.person)
        contact = next((c for c in person.contacts if c.id == lead.contact), None) if person else None
        if contact is None:  # the office took the contact away: its ladder goes on
            waiting.remove(lead)
            lead.due_ms = core.now_ms
            core.arm(lead.due_ms, "notification", lead.id)
            core.touch_notification(lead)
    if contact is None:
        return
    lane.spent.append(core.now_ms)
    if len(waiting) == 1:
        send(core, lead, contact)
        return
    carried = []
    for one in waiting:
        if one is not lead:
            one.merged_into = lead.id
            if one.reason != Reason.SHARED_CONTACT:
                one.reason = Reason.MERGED.value
            core.touch_notification(one)
            carried.append(one.id)
    lead.carries = tuple(carried)
    language = person.language if person else "zh"
    named = [
        words
        for one in nsmallest(ALSO + 1, newest.values(), key=_order)
        if one is not lead and (words := also(core, one, contact)) is not None
    ]
    send(core, lead, contact, tuple(named), len(newest) - 1 - len(named), language)


def send(
    core: Core,
    one: Notification,
    contact: Contact,
    named: tuple[Also, ...] = (),
    more: int = 0,
    language: str = "",
) -> None:
    """The attempt is under way from now: an outbox row, and a deadline."""
    person = core.person(one.person)
    incident = core.state.incidents.get(one.incident)
    one.due_ms = core.now_ms + core.settings.receipt_within_ms
    core.arm(one.due_ms, "notification", one.id)
    core.touch_notification(one)
    if person is not None and nature(contact.url).rings:
        rang(core, person)
    words = notice_for(core, incident, one, contact, language or (person.language if person else "zh"), named, more)
    core.decisions.append(
        NotificationDue(
            seq=core.input_seq,
            at_ms=core.now_ms,
            reason=Reason(one.reason),
            notification=one.id,
            attempt=one.attempt,
            incident=one.incident,
            person=one.person,
            contact=contact.id,
            purpose=one.purpose,
            severity=one.severity,
            notice=words,
            deadline_ms=one.due_ms,
            carries=one.carries,
            updates=card(core, incident, one) if incident is not None and not named and not more else "",
            quiet=one.purpose is Purpose.PROGRESS,
            aside=one.aside,
            scheme=contact.url.partition(":")[0],
        )
    )
