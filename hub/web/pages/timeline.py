"""The timeline of an incident: its decisions in words, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hub.core.decisions import (
    AlertRaised,
    AnyDecision,
    HelpAsked,
    IncidentAccepted,
    IncidentClosed,
    IncidentCommented,
    IncidentDeclined,
    IncidentHandedOver,
    NotificationCancelled,
    NotificationDue,
    NotificationFailed,
    NotificationHeld,
    NotificationMissed,
    NotificationProgressed,
    NotificationSent,
    PolicyAdvanced,
    ResponderArrived,
)
from hub.web import rows
from hub.web.language import marked, translated
from hub.web.told import scheme_of
from hub.web.view import Picture
from hub.web.words import CHANNEL, DECISIONS, REASONS, STAGE, outcome_word, word

LOUD = frozenset({"alert_raised", "notification_missed", "notification_failed", "command_refused", "help_asked"})
GOOD = frozenset({"incident_accepted", "responder_arrived", "incident_closed", "alert_cleared", "notification_sent"})

FALSE = marked("误报")
PHOTO = marked("照片")


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line."""

    at_ms: int
    type: str
    what: str
    about: str
    """Who or what it was about, "" when the words say it all."""
    reason: str
    tone: str
    """loud, good or plain."""


def timeline(
    picture: Picture, incident: int, decisions: Sequence[AnyDecision], told: dict[tuple[int, str], str], *, names: bool
) -> list[Entry]:
    """Oldest first."""
    messages = rows.notifications_of(picture.connection, picture.community, incident)
    readers = {one.id: one.person for one in messages}
    entries: list[Entry] = []
    for decision in decisions:
        tag = str(decision.__struct_config__.tag)
        if tag in DECISIONS:
            entries.append(
                Entry(
                    at_ms=decision.at_ms,
                    type=tag,
                    what=word(picture.language, DECISIONS, tag),
                    about=_about(_Teller(picture, incident, told, readers, names=names), decision),
                    reason=word(picture.language, REASONS, decision.reason),
                    tone="loud" if tag in LOUD else "good" if tag in GOOD else "plain",
                )
            )
    return entries


class _Teller:
    """Says who and what as far as the reader may know it."""

    def __init__(
        self,
        picture: Picture,
        incident: int,
        told: dict[tuple[int, str], str],
        readers: dict[int, str],
        *,
        names: bool,
    ) -> None:
        self.picture = picture
        self.language = picture.language
        self._incident = incident
        self._told = told
        self._readers = readers
        self._names = names

    def who(self, person: str) -> str:
        return self.picture.who(self._incident, person, self._told, names=self._names) if person else ""

    def message(self, notification: int, contact: str, *more: str) -> str:
        """李秀英 · 志愿者 · 短信, and a code."""
        person = self._readers.get(notification, "")
        channel = word(self.language, CHANNEL, scheme_of(self.picture, person, contact))
        return _joined(self.who(person), channel, *more)


def _about(say: _Teller, decision: AnyDecision) -> str:
    match decision:
        case AlertRaised():
            return say.picture.rule_title(decision.rule)
        case IncidentClosed():
            outcome = outcome_word(say.language, decision.outcome, "fire")
            return _joined(outcome, translated(say.language, decision.cause), say.who(decision.person))
        case IncidentAccepted() | IncidentDeclined() | ResponderArrived() | NotificationMissed():
            return say.who(decision.person)
        case IncidentCommented():
            false = translated(say.language, FALSE) if decision.says_false else ""
            photo = translated(say.language, PHOTO) if decision.photo else ""
            return _joined(say.who(decision.person), false, decision.text, photo)
        case HelpAsked():
            return _joined(say.who(decision.person), decision.text)
        case IncidentHandedOver():
            return f"{say.who(decision.person)} → {say.who(decision.to)}"
        case NotificationDue():
            return say.message(decision.notification, decision.contact)
        case NotificationSent():
            return say.message(decision.notification, decision.contact)
        case NotificationCancelled():
            return say.message(decision.notification, "")
        case NotificationProgressed():
            stage = word(say.language, STAGE, decision.stage)
            return say.message(decision.notification, decision.contact, stage)
        case NotificationFailed():
            return say.message(decision.notification, decision.contact, decision.code)
        case NotificationHeld():
            return say.who(decision.person) or (say.picture.role_title(decision.role) if decision.role else "")
        case PolicyAdvanced():
            return translated(say.language, "第%(step)s步") % {"step": decision.step + 1}
        case _:
            return ""


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)
