"""What a screen shows of an incident: already cut down to what this reader may see."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

import msgspec
from sqlalchemy import Connection

from hub.config import Text
from hub.model import SEVERITY_ORDER, Alert, Handling, Incident, Place, PlaceKind, Sees, Severity, Works
from hub.web import rows
from hub.web.access import RIGHTS, Right, Role, Visitor, widest
from hub.web.language import translated
from hub.web.places import Places
from hub.web.port import WebDeps
from hub.web.words import KIND, ROLE, outcome_word, word


class ResponderView(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who goes or cannot; a name only where the reader may see names."""

    who: str
    state: Handling
    declined: bool
    at_ms: int
    via: str = ""


class IncidentView(msgspec.Struct, frozen=True, kw_only=True):
    """One incident for one reader."""

    id: int
    severity: Severity
    title: str
    where: str
    others: tuple[str, ...]
    """Further places that the incident has by now."""
    address: str
    """Postal address for 119."""
    todo: tuple[str, ...]
    kind: str
    cause: str
    since_ms: int
    opened_ms: int
    due_ms: int | None
    handling: Handling
    answered: bool
    """Somebody has said that they go."""
    responders: tuple[ResponderView, ...]
    going: int
    needed: int
    closed_ms: int | None
    outcome: str
    cause_text: str
    closed_by: str
    late: bool
    test: bool
    room: bool
    """It shows somebody's home: a look that is logged."""
    drill: bool = False
    flapping: bool = False
    """It comes and goes."""
    asks_help: bool = False
    works_until_ms: int | None = None
    """While works in that home narrow it: only the console and whoever is on site were told."""

    @property
    def missing(self) -> int:
        return max(0, self.needed - self.going)


