"""Wishes: what somebody of the compound may ask of the hub next, by what is open there."""

from __future__ import annotations

from random import Random

from hub.core.commands import (
    Accept,
    AnyCommand,
    Arrive,
    AskHelp,
    Close,
    Comment,
    ConfirmTest,
    Decline,
    EndSilence,
    EndWorks,
    ErasePerson,
    HandOver,
    ImHome,
    Observe,
    Opened,
    PutDevice,
    PutOverride,
    PutPerson,
    Refuse,
    Remove,
    ReplayQuarantined,
    SayFalse,
    StartDrill,
    StartSilence,
    StartWorks,
    TellTest,
)
from hub.core.rules import BUILT_IN
from hub.core.state import State
from hub.model import Device, Incident, Kind, Outcome
from hub.simulate.world.compound import STRANGER
from hub.simulate.world.crowd import HOMES, PEOPLE, override, somebody

HELP = "缺人抬担架"
"""What somebody says who asks for help: for people, never for a group."""


def about(random: Random, incident: Incident) -> AnyCommand:
    """One answer about an open incident, by somebody who may have given another before."""
    going = [r.person for r in incident.going]
    told = [id for id in incident.told if id in PEOPLE]
    actor = random.choice(going if going and random.random() < 0.6 else told or list(PEOPLE))
    id = incident.id
    common = ("accept", "decline", "arrive", "close")
    rare = ("help", "hand over", "false", "comment", "opened", "typed")
    match random.choices((*common, *rare), (8, 3, 3, 3, 1, 2, 1, 1, 1, 1))[0]:
        case "decline":
            return Decline(actor=actor, incident=id)
        case "arrive":
            return Arrive(actor=actor, incident=id)
        case "close":
            outcome = random.choice((Outcome.FALSE, Outcome.FALSE, Outcome.REAL))
            return Close(actor=actor, incident=id, outcome=outcome, cause="做饭油烟")
        case "help":
            return AskHelp(actor=actor, incident=id, text=HELP)
        case "hand over":
            return HandOver(actor=actor, incident=id, to=random.choice(list(PEOPLE)))
        case "false":
            return SayFalse(actor=actor, incident=id)
        case "comment":
            return Comment(actor=actor, incident=id, text="看过了")
        case "opened":
            return Opened(actor=actor, incident=id)
        case "typed":
            return Accept(actor="console", person=actor, incident=id, via="call")
        case _:
            return Accept(actor=actor, incident=id)


def of_oneself(random: Random, state: State) -> AnyCommand:
    """Somebody changes when or whether they may be told."""
    actor = random.choice(list(PEOPLE))
    match random.randrange(6):
        case 0:
            return ImHome(actor=actor, until_ms=random.choice((0, state.now_ms + 600_000)))
        case 1:
            return Refuse(actor=actor, agreed=random.random() < 0.5)
        case 2:
            return PutPerson(actor="office", person=somebody(random, actor))
        case 3:
            return PutOverride(actor="office", override=override(random, f"o{random.randrange(4)}"))
        case 4:
            return Remove(actor="office", what="override", id=f"o{random.randrange(4)}")
        case _ if random.random() < 0.2:
            return ErasePerson(actor="office", person=actor)
        case _:
            known = state.people.get(actor)
            contact = known.contacts[0].id if known is not None and known.contacts else ""
            return ConfirmTest(actor=actor, contact=contact)


def of_the_desk(random: Random, state: State) -> AnyCommand:
    """What the control room and the office do."""
    until_ms = state.now_ms + random.choice((60_000, 600_000, 3_600_000))
    home = random.choice(list(HOMES))
    match random.randrange(9):
        case 0:
            return TellTest(actor="console", person=random.choice(list(PEOPLE)))
        case 1:
            kind, place = random.choice((("", ""), ("gate", ""), ("", "b1"), ("smoke", "b2")))
            return StartSilence(actor="console", until_ms=until_ms, reason="装修", kind=kind, place=place)
        case 2:
            return ReplayQuarantined(actor="console", seq=random.randrange(1, state.seq + 2))
        case 3:
            return PutDevice(actor="office", device=Device(id=STRANGER, kind=Kind.SMOKE, place="b2-201"))
        case 4:
            person = random.choice(list(PEOPLE))
            return StartWorks(actor="console", place=home, until_ms=until_ms, person=person, reason="烧香")
        case 5:
            return EndWorks(actor="console", works=next(iter(state.works), 0))
        case 6:
            return EndSilence(actor="console", silence=next(iter(state.silences), 0))
        case 7:
            return StartDrill(actor="console", place=home, rule="smoke", acts=random.random() < 0.3)
        case _:
            rule = random.choice(sorted(BUILT_IN))
            return Observe(actor="system", rule=rule, subject=f"self:{rule}", met=random.random() < 0.6, detail="自检")
