"""Commanded: each command goes to what carries it out. Pure."""

from __future__ import annotations

from hub.core.answering import answer
from hub.core.commands import (
    Answering,
    AnyCommand,
    ConfirmTest,
    CorrectLedger,
    CountSpaces,
    EndSilence,
    EndWatch,
    EndWorks,
    LaneObserved,
    Observe,
    Opened,
    ReplayQuarantined,
    SayVerdict,
    StartDrill,
    StartSilence,
    StartWatch,
    StartWorks,
    TellTest,
)
from hub.core.context import Core
from hub.core.decisions import Reason
from hub.core.drills import start_drill
from hub.core.observing import lane_observed, observe
from hub.core.parking.door import carry_out_parking
from hub.core.registry import change_registry
from hub.core.silences import end_silence, start_silence
from hub.core.telling import confirm_test, opened, tell_test
from hub.core.works import end_works, start_works


def carry_out(core: Core, command: AnyCommand) -> str | None:
    """Carry out one command; gives why not, in plain words, or None."""
    if isinstance(command, Answering):
        return answer(core, command)
    match command:
        case StartSilence():
            return start_silence(core, command)
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
        case Opened(actor=person_id, incident=incident_id):
            opened(core, person_id, incident_id)
        case ConfirmTest(actor=person_id, contact=contact):
            return confirm_test(core, person_id, contact)
        case StartWorks():
            return start_works(core, command)
        case EndWorks(works=id):
            return end_works(core, id, Reason.PERSON_ASKED)
        case Observe():
            return observe(core, command)
        case LaneObserved():
            return lane_observed(core, command)
        case StartDrill():
            return start_drill(core, command)
        case CountSpaces() | CorrectLedger() | SayVerdict() | StartWatch() | EndWatch():
            return carry_out_parking(core, command)
        case ReplayQuarantined():
            return None  # the owner brings the message itself as the next input
        case _:
            return change_registry(core, command)
    return None
