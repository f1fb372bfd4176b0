"""Which URL a contact has: kept in memory, because an outbox row needs it and the decision names the contact only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from hub.core.context import ACTION
from hub.model import Person
from hub.store.entities import read_people

Ladders = dict[str, dict[str, str]]
"""person -> contact -> URL"""


class Contacts:
    """The registry's contacts of each community that this process commits for."""

    def __init__(self) -> None:
        self._known: dict[str, Ladders] = {}

    def url(self, connection: Connection, community: str, person: str, contact: str) -> str:
        """The contact's URL, "" when nobody knows it: the sender then says so, and the ladder goes on."""
        kind, _, action = person.partition(":")
        if kind == ACTION and action:  # told like a person, and in no registry
            return f"{ACTION}://{action}"
        known = self._known.get(community)
        if known is None:
            known = self._known[community] = {}
            self._put(known, read_people(connection, community))
        return known.get(person, {}).get(contact, "")

    def learn(self, connection: Connection, community: str, people: Mapping[str, Person | None]) -> None:
        """Take a batch's people in. One who was removed stays known: what was due before is still sent."""
        if people:
            self.url(connection, community, "", "")
            self._put(self._known[community], [one for one in people.values() if one is not None])

    def forget(self, community: str) -> None:
        """What was learnt was not committed, or somebody else commits now: read it again."""
        self._known.pop(community, None)

    @staticmethod
    def _put(known: Ladders, people: Iterable[Person]) -> None:
        for one in people:
            known[one.id] = {contact.id: contact.url for contact in one.contacts}
