"""Real servers of this machine: VictoriaMetrics, InfluxDB 1.6, and InfluxDB 2 where the environment names one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.influx.servers import InfluxOne, Scripted, Victoria


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without a real InfluxDB 2 its tests are not part of the run: deselected, never skipped."""
    if os.environ.get("INFLUX_URL") and os.environ.get("INFLUX_TOKEN"):
        return
    absent = [item for item in items if item.get_closest_marker("influxdb2")]
    if absent:
        config.hook.pytest_deselected(items=absent)
        items[:] = [item for item in items if item not in absent]


@pytest.fixture(scope="session")
def victoria(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victoria]:
    server = Victoria(tmp_path_factory.mktemp("victoria"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def influx_one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxOne]:
    server = InfluxOne(tmp_path_factory.mktemp("influxd"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_victoria(tmp_path: Path) -> Iterator[Victoria]:
    """One that the test may stop."""
    server = Victoria(tmp_path / "victoria")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_influx_one(tmp_path: Path) -> Iterator[InfluxOne]:
    """One that the test may kill."""
    server = InfluxOne(tmp_path / "influxd")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    server = Scripted()
    yield server
    server.stop()
