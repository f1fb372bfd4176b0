"""A world that cannot fail proves nothing: each hub here has one fault built in, and its law must notice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import hub.core.alerts
import hub.core.conditions
import hub.recovery
from hub.core.context import Core
from hub.core.state import State
from hub.delivery.dispatch import Dispatcher
from hub.keeping import Keeper, Work
from hub.model import Alert, Receipt
from hub.owner import Owner
from hub.simulate.world.broker import Broker, Lane
from hub.simulate.world.faults import Faults
from hub.simulate.world.world import World, run_world
from hub.store.port import Commit
from hub.store.sql import SqlStore


def broken_laws(*, until: str, seeds: range = range(1, 31)) -> set[str]:
    """Laws that were broken, up to the first world that broke the one we wait for."""
    found: set[str] = set()
    for seed in seeds:
        law = run_world(seed).law
        found.add(law.partition(" ")[0] if law[:1].isdigit() else law)
        if until in found:
            break
    return found


def test_a_core_that_drops_an_alarm_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = hub.core.alerts.condition_met
    calls = 0

    def forgetful(*arguments: Any, **named: Any) -> None:
        nonlocal calls
        calls += 1
        if named["key"] != "smoke":
            real(*arguments, **named)

    monkeypatch.setattr(hub.core.conditions, "condition_met", forgetful)
    assert "1" in broken_laws(until="1")
    assert calls


def test_a_dispatcher_that_forgets_receipts_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgets(*_: object, **__: object) -> Receipt:
        raise KeyError("the receipt")

    monkeypatch.setattr(Dispatcher, "_receipt", forgets)
    assert "it comes to rest" in broken_laws(until="it comes to rest")


def test_an_outbox_row_done_without_an_answer_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = SqlStore.commit

    def hasty(self: SqlStore, commit: Commit) -> None:
        real(self, commit)
        with self.writer() as connection:
            connection.exec_driver_sql("UPDATE outbox SET done_ms = 1 WHERE done_ms IS NULL")

    monkeypatch.setattr(SqlStore, "commit", hasty)
    assert "2" in broken_laws(until="2")


def test_a_dispatcher_that_sends_twice_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Dispatcher._attempt

    async def twice(self: Dispatcher, row: Any) -> Receipt:
        await real(self, row)
        return await real(self, row)

    monkeypatch.setattr(Dispatcher, "_attempt", twice)
    assert "3" in broken_laws(until="3")


def test_a_recovery_that_forgets_an_alert_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Keeper._recover

    def forgetful(self: Keeper) -> None:
        real(self)
        self.core.state.alerts = dict(list(self.core.state.alerts.items())[1:])

    monkeypatch.setattr(Keeper, "_recover", forgetful)
    assert "4" in broken_laws(until="4")


def test_a_core_that_is_not_deterministic_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = iter(range(10**9))
    real = Core.next_id

    def jumpy(self: Core) -> int:
        self.state.seq += next(ids) % 2
        return real(self)

    monkeypatch.setattr(Core, "next_id", jumpy)
    assert "4" in broken_laws(until="4")


def test_a_keeper_that_acks_before_the_commit_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real: Callable[..., None] = Keeper.step

    def hasty(self: Keeper, inputs: Any, batches: Any = (), waiting: Any = ()) -> None:
        for session, batch in batches:
            session.ack(batch)
        real(self, inputs, batches, waiting)

    monkeypatch.setattr(Keeper, "step", hasty)
    assert "6" in broken_laws(until="6")


def test_a_message_that_is_acked_and_not_kept_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Keeper.step

    def lossy(self: Keeper, inputs: Any, batches: Any = (), waiting: Any = ()) -> None:
        if batches and len(inputs) == 1:
            self._after(Work(self._stepped(inputs), list(batches), [], 0), told=True)
            return
        real(self, inputs, batches, waiting)

    monkeypatch.setattr(Keeper, "step", lossy)
    monkeypatch.setattr(Broker, "ack", _ack_without_a_look)
    assert {"4", "5"} & broken_laws(until="5")


def _ack_without_a_look(self: Broker, lane: Lane, batch: Any) -> None:
    for token in batch.tokens:
        queued = lane.inflight.pop(token, None)
        if queued is not None:
            self.acked[queued.topic, queued.payload] += 1
    self.pump(lane)


def test_a_hub_that_takes_every_failure_for_poison_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.poison.TRIES", 1)
    monkeypatch.setattr(Faults, "_fail_chance", property(lambda _: 0.2, lambda _self, _value: None), raising=False)
    assert "5" in broken_laws(until="5", seeds=range(31, 91))  # about one world in 25 shows it


def test_rows_that_lag_behind_the_core_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgets(self: Core, alert: Alert) -> None:
        if alert.closed_ms is None:
            self.changes.alerts[alert.id] = alert

    monkeypatch.setattr(Core, "touch_alert", forgets)
    found = broken_laws(until="7")
    assert {"3", "7"} & found


def test_a_clock_set_back_while_the_hub_was_down_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = World._one_life

    async def set_back(self: World) -> None:
        if self.lives and not self.around.faults.healed:
            self.around.wall.jumped_ms -= 10 * 3_600_000
        await real(self)

    monkeypatch.setattr(World, "_one_life", set_back)
    assert broken_laws(until="none", seeds=range(1, 13)) == {""}
    monkeypatch.setattr(Owner, "_while_away", lambda _self, _now_ms: [])
    assert "it comes to rest" in broken_laws(until="it comes to rest", seeds=range(1, 61))


def test_a_commit_whose_word_got_lost_must_not_be_kept_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    real = hub.recovery.recovered

    def amnesiac(*arguments: Any) -> Core:
        core = real(*arguments)
        core.state = State(community=core.state.community)
        return core

    monkeypatch.setattr("hub.keeping.recovered", amnesiac)
    assert "4" in broken_laws(until="4")
