"""What the desk asks of the store: who a member is, what is open for them, what became of a command."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

import msgspec
from sqlalchemy import Connection, select

from hub.answering.answers import Matter, matter_of
from hub.config import RoleConfig, RuleConfig, Text
from hub.model import SEVERITY_ORDER, Alert, Incident, Person, Place, PlaceKind
from hub.store import schema

PHONES = frozenset({"modemsms", "modemring", "alisms", "alivoice", "tencentsms", "tencentvoice"})
"""Schemes whose contacts hold a phone number somewhere in their address."""
MOST = 50
_MOBILE = re.compile(r"(?<!\d)1\d{10}(?!\d)")


class Member(msgspec.Struct, frozen=True):
    """A person of one community, found by what a provider calls them."""

    community: str
    person: Person


def members(connection: Connection, communities: Iterable[str], channel: str, member: str) -> list[Member]:
    """Everybody who has this contact; several when one person serves several communities."""
    return [
        Member(community, person)
        for community in communities
        for person in _people(connection, community)
        if any(not contact.group and _is(contact.url, channel, member) for contact in person.contacts)
    ]


def person_of(connection: Connection, community: str, person: str) -> Person | None:
    """For whoever a signed token names; nobody for an account that several people read."""
    table = schema.registry
    query = select(table.c.body).where(table.c.community == community, table.c.what == "person", table.c.id == person)
    body = connection.execute(query).scalar()
    known = None if body is None else msgspec.json.decode(body, type=Person)
    return None if known and known.contacts and all(one.group for one in known.contacts) else known


def _people(connection: Connection, community: str) -> list[Person]:
    table = schema.registry
    query = select(table.c.body).where(table.c.community == community, table.c.what == "person").order_by(table.c.id)
    return [msgspec.json.decode(body, type=Person) for body in connection.execute(query).scalars()]


def _is(url: str, channel: str, member: str) -> bool:
    scheme, _, rest = url.partition("://")
    if not member:
        return False
    if channel == "modem":
        return scheme.lower() in PHONES and mobile(member) != "" and mobile(member) in _MOBILE.findall(_spread(rest))
    return scheme.lower() == channel and unquote(rest.partition("?")[0].strip("/")) == member


def mobile(number: str) -> str:
    """The 11 digits of a mainland mobile number, "" for anything else: +86 138 0013 8000 -> 13800138000."""
    digits = re.sub(r"[\s()-]", "", number).removeprefix("+")
    digits = digits.removeprefix("0086").removeprefix("86") if len(digits) > 11 else digits
    return digits if _MOBILE.fullmatch(digits) else ""


def _spread(rest: str) -> str:
    """An address with its country codes cut off, so that the digits stand alone."""
    return re.sub(r"(?<!\d)(?:\+|%2B)?(?:00)?86(?=1\d{10}(?!\d))", " ", rest)


def incident_of(connection: Connection, community: str, number: int) -> Incident | None:
    table = schema.incident
    query = select(table.c.body).where(table.c.community == community, table.c.id == number)
    body = connection.execute(query).scalar()
    return None if body is None else msgspec.json.decode(body, type=Incident)


def open_incidents(connection: Connection, community: str, person: str) -> list[Incident]:
    """Those that this person was told about, the newest first."""
    table = schema.incident
    query = select(table.c.body).where(table.c.community == community, table.c.closed_ms.is_(None))
    found = [
        msgspec.json.decode(body, type=Incident)
        for body in connection.execute(query.order_by(table.c.opened_ms.desc(), table.c.id.desc())).scalars()
    ]
    mine = [one for one in found if any(r.person == person for r in one.responders)]
    told = [one for one in found if person in one.told and one not in mine]
    # In a storm nobody scrolls further, and each costs some reads; what they answered is never left out.
    return sorted([*mine, *told[:MOST]], key=lambda one: (-one.opened_ms, -one.id))


def stepped(connection: Connection, row: int) -> tuple[bool, str | None]:
    """(stepped, why it was refused) of one command row."""
    table = schema.command
    found = connection.execute(select(table.c.done_ms, table.c.refused).where(table.c.id == row)).first()
    return (found is not None and found.done_ms is not None, found.refused if found else None)


class Titles(msgspec.Struct, frozen=True, kw_only=True):
    """The words of config.yaml that a reply uses."""

    rules: Mapping[str, RuleConfig]
    roles: Mapping[str, RoleConfig]

    def rule(self, name: str, language: str) -> str:
        known = self.rules.get(name)
        return _said(known.title, language) if known else name

    def role(self, name: str, language: str) -> str:
        known = self.roles.get(name)
        return _said(known.title, language) if known else ""


def matter(connection: Connection, community: str, incident: Incident, person: Person, titles: Titles) -> Matter:
    """One incident for one reader: its building and what happened, and the roles of those who go."""
    roles: dict[str, str] = {}
    table = schema.notification
    told = select(table.c.person, table.c.role).where(table.c.community == community, table.c.incident == incident.id)
    for row in connection.execute(told.order_by(table.c.id)):
        roles.setdefault(row.person, titles.role(row.role, person.language))
    for one in incident.responders:
        if one.role:
            roles[one.person] = titles.role(one.role, person.language)
    what = _what(connection, community, incident, person.language, titles)
    return matter_of(community, incident, person.id, what=what, roles=roles)


def _what(connection: Connection, community: str, incident: Incident, language: str, titles: Titles) -> str:
    table = schema.alert
    query = select(table.c.body).where(table.c.community == community, table.c.incident == incident.id)
    alerts = [msgspec.json.decode(body, type=Alert) for body in connection.execute(query).scalars()]
    speaking = min(alerts, key=lambda alert: (SEVERITY_ORDER[alert.severity], alert.id), default=None)
    title = titles.rule(speaking.rule, language) if speaking else incident.cause
    where = _building(connection, community, incident.place)
    return f"{where}: {title}" if where and language.startswith("en") else f"{where}{title}"


def _building(connection: Connection, community: str, place: str) -> str:
    """Name of the building it stands in; of the place itself where that is nobody's home."""
    table = schema.registry
    seen: set[str] = set()
    name = ""
    while place and place not in seen:
        seen.add(place)
        query = select(table.c.body).where(table.c.community == community, table.c.what == "place", table.c.id == place)
        body = connection.execute(query).scalar()
        if body is None:
            break
        known = msgspec.json.decode(body, type=Place)
        if known.kind is PlaceKind.BUILDING:
            return known.name
        if known.kind not in (PlaceKind.HOME, PlaceKind.UNIT, PlaceKind.FLOOR) and not name:
            name = known.name
        place = known.parent
    return name


def _said(text: Text, language: str) -> str:
    return text.en if language.startswith("en") else text.zh
