"""The store fails under a running hub: fires are told all the same, it is shouted, and in the end everything is kept."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text

from hub.model import Undecoded
from tests.delivery.peers import Answered, Peer, Request, json_reply, provider
from tests.store.postgres import Postgres
from tests.system.children import HubChild, health, until
from tests.system.conftest import Install
from tests.system.devices import Publisher, smoke
from tests.system.installation import KITCHEN, ROLES, Installation, detector

ONE_STEP = {"critical": {"steps": [{"roles": list(ROLES)}]}}
"""Three people are told, and nobody else later on."""

Trouble = Callable[[Installation, HubChild], contextlib.AbstractContextManager[None]]


@pytest.fixture
def robot() -> Iterator[Peer]:
    """A WeCom robot that takes every message."""

    def answer(_: Request) -> Answered:
        return json_reply({"errcode": 0, "errmsg": "ok"})

    with provider(answer) as peer:
        yield peer


@contextlib.contextmanager
def full_disk(_: Installation, hub: HubChild) -> Iterator[None]:
    hub.limit_files(0)
    try:
        yield
    finally:
        hub.unlimit_files()


@contextlib.contextmanager
def locked_database(installation: Installation, _: HubChild) -> Iterator[None]:
    """Somebody opened the file in a tool and forgot an open transaction."""
    other = sqlite3.connect(installation.data / "hub.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def told(robot: Peer, count: int) -> list[str]:
    """The texts of the next messages that the robot gets."""
    texts: list[str] = []
    for _ in range(count):
        body = robot.next().json()["text"]
        assert isinstance(body, dict)
        texts.append(str(body["content"]))
    return texts


@pytest.mark.parametrize("trouble", [full_disk, locked_database])
def test_a_fire_is_told_while_nothing_can_be_kept_and_everything_is_kept_afterwards(
    trouble: Trouble, install: Install, devices: Publisher, robot: Peer
) -> None:
    installation = install(contact="wecom://{person}")
    installation.configure(delivery={"endpoints": {"wecom": f"{robot.url()}/send"}}, policies=ONE_STEP)
    hub = installation.start()
    published = [smoke(detector("201"), number=number)[1] for number in range(20)]
    with trouble(installation, hub):
        for payload in published[:10]:
            devices.send(smoke(detector("201"))[0], payload)
        devices.publish(*smoke(KITCHEN, alarm=True))
        texts = told(robot, len(ROLES))
        assert all("6号楼" in said and "烟感" in said for said in texts)
        assert until(lambda: health(installation.web_port)["store_down"], "store_down is shown") == ["main"]
        assert installation.alerts() == []
        for payload in published[10:]:
            devices.send(smoke(detector("201"))[0], payload)
        until(lambda: not devices.unacked(), "the broker has them")
    until(lambda: health(installation.web_port)["ok"], "well again")
    alert = installation.wait_alert(KITCHEN)
    devices.publish(*smoke(KITCHEN))
    until(lambda: smoke(KITCHEN)[1] in [m.raw.payload for m in installation.journaled()], "the journal goes on")
    kept = [m.raw.payload for m in installation.journaled()]
    assert [kept.count(payload) for payload in published] == [1] * 20
    assert [a.id for a in installation.alerts()] == [alert.id]
    until(lambda: [bool(n.sent_ms) for n in installation.notifications()] == [True] * 3, "each has its receipt")
    assert hub.stop() == 0
    assert robot.seen.empty(), "what went out unrecorded is not sent again"


def test_a_hub_that_is_stopped_while_it_cannot_write_says_so_and_the_broker_keeps_what_it_had(
    install: Install, devices: Publisher
) -> None:
    installation = install()
    hub = installation.start()
    hub.limit_files(0)
    published = [smoke(detector("201"), number=number)[1] for number in range(10)]
    for payload in published:
        devices.publish(smoke(detector("201"))[0], payload)
    until(lambda: health(installation.web_port)["store_down"], "store_down is shown")
    assert hub.stop() == 1
    assert "Traceback" not in "\n".join(hub.complained)
    assert "The store did not take the transaction" in hub.complained[-1]
    installation.start()
    until(lambda: set(published) <= {m.raw.payload for m in installation.journaled()}, "everything came again")


def test_a_fire_is_told_while_the_database_server_hangs(
    install: Install, devices: Publisher, robot: Peer, postgres: Postgres
) -> None:
    """No error, no answer: the server's process that serves the hub's writer stands still."""
    installation = install(store_url=postgres.create(), contact="wecom://{person}")
    installation.configure(delivery={"endpoints": {"wecom": f"{robot.url()}/send"}}, policies=ONE_STEP)
    hub = installation.start()
    servers = backends(installation)
    for pid in servers:
        os.kill(pid, signal.SIGSTOP)
    try:
        devices.publish(*smoke(KITCHEN, alarm=True))
        assert all("6号楼" in said for said in told(robot, len(ROLES)))
        assert health(installation.web_port)["store_down"] == ["main"]
    finally:
        for pid in servers:
            os.kill(pid, signal.SIGCONT)
    until(lambda: health(installation.web_port)["ok"], "well again")
    installation.wait_alert(KITCHEN)
    until(lambda: [bool(n.sent_ms) for n in installation.notifications()] == [True] * 3, "each has its receipt")
    assert hub.stop() == 0
    assert robot.seen.empty(), "what went out unrecorded is not sent again"


def backends(installation: Installation) -> list[int]:
    """Processes of the server that serve a hub."""
    statement = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with installation.database.read() as connection:
        return [int(pid) for pid in connection.execute(text(statement)).scalars()]


POISON_SQLITE = """
CREATE TRIGGER poison BEFORE INSERT ON {table} WHEN NEW.{column} = '{value}'
BEGIN SELECT RAISE(ABORT, 'this row poisons its batch'); END
"""
POISON_POSTGRESQL = """
CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN IF NEW.{column} = '{value}' THEN RAISE EXCEPTION 'this row poisons its batch'; END IF; RETURN NEW; END $$;
CREATE TRIGGER poison BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION poison();
"""


def poisoned(installation: Installation, table: str, column: str, value: str) -> None:
    """From now on the database refuses this row."""
    script = POISON_POSTGRESQL if installation.store_url else POISON_SQLITE
    with installation.database.write() as connection:
        for statement in script.format(table=table, column=column, value=value).split(";\nCREATE TRIGGER"):
            connection.execute(text(statement if "CREATE" in statement[:20] else f"CREATE TRIGGER{statement}"))


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_a_message_that_the_store_refuses_is_quarantined_and_its_batch_is_kept(
    backend: str, install: Install, devices: Publisher, request: pytest.FixtureRequest
) -> None:
    postgres: Postgres | None = request.getfixturevalue("postgres") if backend == "postgresql" else None
    installation = install(store_url=postgres.create() if postgres else "")
    hub = installation.start()
    poisoned(installation, "device", "id", "poison")
    assert hub.stop() == 0
    # While the hub is away a whole batch gathers at the broker, with the poison and a fire in its middle.
    healthy = [smoke(detector("201"), number=number)[1] for number in range(30)]
    for payload in healthy[:15]:
        devices.publish(smoke(detector("201"))[0], payload)
    devices.publish(*smoke("poison", number=77))
    devices.publish(*smoke(KITCHEN, alarm=True))
    for payload in healthy[15:]:
        devices.publish(smoke(detector("201"))[0], payload)
    hub = installation.start()
    installation.wait_alert(KITCHEN)
    until(lambda: healthy[-1] in [m.raw.payload for m in installation.journaled()], "the batch is kept")
    kept = [m.raw.payload for m in installation.journaled()]
    assert [kept.count(payload) for payload in healthy] == [1] * 30
    assert kept.count(smoke("poison", number=77)[1]) == 1
    (row,) = installation.quarantined()
    assert (row.reason, bytes(row.payload)) == (Undecoded.POISON, smoke("poison", number=77)[1])
    assert "poisons its batch" in row.detail
    assert health(installation.web_port)["ok"] is True
    # It was acknowledged: nothing of it comes again.
    assert hub.stop() == 0
    installation.start()
    devices.publish(*smoke(detector("202"), number=5))
    until(lambda: smoke(detector("202"), number=5)[1] in [m.raw.payload for m in installation.journaled()], "goes on")
    assert len(installation.quarantined()) == 1
    assert len(installation.alerts(KITCHEN, rule="smoke")) == 1


def test_a_hub_that_cannot_record_shouts_that_it_needs_help(install: Install, robot: Peer, postgres: Postgres) -> None:
    installation = install(store_url=postgres.create(), contact="wecom://{person}")
    installation.configure(delivery={"endpoints": {"wecom": f"{robot.url()}/send"}})
    hub = installation.start()
    servers = backends(installation)
    for pid in servers:
        os.kill(pid, signal.SIGSTOP)
    try:
        texts = told(robot, 3)
        assert all("告警中枢自己出了问题" in said for said in texts)
    finally:
        for pid in servers:
            os.kill(pid, signal.SIGCONT)
    assert all("恢复正常" in said for said in told(robot, 3))
    assert hub.stop() == 0
