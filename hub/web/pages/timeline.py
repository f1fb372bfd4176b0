"""The timeline of an incident: its decisions in words, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hub.core.decisions import (
    AlertRaised,
    AnyDecision,
    IncidentAccepted,
    IncidentClosed,
    IncidentDeclined,
    NotificationDue,
    NotificationFailed,
    NotificationHeld,
    NotificationMissed,
    PolicyAdvanced,
    ResponderArrived,
)
from hub.web.language import translated
from hub.web.view import Picture
from hub.web.words import DECISIONS, REASONS, outcome_word, word

LOUD = frozenset({"alert_raised", "notification_missed", "notification_failed", "command_refused"})
GOOD = frozenset({"incident_accepted", "responder_arrived", "incident_closed", "alert_cleared", "notification_sent"})


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line."""

    at_ms: int
    what: str
    about: str
    """Who or what it was about, "" when the words say it all."""
    reason: str
    tone: str
    """loud, good or plain."""


def timeline(picture: Picture, decisions: Sequence[AnyDecision], *, names: bool) -> list[Entry]:
    """Oldest first."""
    entries: list[Entry] = []
    for decision in decisions:
        tag = str(decision.__struct_config__.tag)
        if tag in DECISIONS:
            entries.append(
                Entry(
                    at_ms=decision.at_ms,
                    what=word(picture.language, DECISIONS, tag),
                    about=_about(picture, decision, names=names),
                    reason=word(picture.language, REASONS, decision.reason),
                    tone="loud" if tag in LOUD else "good" if tag in GOOD else "plain",
                )
            )
    return entries


def _about(picture: Picture, decision: AnyDecision, *, names: bool) -> str:
    match decision:
        case AlertRaised():
            return picture.rule_title(decision.rule)
        case IncidentClosed():
            cause = translated(picture.language, decision.cause)
            parts = [outcome_word(picture.language, decision.outcome, "fire"), cause]
            return " · ".join(part for part in [*parts, _who(picture, decision.person, names=names)] if part)
        case IncidentAccepted() | IncidentDeclined() | ResponderArrived() | NotificationMissed():
            return _who(picture, decision.person, names=names)
        case NotificationDue():
            return " · ".join(part for part in (_who(picture, decision.person, names=names), decision.contact) if part)
        case NotificationFailed():
            return " · ".join(part for part in (decision.contact, decision.code) if part)
        case NotificationHeld():
            role = picture.role_title(decision.role) if decision.role else ""
            who = _who(picture, decision.person, names=names) if decision.person else ""
            return " · ".join(part for part in (role, who) if part)
        case PolicyAdvanced():
            return translated(picture.language, "第%(step)s步") % {"step": decision.step}
        case _:
            return ""


def _who(picture: Picture, person: str, *, names: bool) -> str:
    """The name where names are shown, else the role on the rota."""
    if names or person in ("console", "system"):
        return picture.person_name(person)
    role = next((duty.role for duty in picture.registry.duties.values() if duty.person == person), "")
    return picture.role_title(role) if role else ""
