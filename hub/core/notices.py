"""What one message may say to one reader: the incident, cut down to what the role and the contact may see. Pure.

A contact that several people read is told the building. A role sees room, floor or building until its person has
accepted; then the room. What leaves through a third party (everything but the inbox and mail) carries no room.
"""

from __future__ import annotations

from hub.core.context import Core
from hub.core.decisions import Also, Notice
from hub.model import (
    SEVERITY_ORDER,
    Alert,
    Contact,
    Fact,
    Incident,
    Kind,
    Notification,
    Place,
    PlaceKind,
    Purpose,
    Sees,
    Severity,
    nature,
)

PERSONAL_FACTS = frozenset({"plate", "known_name", "name", "description", "lat", "lng"})
"""Facts that never leave in a message."""
OWN = "self:"
"""How the subjects begin about which the hub observes something itself: their description is its own, and is said."""


def read_by_many(contact: Contact) -> bool:
    """A group reads it: the building only, and no personal link."""
    return contact.group or nature(contact.url).group


def sees(core: Core, incident: Incident, one: Notification, contact: Contact) -> Sees:
    """How much of the place this contact of this person is told."""
    channel = nature(contact.url)
    if contact.group or channel.group:
        return Sees.BUILDING
    seen = core.settings.sees.get(one.role, Sees.FLOOR)
    if seen is not Sees.ROOM and any(r.person == one.person and not r.declined for r in incident.responders):
        seen = Sees.ROOM
    if seen is Sees.ROOM and not channel.private:
        return Sees.FLOOR
    return seen


def speaker(core: Core, incident: Incident) -> Alert | None:
    """The alert that speaks for the incident: the most severe, then the oldest."""
    if len(incident.alerts) == 1:
        return core.state.alerts.get(incident.alerts[0])
    alerts = [a for a in (core.state.alerts.get(id) for id in incident.alerts) if a is not None]
    return min(alerts, key=lambda a: (SEVERITY_ORDER[a.severity], a.at_ms, a.id), default=None)


def notice_for(
    core: Core,
    incident: Incident | None,
    one: Notification,
    contact: Contact,
    language: str,
    named: tuple[Also, ...] = (),
    more: int = 0,
) -> Notice:
    """What the words of this attempt are made of, whatever it is about."""
    match one.purpose:
        case Purpose.TEST:
            return test_notice(core, contact, language)
        case Purpose.DIGEST:
            return digest_notice(core, one, contact, language)
        case Purpose.SILENCED:
            return announcement(core, one, contact, language)
    if incident is None:
        return test_notice(core, contact, language)
    return notice(core, incident, one, contact, language, named, more)


def notice(
    core: Core,
    incident: Incident,
    one: Notification,
    contact: Contact,
    language: str,
    named: tuple[Also, ...] = (),
    more: int = 0,
) -> Notice:
    """About one incident, and by name or number about what goes along in the same message."""
    about = _about(core, incident, one)
    seen = sees(core, incident, one, contact)
    place_id = about.place if about else incident.place
    line = core.ancestors(place_id)
    building, floor, place = _where(line, seen)
    registered = core.state.registered.get(about.subject) if about else None
    facts = {} if about is None else _told(about.facts)
    going = [r for r in incident.responders if not r.declined]
    building_id, place_id = _ids(line)
    return Notice(
        incident=incident.id,
        purpose=one.purpose,
        severity=incident.severity,
        rule=about.rule if about else incident.cause,
        kind=about.kind if about else Kind.UNKNOWN,
        at_ms=about.at_ms if about else incident.opened_ms,
        language=language,
        community=core.settings.community_name,
        building=building,
        building_id=building_id,
        place_id=place_id,
        floor=floor,
        place=place,
        address=_address(core, line),
        device=(registered.name if registered and seen is Sees.ROOM else ""),
        facts=facts | _times(core, about),
        homes=_homes(core, incident),
        going=len(going),
        needed=incident.needed,
        late=about.late if about else False,
        test=incident.test,
        group=read_by_many(contact),
        outcome=incident.outcome,
        cause=incident.cause_text,
        closed_ms=incident.closed_ms,
        drill=incident.drill,
        acts=incident.acts,
        flapping=about.flapping if about else False,
        who=one.who or (going[-1].role if going else ""),
        note="" if read_by_many(contact) and one.note else one.note or _observed(about),
        also=named,
        more=more,
    )


def _told(facts: dict[str, Fact]) -> dict[str, Fact]:
    """What may leave in a message; beside a plate the label is of other plates that it may mean."""
    hidden = PERSONAL_FACTS | {"label"} if "plate" in facts else PERSONAL_FACTS
    return {name: value for name, value in facts.items() if name not in hidden}


