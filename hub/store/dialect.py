"""The one thing that SQLite and PostgreSQL spell through different modules: insert or update."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import ColumnElement, Table
from sqlalchemy.dialects import sqlite

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

Insert: TypeAlias = "sqlite.Insert | postgresql.Insert"
Setter: TypeAlias = "Callable[[Table, Insert], dict[str, ColumnElement[object]]]"
"""What the columns become when the row is there already."""


def insert_into(dialect: str, table: Table) -> Insert:
    """An insert that knows ``on_conflict_do_update``."""
    if dialect != "postgresql":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # 3 MB that an embedded hub does without

    return postgresql.insert(table)


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
