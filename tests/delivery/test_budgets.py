"""Budgets of several windows: a token of each, or of none."""

from __future__ import annotations

import asyncio

from sqlalchemy import select

from hub.core.lanes import reserved
from hub.delivery.budgets import Budgets
from hub.delivery.dispatch import Dispatcher
from hub.delivery.links import Links
from hub.delivery.port import Accepted, Message
from hub.delivery.tools import Opened
from hub.delivery.wording import Wording
from hub.errors import StoreError
from hub.model import Receipt, Severity
from hub.store.schema import budget
from tests.delivery.notices import RULES, ZONE, due
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
    assert [reserved(limit) for limit in (1, 2, 3, 5, 20)] == [0, 0, 0, 1, 5]


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


class Callee:
    """A phone that may be called once a minute, five times an hour, twenty times a day."""

    provider = "callee"
    per_minute = 1
    limits = VOICE

    async def send(self, message: Message) -> Accepted:
        return Accepted(code=f"call {message.notification}")

    async def close(self) -> None: ...


class OneContact:
    def open(self, url: str) -> Opened:
        assert url
        return Opened(Callee())


def test_a_sender_with_an_hours_limit_is_held_to_it_and_critical_is_not(store: SmallStore) -> None:
    clock = Clock()

    async def story() -> list[Receipt]:
        came: asyncio.Queue[Receipt] = asyncio.Queue()
        dispatcher = Dispatcher(
            store,
            OneContact(),
            Wording(RULES, zone=ZONE, links=Links("key", "")),
            lambda _, receipt: came.put_nowait(receipt),
            by="hub-1",
            now_ms=clock,
        )
        running = asyncio.create_task(dispatcher.run())
        receipts = []
        # The last one comes to its answer behind the counting of the critical one.
        severities = [Severity.MAJOR] * 5 + [Severity.CRITICAL, Severity.MAJOR]
        for number, severity in enumerate(severities, 1):
            store.put(("guihua", due(number, severity=severity), "call://1"))
            dispatcher.wake()
            async with asyncio.timeout(20):
                receipts.append(await came.get())
            clock.now_ms += 60_000
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return receipts

    receipts = asyncio.run(story())
    assert [one.sent for one in receipts] == [True] * 4 + [False, True, False]
    assert (receipts[4].reason, receipts[4].code) == ("rate_limited", "budget")
    assert receipts[4].retry_after_ms == 3_600_000 - 4 * 60_000
    assert rows(store)["callee/3600s"] == 5