def also(core: Core, one: Notification, contact: Contact) -> Also | None:
    """One further incident in a merged message; None when it is gone."""
    incident = core.state.incidents.get(one.incident)
    if incident is None:
        return None
    about = _about(core, incident, one)
    building, floor, place = _where(
        core.ancestors(about.place if about else incident.place), sees(core, incident, one, contact)
    )
    return Also(
        incident=incident.id,
        severity=incident.severity,
        rule=about.rule if about else incident.cause,
        kind=about.kind if about else Kind.UNKNOWN,
        at_ms=about.at_ms if about else incident.opened_ms,
        building=building,
        floor=floor,
        place=place,
        homes=_homes(core, incident),
        test=incident.test,
        drill=incident.drill,
        purpose=one.purpose,
        outcome=incident.outcome,
    )


def digest_notice(core: Core, digest: Notification, contact: Contact, language: str) -> Notice:
    """A list of what was minor."""
    newest = {p.incident: p for p in (core.state.notifications.get(id) for id in digest.carries) if p is not None}
    named = [words for one in newest.values() if (words := also(core, one, contact)) is not None]
    named.sort(key=lambda a: (SEVERITY_ORDER[a.severity], a.at_ms, a.incident))
    return Notice(
        incident=0,
        purpose=Purpose.DIGEST,
        severity=digest.severity,
        rule="",
        kind=Kind.UNKNOWN,
        at_ms=min((a.at_ms for a in named), default=core.now_ms),
        language=language,
        community=core.settings.community_name,
        group=read_by_many(contact),
        also=tuple(named[:DIGEST_LINES]),
        more=max(0, len(named) - DIGEST_LINES),
    )


DIGEST_LINES = 20


def announcement(core: Core, one: Notification, contact: Contact, language: str) -> Notice:
    """A silence or works began, end soon, or are over; ``rule`` is the reason."""
    line = core.ancestors(one.place)
    many = read_by_many(contact)
    seen = Sees.BUILDING if many else core.settings.sees.get(one.role, Sees.FLOOR)
    if seen is Sees.ROOM and not nature(contact.url).private:
        seen = Sees.FLOOR
    building, floor, place = _where(line, seen)
    if line and line[0].kind is PlaceKind.BUILDING:
        place = building
    return Notice(
        incident=0,
        purpose=Purpose.SILENCED,
        severity=Severity.INFO,
        rule=one.who,
        kind=Kind.UNKNOWN,
        at_ms=one.created_ms,
        language=language,
        community=core.settings.community_name,
        building=building,
        floor=floor,
        place=place,
        group=many,
        note="" if many else one.note,
        until_ms=one.until_ms,
    )


def test_notice(core: Core, contact: Contact, language: str) -> Notice:
    """A 【测试】 of one contact, about nothing."""
    return Notice(
        incident=0,
        purpose=Purpose.TEST,
        severity=Severity.INFO,
        rule="",
        kind=Kind.UNKNOWN,
        at_ms=core.now_ms,
        language=language,
        community=core.settings.community_name,
        group=read_by_many(contact),
        test=True,
        contact=contact.id,
    )


def _about(core: Core, incident: Incident, one: Notification) -> Alert | None:
    """What grew speaks of the newest place, everything else of the worst."""
    newest = core.state.alerts.get(incident.alerts[-1]) if one.purpose is Purpose.GREW and incident.alerts else None
    return newest or speaker(core, incident)


def _ids(line: list[Place]) -> tuple[str, str]:
    """Building, or what stands in none: ids that the engineer wrote into an action's topics."""
    building = next((p.id for p in line if p.kind is PlaceKind.BUILDING), "")
    outside = line[0].id if line and not building and line[0].kind is not PlaceKind.HOME else ""
    return building, outside


def _where(line: list[Place], seen: Sees) -> tuple[str, int | None, str]:
    """Building, floor, exact place, down to what may be seen. What stands in no building is nobody's home."""
    building = next((p.name for p in line if p.kind is PlaceKind.BUILDING), "")
    floor = next((p.floor for p in line if p.floor is not None), None)
    exact = line[0] if line else None
    shown = exact is not None and (seen is Sees.ROOM or not building) and exact.kind is not PlaceKind.BUILDING
    if exact is not None and not building and exact.kind is PlaceKind.HOME:
        shown = seen is Sees.ROOM
    return building, (floor if seen is not Sees.BUILDING else None), (exact.name if exact and shown else "")


def _homes(core: Core, incident: Incident) -> int:
    if len(incident.alerts) == 1:
        return 1
    return len({a.place for a in (core.state.alerts.get(i) for i in incident.alerts) if a is not None})


def _times(core: Core, about: Alert | None) -> dict[str, Fact]:
    """How often a flapping alert rose lately."""
    if about is None or not about.flapping:
        return {}
    return {"times": len(core.state.raises.get(f"{about.subject}/{about.rule}", ()))}


def _observed(about: Alert | None) -> str:
    """What the hub found out about itself, in plain words."""
    if about is None or not about.subject.startswith(OWN):
        return ""
    return str(about.facts.get("description", ""))


def _address(core: Core, line: list[Place]) -> str:
    """Nearest postal address up the tree: of the building, never of a home."""
    for place in line:
        if place.address and place.kind not in (PlaceKind.HOME, PlaceKind.SPACE):
            return place.address
    return core.settings.community_address
