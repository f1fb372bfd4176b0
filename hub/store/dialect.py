"""The one thing that SQLite and PostgreSQL spell through different modules: insert or update."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from sqlalchemy import ColumnElement, Table
from sqlalchemy.dialects import postgresql, sqlite

Insert = sqlite.Insert | postgresql.Insert
Setter = Callable[[Table, Insert], dict[str, ColumnElement[object]]]
"""What the columns become when the row is there already."""


def insert_into(dialect: str, table: Table) -> Insert:
    """An insert that knows ``on_conflict_do_update``."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


@cache
def upsert(dialect: str, table: Table, setter: Setter | None = None) -> Insert:
    """Insert the row, or give it the new values; made once for each table, so that SQLAlchemy's cache finds it."""
    statement = insert_into(dialect, table)
    excluded = statement.excluded
    if setter is None:
        values: dict[str, ColumnElement[object]] = {
            column.name: excluded[column.name] for column in table.columns if not column.primary_key
        }
    else:
        values = setter(table, statement)
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=values)
