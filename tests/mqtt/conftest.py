"""Fixtures of stage 1: a real mosquitto that keeps its queues, and the client under test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.mqtt.talk import CLIENTS, KEEPING
from tests.servers import Mosquitto


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """What the sessions log is not under test here."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.reset_defaults()


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """Not started yet."""
    server = Mosquitto(tmp_path / "mosquitto")
    yield server
    server.stop()


@pytest.fixture
def broker(mosquitto: Mosquitto) -> Mosquitto:
    """Started, with settings that keep everything."""
    mosquitto.start([line.format(directory=mosquitto.directory) for line in KEEPING])
    return mosquitto
