"""One batch, one transaction: all of it or nothing, once, and only by the owner."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import Connection, Table, func, select

from hub.core.commands import Accept, ReplayQuarantined
from hub.core.decisions import MessageQuarantined, Reason, SensorHeard
from hub.core.inputs import Received
from hub.core.state import Changes
from hub.errors import LeaseLost, StoreError
from hub.model import (
    Alert,
    Contact,
    Device,
    Duty,
    Event,
    Kind,
    Person,
    Place,
    PlaceKind,
    RawMessage,
    Silence,
    Undecodable,
    Undecoded,
)
from hub.store import schema
from hub.store.sql import SqlStore
from tests.store.backend import Backend
from tests.store.examples import COMMUNITY, NOW, alert, batch, device_state, due, fire, lease, person, received


def count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def test_a_batch_is_kept_whole(store: SqlStore) -> None:
    commit = fire(lease(store))
    store.commit(commit)
    (block,) = store.blocks(COMMUNITY, 0, 10)
    assert block.inputs == commit.inputs
    assert block.decisions == commit.decisions
    with store.reader() as connection:
        head = connection.execute(select(schema.community)).one()
        assert (head.head_seq, head.head_ms, head.owner, head.epoch) == (commit.last_seq, NOW, "hub-a", 1)
        decisions = connection.execute(select(schema.decision).order_by(schema.decision.c.n)).all()
        assert [(d.n, d.type, d.alert, d.incident, d.device) for d in decisions] == [
            (0, "alert_raised", 10, None, "smoke-1"),
            (1, "incident_opened", 10, 11, None),
            (2, "notification_due", None, 11, None),
        ]
        assert decisions[2].person == "wang"
        row = connection.execute(select(schema.alert)).one()
        assert msgspec.json.decode(row.body, type=Alert) == alert(10, 11)
        assert (row.severity, row.condition, row.closed_ms, row.test) == ("critical", "active", None, False)
        assert connection.execute(select(schema.incident.c.handling)).scalar_one() == "new"
        assert connection.execute(select(schema.notification.c.state)).scalar_one() == "due"
        heard = connection.execute(select(schema.device)).one()
        assert (heard.registered, heard.alarm, heard.facts, heard.last_seen_ms) == (False, True, '{"alarm":true}', NOW)


def test_a_later_batch_changes_the_rows(store: SqlStore) -> None:
    epoch = lease(store)
    store.commit(fire(epoch))
    closed = alert(10, 11)
    closed.closed_ms = NOW + 9
    store.commit(
        batch(
            epoch, 100, changes=Changes(alerts={10: closed}, devices={"smoke-1": device_state(silent=True, alarm=None)})
        )
    )
    with store.reader() as connection:
        assert connection.execute(select(schema.alert.c.closed_ms)).scalars().all() == [NOW + 9]
        assert connection.execute(select(schema.device.c.silent, schema.device.c.alarm)).one() == (True, None)


def test_the_same_batch_twice_is_refused_and_changes_nothing(store: SqlStore) -> None:
    epoch = lease(store)
    store.commit(fire(epoch))
    with pytest.raises(StoreError, match="was kept before") as caught:
        store.commit(fire(epoch))
    assert not isinstance(caught.value, LeaseLost)
    with store.reader() as connection:
        assert count(connection, schema.block) == 1


def test_a_batch_that_overlaps_the_journal_is_refused(store: SqlStore) -> None:
    epoch = lease(store)
    store.commit(batch(epoch, 1, [received(n) for n in range(10)]))
    with pytest.raises(StoreError, match="journal ends at 10"):
        store.commit(batch(epoch, 10))


def test_nothing_is_kept_when_a_row_in_the_middle_fails(store: SqlStore) -> None:
    """Two outbox rows of one key: the block, the head and all other rows of the batch go with them."""
    epoch = lease(store)
    twice = fire(epoch)
    twice.decisions.append(due(12, 1))
    with pytest.raises(StoreError, match="did not take the transaction"):
        store.commit(twice)
    with store.reader() as connection:
        for table in (schema.block, schema.decision, schema.alert, schema.outbox, schema.device, schema.registry):
            assert count(connection, table) == 0
        assert connection.execute(select(schema.community.c.head_seq)).scalar_one() == 0
    store.commit(fire(epoch))


def test_a_second_hub_takes_over_and_the_first_is_refused(backend: Backend) -> None:
    first, second = backend.open(), backend.open()
    old = lease(first)
    first.commit(batch(old, 1))
    new = lease(second, "hub-b")
    assert new == old + 1
    with pytest.raises(LeaseLost, match=r"owned by hub-b \(epoch 2\), no longer by hub-a"):
        first.commit(fire(old, 2))
    second.commit(batch(new, 2, owner="hub-b"))
    with first.reader() as connection:
        assert count(connection, schema.outbox) == 0
        assert count(connection, schema.block) == 2


def test_the_same_hub_in_a_second_life_is_another_epoch(store: SqlStore) -> None:
    old = lease(store)
    lease(store)
    with pytest.raises(LeaseLost):
        store.commit(batch(old))


def test_nobody_commits_without_a_lease(store: SqlStore) -> None:
    with pytest.raises(LeaseLost, match="owned by nobody"):
        store.commit(batch(1))


def test_each_commit_renews_the_lease(store: SqlStore) -> None:
    epoch = lease(store)
    store.commit(batch(epoch, now_ms=NOW + 4000))
    with store.reader() as connection:
        assert connection.execute(select(schema.community.c.lease_until_ms)).scalar_one() == NOW + 14_000


def test_the_outbox_row_has_the_url_of_the_contact(store: SqlStore) -> None:
    epoch = lease(store)
    store.commit(fire(epoch))
    store.commit(batch(epoch, 100, decisions=[due(100, 100)]))
    moved = Changes(people={"wang": person(url="ntfy://new")})
    store.commit(batch(epoch, 101, decisions=[due(101, 101)], changes=moved))
    assert [one.url for one in store.claim("life-1", NOW, 10)] == ["inbox://wang", "inbox://wang", "ntfy://new"]


def test_a_hub_that_just_started_knows_the_contacts(backend: Backend) -> None:
    first = backend.open()
    first.commit(batch(lease(first), changes=Changes(people={"wang": person()})))
    second = backend.open()
    second.commit(batch(lease(second), 2, decisions=[due(12, 2)]))
    assert [one.url for one in second.claim("life-1", NOW, 10)] == ["inbox://wang"]


def test_people_of_a_batch_that_failed_are_not_remembered(store: SqlStore) -> None:
    epoch = lease(store)
    store.commit(batch(epoch, changes=Changes(people={"wang": person()})))
    failed = batch(epoch, 2, decisions=[due(9, 2), due(9, 2)], changes=Changes(people={"wang": person(url="ntfy://x")}))
    with pytest.raises(StoreError):
        store.commit(failed)
    store.commit(batch(epoch, 2, decisions=[due(9, 2)]))
    assert [one.url for one in store.claim("life-1", NOW, 10)] == ["inbox://wang"]


def test_a_contact_nobody_knows_still_gets_its_row(store: SqlStore) -> None:
    """The sender refuses it, and the ladder goes on: better than a batch that cannot be kept."""
    store.commit(batch(lease(store), decisions=[due(12, 1)]))
    assert [one.url for one in store.claim("life-1", NOW, 10)] == [""]


def test_registered_and_heard_are_two_halves_of_one_device_row(store: SqlStore) -> None:
    epoch = lease(store)
    office = Device(id="smoke-1", kind=Kind.SMOKE, place="b6-1203", name="厨房烟感")
    heard = device_state()
    heard.kind = Kind.UNKNOWN
    store.commit(batch(epoch, 1, changes=Changes(registered={"smoke-1": office})))
    store.commit(batch(epoch, 2, changes=Changes(devices={"smoke-1": heard})))
    store.commit(batch(epoch, 3, changes=Changes(registered={"smoke-1": office, "never": office_device("never")})))
    with store.reader() as connection:
        row = connection.execute(select(schema.device).where(schema.device.c.id == "smoke-1")).one()
        assert (row.kind, row.model, row.place, row.name) == ("smoke", "heiman/smoke", "b6-1203", "厨房烟感")
        assert (row.registered, row.last_seen_ms, row.alarm) == (True, NOW, True)
        assert msgspec.json.decode(row.body, type=Device) == office
    store.commit(batch(epoch, 4, changes=Changes(registered={"smoke-1": None, "never": None})))
    with store.reader() as connection:
        row = connection.execute(select(schema.device)).one()
        assert (row.id, row.registered, row.place, row.body, row.last_seen_ms) == ("smoke-1", False, "", "{}", NOW)


def test_the_registry_and_silences_come_and_go(store: SqlStore) -> None:
    epoch = lease(store)
    place = Place(id="b6", kind=PlaceKind.BUILDING, name="6号楼")
    duty = Duty(id="d1", role="property", person="wang")
    silence = Silence(id=5, from_ms=NOW, until_ms=NOW + 1, owner="wang", reason="检修")
    here = Changes(places={"b6": place}, duties={"d1": duty}, people={"wang": person()}, silences={5: silence})
    store.commit(batch(epoch, 1, changes=here))
    kept = store.entities(COMMUNITY)
    assert (kept.places, kept.duties, kept.people, kept.silences) == (
        {"b6": place},
        {"d1": duty},
        {"wang": person()},
        {5: silence},
    )
    gone = Changes(places={"b6": None}, duties={"d1": None}, people={"wang": None}, silences={5: None})
    store.commit(batch(epoch, 2, changes=gone))
    kept = store.entities(COMMUNITY)
    assert kept == Changes()


def test_what_was_not_understood_is_kept_as_bytes_and_marked_once_a_replay_understood_it(store: SqlStore) -> None:
    epoch = lease(store)
    raw = RawMessage("zigbee", b"alarm/\xff".decode("utf-8", "surrogateescape"), b"\x00\xffnot json", NOW)
    odd = Received(raw, (), Undecodable(Undecoded.NOT_JSON, "byte 0\x00", "smoke-1"))
    commit = batch(
        epoch,
        7,
        [odd],
        decisions=[
            MessageQuarantined(
                seq=7, at_ms=NOW, reason=Reason.UNDECODABLE_LIFE_SAFETY, source="zigbee", device="smoke-1"
            )
        ],
    )
    commit.quarantined = [(7, odd)]
    store.commit(commit)
    kept = store.quarantined(COMMUNITY, 7)
    assert kept is not None
    assert kept.raw == raw
    assert kept.undecodable == Undecodable(Undecoded.NOT_JSON, "byte 0\ufffd", "smoke-1")
    assert store.quarantined(COMMUNITY, 8) is None

    row = store.write_command(COMMUNITY, ReplayQuarantined(actor="console", seq=7), NOW)
    replay = batch(epoch, 8, now_ms=NOW + 5)
    replay.commands = [(row, 8, None)]
    store.commit(replay)
    with store.reader() as connection:
        assert connection.execute(select(schema.quarantine.c.replayed_ms)).scalar_one() == NOW + 5


def test_foreign_text_and_numbers_never_stop_a_batch(store: SqlStore) -> None:
    name = "smoke\x00\ud800"
    state = device_state(name, facts={"count": 2**70, "temperature": float("nan"), "label": "\udcff"})
    state.id = name
    odd = alert(10, 11)
    odd.subject = name
    odd.facts = {"temperature": float("inf"), "alarm": True}
    heard = SensorHeard(seq=1, at_ms=NOW, reason=Reason.HEARD_AGAIN, device=name)
    message = Received(RawMessage("zigbee", "t", b"", NOW), ())
    store.commit(
        batch(lease(store), 1, [message], decisions=[heard], changes=Changes(devices={name: state}, alerts={10: odd}))
    )
    assert store.entities(COMMUNITY).alerts[10].facts == {"alarm": True}
    with store.reader() as connection:
        assert connection.execute(select(schema.device.c.id)).scalar_one() == "smoke\ufffd\ufffd"
        assert connection.execute(select(schema.decision.c.device)).scalar_one() == "smoke\ufffd\ufffd"


def test_commands_are_answered_in_the_batch_that_stepped_them(store: SqlStore) -> None:
    epoch = lease(store)
    accept = Accept(actor="wang", incident=11)
    first = store.write_command(COMMUNITY, accept, NOW)
    second = store.write_command(COMMUNITY, Accept(actor="li", incident=99), NOW)
    assert store.open_commands(COMMUNITY) == [(first, accept), (second, Accept(actor="li", incident=99))]
    commit = batch(epoch, 1)
    commit.commands = [(first, 1, None), (second, 1, "no such incident")]
    store.commit(commit)
    assert store.open_commands(COMMUNITY) == []
    with store.reader() as connection:
        rows = connection.execute(select(schema.command).order_by(schema.command.c.id)).all()
    assert [(r.seq, r.refused, r.done_ms, r.actor) for r in rows] == [
        (1, None, NOW, "wang"),
        (1, "no such incident", NOW, "li"),
    ]


def test_a_batch_without_inputs_writes_no_block(store: SqlStore) -> None:
    store.commit(batch(lease(store), 1, [], changes=Changes(people={"wang": person()})))
    assert store.blocks(COMMUNITY, 0, 10) == []
    assert list(store.entities(COMMUNITY).people) == ["wang"]


def test_two_communities_share_seqs_but_nothing_else(store: SqlStore) -> None:
    store.commit(fire(lease(store)))
    other = fire(store.take_lease("fenghe", "hub-a", NOW))
    other.community = "fenghe"
    other.changes.people = {"wang": Person(id="wang", name="另一位", contacts=(Contact(id="c1", url="ntfy://fenghe"),))}
    store.commit(other)
    claimed = {(one.community, one.url) for one in store.claim("life-1", NOW, 9)}
    assert claimed == {("fenghe", "ntfy://fenghe"), (COMMUNITY, "inbox://wang")}
    assert store.entities("fenghe").people == other.changes.people
    assert store.entities(COMMUNITY).people == {"wang": person()}


def office_device(name: str) -> Device:
    return Device(id=name, kind=Kind.SMOKE, place="b6")


def test_every_event_can_stand_in_a_block(store: SqlStore) -> None:
    """Enumerations of the vocabulary survive the way through a real database."""
    some = [received(number) for number in range(len(Event))]
    changed = [
        msgspec.structs.replace(one, readings=(msgspec.structs.replace(one.readings[0], event=event),))
        for one, event in zip(some, Event, strict=True)
    ]
    store.commit(batch(lease(store), 1, changed))
    assert store.blocks(COMMUNITY, 0, 1)[0].inputs == changed
