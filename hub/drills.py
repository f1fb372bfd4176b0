"""Drills scored: how quickly people answered an incident that was none. Reads what the rows have, changes nothing."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from hub.model import Handling, Incident, Notification, Purpose, Responder

_ASKING = frozenset(
    {Purpose.RAISED, Purpose.GREW, Purpose.ESCALATED, Purpose.REPAGED, Purpose.HELP, Purpose.HANDED_OVER}
)
"""What asks somebody to go; the end and the progress on a card do not count as told."""
_ACTION = "action:"


class DrillScore(msgspec.Struct, frozen=True, kw_only=True):
    """One drill in figures; None: it has not come to that."""

    incident: int
    place: str
    building: str
    at_ms: int
    first_accept_s: float | None = None
    on_site_s: float | None = None
    told: int = 0
    """How many people were asked."""
    reached: int = 0
    """How many of them a provider had a message for."""
    went: int = 0
    """How many said that they go and did not take it back."""
    closed: bool = False


def score(
    incident: Incident,
    responders: Iterable[Responder],
    notifications: Iterable[Notification],
    *,
    place: str = "",
    building: str = "",
) -> DrillScore:
    """Score one drill; ``place`` and ``building`` are the incident's place unless the reader knows better."""
    asked = [
        n
        for n in notifications
        if n.incident == incident.id and n.purpose in _ASKING and not n.person.startswith(_ACTION)
    ]
    said = [r for r in responders if r.state is not Handling.NEW]
    return DrillScore(
        incident=incident.id,
        place=place or incident.place,
        building=building or incident.place,
        at_ms=incident.opened_ms,
        first_accept_s=_after(incident, incident.accepted_ms, (r.at_ms for r in said)),
        on_site_s=_after(incident, incident.on_site_ms, (r.at_ms for r in said if r.state is Handling.ON_SITE)),
        told=len({n.person for n in asked}),
        reached=len({n.person for n in asked if n.sent_ms is not None}),
        went=sum(1 for r in said if r.goes),
        closed=incident.closed_ms is not None,
    )


def _after(incident: Incident, first_ms: int | None, times: Iterable[int]) -> float | None:
    """Seconds from the opening to the first time; the incident's own word goes before its responders'."""
    at_ms = first_ms if first_ms is not None else min(times, default=None)
    return None if at_ms is None else (at_ms - incident.opened_ms) / 1000
