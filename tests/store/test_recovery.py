"""State = snapshot + tail: what a start finds, and what it does when something there is damaged."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import select, update

from hub.core.decisions import ConfigLoaded, Reason
from hub.core.inputs import Configured
from hub.core.state import Changes, State
from hub.errors import LeaseLost, StoreError
from hub.model import Handling, NotificationState
from hub.store.port import Store
from hub.store.schema import block, incident, snapshot
from hub.store.sql import SqlStore
from tests.store.backend import Backend
from tests.store.examples import COMMUNITY, NOW, alert, batch, device_state, fire, lease, notification, received
from tests.store.examples import incident as open_incident
from tests.store.snapshots import keep_snapshot


def state_at(seq: int) -> State:
    return State(
        community=COMMUNITY,
        seq=seq,
        now_ms=NOW + seq,
        devices={"smoke-1": device_state(keys=["a", "b"], met={"smoke": NOW}, answers="mn")},
        alerts={10: alert(10, 11)},
    )


def journal_of(store: SqlStore, blocks: int) -> int:
    """Blocks 1, 2, 3, ... of one seq each."""
    epoch = lease(store)
    for seq in range(1, blocks + 1):
        store.commit(batch(epoch, seq))
    return epoch


def test_a_new_community_has_nothing_to_recover(store: SqlStore) -> None:
    state, tail, changed = store.recover(COMMUNITY, "1.0")
    assert (state, list(tail), changed) == (None, [], False)


def test_a_start_finds_the_newest_snapshot_and_the_blocks_after_it(store: SqlStore) -> None:
    journal_of(store, 100)
    for seq in (20, 40, 60):
        keep_snapshot(store, state_at(seq), "1.0")
    state, tail, changed = store.recover(COMMUNITY, "1.0")
    assert state == state_at(60)
    assert [one.first_seq for one in tail] == list(range(61, 101))
    assert not changed
    with store.reader() as connection:
        assert connection.execute(select(snapshot.c.seq).order_by(snapshot.c.seq)).scalars().all() == [40, 60]


def test_the_same_snapshot_twice_is_one(store: SqlStore) -> None:
    journal_of(store, 5)
    keep_snapshot(store, state_at(5), "1.0")
    keep_snapshot(store, state_at(5), "1.1")
    assert store.recover(COMMUNITY, "1.1")[2] is False


def test_a_start_with_other_software_says_so(store: SqlStore) -> None:
    journal_of(store, 1)
    keep_snapshot(store, state_at(1), "1.0")
    assert store.recover(COMMUNITY, "2.0")[2]


def test_a_version_that_ran_in_between_and_was_rolled_back_counts_as_a_change(store: SqlStore) -> None:
    epoch = journal_of(store, 1)
    keep_snapshot(store, state_at(1), "1.0")
    for seq, software in ((2, "1.0"), (3, "2.0")):
        assert not store.recover(COMMUNITY, "1.0")[2]
        loaded = ConfigLoaded(seq=seq, at_ms=NOW, reason=Reason.CONDITION_MET, digest="d", software=software)
        store.commit(batch(epoch, seq, [Configured(NOW, "d", software)], decisions=[loaded]))
    assert store.recover(COMMUNITY, "1.0")[2]


def test_without_any_snapshot_the_whole_journal_comes_and_the_rows_win(store: SqlStore) -> None:
    journal_of(store, 3)
    state, tail, changed = store.recover(COMMUNITY, "1.0")
    assert state is None
    assert [one.first_seq for one in tail] == [1, 2, 3]
    assert changed


@pytest.mark.parametrize("damage", [{"body": b"nothing of ours"}, {"version": 99}, {"body": b""}])
def test_an_unreadable_newest_snapshot_falls_back_to_the_one_before(store: SqlStore, damage: dict[str, object]) -> None:
    journal_of(store, 30)
    keep_snapshot(store, state_at(10), "1.0")
    keep_snapshot(store, state_at(20), "1.0")
    with store.writer() as connection:
        connection.execute(update(snapshot).where(snapshot.c.seq == 20).values(**damage))
    state, tail, _ = store.recover(COMMUNITY, "1.0")
    assert state == state_at(10)
    assert [one.first_seq for one in tail] == list(range(11, 31))


def test_a_damaged_block_is_named_and_not_skipped(store: SqlStore) -> None:
    journal_of(store, 3)
    with store.writer() as connection:
        body = bytearray(connection.execute(select(block.c.body).where(block.c.first_seq == 2)).scalar_one())
        body[-1] ^= 1
        connection.execute(update(block).where(block.c.first_seq == 2).values(body=bytes(body)))
    with pytest.raises(StoreError, match=f"Block 2 to 2 of community {COMMUNITY} is damaged"):
        list(store.recover(COMMUNITY, "1.0")[1])


def test_a_block_of_newer_software_is_refused_in_plain_words(store: SqlStore) -> None:
    journal_of(store, 1)
    with store.writer() as connection:
        connection.execute(update(block).values(version=2))
    with pytest.raises(StoreError, match=r"has version 2; this hub reads up to 1\. Start the newer software"):
        store.blocks(COMMUNITY, 0, 10)


def test_blocks_are_read_from_any_seq(store: SqlStore) -> None:
    epoch = lease(store)
    for first in (1, 11, 21):
        store.commit(batch(epoch, first, [received(first + n) for n in range(10)]))
    firsts = {
        after: [one.first_seq for one in store.blocks(COMMUNITY, after, 10)]
        for after in (0, 1, 9, 10, 11, 15, 29, 30, 99)
    }
    assert firsts == {
        0: [1, 11, 21],
        1: [1, 11, 21],
        9: [1, 11, 21],
        10: [11, 21],
        11: [11, 21],
        15: [11, 21],
        29: [21],
        30: [],
        99: [],
    }
    assert [one.first_seq for one in store.blocks(COMMUNITY, 0, 2)] == [1, 11]


def test_a_snapshot_ahead_of_the_journal_is_refused(store: SqlStore) -> None:
    """A state whose batch was not committed must never come back."""
    journal_of(store, 3)
    with pytest.raises(StoreError, match="journal ends at 3"):
        keep_snapshot(store, state_at(4), "1.0")


def test_a_hub_that_lost_its_lease_keeps_no_snapshot(backend: Backend) -> None:
    first, second = backend.open(), backend.open()
    journal_of(first, 3)
    lease(second, "hub-b")
    with pytest.raises(LeaseLost):
        keep_snapshot(first, state_at(3), "1.0")


def test_facts_that_msgpack_cannot_say_do_not_stop_a_snapshot(store: SqlStore) -> None:
    journal_of(store, 1)
    state = state_at(1)
    state.devices["smoke-1"].facts = {"count": 2**70, "label": "\ud800"}
    keep_snapshot(store, state, "1.0")
    kept = store.recover(COMMUNITY, "1.0")[0]
    assert kept is not None
    assert kept.devices["smoke-1"].facts == {"count": float(2**70), "label": "\ufffd"}


def test_the_rows_give_back_what_is_open(store: SqlStore) -> None:
    epoch = lease(store)
    store.commit(fire(epoch))
    shut = open_incident(21, [20])
    shut.closed_ms, shut.handling = NOW, Handling.DONE
    shut_alert = alert(20, 21)
    shut_alert.closed_ms = NOW
    told = notification(22, 21)
    told.state = NotificationState.SENT
    over = Changes(alerts={20: shut_alert}, incidents={21: shut}, notifications={22: told})
    store.commit(batch(epoch, 100, changes=over))
    kept = store.entities(COMMUNITY)
    assert kept.alerts == {10: alert(10, 11)}
    assert kept.incidents == {11: open_incident(11, [10])}
    assert kept.notifications == {12: notification(12, 11)}

    telling = notification(23, 21)
    store.commit(batch(epoch, 200, changes=Changes(notifications={23: telling})))
    kept = store.entities(COMMUNITY)
    assert set(kept.incidents) == {11, 21}, "its end is still being told"
    assert set(kept.alerts) == {10, 20}
    assert set(kept.notifications) == {12, 22, 23}, "whom an open incident was told to is known as long as it is open"


def test_a_row_that_cannot_be_read_is_named(store: SqlStore) -> None:
    store.commit(fire(lease(store)))
    with store.writer() as connection:
        connection.execute(update(incident).values(body="{}"))
    with pytest.raises(StoreError, match="A row of incident cannot be read"):
        store.entities(COMMUNITY)


def test_it_is_what_the_port_promises(store: SqlStore) -> None:
    port: Store = store  # held to it by mypy
    assert port.cursor("influx", COMMUNITY) == 0


def test_equal_states_give_equal_snapshots() -> None:
    assert msgspec.msgpack.encode(state_at(1)) == msgspec.msgpack.encode(state_at(1))
