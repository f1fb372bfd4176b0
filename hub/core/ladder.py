"""The ladder: which contact of a person is tried next, and what becomes of an attempt that failed. Pure.

Law: up at once on a refusal or at the deadline; at its top pause and start again from below until the rounds are through;
then it is a visible miss. A phone that has rung often enough tonight is passed over, unless it is the last that a
critical notification has; so is, by a critical one, a contact that could not take it within a receipt's time.
"""

from __future__ import annotations

from hub.core.context import Core
from hub.core.decisions import NotificationFailed, Reason
from hub.core.ends import cancelled, ended, held, missed
from hub.core.lanes import enter, full
from hub.core.nights import awake_at, capped
from hub.core.rungs import Rung, rungs
from hub.model import Notification, NotificationState, Person, Purpose, Severity

ROUNDS = {Severity.CRITICAL: 5, Severity.MAJOR: 3, Severity.MINOR: 2, Severity.INFO: 1}
"""How often the whole ladder is tried."""
ROUND_PAUSE_MS = 20_000
OUTLIVES = frozenset({Purpose.ENDED, Purpose.TEST, Purpose.DIGEST, Purpose.SILENCED})
"""Told although its incident is over, or has none."""
CARRIED = (NotificationState.DUE, NotificationState.SENT)


def climb(core: Core, one: Notification, person: Person, reason: Reason) -> None:
    """Try the next contact. Where only phones are left that may not ring tonight it waits for the morning."""
    picked = _pick(core, one, person)
    if picked is not None:
        start(core, one, picked, reason)
    elif not one.attempt and (wakes_ms := awake_at(core, person)) is not None:
        one.state = NotificationState.HELD
        one.reason = Reason.NIGHT_CALLS_USED.value
        one.due_ms = wakes_ms
        core.arm(wakes_ms, "notification", one.id)
        core.touch_notification(one)
    else:
        missed(core, one, Reason.LADDER_EXHAUSTED)


def start(core: Core, one: Notification, rung: Rung, reason: Reason) -> None:
    """An attempt over this contact."""
    one.state = NotificationState.DUE
    one.attempt += 1
    one.contact = rung.contact.id
    one.due_ms = None
    one.reason = reason.value
    if one.merged_into:
        one.merged_into = 0
    if one.carries and one.purpose is not Purpose.DIGEST:
        one.carries = ()
    core.touch_notification(one)
    enter(core, one, rung)


def failed(core: Core, one: Notification, reason: Reason, code: str, retry_after_ms: int | None) -> None:
    """The attempt came to nothing."""
    core.decisions.append(
        NotificationFailed(
            seq=core.input_seq,
            at_ms=core.now_ms,
            reason=reason,
            notification=one.id,
            contact=one.contact,
            code=code,
        )
    )
    person = core.person(one.person)
    incident = core.state.incidents.get(one.incident)
    if one.aside or one.purpose is Purpose.PROGRESS:
        missed(core, one, reason)
    elif one.purpose not in OUTLIVES and (incident is None or incident.closed_ms is not None):
        cancelled(core, one, Reason.INCIDENT_ENDED)
        ended(core, one)
    elif person is None:
        missed(core, one, Reason.NO_CONTACT)
    elif (picked := _pick(core, one, person)) is not None:
        start(core, one, picked, reason)
    else:
        _pause(core, one, _ladder(core, one, person), reason, retry_after_ms)


def detach(core: Core, lead: Notification) -> list[Notification]:
    """The message of ``lead`` failed: what it carried hangs on it no longer, and is to go on (`go_on`) once ``lead`` has, or
    it would join the attempt that just failed. A digest is one message in every attempt."""
    if lead.purpose is Purpose.DIGEST:
        return []
    carried, lead.carries = lead.carries, ()
    core.touch_notification(lead)
    known = (core.state.notifications.get(id) for id in carried)
    parts = [one for one in known if one is not None and one.merged_into == lead.id and one.state in CARRIED]
    for one in parts:
        one.state = NotificationState.DUE
        one.sent_ms = None
        one.merged_into = 0
        one.due_ms = core.now_ms
    return parts


def go_on(core: Core, parts: list[Notification], reason: Reason, code: str, *, permanent: bool) -> None:
    """Each part of a message that failed goes on along its own ladder."""
    for one in parts:
        if permanent:
            one.dead = (*one.dead, one.contact)
        failed(core, one, reason, code, None)


def _ladder(core: Core, one: Notification, person: Person) -> tuple[Rung, ...]:
    if one.purpose is Purpose.TEST:
        return tuple(r for r in rungs(person) if r.contact.id not in one.dead)
    return core.reach(person, one.channels).ladder


def _pick(core: Core, one: Notification, person: Person) -> Rung | None:
    """The next rung that has not refused for good; says which phones are spared."""
    ladder = _ladder(core, one, person)
    if one.rung_anyway and one.rung_anyway == one.contact:
        return None  # it was the last that there was in this round
    index = next((n for n, r in enumerate(ladder) if r.contact.id == one.contact), -1) if one.contact else -1
    critical = one.severity is Severity.CRITICAL
    spared: Rung | None = None
    crowded: Rung | None = None
    passed: list[Rung] = []
    for rung in ladder[index + 1 :]:
        if rung.contact.id in one.dead:
            continue
        if rung.nature.rings and one.purpose is not Purpose.TEST and _calls_used(core, person, rung):
            held(core, one.incident, one.role, Reason.NIGHT_CALLS_USED, one.person)
            spared = spared or rung
        elif critical and rung.nature.per_minute and full(core, rung):
            crowded = crowded or rung
            passed.append(rung)
        else:
            for other in passed:
                _passed_over(core, one, other)
            return rung
    if crowded is None and critical:
        spared = spared or _spared_before(core, one, person, ladder[: index + 1])
        one.rung_anyway = "" if spared is None else spared.contact.id
        return spared
    return crowded


def _spared_before(core: Core, one: Notification, person: Person, tried: tuple[Rung, ...]) -> Rung | None:
    """A phone that was passed over earlier in the round for its night calls: it rings before nobody is told at all."""
    phones = (r for r in tried if r.nature.rings and r.contact.id not in (*one.dead, one.contact))
    return next((rung for rung in phones if _calls_used(core, person, rung)), None)


def _calls_used(core: Core, person: Person, rung: Rung) -> bool:
    lane = core.state.lanes.get(rung.contact.url)
    return capped(core, person, lane is not None and bool(lane.waiting))


def _passed_over(core: Core, one: Notification, rung: Rung) -> None:
    core.decisions.append(
        NotificationFailed(
            seq=core.input_seq,
            at_ms=core.now_ms,
            reason=Reason.CONTACT_REFUSED,
            notification=one.id,
            contact=rung.contact.id,
            code="budget",
        )
    )


def _pause(core: Core, one: Notification, ladder: tuple[Rung, ...], reason: Reason, retry_after_ms: int | None) -> None:
    if all(r.contact.id in one.dead for r in ladder) or one.attempt >= ROUNDS[one.severity] * len(ladder):
        missed(core, one, Reason.LADDER_EXHAUSTED)
        return
    one.state = NotificationState.HELD
    one.contact = ""
    one.rung_anyway = ""
    one.due_ms = core.now_ms + (retry_after_ms or ROUND_PAUSE_MS)
    one.reason = reason.value
    core.arm(one.due_ms, "notification", one.id)
    core.touch_notification(one)
