"""Alerts, incidents, and telling people."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from hub.model.facts import Fact
from hub.model.kinds import Kind


class Severity(StrEnum):
    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"
    INFO = "info"


SEVERITY_ORDER: dict[Severity, int] = {Severity.CRITICAL: 0, Severity.MAJOR: 1, Severity.MINOR: 2, Severity.INFO: 3}


class Condition(StrEnum):
    """Condition axis of an alert: what the readings say."""

    PENDING = "pending"
    ACTIVE = "active"
    CLEARED = "cleared"


class Handling(StrEnum):
    """Handling axis of an alert: what people did."""

    NEW = "new"
    ACCEPTED = "accepted"
    ON_SITE = "on_site"
    DONE = "done"


class Outcome(StrEnum):
    """What it turned out to be, said by a person who closes."""

    REAL = "real"
    FALSE = "false"
    TEST = "test"
    DRILL = "drill"
    DUPLICATE = "duplicate"
    RECOVERED = "recovered"
    """Cleared by itself; only for rules that do not latch."""


class Alert(msgspec.Struct, kw_only=True):
    """One rule on one subject. Mutable: the core owns it; everybody else reads copies."""

    id: int
    rule: str
    severity: Severity
    subject: str
    """Device address."""
    kind: Kind
    place: str
    incident: int
    condition: Condition
    handling: Handling
    raised_ms: int
    """When the hub raised it; ``at_ms`` is when it happened as far as that is believed."""
    at_ms: int
    late: bool = False
    """Its message waited in a queue."""
    cleared_ms: int | None = None
    accepted_ms: int | None = None
    on_site_ms: int | None = None
    closed_ms: int | None = None
    due_ms: int | None = None
    """While pending: when the condition will have held for long enough."""
    outcome: Outcome | None = None
    cause: str = ""
    facts: dict[str, Fact] = msgspec.field(default_factory=dict)
    """The facts that raised it."""
    key: str = ""
    """Under which its device remembers it: the rule, for passing cars the rule and the plate."""
    latch: bool = False
    """Only a person closes it."""
    test: bool = False
    """Exercise or test: told as 【测试】, never as a fire."""


class Responder(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who said that they go, or that they cannot."""

    person: str
    at_ms: int
    state: Handling
    declined: bool = False


class Incident(msgspec.Struct, kw_only=True):
    """Alerts that belong together; people are told about incidents."""

    id: int
    place: str
    """The building, or the space, gate or area itself."""
    cause: str
    """What groups them: the rule's ``cause``, for example ``fire``."""
    severity: Severity
    opened_ms: int
    handling: Handling = Handling.NEW
    alerts: list[int] = msgspec.field(default_factory=list)
    policy: str = ""
    step: int = 0
    """Index of the policy step to take next; len(steps) when all are taken."""
    due_ms: int | None = None
    """When the next step, or the next page after an accept without an end, is due."""
    responders: list[Responder] = msgspec.field(default_factory=list)
    told: list[str] = msgspec.field(default_factory=list)
    """Everybody who was told, in order: they are told the end too."""
    accepted_ms: int | None = None
    on_site_ms: int | None = None
    closed_ms: int | None = None
    outcome: Outcome | None = None
    cause_text: str = ""
    closed_by: str = ""
    test: bool = False
    round: int = 0
    """How often the policy has started from its first step."""
    from_ms: int = 0
    """When this round of the policy started, or will start: the end of a silence."""
    needed: int = 1
    """How many people should go."""


class Purpose(StrEnum):
    """Why somebody is told."""

    RAISED = "raised"
    GREW = "grew"
    ESCALATED = "escalated"
    REPAGED = "repaged"
    ENDED = "ended"
    TEST = "test"


class NotificationState(StrEnum):
    """Where one notification stands: an attempt under way, waiting for the next attempt, or ended."""

    DUE = "due"
    HELD = "held"
    SENT = "sent"
    MISSED = "missed"
    CANCELLED = "cancelled"


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider said to one attempt over one contact."""

    notification: int
    contact: str
    attempt: int
    at_ms: int
    sent: bool
    """Only a positive receipt counts as sent."""
    reason: str
    """``accepted``, or why not: ``refused``, ``rate_limited``, ``timeout``, ``unreachable``, ``bad_contact``, ..."""
    code: str = ""
    """The provider's own code, verbatim."""
    permanent: bool = False
    retry_after_ms: int | None = None


class Notification(msgspec.Struct, kw_only=True):
    """One message to one person: tried over the contacts of their ladder until one gives a positive receipt."""

    id: int
    incident: int
    person: str
    role: str
    purpose: Purpose
    severity: Severity
    created_ms: int
    """When it fell due: the budget's clock starts here."""
    state: NotificationState = NotificationState.DUE
    contact: str = ""
    """Id of the contact under way."""
    attempt: int = 0
    """1 for the first attempt; the pair (id, attempt) is one outbox row and one send."""
    due_ms: int | None = None
    """Deadline of the attempt under way, or when to try again; None when nothing is to come."""
    sent_ms: int | None = None
    reason: str = ""
    alerts: tuple[int, ...] = ()
    dead: tuple[str, ...] = ()
    """Contacts that refused for good."""
    test: bool = False


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """A pause with an end, an owner and a reason. Never hides critical."""

    id: int
    place: str = ""
    kind: str = ""
    rule: str = ""
    device: str = ""
    from_ms: int
    until_ms: int
    owner: str
    reason: str
