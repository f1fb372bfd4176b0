"""Steps: when the policy of an incident goes on, and to which step. Pure.

Law: a step is taken at its time unless what it waits for has happened; one that reaches nobody costs no time: the next is
taken at once, and those after it come as much earlier. The step taken last may be repeated until the next; when all are
taken and nobody accepted, the policy starts again; accepted and nothing since pages the others. All of it is derived from
``from_ms``, ``step``, ``repeats`` and ``page_ms`` of the incident, so that a restart changes nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import IntEnum

from hub.core.asking import RANK, page_others, tell_step
from hub.core.context import Core
from hub.core.decisions import PolicyAdvanced, Reason
from hub.core.policies import Policy, Step
from hub.core.rota import restday
from hub.core.telling import held
from hub.core.works import step_taken
from hub.model import Handling, Incident, Purpose, Severity

HELD_OUT_OF_HOURS = (Severity.MINOR, Severity.INFO)
"""What may wait for working hours; anything more severe never does, whatever config.yaml says."""
_LONGEST_WAIT_DAYS = 15
"""A longer row of days of rest is a mistake in the calendar: then nothing is held."""


class _Next(IntEnum):
    """What can fall due; of two at one moment the smaller goes first."""

    STEP = 0
    ROUND = 1
    REPEAT = 2
    PAGE = 3


def policy_name(core: Core, name: str, place: str) -> str:
    """The policy that takes the stead of ``name`` at that place: what the nearest place up the tree says."""
    return next((p.policies[name] for p in core.ancestors(place) if name in p.policies), name)


def begin(core: Core, incident: Incident, from_ms: int, purpose: Purpose, reason: Reason) -> None:
    """Start the policy at its first step, then or when its working hours open."""
    opens = _opening(core, incident, from_ms)
    if opens > from_ms and opens != incident.from_ms:
        held(core, incident.id, "", Reason.WORKING_HOURS)
    incident.from_ms = opens
    incident.step = 0
    incident.repeats = 0
    advance(core, incident, purpose, reason)


def advance(core: Core, incident: Incident, purpose: Purpose, reason: Reason) -> None:
    """Take every step that is due, then look when the next one is."""
    policy = core.settings.policy(incident.policy)
    while (index := _next_step(incident, policy)) is not None:
        step = policy.steps[index]
        if _opening(core, incident, incident.from_ms + step.after_ms) > core.now_ms:
            break
        why = reason if RANK[incident.handling] < RANK[step.until] else Reason.QUORUM_SHORT
        incident.step = index + 1
        incident.repeats = 0
        core.decisions.append(
            PolicyAdvanced(seq=core.input_seq, at_ms=core.now_ms, reason=why, incident=incident.id, step=index)
        )
        taken = step_taken(core, incident, index, purpose, why)
        if taken is not None and not tell_step(core, incident, taken, purpose, why):
            bring_forward(core, incident, policy)
    schedule(core, incident)


def bring_forward(core: Core, incident: Incident, policy: Policy) -> None:
    """Nobody is left to wait for: the next step is due now, and those after it as much earlier."""
    if incident.step < len(policy.steps):
        due = incident.from_ms + policy.steps[incident.step].after_ms
        incident.from_ms -= max(0, due - core.now_ms)


def incident_due(core: Core, id: int, due_ms: int) -> None:
    """The next step, the next round, a repeat or the next page is due."""
    incident = core.state.incidents.get(id)
    if incident is None or incident.due_ms != due_ms or incident.closed_ms is not None:
        return
    policy = core.settings.policy(incident.policy)
    due, what = min(_dues(core, incident, policy), default=(None, None))
    if due is None or due > core.now_ms:
        schedule(core, incident)
        return
    match what:
        case _Next.STEP:
            first = incident.step == 0
            purpose = Purpose.RAISED if first else Purpose.ESCALATED
            advance(core, incident, purpose, Reason.POLICY_STEP if first else Reason.NOBODY_ACCEPTED)
        case _Next.ROUND:
            incident.round += 1
            begin(core, incident, core.now_ms, Purpose.ESCALATED, Reason.NOBODY_ACCEPTED)
        case _Next.REPEAT:
            _repeat(core, incident, policy)
        case _:
            incident.page_ms = None if policy.repage_ms is None else core.now_ms + policy.repage_ms
            page_others(core, incident, Purpose.REPAGED, Reason.NOTHING_SINCE_ACCEPT, goers=True)
    schedule(core, incident)


def schedule(core: Core, incident: Incident) -> None:
    """Look when the next step, round, repeat or page is due."""
    dues = _dues(core, incident, core.settings.policy(incident.policy))
    incident.due_ms = min((due for due, _ in dues), default=None)
    core.arm(incident.due_ms, "incident", incident.id)
    core.touch_incident(incident)


def watch(core: Core, incident: Incident) -> None:
    """Somebody answered: from now on something should come of it, until they are there."""
    repage_ms = core.settings.policy(incident.policy).repage_ms
    waits = incident.handling is Handling.ACCEPTED and repage_ms is not None
    incident.page_ms = core.now_ms + (repage_ms or 0) if waits else None


def quorum_short(incident: Incident, step: Step) -> bool:
    """Too few of a role have answered for this step to be unnecessary."""
    going = [r.role for r in incident.going]
    return any(going.count(role) < wanted for role, wanted in step.quorum)


def _necessary(incident: Incident, step: Step) -> bool:
    return RANK[incident.handling] < RANK[step.until] or quorum_short(incident, step)


def _next_step(incident: Incident, policy: Policy) -> int | None:
    """Index of the next step that what people did has not made unnecessary."""
    for index in range(incident.step, len(policy.steps)):
        if _necessary(incident, policy.steps[index]):
            return index
    return None


def _taken_last(incident: Incident, policy: Policy) -> Step | None:
    taken = min(incident.step, len(policy.steps))
    return policy.steps[taken - 1] if taken else None


def _dues(core: Core, incident: Incident, policy: Policy) -> list[tuple[int, _Next]]:
    """Everything that is to come if nobody does anything."""
    dues: list[tuple[int, _Next]] = []
    index, last = _next_step(incident, policy), _taken_last(incident, policy)
    if index is not None:
        dues.append((_opening(core, incident, incident.from_ms + policy.steps[index].after_ms), _Next.STEP))
    if last is not None:
        taken_ms = incident.from_ms + last.after_ms
        if index is None and incident.handling is Handling.NEW and policy.repeat_ms:
            dues.append((_opening(core, incident, taken_ms + policy.repeat_ms), _Next.ROUND))
        if last.repeat_ms and _necessary(incident, last):
            again_ms = taken_ms + (incident.repeats + 1) * last.repeat_ms
            dues.append((_opening(core, incident, again_ms), _Next.REPEAT))
    if incident.page_ms is not None:
        dues.append((_opening(core, incident, incident.page_ms), _Next.PAGE))
    return dues


def _repeat(core: Core, incident: Incident, policy: Policy) -> None:
    """The step taken last, told again; times that went by unused are not made up for."""
    last = _taken_last(incident, policy)
    if last is None or not last.repeat_ms:
        return
    passed = (core.now_ms - incident.from_ms - last.after_ms) // last.repeat_ms
    incident.repeats = max(incident.repeats + 1, passed)
    reached = RANK[incident.handling] >= RANK[last.until]
    tell_step(core, incident, last, Purpose.ESCALATED, Reason.QUORUM_SHORT if reached else Reason.NOBODY_ACCEPTED)


def _opening(core: Core, incident: Incident, at_ms: int) -> int:
    """That moment, or for what may wait the next one in the working hours of its policy."""
    hours = core.settings.policy(incident.policy).hours
    if hours is None or incident.severity not in HELD_OUT_OF_HOURS:
        return at_ms
    zone = core.settings.zone
    today = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone).date()
    length_ms = ((hours.to_minute - hours.from_minute) % 1440 or 1440) * 60_000
    for days in range(-1, _LONGEST_WAIT_DAYS):
        day = today + timedelta(days=days)
        opens = datetime(day.year, day.month, day.day, hours.from_minute // 60, hours.from_minute % 60, tzinfo=zone)
        opens_ms = round(opens.timestamp() * 1000)
        if at_ms < opens_ms + length_ms and not restday(core, opens_ms):
            return max(at_ms, opens_ms)
    return at_ms
