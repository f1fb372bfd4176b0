"""Whom somebody may choose: to hand an incident to, or whose answer came by phone. Ids of people never reach a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

import msgspec

from hub.model import Incident
from hub.web.rota import roster_of
from hub.web.session import Sessions
from hub.web.view import Picture


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One person as a form offers them."""

    key: str
    """Stands for the person in this incident's forms."""
    label: str
    person: str


def choices(
    picture: Picture,
    sessions: Sessions,
    incident: Incident,
    told: dict[tuple[int, str], str],
    *,
    names: bool,
    without: Collection[str] = (),
    tails: bool = False,
) -> list[Choice]:
    """Whoever was told, then who is on duty there now. ``tails``: the end of their number, for whoever takes a call."""
    asked = [one for one in dict.fromkeys([*incident.told, *_on_duty(picture, incident)]) if one not in without]
    people = [
        one
        for one in asked
        if one in picture.registry.people and picture.registry.people[one].agreed and not picture.is_group(one)
    ]
    labels = [_label(picture, incident, told, one, names=names, tails=tails) for one in people]
    many = {label for label, count in Counter(labels).items() if count > 1}
    seen: Counter[str] = Counter()
    found: list[Choice] = []
    for person, label in zip(people, labels, strict=True):
        seen[label] += 1
        shown = f"{label} {seen[label]}" if label in many else label
        found.append(Choice(key=alias(sessions, picture, incident, person), label=shown, person=person))
    return found


def alias(sessions: Sessions, picture: Picture, incident: Incident, person: str) -> str:
    return sessions.alias(f"{picture.community}/{incident.id}/{person}")


def chosen_person(offered: list[Choice], key: str) -> str:
    """The person behind a key that a form sent, "" when it was not offered."""
    return next((one.person for one in offered if one.key == key), "")


def _on_duty(picture: Picture, incident: Incident) -> list[str]:
    installation, now_ms = picture.deps.installation, picture.now_ms
    roster = roster_of(picture.registry, installation, now_ms)
    roles = dict.fromkeys(duty.role for duty in picture.registry.duties.values())
    return [person.id for role in roles for person in roster.holders(role, incident.place, now_ms)]


def _label(
    picture: Picture, incident: Incident, told: dict[tuple[int, str], str], person: str, *, names: bool, tails: bool
) -> str:
    label = picture.who(incident.id, person, told, names=names)
    phone = picture.registry.people[person].phone
    return f"{label} …{phone[-4:]}" if tails and phone else label
