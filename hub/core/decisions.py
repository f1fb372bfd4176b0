"""Decisions: past-tense events that `step` gives, each with a reason. Wording and translation happen at the edge. Pure."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from hub.model import Fact, Kind, Outcome, Purpose, Severity


class Reason(StrEnum):
    """Why the core decided so. Every value has a zh and an en sentence in `hub.delivery.wording`."""

    CONDITION_MET = "condition_met"
    CONDITION_CLEARED = "condition_cleared"
    CONDITION_HELD_FOR = "condition_held_for"
    RETAINED_STATE = "retained_state"
    SILENT_TOO_LONG = "silent_too_long"
    HEARD_AGAIN = "heard_again"
    UNDECODABLE_LIFE_SAFETY = "undecodable_life_safety"
    RULE_FAULT = "rule_fault"
    NEW_HOME_IN_INCIDENT = "new_home_in_incident"
    SAME_INCIDENT = "same_incident"
    POLICY_STEP = "policy_step"
    NOBODY_ACCEPTED = "nobody_accepted"
    NOTHING_SINCE_ACCEPT = "nothing_since_accept"
    INCIDENT_ENDED = "incident_ended"
    ROLE_EMPTY = "role_empty"
    ALREADY_TOLD = "already_told"
    DECLINED = "declined"
    NO_CONTACT = "no_contact"
    SILENCED = "silenced"
    HISTORICAL = "historical"
    TEST_PRESSED = "test_pressed"
    NO_RECEIPT_IN_TIME = "no_receipt_in_time"
    CONTACT_REFUSED = "contact_refused"
    LADDER_EXHAUSTED = "ladder_exhausted"
    INCIDENT_ANSWERED = "incident_answered"
    DUPLICATE_KEY = "duplicate_key"
    DUPLICATE_DELIVERY = "duplicate_delivery"
    PERSON_ASKED = "person_asked"
    UNKNOWN_SUBJECT = "unknown_subject"
    ALREADY_SO = "already_so"
    INVALID = "invalid"
    CLOCK_JUMPED = "clock_jumped"


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
    """An alert was raised but nobody is told: silenced, or a test."""

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
