"""Migrating gives exactly the tables of `hub.store.schema`; a newer database is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from hub.errors import ConfigError, StoreError
from hub.store.connections import Database
from hub.store.open import _address, open_store
from hub.store.schema import metadata
from tests.store.backend import Backend
from tests.store.examples import COMMUNITY, batch, lease
from tests.store.postgres import Postgres

VERSION_TABLE = "alembic_version"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_urls(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """Two empty databases of one kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'migrated.db'}", f"sqlite:///{tmp_path / 'created.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.create(), server.create()


def test_migrating_gives_exactly_the_schema(empty_urls: tuple[str, str], tmp_path: Path) -> None:
    migrated, created = empty_urls
    open_store(migrated, tmp_path).close()
    with Opened(created, tmp_path) as database, database.write() as connection:
        metadata.create_all(connection)
        expected = described(connection)
    with Opened(migrated, tmp_path) as database, database.write() as connection:
        assert described(connection) == expected
        differences = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)
        assert differences == []


def test_opening_an_existing_database_upgrades_it_and_keeps_what_it_holds(backend: Backend) -> None:
    store = backend.open()
    store.commit(batch(lease(store)))
    store.close()
    again = backend.open()
    assert len(again.blocks(COMMUNITY, 0, 10)) == 1


def test_a_database_of_a_newer_version_is_refused_and_left_alone(backend: Backend) -> None:
    store = backend.open()
    with store.writer() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    with pytest.raises(ConfigError, match=r"newer version .*9999.*Start that version"):
        backend.open()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "hub.db").write_bytes(b"this is a letter to the committee" * 100)
    with pytest.raises(StoreError, match="no SQLite database"):
        open_store("", tmp_path, reserve_bytes=4096)


class Opened:
    """A `Database` without migrations, closed at the end."""

    def __init__(self, url: str, data_dir: Path) -> None:
        self._database = Database(_address(url, data_dir), busy_timeout_s=5)

    def __enter__(self) -> Database:
        return self._database

    def __exit__(self, *_: object) -> None:
        self._database.close()


def described(connection: Connection) -> list[tuple[object, ...]]:
    """Every table, column, key and index, in the database's own words."""
    if connection.dialect.name == "sqlite":
        rows = connection.execute(text("SELECT tbl_name, type, name, sql FROM sqlite_master"))
        # Tables are compared column by column: the words of CREATE TABLE are not the database's own.
        tables = [row for row in rows if row.tbl_name != VERSION_TABLE]
        found: list[tuple[object, ...]] = [tuple(row) for row in tables if row.type == "index"]
        for row in tables:
            if row.type == "table":
                columns = connection.exec_driver_sql(f"PRAGMA table_xinfo({row.name})")
                found += [(row.name, *column) for column in columns]
        return sorted(found, key=repr)
    columns = connection.execute(
        text(
            "SELECT table_name, ordinal_position, column_name, data_type, is_nullable, column_default,"
            " character_maximum_length FROM information_schema.columns WHERE table_schema = 'public'"
        )
    )
    indexes = connection.execute(text("SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'"))
    constraints = connection.execute(
        text(
            "SELECT c.conrelid::regclass::text, pg_get_constraintdef(c.oid) FROM pg_constraint c"
            " JOIN pg_namespace n ON n.oid = c.connamespace WHERE n.nspname = 'public'"
        )
    )
    rows_found = [tuple(row) for result in (columns, indexes, constraints) for row in result]
    return sorted((row for row in rows_found if row[0] != VERSION_TABLE), key=repr)
