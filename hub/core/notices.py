"""What one message may say to one reader: the incident, cut down to what the role and the contact may see. Pure.

Group contacts see the building. A role sees room, floor or building until its person has accepted; then the room. What
leaves through a third party (everything but the inbox and mail) carries no room.
"""

from __future__ import annotations

from hub.core.context import Core
from hub.core.decisions import Notice
from hub.model import Alert, Contact, Incident, Kind, Notification, PlaceKind, Purpose, Sees, Severity

PRIVATE_SCHEMES = ("inbox", "mailto", "mailtos")
PERSONAL_FACTS = frozenset({"plate", "known_name", "name", "description", "lat", "lng"})
"""Facts that never leave in a message."""


def sees(core: Core, incident: Incident, notification: Notification, contact: Contact) -> Sees:
    """How much of the place this contact of this person is told."""
    scheme = contact.url.partition(":")[0].lower()
    if contact.group or scheme == "wecom":
        return Sees.BUILDING
    seen = core.settings.sees.get(notification.role, Sees.FLOOR)
    if any(r.person == notification.person and not r.declined for r in incident.responders):
        seen = Sees.ROOM
    if seen is Sees.ROOM and scheme not in PRIVATE_SCHEMES:
        return Sees.FLOOR
    return seen


def speaker(core: Core, incident: Incident) -> Alert | None:
    """The alert that speaks for the incident: the most severe, then the oldest."""
    alerts = [a for a in (core.state.alerts.get(id) for id in incident.alerts) if a is not None]
    order = list(Severity)
    return min(alerts, key=lambda a: (order.index(a.severity), a.at_ms, a.id), default=None)


def notice(core: Core, incident: Incident, notification: Notification, contact: Contact, language: str) -> Notice:
    """What the words to this contact are made of."""
    alert = speaker(core, incident)
    newest = core.state.alerts.get(incident.alerts[-1]) if notification.purpose is Purpose.GREW else None
    about = newest or alert
    seen = sees(core, incident, notification, contact)
    place_id = about.place if about else incident.place
    line = core.ancestors(place_id)
    building = next((p.name for p in line if p.kind is PlaceKind.BUILDING), "")
    floor = next((p.floor for p in line if p.floor is not None), None)
    exact = line[0] if line else None
    indoors = exact is not None and bool(building)
    shown = exact is not None and (seen is Sees.ROOM or not indoors)
    registered = core.state.registered.get(about.subject) if about else None
    facts = {} if about is None else {k: v for k, v in about.facts.items() if k not in PERSONAL_FACTS}
    return Notice(
        incident=incident.id,
        purpose=notification.purpose,
        severity=incident.severity,
        rule=about.rule if about else incident.cause,
        kind=about.kind if about else Kind.UNKNOWN,
        at_ms=about.at_ms if about else incident.opened_ms,
        language=language,
        community=core.settings.community_name,
        building=building,
        floor=floor if seen is not Sees.BUILDING else None,
        place=exact.name if exact is not None and shown and exact.kind is not PlaceKind.BUILDING else "",
        address=_address(core, place_id),
        device=(registered.name if registered and seen is Sees.ROOM else ""),
        facts=facts,
        homes=len({a.place for a in (core.state.alerts.get(i) for i in incident.alerts) if a is not None}),
        going=sum(1 for r in incident.responders if not r.declined),
        needed=incident.needed,
        late=about.late if about else False,
        test=incident.test,
        group=seen is Sees.BUILDING and (contact.group or contact.url.startswith("wecom:")),
        outcome=incident.outcome,
        cause=incident.cause_text,
        closed_ms=incident.closed_ms,
    )


def test_notice(core: Core, contact: Contact, language: str) -> Notice:
    """A 【测试】 that somebody asked for, about nothing."""
    return Notice(
        incident=0,
        purpose=Purpose.TEST,
        severity=Severity.INFO,
        rule="",
        kind=Kind.UNKNOWN,
        at_ms=core.now_ms,
        language=language,
        community=core.settings.community_name,
        group=contact.group,
        test=True,
    )


def _address(core: Core, place_id: str) -> str:
    """Nearest postal address up the tree: of the building, never of a home."""
    for place in core.ancestors(place_id):
        if place.address and place.kind not in (PlaceKind.HOME, PlaceKind.SPACE):
            return place.address
    return core.settings.community_address