class Picture:
    """One community as one request sees it: reads the registry once."""

    def __init__(self, deps: WebDeps, connection: Connection, community: str, language: str) -> None:
        self.deps = deps
        self.connection = connection
        self.community = community
        self.language = language
        self.now_ms = deps.now_ms()

    @cached_property
    def registry(self) -> rows.Registry:
        return rows.registry(self.connection, self.community)

    @cached_property
    def places(self) -> Places:
        configured = self.deps.communities.get(self.community)
        return Places(self.registry.places, configured.address if configured else "")

    @property
    def community_name(self) -> str:
        configured = self.deps.communities.get(self.community)
        return configured.name if configured else self.community

    def word(self, words: Mapping[str, str], value: str) -> str:
        """The word for a value in the reader's language."""
        return word(self.language, words, value)

    def role_title(self, role: str) -> str:
        configured = self.deps.roles.get(role)
        if configured:
            return _text(configured.title, self.language)
        return word(self.language, ROLE, role)

    def rule_title(self, rule: str) -> str:
        configured = self.deps.rules.get(rule)
        return _text(configured.title, self.language) if configured else rule

    def todo(self, rule: str) -> tuple[str, ...]:
        """The steps of the rule's ``todo``, one each."""
        configured = self.deps.rules.get(rule)
        return _steps(_text(configured.todo, self.language)) if configured else ()

    def person_name(self, person: str) -> str:
        known = self.registry.people.get(person)
        return known.name if known else word(self.language, ROLE, person)

    def role_sees(self, role: str) -> Sees:
        configured = self.deps.roles.get(role)
        return configured.sees if configured else Sees.FLOOR

    def sees(self, visitor: Visitor, incident: Incident) -> Sees:
        """What the visitor's role sees, and the room once this person has accepted."""
        if has_accepted(incident, visitor.person):
            return Sees.ROOM
        return visitor.sees(self.deps.roles)

    def incidents(self, found: Sequence[Incident], visitor: Visitor, *, names: bool) -> list[IncidentView]:
        """In the order given."""
        alerts = rows.alerts_of(self.connection, self.community, [incident.id for incident in found])
        told = rows.roles_told(self.connection, self.community, [incident.id for incident in found])
        return [
            self.incident(incident, alerts[incident.id], told, self.sees(visitor, incident), names=names)
            for incident in found
        ]

    def incident(
        self,
        incident: Incident,
        alerts: Sequence[Alert],
        told: dict[tuple[int, str], str],
        sees: Sees,
        *,
        names: bool,
    ) -> IncidentView:
        speaking = min(alerts, key=lambda alert: (SEVERITY_ORDER[alert.severity], alert.id), default=None)
        where = speaking.place if speaking else incident.place
        shown = dict.fromkeys(self.places.shown(place, sees, self.language) for place in _places(where, alerts))
        going = [one for one in incident.responders if not one.declined]
        return IncidentView(
            id=incident.id,
            severity=incident.severity,
            title=self.rule_title(speaking.rule) if speaking else incident.cause,
            where=next(iter(shown)),
            others=tuple(shown)[1:],
            address=self.places.address(where, sees, self.language),
            todo=self.todo(speaking.rule) if speaking else (),
            kind=word(self.language, KIND, speaking.kind) if speaking else "",
            cause=incident.cause,
            since_ms=speaking.at_ms if speaking else incident.opened_ms,
            opened_ms=incident.opened_ms,
            due_ms=incident.due_ms,
            handling=incident.handling,
            answered=incident.handling is not Handling.NEW,
            responders=tuple(
                ResponderView(
                    who=self.who(incident.id, one.person, told, names=names),
                    state=one.state,
                    declined=one.declined,
                    at_ms=one.at_ms,
                    via=one.via,
                )
                for one in incident.responders
            ),
            going=len(going),
            needed=incident.needed,
            closed_ms=incident.closed_ms,
            outcome=outcome_word(self.language, incident.outcome, incident.cause),
            cause_text=translated(self.language, incident.cause_text) if incident.cause_text else "",
            closed_by=self.who(incident.id, incident.closed_by, told, names=names) if incident.closed_by else "",
            late=any(alert.late for alert in alerts),
            test=incident.test,
            room=sees is Sees.ROOM and any(self.places.has_room(alert.place) for alert in alerts),
            drill=incident.drill,
            flapping=any(alert.flapping for alert in alerts),
            asks_help=incident.asks_help,
            works_until_ms=self._works_until(incident),
        )

    def _works_until(self, incident: Incident) -> int | None:
        if not incident.works or incident.widened or incident.closed_ms is not None:
            return None
        return next((one.until_ms for one in self.works if one.id == incident.works), None)

    @cached_property
    def works(self) -> list[Works]:
        return rows.open_works(self.connection, self.community, self.now_ms)

    def who(self, incident: int, person: str, told: dict[tuple[int, str], str], *, names: bool) -> str:
        """The role in which they were told or are on the rota; with the name where names are shown."""
        if person in ("console", "system"):
            return word(self.language, ROLE, person)
        kind, _, action = person.partition(":")
        if kind == "action":
            return f"{translated(self.language, '动作')} · {action}"
        role = told.get((incident, person)) or next(
            (duty.role for duty in self.registry.duties.values() if duty.person == person), ""
        )
        title = self.role_title(role) if role else translated(self.language, "人员")
        return f"{self.person_name(person)} · {title}" if names else title

    def person_sees(self, person: str, incident: Incident, told: dict[tuple[int, str], str]) -> Sees:
        """What a personal link shows: the widest of their roles; the room after accepting; a group the building."""
        if self.is_group(person):
            return Sees.BUILDING
        if has_accepted(incident, person):
            return Sees.ROOM
        roles = self.roles_of(person, incident.id, told)
        return widest(*(self.role_sees(role) for role in roles)) if roles else Sees.FLOOR

    def roles_of(self, person: str, incident: int, told: dict[tuple[int, str], str]) -> set[str]:
        """Every role of theirs on the rota, and the one in which they were told."""
        roles = {duty.role for duty in self.registry.duties.values() if person in (duty.person, *duty.rotation)}
        if (role := told.get((incident, person))) is not None:
            roles.add(role)
        return roles

    def person_sees_names(self, person: str, incident: int, told: dict[tuple[int, str], str]) -> bool:
        """On a personal link names are for whose account would show them."""
        if self.is_group(person):
            return False
        roles = self.roles_of(person, incident, told)
        return any(Right.NAMES in rights for role, rights in RIGHTS.items() if role is not Role.ADMIN and role in roles)

    def homes(self, alerts: Sequence[Alert]) -> list[Place]:
        """The homes that an incident is about, each once."""
        found = {place.id: place for alert in alerts for place in self.places.chain(alert.place)}
        return [place for place in found.values() if place.kind is PlaceKind.HOME]

    def is_group(self, person: str) -> bool:
        """An account that several people read: shows the building, and nobody can act through it."""
        known = self.registry.people.get(person)
        return bool(known and known.contacts and all(contact.group for contact in known.contacts))


def has_accepted(incident: Incident, person: str) -> bool:
    return bool(person) and any(one.person == person and not one.declined for one in incident.responders)


def by_urgency(found: Iterable[Incident]) -> list[Incident]:
    """Severity first, a drill after what is real, unanswered before answered, then the oldest."""
    return sorted(
        found,
        key=lambda one: (
            one.test,
            SEVERITY_ORDER[one.severity],
            one.drill,
            one.handling is not Handling.NEW,
            one.opened_ms,
        ),
    )


def _places(first: str, alerts: Sequence[Alert]) -> list[str]:
    return list(dict.fromkeys([first, *(alert.place for alert in alerts)]))


def _text(text: Text, language: str) -> str:
    return text.zh if language == "zh" else text.en


_NUMBER = re.compile(r"[①-⑨]|\((?:[1-9])\) ")


def _steps(todo: str) -> tuple[str, ...]:
    """``①敲门 ②打119`` or ``(1) Knock (2) call 119`` -> two steps; a text without numbers is one."""
    return tuple(step.strip() for step in _NUMBER.split(todo) if step.strip())
