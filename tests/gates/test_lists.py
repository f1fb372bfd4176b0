"""Lists of permits given to a camera through a real mosquitto, from a real store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from sqlalchemy import delete, insert

from hub.core.commands import LaneObserved
from hub.gates.lists import STALE_AFTER_MS, Lists, Pace
from hub.gates.rows import Entry, EntryState, give_again, in_sync, read_entries
from hub.model import GateLane, Permit, PermitKind
from hub.mqtt.bus import MqttBus
from hub.mqtt.endpoint import Endpoint
from hub.mqtt.publish import running
from hub.store.open import open_store
from hub.store.schema import registry
from hub.store.sql import SqlStore
from tests.gates.camera import TOPIC, Camera, answered, done
from tests.servers import Mosquitto

QUICK = Pace(answer_s=0.3, gap_s=0.0, again_s=0.01, again_most_s=0.02)
LANE = GateLane(id="east-in", gate="gate-east", devices=("cam-1",), list_topic=TOPIC)
A, B, C = "沪Z00001", "沪Z00002", "沪Z00003"


async def look_until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - a row has no event
            await asyncio.sleep(0.01)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    server = Mosquitto(tmp_path / "mosquitto")
    server.start()
    yield server
    server.stop()


class Site:
    """A store with a registry, and a clock that the test sets."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store
        self.now_ms = 1_800_000_000_000
        self.observed: list[LaneObserved] = []

    def put(self, *things: Permit | GateLane) -> None:
        with self.store.writer() as connection:
            for one in things:
                what, id = ("permit", one.plate) if isinstance(one, Permit) else ("gate_lane", one.id)
                key = (registry.c.community == "main", registry.c.what == what, registry.c.id == id)
                connection.execute(delete(registry).where(*key))
                body = msgspec.json.encode(one).decode()
                connection.execute(insert(registry).values(community="main", what=what, id=id, body=body))

    def remove(self, plate: str) -> None:
        with self.store.writer() as connection:
            connection.execute(delete(registry).where(registry.c.what == "permit", registry.c.id == plate))

    def entries(self) -> dict[str, Entry]:
        with self.store.reader() as connection:
            return {one.plate: one for one in read_entries(connection, "main")}

    async def until(self, true: Callable[[dict[str, Entry]], bool]) -> None:
        """Rows tell nobody that they changed; so they are looked at again and again, with a deadline."""
        await look_until(lambda: true(self.entries()))

    @asynccontextmanager
    async def listing(self, port: int) -> AsyncIterator[Lists]:
        async with running(MqttBus(Endpoint(host="127.0.0.1", port=port), "hub-lists")) as bus:
            lists = Lists(
                "main",
                self.store,
                bus,
                now_ms=lambda: self.now_ms,
                zone=ZoneInfo("Asia/Shanghai"),
                observe=self.observed.append,
                pace=QUICK,
            )
            task = asyncio.create_task(lists.run())
            try:
                yield lists
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    store = open_store("", tmp_path / "data")
    yield Site(store)
    store.close()


def confirmed(*plates: str) -> Callable[[dict[str, Entry]], bool]:
    return lambda rows: set(rows) == set(plates) and all(one.state is EntryState.CONFIRMED for one in rows.values())


def test_permits_are_given_changed_and_taken_back(broker: Mosquitto, site: Site) -> None:
    site.put(LANE, Permit(plate=A), Permit(plate=B, kind=PermitKind.DENIED))

    async def talk() -> None:
        async with Camera().standing(broker.port) as camera, site.listing(broker.port) as lists:
            await site.until(confirmed(A, B))
            assert {plate: record["need_alarm"] for plate, record in camera.list.items()} == {A: 0, B: 1}
            site.put(Permit(plate=B), Permit(plate=C, from_ms=site.now_ms + 1000))
            site.remove(A)
            lists.wake()
            await site.until(confirmed(B))
            assert {plate: record["need_alarm"] for plate, record in camera.list.items()} == {B: 0}
            site.now_ms += 1000
            lists.wake()
            await site.until(confirmed(B, C))
            assert len(camera.commands) == 5

    asyncio.run(talk())
    assert [(one.fact, one.met) for one in site.observed] == [("list_stale", False)]


