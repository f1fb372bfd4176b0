"""Outbox, receipts, commands, budgets and cursors: work is handed out once and never forgotten."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import insert, select, update

from hub.core.commands import Accept
from hub.core.decisions import NotificationCancelled, Reason
from hub.core.inputs import Receipted
from hub.errors import StoreError
from hub.model import Severity
from hub.store.dialect import insert_into
from hub.store.schema import command, inbox, outbox
from hub.store.sql import SqlStore
from tests.store.backend import Backend
from tests.store.examples import COMMUNITY, NOW, batch, due, fire, lease, receipt


def outbox_of(store: SqlStore, *numbers: int) -> int:
    epoch = lease(store)
    store.commit(batch(epoch, 1, decisions=[due(number, 1) for number in numbers], last_seq=1000))
    return epoch


def numbers(store: SqlStore, by: str, limit: int = 100) -> list[int]:
    return [one.due.notification for one in store.claim(by, NOW, limit)]


def test_the_most_severe_and_oldest_is_claimed_first(store: SqlStore) -> None:
    decisions = [
        due(1, 1, severity=Severity.INFO, at_ms=NOW - 9000),
        due(2, 1, severity=Severity.CRITICAL, at_ms=NOW),
        due(3, 1, severity=Severity.MAJOR, at_ms=NOW - 5000),
        due(4, 1, severity=Severity.CRITICAL, at_ms=NOW - 1000),
    ]
    store.commit(batch(lease(store), 1, decisions=decisions))
    first, second = store.claim("life-1", NOW, 1), store.claim("life-1", NOW, 10)
    assert [one.due.notification for one in first + second] == [4, 2, 3, 1]
    assert first[0].due == decisions[3]
    assert (first[0].community, first[0].created_ms) == (COMMUNITY, NOW - 1000)


def test_a_row_is_handed_out_once_to_one_life_and_again_to_the_next(store: SqlStore) -> None:
    outbox_of(store, 1, 2)
    assert numbers(store, "life-1") == [1, 2]
    assert numbers(store, "life-1") == []
    assert numbers(store, "life-2") == [1, 2]


def test_what_was_answered_or_stepped_is_not_claimed_again(store: SqlStore) -> None:
    epoch = outbox_of(store, 1, 2, 3)
    numbers(store, "life-1")
    store.record_receipt(COMMUNITY, receipt(1))
    store.commit(batch(epoch, 1001, [Receipted(NOW, receipt(2))], last_seq=1001))
    assert numbers(store, "life-2") == [3]


def test_a_hub_claims_for_its_own_communities(store: SqlStore) -> None:
    outbox_of(store, 1)
    assert store.claim("hub-b", NOW, 10, communities=["fenghe"]) == []
    assert len(store.claim("hub-b", NOW, 10, communities=[COMMUNITY])) == 1


def test_two_claimers_at_once_share_the_rows(backend: Backend) -> None:
    """Each gets every row at most once and together they get all; a later life may take what an earlier one held."""
    first, second = backend.open(), backend.open()
    outbox_of(first, *range(1, 101))
    start = threading.Barrier(2)

    def claim_all(store: SqlStore) -> list[int]:
        start.wait(timeout=10)
        got: list[int] = []
        while some := numbers(store, "one-life", limit=7):
            got += some
        return got

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(claim_all, [first, second])
    assert sorted(one + other) == list(range(1, 101))


def test_an_answer_is_open_until_its_batch_is_committed(backend: Backend) -> None:
    store = backend.open()
    epoch = outbox_of(store, 1, 2)
    numbers(store, "life-1")
    store.record_receipt(COMMUNITY, receipt(1, sent=False))
    store.close()
    again = backend.open()
    assert again.open_receipts(COMMUNITY) == [receipt(1, sent=False)]
    again.commit(batch(epoch, 1001, [Receipted(NOW + 9, receipt(1, sent=False))], now_ms=NOW + 9))
    assert again.open_receipts(COMMUNITY) == []
    with again.reader() as connection:
        rows = connection.execute(select(outbox.c.done_ms, outbox.c.receipt).order_by(outbox.c.notification)).all()
    assert rows[0].done_ms == NOW + 9
    assert "timeout" in rows[0].receipt
    assert rows[1].done_ms is None


def test_the_first_answer_stands_unless_it_was_sent_after_all(store: SqlStore) -> None:
    outbox_of(store, 1, 2)
    store.record_receipt(COMMUNITY, receipt(1, sent=False))
    store.record_receipt(COMMUNITY, receipt(1, sent=True))
    store.record_receipt(COMMUNITY, receipt(2, sent=True))
    store.record_receipt(COMMUNITY, receipt(2, sent=False))
    assert [one.sent for one in store.open_receipts(COMMUNITY)] == [True, True]


def test_an_answer_to_nothing_is_said_to_be_so(store: SqlStore) -> None:
    outbox_of(store, 1)
    with pytest.raises(StoreError, match=r"Attempt 2 of notification 1 .* is not in the outbox"):
        store.record_receipt(COMMUNITY, receipt(1, attempt=2))


def test_what_is_cancelled_before_anybody_took_it_is_never_sent(store: SqlStore) -> None:
    epoch = outbox_of(store, 1, 2)
    assert numbers(store, "life-1", limit=1) == [1]
    cancelled = [
        NotificationCancelled(seq=1001, at_ms=NOW, reason=Reason.INCIDENT_ANSWERED, notification=number)
        for number in (1, 2)
    ]
    store.commit(batch(epoch, 1001, decisions=cancelled))
    assert numbers(store, "life-1") == []
    store.record_receipt(COMMUNITY, receipt(1))
    with store.reader() as connection:
        kept = connection.execute(select(outbox.c.receipt).where(outbox.c.notification == 1)).scalar_one()
    assert kept is not None, "the one under way still gets its answer"


def test_a_row_that_cannot_be_read_does_not_hold_up_the_others(store: SqlStore) -> None:
    outbox_of(store, 1, 2)
    with store.writer() as connection:
        connection.execute(update(outbox).where(outbox.c.notification == 1).values(body="{}"))
    assert numbers(store, "life-1") == [2]
    assert numbers(store, "life-1") == []


def test_commands_come_in_order_and_one_that_cannot_be_read_is_refused(store: SqlStore) -> None:
    first = store.write_command(COMMUNITY, Accept(actor="wang", incident=1), NOW)
    with store.writer() as connection:
        row = {"community": COMMUNITY, "at_ms": NOW, "actor": "x", "body": '{"type":"dance"}'}
        connection.execute(insert(command).values(row))
    last = store.write_command(COMMUNITY, Accept(actor="li", incident=1), NOW)
    store.write_command("fenghe", Accept(actor="li", incident=1), NOW)
    assert [row for row, _ in store.open_commands(COMMUNITY)] == [first, last]
    with store.reader() as connection:
        refused = connection.execute(select(command.c.refused).where(command.c.actor == "x")).scalar_one()
    assert refused is not None
    assert refused.startswith("This command cannot be read")


def test_a_command_of_another_process_is_seen_at_once(backend: Backend) -> None:
    hub, web = backend.open(), backend.open()
    row = web.write_command(COMMUNITY, Accept(actor="wang", incident=1), NOW)
    assert [found for found, _ in hub.open_commands(COMMUNITY)] == [row]


def test_a_budget_is_never_overrun_by_two_hubs_at_once(backend: Backend) -> None:
    first, second = backend.open(), backend.open()

    def take(turn: int) -> bool:
        return (first if turn % 2 else second).take_budget("robot-1", NOW, 1, 20)

    with ThreadPoolExecutor(4) as pool:
        taken = sum(pool.map(take, range(60)))
    assert taken == 20


def test_a_budget_counts_by_provider_and_window(store: SqlStore) -> None:
    assert store.take_budget("robot-1", NOW, 15, 20)
    assert not store.take_budget("robot-1", NOW, 6, 20)
    assert store.take_budget("robot-1", NOW, 5, 20)
    assert store.take_budget("robot-2", NOW, 20, 20)
    assert store.take_budget("robot-1", NOW + 60_000, 20, 20)


def test_a_token_can_be_given_back(store: SqlStore) -> None:
    """A longer window gave one, a shorter one then refused."""
    assert store.take_budget("callee/3600s", NOW, 5, 5)
    assert not store.take_budget("callee/3600s", NOW, 1, 5)
    assert store.take_budget("callee/3600s", NOW, -1, 5)
    assert store.take_budget("callee/3600s", NOW, 1, 5)
    assert not store.take_budget("callee/3600s", NOW, 1, 5)
    assert not store.take_budget("robot-3", NOW, 21, 20)


def test_a_cursor_begins_at_nothing_and_may_go_back(store: SqlStore) -> None:
    assert store.cursor("influx", COMMUNITY) == 0
    store.move_cursor("influx", COMMUNITY, 500)
    store.move_cursor("influx", "fenghe", 7)
    store.move_cursor("influx", COMMUNITY, 400)
    assert (store.cursor("influx", COMMUNITY), store.cursor("influx", "fenghe")) == (400, 7)


def test_threads_may_write_while_batches_are_committed(store: SqlStore) -> None:
    """The web writes commands and delivery claims while the writer thread commits: nobody sees a lock."""
    epoch = outbox_of(store, *range(1, 51))
    claimed: list[int] = []

    def commit_some() -> None:
        for seq in range(1001, 1051):
            store.commit(batch(epoch, seq))

    def work() -> None:
        for number in range(25):
            store.write_command(COMMUNITY, Accept(actor="wang", incident=number), NOW)
            for one in numbers(store, "life", limit=1):
                claimed.append(one)
                store.record_receipt(COMMUNITY, receipt(one))

    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(commit_some), pool.submit(work), pool.submit(work)]:
            done.result(timeout=30)
    assert sorted(claimed) == list(range(1, 51))
    assert len(store.open_commands(COMMUNITY)) == 50
    assert len(store.blocks(COMMUNITY, 0, 100)) == 51
    assert len(store.open_receipts(COMMUNITY)) == 50


def test_the_inbox_channel_writes_one_row_a_send_however_often_it_is_tried(store: SqlStore) -> None:
    store.commit(fire(lease(store)))
    row = {
        "community": COMMUNITY,
        "person": "wang",
        "at_ms": NOW,
        "incident": 11,
        "notification": 12,
        "attempt": 1,
        "severity": "critical",
        "purpose": "raised",
        "text": "【紧急】",
    }
    for _ in range(2):
        with store.writer() as connection:
            connection.execute(insert_into(store.dialect, inbox).values(row).on_conflict_do_nothing())
    with store.reader() as connection:
        assert connection.execute(select(inbox.c.text)).scalars().all() == ["【紧急】"]


def test_a_reader_cannot_write(store: SqlStore) -> None:
    with pytest.raises(StoreError), store.reader() as connection:
        connection.execute(insert(command).values(community="x", at_ms=1, actor="x", body="{}"))


def test_a_closed_store_says_so(backend: Backend) -> None:
    store = backend.open()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.cursor("influx", COMMUNITY)
