"""``inbox://person``: the built-in channel, a row of the `inbox` table that the person's page shows.

A positive receipt is a committed row. The table is unique on (community, notification, attempt): a send repeated after
a crash finds its row already there, which is as good.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from urllib.parse import unquote

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from hub.delivery.answers import Answer
from hub.delivery.port import Accepted, Message
from hub.delivery.tools import Channel, InboxRow, Opened, Tools
from hub.errors import ConfigError, DeliveryError, StoreError
from hub.store.dialect import insert_into
from hub.store.schema import inbox


def inbox_writer(writer: Callable[[], AbstractContextManager[Connection]]) -> Callable[[InboxRow], None]:
    """Writes rows, each in a transaction that ``writer`` opens (`SqlStore.writer`); one that is there already stays as
    it is. What the database cannot do comes out as StoreError."""

    def write(row: InboxRow) -> None:
        values = {name: getattr(row, name) for name in row.__struct_fields__}
        try:
            with writer() as connection:
                connection.execute(insert_into(connection.dialect.name, inbox).values(values).on_conflict_do_nothing())
        except SQLAlchemyError as exc:
            raise StoreError(f"the inbox row was not written: {type(exc).__name__}") from exc

    return write


class InboxSender:
    """Writes one person's inbox."""

    per_minute = 0

    def __init__(self, person: str, tools: Tools) -> None:
        self.provider = f"inbox:{person}"
        self._person = person
        self._tools = tools

    async def send(self, message: Message) -> Accepted:
        row = InboxRow(
            community=message.community,
            person=self._person,
            at_ms=self._tools.now_ms(),
            incident=message.notice.incident,
            notification=message.notification,
            attempt=message.attempt,
            severity=message.notice.severity.value,
            purpose=message.notice.purpose.value,
            text=message.text,
        )
        try:
            await asyncio.get_running_loop().run_in_executor(self._tools.inbox_lane, self._tools.write_inbox, row)
        except StoreError as exc:
            raise DeliveryError(Answer.PROVIDER_DOWN, permanent=False, code="store") from exc
        return Accepted(code="committed")

    async def close(self) -> None:
        """Nothing is held open."""


def open_inbox(url: str, tools: Tools) -> Opened:
    person = unquote(url.partition("://")[2].split("?")[0].strip("/"))
    if not person:
        raise ConfigError("inbox:// names nobody.", where="contact", todo="Write inbox://person.")
    return Opened(InboxSender(person, tools), by_number=True)


CHANNEL = Channel(schemes=("inbox",), open=open_inbox)
