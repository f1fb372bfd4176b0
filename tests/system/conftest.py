"""A broker for each test, and installations that are cleared away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers import Mosquitto
from tests.store.postgres import Postgres
from tests.system.devices import Publisher, publisher
from tests.system.installation import Installation

KEEPING = (
    "allow_anonymous true",
    "persistence true",
    "persistence_location {directory}/",
    "autosave_interval 1",
    "max_queued_messages 0",
    "max_inflight_messages 2000",
    "upgrade_outgoing_qos true",
    "queue_qos0_messages true",
)
"""What the hub asks of a broker (design section 5)."""

Install = Callable[..., Installation]


def keeping(directory: Path) -> tuple[str, ...]:
    return tuple(line.replace("{directory}", str(directory)) for line in KEEPING)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    mosquitto = Mosquitto(tmp_path / "broker")
    mosquitto.start(keeping(tmp_path / "broker"))
    try:
        yield mosquitto
    finally:
        mosquitto.stop()


@pytest.fixture
def install(tmp_path: Path, broker: Mosquitto) -> Iterator[Install]:
    """Makes installations on the test's broker; their hubs are killed in the end."""
    made: list[Installation] = []

    def make(name: str = "here", **settings: str) -> Installation:
        made.append(Installation(tmp_path / name, broker.port, **settings))
        return made[-1]

    try:
        yield make
    finally:
        for installation in made:
            installation.close()


@pytest.fixture
def devices(broker: Mosquitto) -> Iterator[Publisher]:
    with publisher(broker.port) as connected:
        yield connected


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    server = Postgres()
    server.start()
    try:
        yield server
    finally:
        server.stop()
