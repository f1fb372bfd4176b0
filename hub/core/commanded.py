"""Commanded: each command goes to what carries it out. Pure."""

from __future__ import annotations

from hub.core.answering import answer
from hub.core.commands import (
    Answering,
    AnyCommand,
    EndSilence,
    ReplayQuarantined,
    StartDrill,
    StartSilence,
    TellTest,
)
from hub.core.context import Core
from hub.core.decisions import Reason
from hub.core.drills import start_drill
from hub.core.registry import change_registry
from hub.core.silences import end_silence, start_silence
from hub.core.telling import tell_test


def carry_out(core: Core, command: AnyCommand) -> str | None:
    """Carry out one command; gives why not, in plain words, or None."""
    if isinstance(command, Answering):
        return answer(core, command)
    match command:
        case StartSilence():
            if command.until_ms <= core.now_ms:
                return "a silence must end in the future"
            start_silence(core, command)
        case EndSilence(silence=id):
            if id not in core.state.silences:
                return "there is no such silence any more"
            end_silence(core, id, Reason.PERSON_ASKED)
        case TellTest(person=person_id, contact=contact):
            person = core.state.people.get(person_id)
            if person is None:
                return f"nobody is called {person_id}"
            if not tell_test(core, person, contact):
                return f"{person_id} has no contact {contact}".rstrip()
        case StartDrill():
            return start_drill(core, command)
        case ReplayQuarantined():
            return None  # the owner brings the message itself as the next input
        case _:
            return change_registry(core, command)
    return None
