"""Spaces left for an outside display, through a real mosquitto."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import aiomqtt
import msgspec
import pytest

from hub.core.parking.state import ParkingChanges, ParkingState, ZoneState
from hub.core.state import Changes, State
from hub.model import Estimate, Place, PlaceKind
from hub.mqtt.endpoint import Endpoint
from hub.mqtt.publish import open_publisher
from hub.store.port import Commit
from hub.watch.display import Display, discovered, said, topic_of
from tests.mqtt.talk import run
from tests.servers import Mosquitto


def estimate(left: int, zone: str = "", at_ms: int = 1000) -> Estimate:
    return Estimate(zone=zone, at_ms=at_ms, total=120, left=left, bound=2, present=118 - left)


def commit(community: str = "main", *estimates: Estimate) -> Commit:
    changes = Changes(parking=ParkingChanges(estimates={one.zone: one for one in estimates}))
    return Commit(
        community=community, owner="o", epoch=1, first_seq=1, last_seq=1, now_ms=1, inputs=[], seqs=[], decisions=[],
        changes=changes,
    )  # fmt: skip


@pytest.mark.parametrize(("left", "shown"), [(-3, 0), (0, 0), (17, 17), (130, 120)])
def test_a_display_never_shows_what_cannot_be(left: int, shown: int) -> None:
    assert said(estimate(left)).left == shown


def test_a_zone_is_one_level_of_the_topic() -> None:
    assert topic_of("main", "") == "hub/main/parking/all"
    assert topic_of("main", "b/1+#") == "hub/main/parking/b-1--"


def test_home_assistant_is_told_where_to_look() -> None:
    ((topic, payload),) = discovered("main", "东区", "东区").items()
    entity = msgspec.json.decode(payload, type=dict[str, object])
    assert topic == f"homeassistant/sensor/{entity['unique_id']}/config"
    assert topic.isascii()
    assert entity["state_topic"] == "hub/main/parking/东区"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    server = Mosquitto(tmp_path / "mosquitto")
    server.start()
    yield server
    server.stop()


def test_the_number_is_retained_changes_and_goes_with_its_zone(broker: Mosquitto) -> None:
    places = {"z": Place(id="z", kind=PlaceKind.AREA, name="东区")}
    zones = {"": ZoneState(estimate=estimate(17)), "z": ZoneState(estimate=estimate(5, "z"))}
    state = State(community="main", places=places, parking=ParkingState(zones=zones))

    async def talk() -> list[tuple[str, bytes]]:
        heard: list[tuple[str, bytes]] = []
        steps = iter(("same", "less", "gone"))

        def go_on(display: Display) -> None:
            match next(steps, ""):
                case "same":
                    zones[""].estimate = estimate(17, at_ms=2000)
                case "less":
                    zones[""].estimate = estimate(16, at_ms=3000)
                case "gone":
                    del zones["z"]
            display.committed(commit("other", estimate(1)))
            display.committed(commit("main", estimate(1)))

        async def pause(_: float) -> None:
            go_on(display)
            await asyncio.sleep(0)

        endpoint = Endpoint(host="127.0.0.1", port=broker.port)
        async with asyncio.timeout(20), open_publisher(endpoint, "display") as to:
            display = Display("main", lambda: state, to, home_assistant=False, sleep=pause)
            async with aiomqtt.Client("127.0.0.1", broker.port) as outside:
                await outside.subscribe("hub/#", qos=1)
                running = asyncio.create_task(display.run())
                async for message in outside.messages:
                    assert isinstance(message.payload, bytes)
                    heard.append((str(message.topic), message.payload))
                    if len(heard) == 8:
                        break
                running.cancel()
            async with aiomqtt.Client("127.0.0.1", broker.port) as late:
                await late.subscribe("hub/main/parking/+/left", qos=1)
                async for message in late.messages:
                    assert message.retain
                    assert str(message.topic) == "hub/main/parking/all/left"
                    break
        return heard

    heard = run(talk())
    whole = "hub/main/parking/all"
    assert heard[:4] == [
        (whole, b'{"left":17,"bound":2,"total":120,"at":1000}'),
        (f"{whole}/left", b"17"),
        ("hub/main/parking/z", b'{"left":5,"bound":2,"total":120,"at":1000}'),
        ("hub/main/parking/z/left", b"5"),
    ]
    assert heard[4:6] == [(whole, b'{"left":16,"bound":2,"total":120,"at":3000}'), (f"{whole}/left", b"16")]
    assert sorted(heard[6:]) == [("hub/main/parking/z", b""), ("hub/main/parking/z/left", b"")]
