"""Going: who goes to an incident, is there, cannot, or hands it to somebody else. Pure.

Law: `hub.core.incidents.HANDLING` is the table of what an incident becomes by an answer; when somebody backs out or is
released, it falls back to how far those who still go have come. Repeating an answer changes nothing and decides nothing.
"""

from __future__ import annotations

import msgspec

from hub.core.asking import RANK, is_action, page_others, role_of
from hub.core.commands import Answering
from hub.core.context import Core
from hub.core.decisions import IncidentAccepted, IncidentDeclined, IncidentHandedOver, Reason, ResponderArrived
from hub.core.incidents import HANDLING, Act, again
from hub.core.rota import unwilling
from hub.core.steps import advance, bring_forward, quorum_short, schedule, watch
from hub.core.telling import progress, tell
from hub.model import Handling, Incident, Purpose, Responder

CONSOLE = "console"


def accept(core: Core, incident: Incident, command: Answering) -> None:
    """我去: all alerts in it are accepted; steps that wait for that are not taken."""
    who = command.who
    known = incident.responder(who)
    if known is not None and known.goes and incident.handling is not Handling.NEW:
        return
    _go(core, incident, command, Act.ACCEPT)
    core.decisions.append(
        IncidentAccepted(
            seq=core.input_seq, at_ms=core.now_ms, reason=Reason.PERSON_ASKED, incident=incident.id, person=who
        )
    )
    _answered(core, incident)


def arrive(core: Core, incident: Incident, command: Answering) -> None:
    """已到场."""
    who = command.who
    known = incident.responder(who)
    there = known is not None and known.goes and known.state is Handling.ON_SITE
    if there and incident.handling is Handling.ON_SITE:
        return
    _go(core, incident, command, Act.ARRIVE)
    incident.on_site_ms = incident.on_site_ms or core.now_ms
    core.decisions.append(
        ResponderArrived(
            seq=core.input_seq, at_ms=core.now_ms, reason=Reason.PERSON_ASKED, incident=incident.id, person=who
        )
    )
    _answered(core, incident)


def decline(core: Core, incident: Incident, command: Answering) -> None:
    """去不了: not asked again for this incident. Who had accepted takes it back: see `_one_less`."""
    who = command.who
    known = incident.responder(who)
    if known is not None and known.declined:
        return
    _respond(core, incident, command, Handling.NEW, declined=True)
    core.decisions.append(
        IncidentDeclined(
            seq=core.input_seq, at_ms=core.now_ms, reason=Reason.PERSON_ASKED, incident=incident.id, person=who
        )
    )
    _hand_back(core, incident, who)
    if known is not None:
        _one_less(core, incident, Reason.DECLINED)
    elif incident.handling is Handling.NEW and _nobody_left_to_answer(incident):
        bring_forward(core, incident, core.settings.policy(incident.policy))
        advance(core, incident, Purpose.ESCALATED, Reason.DECLINED)
    progress(core, incident, Reason.CARD_UPDATED)


def cannot_hand_over(core: Core, incident: Incident, who: str, to: str) -> str | None:
    """Why ``who`` cannot hand it to ``to``, in plain words, or None."""
    mine, theirs = incident.responder(who), incident.responder(to)
    person = core.person(to)
    if person is None or is_action(to):
        return f"nobody is called {to}"
    if to == who:
        return "it can only be handed to somebody else"
    if mine is not None and mine.handed_to == to:
        return None
    if mine is None or mine.declined:
        return f"{who} has not accepted incident {incident.id}, so cannot hand it over"
    if theirs is not None:
        return f"{to} has said that they cannot go" if theirs.declined else None
    why_not = unwilling(core, person, incident.severity)
    return None if why_not is None else f"{to} may not be told now ({why_not.reason}), so cannot take it over"


def hand_over(core: Core, incident: Incident, who: str, to: str) -> None:
    """``to`` is asked to take it; who hands over stays responsible until they accept."""
    mine, person = incident.responder(who), core.person(to)
    if mine is None or person is None or mine.handed_to == to:
        return
    _replace(incident, msgspec.structs.replace(mine, handed_to=to))
    core.touch_incident(incident)
    core.decisions.append(
        IncidentHandedOver(
            seq=core.input_seq,
            at_ms=core.now_ms,
            reason=Reason.HANDED_OVER,
            incident=incident.id,
            person=who,
            to=to,
        )
    )
    if incident.responder(to) is not None:
        _release(core, incident, to)
        _one_less(core, incident, Reason.HANDED_OVER)
        progress(core, incident, Reason.CARD_UPDATED)
    else:
        role = role_of(core, incident, to)
        tell(core, incident, person, role, Purpose.HANDED_OVER, Reason.HANDED_OVER, who=mine.role)


