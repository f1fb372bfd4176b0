"""Answering: what people say about an incident goes to what it does. Pure.

Law: repeating an answer changes nothing and decides nothing; about what is closed nothing can be said.
"""

from __future__ import annotations

from hub.core.asking import tell_everybody
from hub.core.commands import Accept, Answering, Arrive, AskHelp, Close, Comment, Decline, HandOver, SayFalse
from hub.core.context import Core
from hub.core.decisions import HelpAsked, IncidentCommented, Reason
from hub.core.going import accept, arrive, cannot_hand_over, decline, hand_over
from hub.core.incidents import close
from hub.core.telling import answered
from hub.model import Incident


def answer(core: Core, command: Answering) -> str | None:
    """Carry out what somebody says about an incident; gives why not, in plain words, or None."""
    incident = core.state.incidents.get(command.incident)
    if incident is None or incident.closed_ms is not None:
        return f"incident {command.incident} is closed, or never was"
    refused = _refusal(core, incident, command)
    if refused is not None:
        return refused
    answered(core, incident.id, command.who)
    match command:
        case Accept():
            accept(core, incident, command)
        case Decline():
            decline(core, incident, command)
        case Arrive():
            arrive(core, incident, command)
        case SayFalse():
            say_false(core, incident, command.who)
        case Comment(text=text, photo=photo):
            _commented(core, incident, command.who, text=text.strip(), photo=photo)
        case AskHelp():
            ask_help(core, incident, command)
        case HandOver(who=who, to=to):
            hand_over(core, incident, who, to)
        case Close(outcome=outcome, cause=cause):
            close(core, incident, command.who, outcome, cause, Reason.PERSON_ASKED)
        case _:
            return f"{type(command).__name__} is no answer"
    return None


def _refusal(core: Core, incident: Incident, command: Answering) -> str | None:
    """Why it cannot be said, in plain words, or None."""
    if command.person and command.person not in core.state.people:
        return f"nobody is called {command.person}"
    match command:
        case Comment(text=text, photo=photo) if not text.strip() and not photo:
            return "a comment needs words or a photo"
        case HandOver(who=who, to=to):
            return cannot_hand_over(core, incident, who, to)
        case _:
            return None


def say_false(core: Core, incident: Incident, who: str) -> None:
    """误报, from somebody who has not looked: noted and shown; it stops nothing."""
    if who in incident.said_false:
        return
    incident.said_false = [*incident.said_false, who]
    core.touch_incident(incident)
    _commented(core, incident, who, says_false=True)


def ask_help(core: Core, incident: Incident, command: AskHelp) -> None:
    """需要支援: one more is needed, and everybody of every step is told at once; until enough go, once is enough."""
    if incident.asks_help:
        return
    incident.asks_help = True
    incident.needed += 1
    incident.help_by, incident.help_text = command.who, command.text.strip()
    core.touch_incident(incident)
    core.decisions.append(
        HelpAsked(
            seq=core.input_seq,
            at_ms=core.now_ms,
            reason=Reason.PERSON_ASKED,
            incident=incident.id,
            person=command.who,
            text=incident.help_text,
        )
    )
    tell_everybody(core, incident, command.who)


def _commented(
    core: Core, incident: Incident, who: str, *, text: str = "", photo: int = 0, says_false: bool = False
) -> None:
    core.decisions.append(
        IncidentCommented(
            seq=core.input_seq,
            at_ms=core.now_ms,
            reason=Reason.PERSON_ASKED,
            incident=incident.id,
            person=who,
            text=text,
            photo=photo,
            says_false=says_false,
        )
    )
