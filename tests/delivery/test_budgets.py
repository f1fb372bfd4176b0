"""Budgets of several windows: a token of each, or of none."""

from __future__ import annotations

from sqlalchemy import select

from hub.delivery.budgets import Budgets, reserved
from hub.errors import StoreError
from hub.store.schema import budget
from tests.delivery.small_store import SmallStore

VOICE = ((3_600_000, 5), (86_400_000, 20))
DAY0 = 20_000 * 86_400_000  # a day's, an hour's and a minute's window begin at once


class Clock:
    def __init__(self) -> None:
        self.now_ms = DAY0

    def __call__(self) -> int:
        return self.now_ms


def rows(store: SmallStore) -> dict[str, int]:
    with store.engine.connect() as connection:
        found = connection.execute(select(budget.c.provider, budget.c.taken)).all()
    return {row.provider: row.taken for row in found}


def test_a_quarter_is_kept_for_critical_and_nothing_of_a_single_token() -> None:
    assert [reserved(limit) for limit in (1, 2, 3, 5, 20)] == [0, 1, 1, 1, 5]


def test_windows_that_begin_at_once_are_counted_apart(store: SmallStore) -> None:
    budgets = Budgets(store.take_budget, Clock())
    assert budgets.take("callee", 1, VOICE) == 0
    assert rows(store) == {"callee": 1, "callee/3600s": 1, "callee/86400s": 1}


def test_the_minute_is_waited_for_and_the_longer_windows_get_their_token_back(store: SmallStore) -> None:
    clock = Clock()
    budgets = Budgets(store.take_budget, clock)
    assert budgets.take("callee", 1, VOICE) == 0
    clock.now_ms += 20_000
    assert budgets.take("callee", 1, VOICE) == 40_000
    assert rows(store) == {"callee": 1, "callee/3600s": 1, "callee/86400s": 1}
    # Another hub on the same store is told the same, without what this one remembers.
    assert Budgets(store.take_budget, clock).take("callee", 1, VOICE) == 40_000
    assert rows(store) == {"callee": 1, "callee/3600s": 1, "callee/86400s": 1}


def test_the_hour_then_the_day(store: SmallStore) -> None:
    clock = Clock()
    budgets = Budgets(store.take_budget, clock)
    waits = []
    for _ in range(5):
        waits.append(budgets.take("callee", 1, VOICE))
        clock.now_ms += 60_000
    assert waits == [0, 0, 0, 0, 3_600_000 - 4 * 60_000]  # 4 of 5: the last is for critical
    given = 4
    while given < 15:
        clock.now_ms += 60_000
        given += budgets.take("callee", 1, VOICE) == 0
    clock.now_ms += 3_600_000
    assert budgets.take("callee", 1, VOICE) == DAY0 + 86_400_000 - clock.now_ms
    clock.now_ms = DAY0 + 86_400_000
    assert budgets.take("callee", 1, VOICE) == 0


def test_critical_is_counted_in_every_window_and_waits_for_none(store: SmallStore) -> None:
    budgets = Budgets(store.take_budget, Clock())
    for _ in range(3):
        budgets.count_critical("callee", 1, VOICE)
    assert rows(store) == {"callee": 1, "callee/3600s": 3, "callee/86400s": 3}
    assert budgets.take("callee", 1, VOICE) == 60_000


def test_a_store_that_is_down_silences_nobody() -> None:
    def down(provider: str, window_ms: int, cost: int, limit: int) -> bool:
        raise StoreError(f"{provider} {window_ms} {cost} {limit}")

    assert Budgets(down, Clock()).take("callee", 1, VOICE) == 0
