"""A small compound in a real store, and an owner who steps commands the moment they are written."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager

import msgspec
from sqlalchemy import Connection, Engine, delete, insert, select, update

from hub.answering.desk import Desk, DeskDeps, asking
from hub.config import RoleConfig, RuleConfig, Text
from hub.core.commands import Accept, AnyCommand, Arrive, AskHelp, Decline
from hub.delivery.links import Links
from hub.model import (
    Alert,
    Condition,
    Contact,
    Handling,
    Incident,
    Kind,
    Person,
    Place,
    PlaceKind,
    Responder,
    Sees,
    Severity,
)
from hub.store import schema

COMMUNITY = "guihua"
LINKS = Links("key of the tests", "")
RULES = {
    "smoke": RuleConfig(
        on=[Kind.SMOKE],
        when="alarm",
        severity=Severity.CRITICAL,
        title=Text(zh="烟感报警", en="smoke alarm"),
        todo=Text(zh="看", en="look"),
    )
}
ROLES = {
    "property": RoleConfig(title=Text(zh="物业", en="property"), sees=Sees.ROOM),
    "volunteer": RoleConfig(title=Text(zh="志愿者", en="volunteers"), sees=Sees.FLOOR),
}


class Compound:
    """Rows as the store has them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.commands: list[AnyCommand] = []
        self.steps = True
        """False: the owner of the community is away."""
        self.refuses: str | None = None
        self._lock = threading.Lock()
        self.put("place", "b6", Place(id="b6", kind=PlaceKind.BUILDING, name="6号楼"))
        self.put("place", "1203", Place(id="1203", kind=PlaceKind.HOME, name="1203室", parent="b6"))

    def reader(self) -> AbstractContextManager[Connection]:
        return self.engine.connect()

    def desk(self, within_ms: int = 5_000) -> Desk:
        return Desk(
            DeskDeps(
                reader=self.reader,
                ask=asking(self.reader, self.write_command, within_ms),
                links=LINKS,
                hub="桂花园告警中枢",
                communities=(COMMUNITY,),
                rules=RULES,
                roles=ROLES,
            )
        )

    def put(self, what: str, id: str, value: msgspec.Struct) -> None:
        with self.engine.begin() as connection:
            body = msgspec.json.encode(value).decode()
            connection.execute(insert(schema.registry).values(community=COMMUNITY, what=what, id=id, body=body))

    def person(self, id: str, *urls: str, language: str = "zh") -> None:
        contacts = tuple(Contact(id=f"{id}-{n}", url=url) for n, url in enumerate(urls))
        self.put("person", id, Person(id=id, name=f"王{id}", language=language, contacts=contacts))

    def incident(self, id: int, *told: str, place: str = "b6", needed: int = 2) -> None:
        """An open fire with one alert; later ones are newer."""
        alert = Alert(
            id=id,
            rule="smoke",
            severity=Severity.CRITICAL,
            subject="s",
            kind=Kind.SMOKE,
            place="1203",
            incident=id,
            condition=Condition.ACTIVE,
            handling=Handling.NEW,
            raised_ms=id * 1000,
            at_ms=id * 1000,
        )
        fire = Incident(
            id=id,
            place=place,
            cause="fire",
            severity=Severity.CRITICAL,
            opened_ms=id * 1000,
            told=list(told),
            needed=needed,
            alerts=[id],
        )
        with self.engine.begin() as connection:
            connection.execute(
                insert(schema.alert).values(
                    community=COMMUNITY,
                    id=id,
                    incident=id,
                    rule="smoke",
                    severity="critical",
                    subject="s",
                    place="1203",
                    condition="active",
                    handling="new",
                    raised_ms=id * 1000,
                    test=False,
                    body=msgspec.json.encode(alert).decode(),
                )
            )
            self._keep(connection, fire)
            for number, person in enumerate(told):
                connection.execute(
                    insert(schema.notification).values(
                        community=COMMUNITY,
                        id=id * 100 + number,
                        incident=id,
                        person=person,
                        role="property" if number == 0 else "volunteer",
                        purpose="raised",
                        severity="critical",
                        state="sent",
                        created_ms=id * 1000,
                        reason="policy_step",
                        body="{}",
                    )
                )

    def _keep(self, connection: Connection, fire: Incident) -> None:
        table = schema.incident
        connection.execute(delete(table).where(table.c.id == fire.id))
        connection.execute(
            insert(table).values(
                community=COMMUNITY,
                id=fire.id,
                place=fire.place,
                severity="critical",
                handling=fire.handling.value,
                opened_ms=fire.opened_ms,
                closed_ms=fire.closed_ms,
                test=False,
                body=msgspec.json.encode(fire).decode(),
            )
        )

    def change(self, id: int, **changes: object) -> None:
        table = schema.incident
        with self.engine.begin() as connection:
            body = connection.execute(select(table.c.body).where(table.c.id == id)).scalar_one()
            fire = msgspec.json.decode(body, type=Incident)
            self._keep(connection, msgspec.structs.replace(fire, **changes))

    def goes(self, id: int, *people: str) -> None:
        """These accepted."""
        self.change(id, responders=[Responder(person=one, at_ms=1, state=Handling.ACCEPTED) for one in people])

    def write_command(self, community: str, command: AnyCommand) -> int:
        """The row, and at once what the owner makes of it."""
        with self._lock, self.engine.begin() as connection:
            self.commands.append(command)
            row = connection.execute(
                insert(schema.command).values(
                    community=community, at_ms=1, actor=command.actor, body=msgspec.json.encode(command).decode()
                )
            ).inserted_primary_key
            assert row is not None
            id = int(row[0])
            if self.steps:
                if self.refuses is None:
                    self._step(connection, command)
                table = schema.command
                connection.execute(update(table).where(table.c.id == id).values(done_ms=1, seq=1, refused=self.refuses))
        return id

    def _step(self, connection: Connection, command: AnyCommand) -> None:
        if not isinstance(command, Accept | Decline | Arrive | AskHelp):
            return
        table = schema.incident
        body = connection.execute(select(table.c.body).where(table.c.id == command.incident)).scalar_one()
        fire = msgspec.json.decode(body, type=Incident)
        if isinstance(command, AskHelp):
            self._keep(connection, msgspec.structs.replace(fire, asks_help=True))
            return
        others = [one for one in fire.responders if one.person != command.who]
        state = {Accept: Handling.ACCEPTED, Arrive: Handling.ON_SITE, Decline: Handling.NEW}[type(command)]
        mine = Responder(person=command.who, at_ms=2, state=state, declined=isinstance(command, Decline))
        self._keep(connection, msgspec.structs.replace(fire, responders=[*others, mine]))
