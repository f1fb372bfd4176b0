"""Every test of a store runs twice: on SQLite and on a real PostgreSQL, each time in a database of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.store.open import open_store
from hub.store.sql import SqlStore
from tests.store.backend import Backend
from tests.store.postgres import Postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    server = Postgres()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def migrated(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Name of a database that has its tables already: copying it is quicker than migrating."""
    url = postgres.create()
    open_store(url, tmp_path_factory.mktemp("unused")).close()
    return url.rpartition("/")[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    url = ""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        url = server.create(template=request.getfixturevalue("migrated"))
    one = Backend(url, tmp_path / "data")
    yield one
    one.close()


@pytest.fixture
def store(backend: Backend) -> SqlStore:
    return backend.open()
