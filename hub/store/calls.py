"""A provider's own id of a call or an SMS -> what it was for. Its report and its key press come later, perhaps to a hub
that was started since."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, delete, select

from hub.store.dialect import upsert
from hub.store.schema import call

KEPT_MS = 7 * 24 * 3600 * 1000
"""Providers report within three days; a number that was called need not be known for longer than a week."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call or SMS that a provider accepted. ``provider`` is that of `hub.model.channels`: aliyun, tencentcloud."""

    provider: str
    call_id: str
    community: str
    incident: int
    notification: int
    attempt: int
    person: str
    contact: str
    at_ms: int


def remember_call(connection: Connection, one: Call) -> None:
    """Keep it, and forget what is too old by then; the same id again replaces what it was for."""
    forget_calls(connection, one.at_ms - KEPT_MS)
    connection.execute(upsert(connection.dialect.name, call), msgspec.to_builtins(one))


def find_call(connection: Connection, provider: str, call_id: str) -> Call | None:
    """What the provider's id was for, None for one never heard of or too old."""
    row = connection.execute(select(call).where(call.c.provider == provider, call.c.call_id == call_id)).one_or_none()
    return None if row is None else Call(**row._asdict())


def forget_calls(connection: Connection, before_ms: int) -> None:
    connection.execute(delete(call).where(call.c.at_ms < before_ms))
