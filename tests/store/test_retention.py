"""The oldest goes first, and never what somebody still needs."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest
from sqlalchemy import func, insert, select
from structlog.testing import capture_logs

from hub.core.commands import Accept
from hub.core.decisions import Reason, SensorHeard
from hub.core.inputs import Receipted, Received
from hub.core.state import Changes, State
from hub.model import RawMessage, Undecodable, Undecoded
from hub.store import schema
from hub.store.sql import SqlStore
from tests.store.backend import Backend
from tests.store.examples import COMMUNITY, DAY_MS, NOW, alert, batch, due, incident, lease, notification, receipt
from tests.store.snapshots import keep_snapshot

ALL = 10**12
"""Bytes: no limit."""


def journal_of_days(store: SqlStore, days: int, snapshots: Sequence[int] = ()) -> int:
    """One block a day, seq 1 on day 1; snapshots stand at the days given."""
    epoch = lease(store)
    for day in range(1, days + 1):
        store.commit(batch(epoch, day, now_ms=NOW + day * DAY_MS))
        if day in snapshots:
            keep_snapshot(store, State(community=COMMUNITY, seq=day, now_ms=NOW), "1.0")
    return epoch


def left(store: SqlStore) -> list[int]:
    return [one.first_seq for one in store.blocks(COMMUNITY, 0, 10_000)]


def test_what_is_older_goes(store: SqlStore) -> None:
    journal_of_days(store, 10, snapshots=(8, 9))
    assert store.retain(COMMUNITY, NOW + 5 * DAY_MS, ALL) == 4
    assert left(store) == [5, 6, 7, 8, 9, 10]
    assert store.retain(COMMUNITY, NOW + 5 * DAY_MS, ALL) == 0


def test_nothing_goes_past_the_snapshot_before_the_newest(store: SqlStore) -> None:
    journal_of_days(store, 10, snapshots=(3, 6))
    assert store.retain(COMMUNITY, NOW + 99 * DAY_MS, ALL) == 3
    assert left(store)[0] == 4
    assert [one.first_seq for one in store.recover(COMMUNITY, "1.0")[1]] == [7, 8, 9, 10]


@pytest.mark.parametrize("snapshots", [(), (9,)])
def test_nothing_goes_before_there_are_two_snapshots(store: SqlStore, snapshots: tuple[int, ...]) -> None:
    journal_of_days(store, 10, snapshots)
    assert store.retain(COMMUNITY, NOW + 99 * DAY_MS, 0) == 0


def test_nothing_goes_that_a_follower_has_not_read(store: SqlStore) -> None:
    journal_of_days(store, 10, snapshots=(9, 10))
    store.move_cursor("influx", COMMUNITY, 4)
    store.move_cursor("archive", COMMUNITY, 8)
    assert store.retain(COMMUNITY, NOW + 99 * DAY_MS, 0) == 4
    assert left(store)[0] == 5


def test_a_follower_a_year_behind_counts_as_gone_and_is_named(store: SqlStore) -> None:
    epoch = journal_of_days(store, 10, snapshots=(8, 9))
    store.move_cursor("forgotten", COMMUNITY, 2)
    store.commit(batch(epoch, 11, now_ms=NOW + 400 * DAY_MS))
    store.move_cursor("influx", COMMUNITY, 11)
    with capture_logs() as logs:
        assert store.retain(COMMUNITY, NOW + 99 * DAY_MS, ALL) == 8
    assert [(one["event"], one["follower"]) for one in logs] == [("follower_overrun", "forgotten")]


def test_the_oldest_go_until_the_rest_fits(store: SqlStore) -> None:
    journal_of_days(store, 10, snapshots=(9, 10))
    with store.reader() as connection:
        sizes = connection.execute(
            select(func.length(schema.block.c.body)).order_by(schema.block.c.first_seq)
        ).scalars()
        newest_three = sum(list(sizes)[-3:])
    assert store.retain(COMMUNITY, 0, newest_three) == 7
    assert left(store) == [8, 9, 10]


def test_one_call_drops_a_bounded_number(store: SqlStore) -> None:
    journal_of_days(store, 10, snapshots=(9, 10))
    dropped = []
    while gone := store.retain(COMMUNITY, 0, 0, limit=4):
        dropped.append(gone)
    assert dropped == [4, 4, 1]


def test_another_community_keeps_its_own(store: SqlStore) -> None:
    journal_of_days(store, 3, snapshots=(2, 3))
    other = batch(store.take_lease("fenghe", "hub-a", NOW))
    other.community = "fenghe"
    store.commit(other)
    store.retain(COMMUNITY, NOW + 99 * DAY_MS, 0)
    assert len(store.blocks("fenghe", 0, 10)) == 1


def test_old_rows_go_with_them_and_open_ones_stay(store: SqlStore) -> None:
    epoch = lease(store)
    answered = store.write_command(COMMUNITY, Accept(actor="wang", incident=1), NOW)
    still_open = store.write_command(COMMUNITY, Accept(actor="wang", incident=1), NOW)
    odd = Received(RawMessage("zigbee", "t", b"", NOW), (), Undecodable(Undecoded.NOT_JSON, ""))
    heard = SensorHeard(seq=1, at_ms=NOW, reason=Reason.HEARD_AGAIN, device="smoke-1")
    commit = batch(epoch, 1, [Receipted(NOW, receipt(5))], decisions=[heard])
    commit.quarantined = [(1, odd)]
    commit.commands = [(answered, 1, None)]
    store.commit(commit)
    store.commit(batch(epoch, 2, decisions=[due(5, 2), due(6, 2)]))
    store.commit(batch(epoch, 3, [Receipted(NOW, receipt(5))]))
    store.take_budget("robot-1", NOW, 1, 20)
    with store.writer() as connection:
        for number, read_ms in ((1, NOW), (2, None)):
            connection.execute(
                insert(schema.inbox).values(
                    community=COMMUNITY,
                    person="wang",
                    at_ms=NOW,
                    incident=1,
                    notification=number,
                    attempt=1,
                    severity="info",
                    purpose="raised",
                    text="",
                    read_ms=read_ms,
                )
            )
        for incident in (0, 1):
            connection.execute(
                insert(schema.photo).values(
                    community=COMMUNITY, incident=incident, at_ms=NOW, person="wang", type="image/jpeg", body=b"x"
                )
            )
    store.retain(COMMUNITY, NOW + DAY_MS, ALL)
    with store.reader() as connection:
        photos = connection.execute(select(schema.photo.c.incident)).scalars().all()
        assert photos == [1], "one of a space goes by its age, one of an incident with the incident"
        for table in (schema.quarantine, schema.decision, schema.budget):
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 0, table.name
        assert connection.execute(select(schema.outbox.c.notification)).scalars().all() == [6]
        assert connection.execute(select(schema.inbox.c.notification)).scalars().all() == [2]
    assert [row for row, _ in store.open_commands(COMMUNITY)] == [still_open]


def test_closed_incidents_go_with_all_that_hangs_on_them_and_open_ones_stay(store: SqlStore) -> None:
    epoch = lease(store)
    changes = Changes()
    for number, closed_ms in ((1, NOW), (2, NOW + DAY_MS), (3, None)):
        changes.incidents[number] = incident(number, [number + 10])
        changes.incidents[number].closed_ms = closed_ms
        changes.alerts[number + 10] = alert(number + 10, number)
        changes.notifications[number + 100] = notification(number + 100, number)
    store.commit(batch(epoch, 1, changes=changes))
    with store.writer() as connection:
        for number in (1, 3):
            looked = {"community": COMMUNITY, "at_ms": NOW, "who": "wu", "what": "room", "incident": number}
            connection.execute(insert(schema.look).values(looked))
    for _ in range(2):  # the incident itself goes once nothing hangs on it
        store.retain(COMMUNITY, 0, ALL, incidents_before_ms=NOW + 1)
    with store.reader() as connection:
        left = {
            table.name: connection.execute(select(table.c.id).order_by(table.c.id)).scalars().all()
            for table in (schema.incident, schema.alert, schema.notification)
        }
        assert connection.execute(select(func.count()).select_from(schema.look)).scalar_one() == 0
    assert left == {"incident": [2, 3], "alert": [12, 13], "notification": [102, 103]}


def test_the_space_is_used_again_or_given_back(tmp_path_factory: pytest.TempPathFactory) -> None:
    """SQLite: an emptied file shrinks, a little at each call."""
    backend = Backend("", tmp_path_factory.mktemp("data"))
    store = backend.open()
    epoch = lease(store)
    random = Random(1)
    noise = [Received(RawMessage("z", "t", random.randbytes(3000), NOW), ()) for _ in range(20)]
    for seq in range(1, 400, 20):
        store.commit(batch(epoch, seq, noise))
    for seq in (398, 399):
        keep_snapshot(store, State(community=COMMUNITY, seq=seq), "1.0")
    with store.reader() as connection:
        before = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    assert store.retain(COMMUNITY, NOW + DAY_MS, 0) > 10
    with store.reader() as connection:
        assert connection.exec_driver_sql("PRAGMA page_count").scalar_one() < before / 2
    backend.close()
