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
    drill: bool = False
    """Part of a drill: goes the real path, told as 【演练】."""
    flapping: bool = False
    """It came and went too often: said so, and when it is not critical held until it is calm."""
    inhibited_by: int = 0
    """Alert whose cause explains this one: nobody is told while that stands."""


class Responder(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who said that they go, or that they cannot."""

    person: str
    at_ms: int
    state: Handling
    declined: bool = False
    role: str = ""
    """Role in which they were told, or hold now: what a quorum counts."""
    via: str = ""
    """How the answer came: link, inbox, console, call, key, wecom, dingtalk, feishu, push."""
    handed_to: str = ""
    """Who was asked to take it over. Not declined: still responsible until they accept; declined: they have it."""

    @property
    def goes(self) -> bool:
        """Counts as on the way or there."""
        return not self.declined


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
    drill: bool = False
    cards: dict[str, str] = msgspec.field(default_factory=dict)
    """``person/contact`` -> the provider's id of the message that can be updated there."""
    repeats: int = 0
    """How often the step taken last has been repeated."""
    asks_help: bool = False
    """Somebody on site asked for more people: everybody of every step is told, whoever accepted."""
    acts: bool = False
    """A drill whose sirens and barriers act too."""
    page_ms: int | None = None
    """Accepted and nothing since: when the others are paged."""
    help_by: str = ""
    help_text: str = ""
    """Who asked for help last, and in their own words for what."""
    said_false: list[str] = msgspec.field(default_factory=list)
    """Who said 误报 without having looked: shown to whoever goes."""

    works: int = 0
    """Works that narrowed it to the console and the person on site."""
    widened: bool = False
    """Works narrow it no more: nobody answered in time, or another detector alarmed."""

    @property
    def going(self) -> list[Responder]:
        """Everybody who counts as on the way or there."""
        return [r for r in self.responders if r.goes]

    def responder(self, person: str) -> Responder | None:
        """What this person said last, if anything."""
        return next((r for r in self.responders if r.person == person), None)


class Purpose(StrEnum):
    """Why somebody is told."""

    RAISED = "raised"
    GREW = "grew"
    ESCALATED = "escalated"
    REPAGED = "repaged"
    ENDED = "ended"
    TEST = "test"
    HELP = "help"
    """Somebody on site needs more people."""
    HANDED_OVER = "handed_over"
    """Whoever had it asks this person to take it."""
    PROGRESS = "progress"
    """Somebody accepted or arrived: only updates a card that is there, without a sound."""
    DIGEST = "digest"
    """Several minor things in one message."""
    SILENCED = "silenced"
    """A silence or works began, ends soon, or is over."""


class NotificationState(StrEnum):
    """Where one notification stands: an attempt under way, waiting for the next attempt, or ended."""

    DUE = "due"
    HELD = "held"
    SENT = "sent"
    MISSED = "missed"
    CANCELLED = "cancelled"


class Stage(StrEnum):
    """How far one attempt is known to have come. Only `ACCEPTED` and later count as sent."""

    ACCEPTED = "accepted"
    """The provider has it, and said so."""
    DELIVERED = "delivered"
    """It is on the phone, or the phone was picked up."""
    OPENED = "opened"
    ANSWERED = "answered"


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
    stage: Stage = Stage.ACCEPTED
    message_id: str = ""
    """The provider's id of the message, where it can be updated later."""


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
    drill: bool = False
    code: str = ""
    """The provider's own code of the positive receipt."""
    delivered_ms: int | None = None
    opened_ms: int | None = None
    answered_ms: int | None = None
    channels: tuple[str, ...] = ()
    """Schemes that the policy step allows; empty: the whole ladder."""
    merged_into: int = 0
    """Notification whose message carries this one too; its receipt counts for both."""
    rung_anyway: str = ""
    """Contact that rang in this round although its night calls were used up: nothing else was left."""
    aside: bool = False
    """A convenience beside the ladder of another notification: one attempt, and its failure is only recorded."""
    carries: tuple[int, ...] = ()
    """Notifications that the message of this attempt carries too (a digest: of every attempt)."""
    note: str = ""
    """In somebody's own words: what help is needed, why it is silent."""
    who: str = ""
    """Role of whoever asks for help or hands over."""
    until_ms: int | None = None
    """For an announcement: the end of the silence or of the works."""
    place: str = ""
    """For an announcement: where."""


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
    reminded: bool = False
    """Its owner has been told that it ends soon."""


class Works(msgspec.Struct, frozen=True, kw_only=True):
    """入户作业: cooking, incense, renovation in one home. Narrows its alerts to the console and the named person; hides
    nothing. At most `MAX_WORKS_MS`."""

    id: int
    place: str
    from_ms: int
    until_ms: int
    person: str
    """On site and responsible: told at once."""
    owner: str
    reason: str


MAX_WORKS_MS = 4 * 3_600_000


class ContactHealth(msgspec.Struct, kw_only=True):
    """What is known of one contact of one person."""

    person: str
    contact: str
    day: str = ""
    """Local date that ``failures`` counts."""
    failures: int = 0
    failed_ms: int | None = None
    code: str = ""
    """What the provider said last when it refused."""
    sent_ms: int | None = None
    """Last positive receipt."""
    proven_ms: int | None = None
    """When the person last confirmed a message that came over it."""
    tested_ms: int | None = None
    """When the last 【测试】 went out."""
