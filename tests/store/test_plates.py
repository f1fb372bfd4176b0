"""Plates leave the record: after the site's days, and at once for a household that asks."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import delete, select

from hub.core.commands import EraseHousehold, PutPermit
from hub.core.decisions import Reason, RegistryChanged
from hub.core.inputs import Commanded, Input, Received
from hub.core.parking.state import ParkingChanges
from hub.core.state import Changes, State
from hub.model import (
    Direction,
    EntryReason,
    Event,
    Fact,
    Kind,
    LedgerEntry,
    Permit,
    RawMessage,
    ReadHow,
    Reading,
    Undecodable,
    Undecoded,
    Visit,
)
from hub.plates import is_replaced
from hub.recovery import recovered
from hub.store import plates as stepped
from hub.store import schema, schema_parking
from hub.store.blocks import encode_again
from hub.store.port import Block
from hub.store.sql import SqlStore
from tests.core.timeline import Timeline
from tests.store.examples import COMMUNITY, DAY_MS, NOW, alert, batch, lease, received
from tests.store.snapshots import keep_snapshot

MINE, THEIRS = "沪A12345", "沪AD67890"


def passed(plate: str, day: int) -> Received:
    raw = RawMessage("gate", "device/a/message/up/ivs_result", f'{{"license":"{plate}"}}'.encode(), NOW + day * DAY_MS)
    facts: dict[str, Fact] = {"plate": plate, "confidence": 97}
    return Received(raw, (Reading("a", Kind.LPR, Event.PLATE, facts, raw.received_ms, f"k{day}"),))


def unread() -> Received:
    raw = RawMessage("gate", "device/a/message/up/ivs_result", b'{"license":"ANX9Q3ftqPOVPJd1Tox8SQ=="}', NOW)
    return Received(raw, (Reading("a", Kind.LPR, Event.PLATE_ENCRYPTED, {"encrypted": True}, None),))


def entry(number: int, plate: str, day: int, visit: int, way: Direction = Direction.IN) -> LedgerEntry:
    at_ms = NOW + day * DAY_MS
    return LedgerEntry(
        id=number, at_ms=at_ms, kept_ms=at_ms, direction=way, reason=EntryReason.PASSED, plate=plate,
        read=ReadHow.PLATE, visit=visit,
    )  # fmt: skip


def stay(number: int, plate: str, day: int, *, out: bool = True) -> Visit:
    in_ms = NOW + day * DAY_MS
    return Visit(
        id=number, zone="", plate=plate, in_ms=in_ms, in_entry=number, in_how=EntryReason.PASSED,
        out_ms=in_ms + 3_600_000 if out else None,
    )  # fmt: skip


def parking(*visits: Visit, entries: list[LedgerEntry] | None = None) -> Changes:
    return Changes(parking=ParkingChanges(entries=entries or [], visits={one.id: one for one in visits}))


def days(store: SqlStore, count: int = 10, snapshots: tuple[int, ...] = (7, 8)) -> int:
    """A passage, its ledger entry and its closed visit a day."""
    epoch = lease(store)
    for day in range(1, count + 1):
        plate = MINE if day % 2 else THEIRS
        changes = parking(stay(day, plate, day), entries=[entry(day, plate, day, day)])
        at_ms = NOW + day * DAY_MS
        store.commit(batch(epoch, day, [passed(plate, day)], changes=changes, now_ms=at_ms))
        if day in snapshots:
            keep_snapshot(store, State(community=COMMUNITY, seq=day, now_ms=at_ms), "1.0")
    return epoch


def journal(store: SqlStore) -> dict[int, tuple[str, bytes]]:
    told = {}
    for block in store.blocks(COMMUNITY, 0, 100):
        one = block.inputs[0]
        if isinstance(one, Received):
            told[block.first_seq] = (str(one.readings[0].facts.get("plate", "")), one.raw.payload)
    return told


def forget(store: SqlStore, before_ms: int) -> int:
    steps = 0
    while store.forget_plates(COMMUNITY, before_ms):
        steps += 1
        assert steps < 50
    return steps


def column(store: SqlStore, table: str) -> list[str]:
    known = {"ledger": schema_parking.ledger, "visit": schema_parking.visit}[table]
    with store.reader() as connection:
        return list(connection.execute(select(known.c.plate).order_by(known.c.id)).scalars())


def everything(store: SqlStore) -> str:
    """All text that the rows hold."""
    told = []
    with store.reader() as connection:
        for table in schema.metadata.sorted_tables:
            if table.name in ("block", "snapshot"):
                continue
            told += [repr(tuple(row)) for row in connection.execute(select(table))]
    return "\n".join(told)


def test_old_plates_become_the_same_hash_everywhere_and_new_ones_stay(store: SqlStore) -> None:
    days(store)
    forget(store, NOW + 6 * DAY_MS)
    told = journal(store)
    assert all(is_replaced(told[day][0]) and told[day][1] == b"" for day in range(1, 6))
    assert told[1][0] == told[3][0] == told[5][0] != told[2][0] == told[4][0]
    assert [told[day][0] for day in range(6, 11)] == [THEIRS, MINE, THEIRS, MINE, THEIRS]
    assert b"license" in told[6][1]
    assert column(store, "ledger") == [told[day][0] for day in range(1, 11)]
    assert column(store, "visit") == [told[day][0] for day in range(1, 11)]
    with store.reader() as connection:
        body = connection.execute(
            select(schema_parking.ledger.c.body).order_by(schema_parking.ledger.c.id).limit(1)
        ).scalar_one()
    assert is_replaced(msgspec.json.decode(body, type=LedgerEntry).plate)


def test_seqs_and_readings_stay_what_they_were(store: SqlStore) -> None:
    days(store)
    before = store.blocks(COMMUNITY, 0, 100)
    forget(store, NOW + 6 * DAY_MS)
    after = store.blocks(COMMUNITY, 0, 100)
    assert [(b.first_seq, b.last_seq, b.seqs) for b in after] == [(b.first_seq, b.last_seq, b.seqs) for b in before]
    for old, new in zip(before, after, strict=True):
        for one, other in zip(old.inputs, new.inputs, strict=True):
            assert isinstance(one, Received)
            assert isinstance(other, Received)
            assert other.raw.topic == one.raw.topic
            assert other.readings[0].facts["confidence"] == 97
            assert other.readings[0].key == one.readings[0].key


def test_nothing_is_replaced_that_a_start_or_a_follower_still_reads(store: SqlStore) -> None:
    days(store, snapshots=(4, 6))
    store.move_cursor("influx", COMMUNITY, 2)
    forget(store, NOW + 99 * DAY_MS)
    assert [day for day, (plate, _) in journal(store).items() if is_replaced(plate)] == [1, 2]
    store.move_cursor("influx", COMMUNITY, 10)
    forget(store, NOW + 99 * DAY_MS)
    assert [day for day, (plate, _) in journal(store).items() if is_replaced(plate)] == [1, 2, 3, 4]


def test_what_was_replaced_is_not_looked_at_again(store: SqlStore) -> None:
    days(store)
    assert forget(store, NOW + 6 * DAY_MS) > 0
    told = journal(store)
    assert forget(store, NOW + 6 * DAY_MS) == 0
    assert journal(store) == told


def test_a_crash_between_two_blocks_leaves_what_can_be_gone_on_with(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    days(store)
    calls = 0

    def dies(block: Block) -> bytes:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        return encode_again(block)

    monkeypatch.setattr(stepped, "encode_again", dies)
    with pytest.raises(KeyboardInterrupt):
        store.forget_plates(COMMUNITY, NOW + 6 * DAY_MS)
    assert [day for day, (plate, _) in journal(store).items() if is_replaced(plate)] == [1, 2]
    monkeypatch.undo()
    forget(store, NOW + 6 * DAY_MS)
    told = journal(store)
    assert [day for day, (plate, _) in told.items() if is_replaced(plate)] == [1, 2, 3, 4, 5]
    assert told[1][0] == told[3][0]


def test_nothing_old_holds_a_plate_not_even_what_nobody_could_read(store: SqlStore) -> None:
    epoch = lease(store)
    odd = Received(RawMessage("gate", "t", f"?? {MINE} ??".encode(), NOW), (), Undecodable(Undecoded.NOT_JSON, ""))
    other = Received(RawMessage("gate", "t", b"\x01\x02", NOW), (), Undecodable(Undecoded.NOT_JSON, ""))
    put = Commanded(NOW, PutPermit(actor="desk", permit=Permit(plate=MINE)), 0)
    said = RegistryChanged(seq=4, at_ms=NOW, reason=Reason.PERSON_ASKED, what="permit", id=MINE)
    inputs: list[Input] = [odd, other, unread(), put, passed(MINE, 0), received(6)]
    about = alert(7, 7)
    about.facts = {"plate": MINE, "label": f"{MINE} {THEIRS}"}
    about.key, about.closed_ms = f"unknown_car|{MINE}", NOW
    row = store.write_command(COMMUNITY, PutPermit(actor="desk", permit=Permit(plate=MINE)), NOW)
    commit = batch(epoch, 1, inputs, decisions=[said], changes=Changes(alerts={7: about}), last_seq=9)
    commit.quarantined = [(1, odd), (2, other)]
    commit.commands = [(row, 4, None)]
    store.commit(commit)
    store.commit(batch(epoch, 10))
    for seq in (9, 10):
        keep_snapshot(store, State(community=COMMUNITY, seq=seq, now_ms=NOW), "1.0")
    forget(store, NOW + DAY_MS)
    assert MINE not in everything(store)
    block, _ = store.blocks(COMMUNITY, 0, 10)
    assert MINE not in repr(block)
    payloads = [one.raw.payload for one in block.inputs if isinstance(one, Received)]
    assert payloads == [b"", b"\x01\x02", b"", b"", b'{"smoke":false}']
    assert store.quarantined(COMMUNITY, 2) == other


def test_a_household_s_plates_go_at_once_and_its_neighbours_stay(store: SqlStore) -> None:
    epoch = days(store)
    about = alert(20, 20)
    about.facts, about.key, about.closed_ms = {"plate": MINE}, f"unknown_car|{MINE}", NOW + 9 * DAY_MS
    row = store.write_command(COMMUNITY, PutPermit(actor="desk", permit=Permit(plate=MINE)), NOW)
    said = RegistryChanged(seq=10, at_ms=NOW + DAY_MS, reason=Reason.PERSON_ASKED, what="permit", id=MINE)
    kept = batch(epoch, 11, decisions=[said], changes=Changes(alerts={20: about}), now_ms=NOW + 10 * DAY_MS)
    kept.commands = [(row, 11, None)]
    store.commit(kept)
    erased = Changes(erased_plates={MINE})
    at_ms = NOW + 11 * DAY_MS
    asked = Commanded(at_ms, EraseHousehold(actor="desk", place="h1"), 0)
    store.commit(batch(epoch, 12, [asked], changes=erased, now_ms=at_ms))
    assert MINE not in column(store, "ledger")
    assert MINE not in column(store, "visit")
    assert column(store, "ledger").count(THEIRS) == 5
    forget(store, 0)
    assert MINE not in everything(store)
    assert journal(store)[9][0] == MINE, "what a start still reads waits for the next snapshots"
    store.commit(batch(epoch, 13))
    for seq in (12, 13):
        keep_snapshot(store, State(community=COMMUNITY, seq=seq, now_ms=NOW), "1.0")
    forget(store, 0)
    told = journal(store)
    assert all((plate == THEIRS) is (b"license" in payload) for plate, payload in told.values() if plate)
    assert MINE not in {plate for plate, _ in told.values()}


def test_a_stay_that_was_on_goes_when_the_car_has_left(store: SqlStore) -> None:
    epoch = lease(store)
    store.commit(batch(epoch, 1, [passed(MINE, 1)], changes=parking(stay(1, MINE, 1, out=False))))
    store.commit(batch(epoch, 2, changes=Changes(erased_plates={MINE})))
    assert column(store, "visit") == [MINE]
    gone = parking(stay(1, MINE, 1), entries=[entry(3, MINE, 2, 1, Direction.OUT)])
    store.commit(batch(epoch, 3, [passed(MINE, 2)], changes=gone))
    forget(store, 0)
    assert all(is_replaced(plate) for plate in (*column(store, "visit"), *column(store, "ledger")))
    # What is read of the same car from then on is new.
    store.commit(batch(epoch, 4, [passed(MINE, 3)], changes=parking(entries=[entry(4, MINE, 3, 4)])))
    forget(store, 0)
    assert column(store, "ledger")[-1] == MINE


def test_a_start_from_the_whole_journal_has_the_site_s_permits_all_the_same(store: SqlStore) -> None:
    epoch = lease(store)
    permit = Permit(plate=MINE)
    put = Commanded(NOW, PutPermit(actor="desk", permit=permit), 0)
    store.commit(batch(epoch, 1, [put], changes=Changes(permits={MINE: permit})))
    store.commit(batch(epoch, 2))
    for seq in (1, 2):
        keep_snapshot(store, State(community=COMMUNITY, seq=seq, now_ms=NOW), "1.0")
    forget(store, NOW + DAY_MS)
    with store.writer() as connection:
        connection.execute(delete(schema.snapshot))
    settings = msgspec.structs.replace(Timeline().core.settings, community=COMMUNITY)
    assert list(recovered(store, settings, "1.0").state.permits) == [MINE]
