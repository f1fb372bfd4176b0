"""Metrics follow what is committed, and the docs list each of them."""

from __future__ import annotations

import re
from pathlib import Path

from hub.core.context import Core
from hub.core.decisions import AnyDecision, DuplicateIgnored, Reason
from hub.core.inputs import Input, Received, TimePassed
from hub.core.state import Changes
from hub.metrics import Metrics
from hub.model import Event, Kind, RawMessage, Reading, Receipt, Undecodable, Undecoded
from hub.store.port import Commit
from tests.core.timeline import Timeline, ms

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"


def received(readings: int = 1, undecodable: Undecodable | None = None) -> Received:
    reading = Reading("d", Kind.SMOKE, Event.STATUS, {"alarm": False})
    return Received(RawMessage("s", "t", b"{}", ms(0)), (reading,) * readings, undecodable)


def commit_of(
    inputs: list[Input], *, first_seq: int = 1, last_seq: int, decisions: list[AnyDecision] | None = None
) -> Commit:
    return Commit(
        community="main",
        owner="o",
        epoch=1,
        first_seq=first_seq,
        last_seq=last_seq,
        now_ms=ms(0),
        inputs=inputs,
        seqs=list(range(first_seq, first_seq + len(inputs))),
        decisions=decisions or [],
        changes=Changes(),
        quarantined=[(1, i) for i in inputs if isinstance(i, Received) and i.undecodable],
    )


class Keeper:
    def __init__(self, core: Core) -> None:
        self.core = core
        self.store_down = True

    def held_messages(self) -> int:
        return 7


class Owner:
    def __init__(self, core: Core) -> None:
        self.keeper = Keeper(core)


class Session:
    source = "zigbee2mqtt"
    lane = "safety"
    connected = True

    def ready(self) -> int:
        return 3


class Follower:
    lag_ms = 2500


class Clock:
    def now_ms(self) -> int:
        return ms(70)


class Hub:
    """What `Metrics.text` looks at."""

    def __init__(self, core: Core) -> None:
        self.owners = {"main": Owner(core)}
        self.sessions = [Session()]
        self.followers = [Follower()]
        self.clock = Clock()


def samples(metrics: Metrics, core: Core | None = None) -> dict[str, float]:
    text = metrics.text(Hub(core or Timeline().core))
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line[:1] != "#"}


def test_a_batch_is_counted_by_its_lengths() -> None:
    metrics = Metrics()
    metrics.committed(commit_of([TimePassed(ms(0), True), received(1), received(3), received(1)], last_seq=6))
    told = samples(metrics)
    assert told['hub_messages_total{community="main"}'] == 3
    assert told['hub_readings_total{community="main"}'] == 5
    assert told['hub_commit_batch_size_bucket{community="main",le="3.0"}'] == 0
    assert told['hub_commit_batch_size_bucket{community="main",le="10.0"}'] == 1


def test_new_ids_are_not_counted_as_readings() -> None:
    line = Timeline()
    metrics = Metrics()
    decisions = line.smoke(10)
    metrics.committed(commit_of([received(2)], last_seq=50, decisions=decisions))
    told = samples(metrics, line.core)
    assert told['hub_messages_total{community="main"}'] == 1
    assert told['hub_readings_total{community="main"}'] == 2
    assert told['hub_alerts_raised_total{community="main",rule="smoke",severity="critical"}'] == 1
    assert told['hub_notifications_total{community="main",state="due"}'] == 3
    assert told['hub_decisions_total{community="main",reason="condition_met",type="alert_raised"}'] == 1


def test_what_was_not_understood_and_what_came_twice_is_counted_by_reason() -> None:
    metrics = Metrics()
    twice = DuplicateIgnored(seq=2, at_ms=ms(0), reason=Reason.DUPLICATE_KEY, device="d")
    bad = received(0, Undecodable(Undecoded.NOT_JSON, "no"))
    metrics.committed(commit_of([bad, received()], last_seq=2, decisions=[twice]))
    told = samples(metrics)
    assert told['hub_quarantined_total{community="main",reason="not_json"}'] == 1
    assert told['hub_duplicates_total{community="main",reason="duplicate_key"}'] == 1


def test_receipts_are_counted_by_result() -> None:
    metrics = Metrics()
    metrics.receipted(Receipt(notification=1, contact="c", attempt=1, at_ms=0, sent=False, reason="timeout"))
    assert samples(metrics)['hub_receipts_total{result="timeout"}'] == 1


def test_gauges_are_of_the_moment_in_which_somebody_asks() -> None:
    line = Timeline()
    line.smoke(10)
    told = samples(Metrics(), line.core)
    assert told['hub_alerts_open{community="main",severity="critical"}'] == 1
    assert told['hub_alerts_unanswered{community="main",severity="critical"}'] == 1
    assert told['hub_alerts_unanswered{community="main",severity="minor"}'] == 0
    assert told['hub_oldest_unanswered_seconds{community="main"}'] == 60
    assert told['hub_store_down{community="main"}'] == 1
    assert told['hub_uncommitted_messages{community="main"}'] == 7
    assert told['hub_session_connected{lane="safety",source="zigbee2mqtt"}'] == 1
    assert told['hub_session_waiting_messages{lane="safety",source="zigbee2mqtt"}'] == 3
    assert told["hub_influx_lag_seconds"] == 2.5


def test_two_hubs_in_one_process_count_apart() -> None:
    first, second = Metrics(), Metrics()
    first.committed(commit_of([received()], last_seq=1))
    assert 'hub_messages_total{community="main"}' not in samples(second)


def test_every_metric_has_a_help_text_and_stands_in_the_docs_and_none_else_does() -> None:
    families = {
        f"{family.name}_total" if family.type == "counter" else family.name: family.documentation
        for family in Metrics().registry.collect()
    }
    assert all(families.values())
    text = OPERATIONS.read_text("utf-8")
    for half in text.split("\n# Operations\n"):
        assert set(re.findall(r"^\| `(hub_\w+)", half, re.MULTILINE)) == set(families)