def _go(core: Core, incident: Incident, command: Answering, act: Act) -> None:
    """Somebody goes, or is there: so are all alerts of the incident; who handed it to them is released."""
    incident.handling = HANDLING[incident.handling, act]
    incident.accepted_ms = incident.accepted_ms or core.now_ms
    for alert in core.open_alerts(incident):
        alert.handling = HANDLING[alert.handling, act]
        alert.accepted_ms = alert.accepted_ms or core.now_ms
        if act is Act.ARRIVE:
            alert.on_site_ms = alert.on_site_ms or core.now_ms
        core.touch_alert(alert)
    _respond(core, incident, command, Handling.ON_SITE if act is Act.ARRIVE else Handling.ACCEPTED)
    _release(core, incident, command.who)
    if len(incident.going) >= incident.needed:
        incident.asks_help = False


def _answered(core: Core, incident: Incident) -> None:
    """Timers and cards after somebody goes."""
    watch(core, incident)
    schedule(core, incident)
    progress(core, incident, Reason.CARD_UPDATED)


def _one_less(core: Core, incident: Incident, reason: Reason) -> None:
    """One of those who went no longer does: the others are asked when nobody is left, or fewer than it takes."""
    if not incident.going:
        _fall_back(core, incident, Handling.NEW)
        again(core, incident, Purpose.ESCALATED, reason)
        return
    _fall_back(core, incident, _furthest(incident))
    watch(core, incident)
    steps = core.settings.policy(incident.policy).steps
    taken = incident.step
    advance(core, incident, Purpose.ESCALATED, reason)
    short = len(incident.going) < incident.needed or any(quorum_short(incident, s) for s in steps[:taken])
    if short and incident.step == taken:
        page_others(core, incident, Purpose.ESCALATED, reason, goers=False)


def _nobody_left_to_answer(incident: Incident) -> bool:
    """Everybody told so far has said that they cannot go."""
    told = [id for id in incident.told if not is_action(id)]
    return bool(told) and all((r := incident.responder(id)) is not None and r.declined for id in told)


def _hand_back(core: Core, incident: Incident, to: str) -> None:
    """``to`` cannot: whoever wanted to hand over still has it, and is told so; who had handed over may be asked again."""
    incident.responders = [r for r in incident.responders if r.goes or r.handed_to != to]
    for one in [r for r in incident.going if r.handed_to == to]:
        _replace(incident, msgspec.structs.replace(one, handed_to=""))
        person = core.person(one.person)
        if person is not None:
            tell(core, incident, person, one.role, Purpose.REPAGED, Reason.DECLINED)


def _release(core: Core, incident: Incident, to: str) -> None:
    """``to`` has it now: whoever handed it to them no longer counts as going; how far they came stays to be seen."""
    given = [r for r in incident.going if r.handed_to == to and r.person != to]
    for one in given:
        _replace(incident, msgspec.structs.replace(one, declined=True, at_ms=core.now_ms))
    if given:
        _fall_back(core, incident, _furthest(incident))


def _furthest(incident: Incident) -> Handling:
    """How far those who go have come."""
    return max((r.state for r in incident.going), key=RANK.__getitem__, default=Handling.NEW)


def _fall_back(core: Core, incident: Incident, to: Handling) -> None:
    """Nobody is any more as far as the incident stood."""
    if RANK[incident.handling] > RANK[to]:
        incident.handling = to
    core.touch_incident(incident)
    for alert in core.open_alerts(incident):
        if RANK[alert.handling] > RANK[to]:
            alert.handling = to
            core.touch_alert(alert)


def _respond(core: Core, incident: Incident, command: Answering, state: Handling, *, declined: bool = False) -> None:
    """Note what somebody said last; typed in for them by the control room, it came by the console."""
    known = incident.responder(command.who)
    asked = known.handed_to if known is not None and known.goes and state is Handling.ON_SITE else ""
    _replace(
        incident,
        Responder(
            person=command.who,
            at_ms=core.now_ms,
            state=state,
            declined=declined,
            role=role_of(core, incident, command.who),
            via=command.via or (CONSOLE if CONSOLE in (command.actor, command.who) else ""),
            handed_to=asked,
        ),
    )
    core.touch_incident(incident)


def _replace(incident: Incident, said: Responder) -> None:
    incident.responders = [*(r for r in incident.responders if r.person != said.person), said]
