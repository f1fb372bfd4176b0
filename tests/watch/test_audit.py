"""What is overdue, and the auditor's shout over real HTTP when it is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert

from hub.delivery.tools import Tools
from hub.model import Contact, Person
from hub.store.open import open_store
from hub.store.schema import command, outbox
from hub.store.sql import SqlStore
from hub.watch.audit import RowLook, Vitals, overdue
from hub.watch.auditor import Auditor, Reader
from tests.delivery.peers import Peer, Reply, Request, json_reply, provider

NOW = 1_800_000_000_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = open_store("", tmp_path, reserve_bytes=4096)
    yield opened
    opened.close()


class Hub:
    """A hub whose troubles a test sets."""

    def __init__(self, store: SqlStore) -> None:
        self.now_ms = NOW
        self.beat_ms: int | None = None
        self.due_ms: int | None = None
        self.down_ms = 0
        self._store = store

    def vitals(self) -> Vitals:
        return Vitals(
            loop_beat_ms=lambda: self.now_ms if self.beat_ms is None else self.beat_ms,
            next_due_ms=lambda: [self.due_ms],
            store_down_ms=lambda: self.down_ms,
            rows=RowLook(self._store.reader, NOW - 3_600_000),
        )

    def late(self) -> list[str]:
        return [one.what.en for one in overdue(self.vitals(), self.now_ms)]


def write(store: SqlStore, *rows: Callable[[Connection], object]) -> None:
    with store.writer() as connection:
        for row in rows:
            row(connection)


def told(deadline_ms: int, done_ms: int | None) -> Callable[[Connection], object]:
    values = {
        "community": "main",
        "notification": deadline_ms,
        "attempt": 1,
        "created_ms": NOW - 60_000,
        "severity_order": 0,
        "deadline_ms": deadline_ms,
        "contact": "c",
        "url": "inbox://a",
        "body": "{}",
        "done_ms": done_ms,
    }
    return lambda connection: connection.execute(insert(outbox).values(values))


def asked(at_ms: int, done_ms: int | None) -> Callable[[Connection], object]:
    values = {"community": "main", "at_ms": at_ms, "actor": "a", "body": "{}", "done_ms": done_ms}
    return lambda connection: connection.execute(insert(command).values(values))


def test_a_hub_that_keeps_up_has_nothing_overdue(store: SqlStore) -> None:
    hub = Hub(store)
    hub.due_ms = NOW - 4_000
    write(store, told(NOW - 4_000, None), told(NOW - 60_000, NOW), asked(NOW - 4_000, None), asked(NOW - 9_000, NOW))
    assert hub.late() == []


def test_what_fell_due_while_the_hub_was_away_is_not_late_at_its_start(store: SqlStore) -> None:
    write(store, told(NOW - 60_000, None), asked(NOW - 60_000, None))
    vitals = Hub(store).vitals()
    vitals.rows = RowLook(store.reader, NOW - 1_000)
    assert overdue(vitals, NOW) == []


def test_what_stands_still_is_found_worst_first(store: SqlStore) -> None:
    hub = Hub(store)
    hub.beat_ms, hub.due_ms, hub.down_ms = NOW - 6_000, NOW - 7_000, 8_000
    write(store, told(NOW - 9_000, None), asked(NOW - 10_000, None))
    assert hub.late() == [
        "commands are not carried out",
        "notifications have no answer",
        "nothing can be recorded",
        "what was due was not done",
        "the program stands still",
    ]


def test_a_database_that_hangs_is_found_and_hangs_nobody(store: SqlStore) -> None:
    answers = threading.Event()

    @contextmanager
    def hanging() -> Iterator[Connection]:
        answers.wait(20)
        with store.reader() as connection:
            yield connection

    vitals = Hub(store).vitals()
    vitals.rows = RowLook(hanging, NOW)
    vitals.loop_beat_ms = lambda: NOW + 6_000
    assert overdue(vitals, NOW) == []
    assert [one.what.en for one in overdue(vitals, NOW + 6_000)] == ["the database does not answer"]
    answers.set()
    for asking in [thread for thread in threading.enumerate() if thread.name == "audit-rows"]:
        asking.join(20)


LI = Person(
    id="li",
    name="Li",
    contacts=(
        Contact(id="robot", url="wecom://KEY", group=True),
        Contact(id="broken", url="wecom://${NOT_SET}"),
        Contact(id="siren", url="action://siren"),
    ),
)
WU = Person(id="wu", name="Wu", language="en", contacts=(Contact(id="own", url="wecom://OWN"),))


@contextmanager
def auditing(hub: Hub, robot: Peer) -> Iterator[Auditor]:
    auditor = Auditor(
        hub.vitals(),
        readers=lambda: [Reader("main", "桂花园", LI), Reader("main", "桂花园", WU)],
        secrets={},
        make_tools=lambda: Tools(now_ms=lambda: hub.now_ms, endpoints={"wecom": robot.url()}),
        now_ms=lambda: hub.now_ms,
        look_every_s=0.01,
    )
    auditor.start()
    try:
        yield auditor
    finally:
        auditor.stop()


def said(robot: Peer) -> dict[str, str]:
    """What the two robots get next, by key."""
    found: dict[str, str] = {}
    for request in (robot.next(), robot.next()):
        body = request.json()["text"]
        assert isinstance(body, dict)
        found[request.query["key"][0]] = str(body["content"])
    return found


def test_a_hub_that_stands_still_is_shouted_to_everybody_and_so_is_its_end(store: SqlStore) -> None:
    hub = Hub(store)
    with provider(lambda _: json_reply({"errcode": 0, "errmsg": "ok"})) as robot, auditing(hub, robot) as auditor:
        hub.beat_ms = NOW - 7_000
        words = said(robot)
        assert words["KEY"] == (
            "【紧急】桂花园的告警中枢自己出了问题:程序停住了,已7秒。告警可能发不出来,请立即派人值守巡查,并通知维护人员。"
        )
        assert words["OWN"].startswith(
            "[CRITICAL] The alert hub of 桂花园 is in trouble: the program stands still, for 7 s."
        )
        assert not auditor.well
        hub.beat_ms = None
        assert said(robot)["KEY"] == "【解除】桂花园的告警中枢恢复正常。"
        assert auditor.well


def test_a_shout_is_repeated_after_ten_minutes_only(store: SqlStore) -> None:
    hub = Hub(store)
    looked = threading.Semaphore(0)

    def counted() -> list[int | None]:
        looked.release()
        return []

    vitals = hub.vitals()
    vitals.next_due_ms = counted
    with provider(lambda _: json_reply({"errcode": 0})) as robot:
        auditor = Auditor(
            vitals,
            readers=lambda: [Reader("main", "桂花园", WU)],
            secrets={},
            make_tools=lambda: Tools(now_ms=lambda: hub.now_ms, endpoints={"wecom": robot.url()}),
            now_ms=lambda: hub.now_ms,
            look_every_s=0.001,
        )
        hub.down_ms = 9_000
        auditor.start()
        robot.next()
        while looked.acquire(blocking=False):
            pass
        for _ in range(20):
            assert looked.acquire(timeout=10)
        assert robot.seen.empty()
        hub.now_ms += 600_000
        assert "nothing can be recorded" in str(robot.next().json())
        auditor.stop()


def test_a_provider_that_refuses_keeps_nobody_else_from_hearing(store: SqlStore) -> None:
    hub = Hub(store)

    def answer(request: Request) -> Reply:
        return json_reply({"errcode": 93000 if request.query["key"] == ["KEY"] else 0})

    with provider(answer) as robot, auditing(hub, robot):
        hub.due_ms = NOW - 6_000
        assert len(said(robot)) == 2
