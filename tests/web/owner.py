"""An owner that steps commands as the core would, roughly: enough for the pages to show what became of an answer."""

from __future__ import annotations

import threading

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.exc import NoResultFound

from hub.core.commands import Accept, AnyCommand, Arrive, Close, Decline, EndSilence, StartSilence
from hub.model import Handling, Responder, Silence
from hub.store import schema
from tests.web.world import MINUTE, World


def step_commands(world: World) -> int:
    """Step every open command as the core would, roughly; gives how many."""
    table = schema.command
    with world.engine.connect() as connection:
        rows = connection.execute(select(table).where(table.c.done_ms.is_(None)).order_by(table.c.id)).all()
    for row in rows:
        refused = _step(world, msgspec.json.decode(row.body, type=AnyCommand))
        with world.engine.begin() as connection:
            connection.execute(
                update(table)
                .where(table.c.id == row.id)
                .values(done_ms=world.clock.now_ms, seq=row.id, refused=refused)
            )
    if rows:
        world.bump()
    return len(rows)


def _step(world: World, command: AnyCommand) -> str | None:
    now_ms = world.clock.now_ms
    if isinstance(command, StartSilence):
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
        return None
    if isinstance(command, EndSilence):
        with world.engine.begin() as connection:
            connection.execute(delete(schema.silence).where(schema.silence.c.id == command.silence))
        return None
    if not isinstance(command, Accept | Decline | Arrive | Close):
        return None
    try:
        incident = world.read_incident(command.incident)
    except NoResultFound:
        return "no such incident"
    if incident.closed_ms is not None:
        return "closed"
    others = [one for one in incident.responders if one.person != command.actor]
    state = Handling.ON_SITE if isinstance(command, Arrive) else Handling.ACCEPTED
    mine = Responder(person=command.actor, at_ms=now_ms, state=state, declined=isinstance(command, Decline))
    if isinstance(command, Close):
        incident.closed_ms, incident.outcome, incident.cause_text = now_ms, command.outcome, command.cause
        incident.closed_by, incident.handling = command.actor, Handling.DONE
    else:
        incident.responders = [*others, mine]
    if isinstance(command, Accept) and incident.handling is Handling.NEW:
        incident.handling, incident.accepted_ms = Handling.ACCEPTED, now_ms
        incident.due_ms = now_ms + 5 * MINUTE
    if isinstance(command, Arrive):
        incident.handling, incident.on_site_ms = Handling.ON_SITE, now_ms
    world.incident(incident)
    return None


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
