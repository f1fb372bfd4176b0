"""A compound with many towers, and one robot that takes twenty messages a minute."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from hub.config import PolicyConfig
from hub.core.commands import PutDevice, PutDuty, PutPerson, PutPlace
from hub.core.context import Core
from hub.core.decisions import AnyDecision, NotificationDue
from hub.core.state import State
from hub.model import Contact, Device, Duty, Kind, Person, Place, PlaceKind
from tests.core.timeline import POLICIES, Timeline, dues, settings

ROBOT = "wecom://robot"


class Restarting(Timeline):
    """A timeline whose hub may die and come back, with policies of its own."""

    def __init__(self, policies: Mapping[str, PolicyConfig] = POLICIES) -> None:
        super().__init__()
        self.settings = self.core.settings = settings(policies=policies)

    def restarted(self) -> None:
        """A new life: what the state says is all that there is."""
        self.core = Core(
            msgspec.msgpack.decode(msgspec.msgpack.encode(self.core.state), type=State), self.core.settings
        )


class Storm(Restarting):
    """Towers with one detector each, and only those people on duty who are named."""

    def __init__(self, *people: Person, towers: int = 60) -> None:
        super().__init__()
        for id in list(self.core.state.duties):
            del self.core.state.duties[id]
        for n in range(towers):
            tower = Place(id=f"t{n}", kind=PlaceKind.BUILDING, name=f"{n}号楼", parent="g")
            home = Place(id=f"h{n}", kind=PlaceKind.HOME, name="1203室", parent=f"t{n}", floor=12)
            for place in (tower, home):
                self.command(0, PutPlace(actor="seed", place=place))
            self.command(0, PutDevice(actor="seed", device=Device(id=f"s{n}", kind=Kind.SMOKE, place=f"h{n}")))
        for one in people:
            self.command(0, PutPerson(actor="seed", person=one))
            self.command(0, PutDuty(actor="seed", duty=Duty(id=one.id, role="property", person=one.id)))
        self.core.take()
        self.all: list[AnyDecision] = []

    def alarms(self, at: float, *towers: int) -> list[NotificationDue]:
        found = []
        for n in towers:
            found += dues(self.smoke(at, f"s{n}"))
            self.all += self.decisions
        return found

    def low(self, at: float, *towers: int) -> list[NotificationDue]:
        """Batteries run low: minor."""
        found = []
        for n in towers:
            found += dues(self.reading(at, f"s{n}", battery_low=True))
            self.all += self.decisions
        return found

    def due(self, at: float) -> list[NotificationDue]:
        found = dues(self.passed(at))
        self.all += self.decisions
        return found


def somebody(id: str, *urls: str, **more: object) -> Person:
    contacts = tuple(Contact(id=f"{id}{n}", url=url) for n, url in enumerate(urls))
    return Person(id=id, name=id, contacts=contacts, **more)  # type: ignore[arg-type]  # fields of Person, by name
