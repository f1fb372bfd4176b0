"""Bring the tables to where this software wants them, or say that they are ahead of it."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from hub.errors import ConfigError

MIGRATIONS = Path(__file__).parent / "migrations"

_LOCK = 0x436F6D6D  # any number that no other software in this PostgreSQL database uses


def migrate(connection: Connection, where: str) -> None:
    """Upgrade within the connection's transaction; ConfigError naming ``where`` for a database that a newer hub wrote."""
    if connection.dialect.name == "postgresql":  # two hubs may start at once; SQLite's BEGIN IMMEDIATE is such a lock
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    config = _config(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    unknown = set(MigrationContext.configure(connection).get_current_heads()) - known
    if unknown:
        raise ConfigError(
            f"the database was written by a newer version of the hub (its revision {', '.join(sorted(unknown))} is not"
            " known here).",
            where=where,
            todo="Start that version again, or restore the backup made before the upgrade.",
        )
    command.upgrade(config, "head")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
