"""An owner that steps commands as the core would, roughly: enough for the pages to show what became of an answer."""

from __future__ import annotations

import threading

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.exc import NoResultFound

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
    HandOver,
    ImHome,
    PutPerson,
    Refuse,
    SayFalse,
    StartSilence,
)
from hub.core.decisions import HelpAsked, IncidentCommented, IncidentHandedOver, Reason
from hub.model import ContactHealth, Handling, Responder, Silence
from hub.store import schema
from tests.web.world import MINUTE, World


def step_commands(world: World) -> int:
    """Step every open command as the core would, roughly; gives how many."""
    table = schema.command
    with world.engine.connect() as connection:
        rows = connection.execute(select(table).where(table.c.done_ms.is_(None)).order_by(table.c.id)).all()
    for row in rows:
        refused = _step(world, msgspec.json.decode(row.body, type=AnyCommand), row.id)
        with world.engine.begin() as connection:
            connection.execute(
                update(table)
                .where(table.c.id == row.id)
                .values(done_ms=world.clock.now_ms, seq=row.id, refused=refused)
            )
    if rows:
        world.bump()
    return len(rows)


def _step(world: World, command: AnyCommand, row: int) -> str | None:
    now_ms = world.clock.now_ms
    match command:
        case StartSilence():
            silence = Silence(
                id=900,
                place=command.place,
                rule=command.rule,
                from_ms=now_ms,
                until_ms=command.until_ms,
                owner=command.actor,
                reason=command.reason,
            )
            world.silence(silence)
        case EndSilence():
            with world.engine.begin() as connection:
                connection.execute(delete(schema.silence).where(schema.silence.c.id == command.silence))
        case ConfirmTest():
            world.health(ContactHealth(person=command.actor, contact=command.contact, proven_ms=now_ms))
        case ImHome():
            world.register(msgspec.structs.replace(world.person(command.actor), home_until_ms=command.until_ms))
        case Refuse():
            world.register(msgspec.structs.replace(world.person(command.actor), agreed=command.agreed))
        case PutPerson():
            world.register(command.person)
        case Accept() | Decline() | Arrive() | Close() | AskHelp() | HandOver() | Comment() | SayFalse():
            return _answer(world, command, row)
    return None


def _answer(
    world: World, command: Accept | Decline | Arrive | Close | AskHelp | HandOver | Comment | SayFalse, row: int
) -> str | None:
    now_ms = world.clock.now_ms
    try:
        incident = world.read_incident(command.incident)
    except NoResultFound:
        return "no such incident"
    if incident.closed_ms is not None:
        return "closed"
    who = command.who
    others = [one for one in incident.responders if one.person != who]
    state = Handling.ON_SITE if isinstance(command, Arrive) else Handling.ACCEPTED
    match command:
        case Close():
            incident.closed_ms, incident.outcome, incident.cause_text = now_ms, command.outcome, command.cause
            incident.closed_by, incident.handling = who, Handling.DONE
        case Accept() | Decline() | Arrive():
            declined = isinstance(command, Decline)
            mine = Responder(person=who, at_ms=now_ms, state=state, declined=declined, via=command.via)
            incident.responders = [*others, mine]
        case AskHelp():
            incident.asks_help = True
    if isinstance(command, Accept) and incident.handling is Handling.NEW:
        incident.handling, incident.accepted_ms = Handling.ACCEPTED, now_ms
        incident.due_ms = now_ms + 5 * MINUTE
    if isinstance(command, Arrive):
        incident.handling, incident.on_site_ms = Handling.ON_SITE, now_ms
    world.incident(incident)
    _decide(world, command, who, 1_000_000 + row)
    return None


def _decide(
    world: World,
    command: Accept | Decline | Arrive | Close | AskHelp | HandOver | Comment | SayFalse,
    who: str,
    seq: int,
) -> None:
    at_ms, incident, reason = world.clock.now_ms, command.incident, Reason.PERSON_ASKED
    match command:
        case AskHelp():
            world.decision(
                HelpAsked(seq=seq, at_ms=at_ms, reason=reason, incident=incident, person=who, text=command.text)
            )
        case HandOver():
            world.decision(
                IncidentHandedOver(seq=seq, at_ms=at_ms, reason=reason, incident=incident, person=who, to=command.to)
            )
        case Comment() | SayFalse():
            text, photo = (command.text, command.photo) if isinstance(command, Comment) else ("", 0)
            world.decision(
                IncidentCommented(
                    seq=seq,
                    at_ms=at_ms,
                    reason=reason,
                    incident=incident,
                    person=who,
                    text=text,
                    photo=photo,
                    says_false=isinstance(command, SayFalse),
                )
            )


class Owner:
    """Steps commands in a thread of its own until stopped."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="owner")

    def __enter__(self) -> Owner:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.02):
            step_commands(self._world)
