"""What the hub says of itself, through a real mosquitto."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import aiomqtt
import msgspec
import pytest

from hub.core.state import Changes, State
from hub.model import Handling, Incident, Place, PlaceKind, Responder, Severity
from hub.mqtt.endpoint import Endpoint
from hub.mqtt.publish import open_publisher
from hub.store.port import Commit
from hub.watch.announce import Announcer, counts, discovery, said
from tests.mqtt.talk import run
from tests.servers import Mosquitto

PLACES = {
    "b6": Place(id="b6", kind=PlaceKind.BUILDING, name="6号楼"),
    "h": Place(id="h", kind=PlaceKind.HOME, name="1203室", parent="b6"),
    "lost": Place(id="lost", kind=PlaceKind.HOME, name="901室"),
    "east": Place(id="east", kind=PlaceKind.GATE, name="东门"),
}


def incident(id: int, place: str = "h", **more: object) -> Incident:
    given = {"id": id, "place": place, "cause": "fire", "severity": Severity.CRITICAL, "opened_ms": 1000 + id} | more
    return msgspec.convert(given, Incident)


def test_nothing_personal_is_said() -> None:
    gone = Responder(person="person-7", at_ms=1, state=Handling.ACCEPTED)
    words = said(incident(1, responders=[gone], needed=2), PLACES)
    assert (words.building, words.going, words.needed) == ("6号楼", 1, 2)
    assert "person-7" not in msgspec.json.encode(words).decode()
    assert said(incident(2, "lost"), PLACES).building == ""
    assert said(incident(3, "east"), PLACES).building == "东门"


def test_tests_and_drills_are_not_counted() -> None:
    found = counts(
        [incident(1), incident(2, drill=True), incident(3, test=True), incident(4, handling=Handling.ACCEPTED)]
    )
    assert (found.critical, found.unanswered, found.oldest_unanswered_ms) == (2, 1, 1001)


def test_home_assistant_is_told_where_to_look() -> None:
    for topic, payload in discovery("main").items():
        kind, id = topic.split("/")[1:3]
        entity = msgspec.json.decode(payload, type=dict[str, object])
        assert entity["unique_id"] == id
        assert entity["state_topic"] == "hub/main/open"
        assert kind in ("sensor", "binary_sensor")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    server = Mosquitto(tmp_path / "mosquitto")
    server.start(["allow_anonymous true"])
    yield server
    server.stop()


def test_an_incident_is_retained_while_it_is_open(broker: Mosquitto) -> None:
    state = State(community="main", places=PLACES, incidents={1: incident(1)})
    endpoint = Endpoint(host="127.0.0.1", port=broker.port)

    async def talk() -> list[tuple[str, bytes]]:
        async with asyncio.timeout(20), open_publisher(endpoint, "announce") as to:
            announcer = Announcer("main", lambda: state, to, home_assistant=False)
            running = asyncio.create_task(announcer.run())
            heard: list[tuple[str, bytes]] = []
            async with aiomqtt.Client("127.0.0.1", broker.port) as display:
                await display.subscribe("hub/#", qos=1)
                async for message in display.messages:
                    assert isinstance(message.payload, bytes)
                    heard.append((str(message.topic), message.payload))
                    if len(heard) == 2:
                        state.incidents.pop(1)
                        closed = Changes(incidents={1: incident(1, closed_ms=9)})
                        announcer.committed(_commit(closed))
                    if len(heard) == 4:
                        break
            running.cancel()
            return heard

    heard = run(talk())
    assert [topic for topic, _ in heard] == ["hub/main/incident/1", "hub/main/open"] * 2
    assert msgspec.json.decode(heard[0][1])["building"] == "6号楼"
    assert heard[2][1] == b""
    assert msgspec.json.decode(heard[3][1])["critical"] == 0


def _commit(changes: Changes) -> Commit:
    return Commit(
        community="main",
        owner="",
        epoch=0,
        first_seq=1,
        last_seq=1,
        now_ms=1,
        inputs=[],
        seqs=[],
        decisions=[],
        changes=changes,
    )
