"""Decisions: past-tense events that `step` gives, each with a reason. Wording and translation happen at the edge. Pure."""

from __future__ import annotations

import msgspec

from hub.core.reasons import Reason as Reason
from hub.model import Fact, Kind, Outcome, Purpose, Severity, Stage


class Also(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One more incident in a merged message, cut down as the notice is."""

    incident: int
    severity: Severity
    rule: str
    kind: Kind
    at_ms: int
    building: str = ""
    floor: int | None = None
    place: str = ""
    homes: int = 1
    test: bool = False
    drill: bool = False
    purpose: Purpose = Purpose.RAISED
    outcome: Outcome | None = None


class Notice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the words of one message are made of: already cut down to what its reader may see. Wording is delivery's."""

    incident: int
    purpose: Purpose
    severity: Severity
    rule: str
    """Rule of the alert that speaks for the incident; its texts are in config.yaml."""
    kind: Kind
    at_ms: int
    """Since when."""
    language: str = "zh"
    community: str = ""
    """Name of the community."""
    building: str = ""
    building_id: str = ""
    """Its id in the registry, for actions: `b6`."""
    place_id: str = ""
    """Id of what stands in no building (a gate, a space); never of a home."""
    floor: int | None = None
    place: str = ""
    """Name of the exact place (1203室, 12号车位), "" when this reader may not see it."""
    address: str = ""
    """Postal address for 119, down to what this reader may see."""
    device: str = ""
    facts: dict[str, Fact] = {}
    homes: int = 1
    """How many homes or places the incident has by now."""
    going: int = 0
    needed: int = 1
    late: bool = False
    test: bool = False
    group: bool = False
    """Goes to a contact that several people read: no personal link."""
    outcome: Outcome | None = None
    cause: str = ""
    closed_ms: int | None = None
    drill: bool = False
    acts: bool = False
    """A drill in which sirens and barriers act too."""
    flapping: bool = False
    who: str = ""
    """Role title key of whoever goes, asks for help or hands over; never a name to a group."""
    note: str = ""
    """In somebody's own words: what help is needed, why it is silent, what the hub observed."""
    until_ms: int | None = None
    """End of a silence or of works."""
    contact: str = ""
    """For a test: which contact is being tested."""
    also: tuple[Also, ...] = ()
    """Further incidents that this message carries: a merged or digested one."""
    more: int = 0
    """How many incidents beyond ``also`` it stands for."""


class Decision(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Common ancestor: which input caused it and why."""

    seq: int
    at_ms: int
    reason: Reason


class AlertPending(Decision, frozen=True, kw_only=True, tag="alert_pending"):
    alert: int


class AlertRaised(Decision, frozen=True, kw_only=True, tag="alert_raised"):
    alert: int
    rule: str
    severity: Severity
    subject: str
    place: str
    late: bool = False


class AlertCleared(Decision, frozen=True, kw_only=True, tag="alert_cleared"):
    alert: int


class AlertHidden(Decision, frozen=True, kw_only=True, tag="alert_hidden"):
    """An alert was raised but nobody is told: silenced, flapping, or a test."""

    alert: int
    silence: int = 0


class IncidentOpened(Decision, frozen=True, kw_only=True, tag="incident_opened"):
    incident: int
    alert: int


class IncidentGrew(Decision, frozen=True, kw_only=True, tag="incident_grew"):
    incident: int
    alert: int


class IncidentAccepted(Decision, frozen=True, kw_only=True, tag="incident_accepted"):
    incident: int
    person: str


class IncidentDeclined(Decision, frozen=True, kw_only=True, tag="incident_declined"):
    incident: int
    person: str


class ResponderArrived(Decision, frozen=True, kw_only=True, tag="responder_arrived"):
    incident: int
    person: str


class IncidentClosed(Decision, frozen=True, kw_only=True, tag="incident_closed"):
    incident: int
    person: str
    outcome: Outcome
    cause: str = ""


class NotificationDue(Decision, frozen=True, kw_only=True, tag="notification_due"):
    """Send it now: this is an outbox row. ``(notification, attempt)`` is its key."""

    notification: int
    attempt: int
    incident: int
    person: str
    contact: str
    purpose: Purpose
    severity: Severity
    notice: Notice
    deadline_ms: int
    """Without a positive receipt by then the next contact is tried."""
    carries: tuple[int, ...] = ()
    """Other notifications that this message carries: its receipt is theirs too."""
    updates: str = ""
    """The provider's id of the message to change instead of sending a new one."""
    quiet: bool = False
    """No sound: progress on a card."""
    aside: bool = False
    """Over a convenience, beside the ladder."""
    scheme: str = ""
    """Of the contact's URL when the words were chosen."""


class NotificationSent(Decision, frozen=True, kw_only=True, tag="notification_sent"):
    notification: int
    contact: str


class NotificationFailed(Decision, frozen=True, kw_only=True, tag="notification_failed"):
    """One attempt failed; the ladder goes on."""

    notification: int
    contact: str
    code: str = ""


class NotificationMissed(Decision, frozen=True, kw_only=True, tag="notification_missed"):
    """The whole ladder failed: a visible miss."""

    notification: int
    person: str


class NotificationHeld(Decision, frozen=True, kw_only=True, tag="notification_held"):
    """Somebody was not told, and this is why. ``person`` or ``role`` may be empty."""

    incident: int
    role: str
    person: str = ""


class NotificationCancelled(Decision, frozen=True, kw_only=True, tag="notification_cancelled"):
    """Not sent any more: it was answered first."""

    notification: int


class NotificationProgressed(Decision, frozen=True, kw_only=True, tag="notification_progressed"):
    """It was delivered, opened or answered."""

    notification: int
    person: str
    contact: str
    stage: Stage


class IncidentCommented(Decision, frozen=True, kw_only=True, tag="incident_commented"):
    incident: int
    person: str
    text: str = ""
    photo: int = 0
    says_false: bool = False


class HelpAsked(Decision, frozen=True, kw_only=True, tag="help_asked"):
    incident: int
    person: str
    text: str = ""


class IncidentHandedOver(Decision, frozen=True, kw_only=True, tag="incident_handed_over"):
    incident: int
    person: str
    to: str


class AlertInhibited(Decision, frozen=True, kw_only=True, tag="alert_inhibited"):
    """Raised, and explained by another: nobody is told of it while that stands."""

    alert: int
    by: int


class AlertFlapped(Decision, frozen=True, kw_only=True, tag="alert_flapped"):
    alert: int
    times: int


class SilenceReminded(Decision, frozen=True, kw_only=True, tag="silence_reminded"):
    silence: int
    owner: str


class WorksStarted(Decision, frozen=True, kw_only=True, tag="works_started"):
    works: int
    place: str
    owner: str


class WorksEnded(Decision, frozen=True, kw_only=True, tag="works_ended"):
    works: int


class DrillStarted(Decision, frozen=True, kw_only=True, tag="drill_started"):
    incident: int
    person: str
    place: str


class ContactProven(Decision, frozen=True, kw_only=True, tag="contact_proven"):
    person: str
    contact: str


class PersonErased(Decision, frozen=True, kw_only=True, tag="person_erased"):
    """The store destroys the key of this subject in the same transaction."""

    person: str


class HouseholdErased(Decision, frozen=True, kw_only=True, tag="household_erased"):
    """Its permits are gone; the store replaces its plates from this transaction on."""

    place: str
    permits: int


class PolicyAdvanced(Decision, frozen=True, kw_only=True, tag="policy_advanced"):
    incident: int
    step: int


class SensorFellSilent(Decision, frozen=True, kw_only=True, tag="sensor_fell_silent"):
    device: str
    last_seen_ms: int


class SensorHeard(Decision, frozen=True, kw_only=True, tag="sensor_heard"):
    """First message ever, or first after a silence."""

    device: str


class DuplicateIgnored(Decision, frozen=True, kw_only=True, tag="duplicate_ignored"):
    device: str


class MessageQuarantined(Decision, frozen=True, kw_only=True, tag="message_quarantined"):
    source: str
    device: str = ""


class SilenceStarted(Decision, frozen=True, kw_only=True, tag="silence_started"):
    silence: int
    owner: str


class SilenceEnded(Decision, frozen=True, kw_only=True, tag="silence_ended"):
    silence: int


class RegistryChanged(Decision, frozen=True, kw_only=True, tag="registry_changed"):
    what: str
    id: str


class CommandRefused(Decision, frozen=True, kw_only=True, tag="command_refused"):
    row: int
    detail: str


class RuleFaulted(Decision, frozen=True, kw_only=True, tag="rule_faulted"):
    rule: str
    device: str
    detail: str


class ClockJumped(Decision, frozen=True, kw_only=True, tag="clock_jumped"):
    by_ms: int


class SourceWentDown(Decision, frozen=True, kw_only=True, tag="source_went_down"):
    source: str


class SourceCameUp(Decision, frozen=True, kw_only=True, tag="source_came_up"):
    source: str


class ConfigLoaded(Decision, frozen=True, kw_only=True, tag="config_loaded"):
    digest: str
    software: str


AnyDecision = (
    AlertPending
    | AlertRaised
    | AlertCleared
    | AlertHidden
    | IncidentOpened
    | IncidentGrew
    | IncidentAccepted
    | IncidentDeclined
    | ResponderArrived
    | IncidentClosed
    | NotificationDue
    | NotificationSent
    | NotificationFailed
    | NotificationMissed
    | NotificationHeld
    | NotificationCancelled
    | NotificationProgressed
    | IncidentCommented
    | HelpAsked
    | IncidentHandedOver
    | AlertInhibited
    | AlertFlapped
    | SilenceReminded
    | WorksStarted
    | WorksEnded
    | DrillStarted
    | ContactProven
    | PersonErased
    | HouseholdErased
    | PolicyAdvanced
    | SensorFellSilent
    | SensorHeard
    | DuplicateIgnored
    | MessageQuarantined
    | SilenceStarted
    | SilenceEnded
    | RegistryChanged
    | CommandRefused
    | RuleFaulted
    | ClockJumped
    | SourceWentDown
    | SourceCameUp
    | ConfigLoaded
)
