"""`/metrics`: counters that follow the commits, and gauges that are read when somebody asks.

Takes commits and receipts as they happen; gives the Prometheus text format. `Metrics.committed` stands in the hot path, so
it works with lengths and looks only at decisions, of which there are few. docs/operations.md lists every metric.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

import hub
from hub.core.context import Core
from hub.core.decisions import (
    AlertPending,
    AlertRaised,
    AnyDecision,
    DuplicateIgnored,
    IncidentOpened,
    NotificationCancelled,
    NotificationDue,
    NotificationFailed,
    NotificationHeld,
    NotificationMissed,
    NotificationSent,
    SilenceStarted,
)
from hub.core.inputs import Received
from hub.gauges import alerts_now
from hub.model import Receipt, Severity
from hub.store.port import Commit

BATCH_SIZES = (1, 3, 10, 30, 100, 300, 1000)

STATES: dict[type[AnyDecision], str] = {
    NotificationDue: "due",
    NotificationSent: "sent",
    NotificationFailed: "failed",
    NotificationMissed: "missed",
    NotificationHeld: "held",
    NotificationCancelled: "cancelled",
}

_TAKE_IDS = (AlertPending, AlertRaised, IncidentOpened, NotificationDue, NotificationHeld, SilenceStarted)
"""Decisions that may come with a new id, which takes a sequence number as a reading does."""

_CREATED = re.compile(r"^(?:# (?:HELP|TYPE) )?\w+_created[ {].*\n", re.MULTILINE)
"""Lines of no use that the client library adds; its own switch for them is a global of the process."""


class KeeperSeen(Protocol):
    @property
    def core(self) -> Core: ...
    @property
    def store_down(self) -> bool: ...
    def held_messages(self) -> int: ...


class OwnerSeen(Protocol):
    @property
    def keeper(self) -> KeeperSeen: ...


class SessionSeen(Protocol):
    @property
    def source(self) -> str: ...
    @property
    def lane(self) -> str: ...
    @property
    def connected(self) -> bool: ...
    def ready(self) -> int: ...


class FollowerSeen(Protocol):
    @property
    def lag_ms(self) -> int: ...


class ClockSeen(Protocol):
    def now_ms(self) -> int: ...


class HubSeen(Protocol):
    """What of `hub.app.Hub` is looked at when somebody asks."""

    @property
    def owners(self) -> Mapping[str, OwnerSeen]: ...
    @property
    def sessions(self) -> Sequence[SessionSeen]: ...
    @property
    def followers(self) -> Sequence[FollowerSeen]: ...
    @property
    def clock(self) -> ClockSeen: ...


class Metrics:
    """All metrics of one hub, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._asking = threading.Lock()
        one = ("community",)
        self._messages = self._counter("hub_messages", "Messages kept, understood or not.", one)
        self._readings = self._counter(
            "hub_readings", "Readings kept; a message that says nothing about a device counts as one.", one
        )
        self._quarantined = self._counter(
            "hub_quarantined", "Messages that could not be understood, by reason.", (*one, "reason")
        )
        self._duplicates = self._counter(
            "hub_duplicates", "Readings and messages that were there before, by how that was seen.", (*one, "reason")
        )
        self._decisions = self._counter(
            "hub_decisions", "Decisions of the core, by type and reason.", (*one, "type", "reason")
        )
        self._alerts = self._counter(
            "hub_alerts_raised", "Alerts raised, by rule and severity.", (*one, "rule", "severity")
        )
        self._notifications = self._counter(
            "hub_notifications", "Notifications, by what became of them.", (*one, "state")
        )
        self._receipts = self._counter("hub_receipts", "Answers of providers to one attempt each.", ("result",))
        self._batch = Histogram(
            "hub_commit_batch_size", "Inputs in one transaction.", one, buckets=BATCH_SIZES, registry=self.registry
        )
        self._open = self._gauge("hub_alerts_open", "Alerts that nobody has closed.", (*one, "severity"))
        self._unanswered = self._gauge("hub_alerts_unanswered", "Open alerts to which nobody goes.", (*one, "severity"))
        self._oldest = self._gauge(
            "hub_oldest_unanswered_seconds", "Age of the oldest unanswered alert, 0 when there is none.", one
        )
        self._store_down = self._gauge("hub_store_down", "1 while nothing can be committed.", one)
        self._held = self._gauge("hub_uncommitted_messages", "Messages taken and not committed yet.", one)
        self._connected = self._gauge(
            "hub_session_connected", "1 while this MQTT session is connected.", ("source", "lane")
        )
        self._waiting = self._gauge(
            "hub_session_waiting_messages", "Messages that this MQTT session has read ahead.", ("source", "lane")
        )
        self._lag = self._gauge("hub_influx_lag_seconds", "How long InfluxDB has been behind the journal.", ())
        self._build = self._gauge("hub_build_info", "1; the label says which software runs.", ("version",))
        self._build.labels(hub.__version__).set(1)
        self._counts: dict[str, tuple[Counter, Counter, Histogram]] = {}
        self._children: dict[tuple[object, ...], Counter] = {}

    def _counter(self, name: str, help: str, labels: Sequence[str]) -> Counter:
        return Counter(name, help, labels, registry=self.registry)

    def _gauge(self, name: str, help: str, labels: Sequence[str]) -> Gauge:
        return Gauge(name, help, labels, registry=self.registry)

    # ── as it happens ────────────────────────────────────────────────────────────────────────────────────────────────

    def committed(self, commit: Commit) -> None:
        """Count one batch. In the hot path: it does not look at the messages one by one."""
        counts = self._counts.get(commit.community)
        if counts is None:
            name = commit.community
            counts = (self._messages.labels(name), self._readings.labels(name), self._batch.labels(name))
            self._counts[name] = counts
        messages, readings = _lengths(commit)
        counts[0].inc(messages)
        counts[1].inc(readings)
        counts[2].observe(len(commit.inputs))
        for _, received in commit.quarantined:
            if received.undecodable is not None:
                self._count(self._quarantined, commit.community, received.undecodable.reason.value)
        for decision in commit.decisions:
            self._decided(commit.community, decision)

    def _decided(self, community: str, decision: AnyDecision) -> None:
        kind = type(decision)
        self._count(self._decisions, community, str(kind.__struct_config__.tag), decision.reason.value)
        state = STATES.get(kind)
        if state is not None:
            self._count(self._notifications, community, state)
        elif isinstance(decision, AlertRaised):
            self._count(self._alerts, community, decision.rule, decision.severity.value)
        elif kind is DuplicateIgnored:
            self._count(self._duplicates, community, decision.reason.value)

    def receipted(self, receipt: Receipt) -> None:
        """Count a provider's answer."""
        self._count(self._receipts, receipt.reason)

    def _count(self, counter: Counter, *labels: str) -> None:
        """Count one; finding a counter by its labels costs more than counting, so it is remembered."""
        key = (counter, *labels)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = counter.labels(*labels)
        child.inc()

    # ── when somebody asks ───────────────────────────────────────────────────────────────────────────────────────────

    def text(self, hub: HubSeen) -> str:
        """Everything in Prometheus text format. May be called from any thread."""
        with self._asking:
            now_ms = hub.clock.now_ms()
            for community, owner in list(hub.owners.items()):
                self._look_at_community(community, owner.keeper, now_ms)
            for session in list(hub.sessions):
                self._connected.labels(session.source, session.lane).set(session.connected)
                self._waiting.labels(session.source, session.lane).set(session.ready())
            self._lag.set(max((follower.lag_ms for follower in hub.followers), default=0) / 1000)
            return _CREATED.sub("", generate_latest(self.registry).decode())

    def _look_at_community(self, community: str, keeper: KeeperSeen, now_ms: int) -> None:
        open_, unanswered, oldest_ms = alerts_now(keeper.core)
        for severity in Severity:
            self._open.labels(community, severity.value).set(open_.get(severity, 0))
            self._unanswered.labels(community, severity.value).set(unanswered.get(severity, 0))
        self._oldest.labels(community).set(0 if oldest_ms is None else max(0, now_ms - oldest_ms) / 1000)
        self._store_down.labels(community).set(keeper.store_down)
        self._held.labels(community).set(keeper.held_messages())


def _lengths(commit: Commit) -> tuple[int, int]:
    """(messages, readings) of a batch, from its lengths: what is no message comes first, and is little.

    Only when the batch took sequence numbers for something else, or a replay put a message before a command, the messages
    are looked at.
    """
    inputs = commit.inputs
    others = 0
    for one in inputs:
        if type(one) is Received:
            break
        others += 1
    if commit.commands or any(isinstance(decision, _TAKE_IDS) for decision in commit.decisions):
        received = [one for one in inputs if type(one) is Received]
        return len(received), sum([len(one.readings) or 1 for one in received])
    return len(inputs) - others, commit.last_seq - commit.first_seq + 1 - others