def test_what_the_camera_refuses_waits_and_does_not_hold_up_the_others(broker: Mosquitto, site: Site) -> None:
    site.put(LANE, Permit(plate=A), Permit(plate=B))

    async def talk() -> None:
        camera = Camera()
        camera.answers = lambda id, plate: [answered(id, 400 if plate == A else 200)]
        async with camera.standing(broker.port), site.listing(broker.port) as lists:
            await site.until(lambda rows: {one.state for one in rows.values()} == {"refused", "confirmed"})
            assert site.entries()[A].said.startswith("400")
            assert len(camera.commands) == 2
            camera.answers = lambda id, _: [done(id)]
            site.now_ms += 60_000
            lists.wake()
            await site.until(confirmed(A, B))

    asyncio.run(talk())


def test_a_silent_camera_is_asked_again_and_the_core_hears_of_it(broker: Mosquitto, site: Site) -> None:
    site.put(LANE, Permit(plate=A))

    async def talk() -> None:
        camera = Camera()
        camera.answers = lambda _id, _plate: []
        async with camera.standing(broker.port), site.listing(broker.port) as lists:
            await camera.until(lambda one: len(one.commands) >= 2)
            site.now_ms += STALE_AFTER_MS
            lists.wake()
            await look_until(lambda: any(one.met for one in site.observed))
            camera.answers = lambda id, _: [done(id)]
            await site.until(confirmed(A))
            lists.wake()
            await look_until(lambda: not site.observed[-1].met)

    asyncio.run(talk())
    assert [one.met for one in site.observed] == [False, True, False]


def test_garbage_and_answers_to_others_are_passed_over(broker: Mosquitto, site: Site) -> None:
    site.put(LANE, Permit(plate=A))

    async def talk() -> None:
        camera = Camera()
        camera.answers = lambda id, _: [b"\xff\0", b"[]", b'{"id":1}', answered("another", 400), done(id)]
        async with camera.standing(broker.port), site.listing(broker.port):
            await site.until(confirmed(A))
        assert len(camera.commands) == 1

    asyncio.run(talk())


def test_a_restart_in_the_middle_goes_on_where_it_was(broker: Mosquitto, site: Site) -> None:
    site.put(LANE, *(Permit(plate=plate) for plate in (A, B, C)))

    async def talk() -> None:
        camera = Camera()
        camera.answers = lambda id, plate: [done(id)] if plate == A else []
        async with camera.standing(broker.port):
            async with site.listing(broker.port):
                await camera.until(lambda one: len(one.commands) >= 2)
            camera.answers = lambda id, _: [done(id)]
            asked = len(camera.commands)
            async with site.listing(broker.port):
                await site.until(confirmed(A, B, C))
            again = [msgspec.json.encode(one).decode() for one in camera.commands[asked:]]
            assert not any(A in one for one in again)

    asyncio.run(talk())


def test_a_camera_that_was_reset_or_replaced_gets_the_whole_list(broker: Mosquitto, site: Site) -> None:
    site.put(LANE, Permit(plate=A), Permit(plate=B))
    other = Camera(TOPIC.replace("cam-1", "cam-2"))

    async def talk() -> None:
        async with (
            Camera().standing(broker.port) as camera,
            other.standing(broker.port),
            site.listing(broker.port) as lists,
        ):
            await site.until(confirmed(A, B))
            camera.list.clear()
            with site.store.writer() as connection:
                assert give_again(connection, "main", LANE.id, site.now_ms) == 2
            lists.wake()
            await camera.until(lambda one: len(one.list) == 2)
            await site.until(confirmed(A, B))
            site.put(msgspec.structs.replace(LANE, list_topic=other.topic))
            lists.wake()
            await other.until(lambda one: len(one.list) == 2)
            await site.until(confirmed(A, B))

    asyncio.run(talk())
    with site.store.reader() as connection:
        assert in_sync(connection, "main") == {LANE.id: {EntryState.CONFIRMED: 2}}


def test_a_lane_that_takes_no_list_any_more_leaves_no_rows(broker: Mosquitto, site: Site) -> None:
    site.put(LANE, Permit(plate=A))

    async def talk() -> None:
        async with Camera().standing(broker.port), site.listing(broker.port) as lists:
            await site.until(confirmed(A))
            site.put(msgspec.structs.replace(LANE, list_topic=""))
            lists.wake()
            await site.until(lambda rows: not rows)

    asyncio.run(talk())
