"""What must never be late, looked at from outside the hub's own loop. Reads only; decides what is overdue."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

import msgspec
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from hub.phrases import Phrase
from hub.store.schema import command, outbox

OVERDUE_MS = 5_000
"""Nothing that is due is later than this, or the hub shouts."""
ANSWER_WITHIN_S = 0.5
"""A store in health answers long before; one that does not is asked no second time meanwhile."""


class Finding(msgspec.Struct, frozen=True):
    """One thing that is overdue, and by how much."""

    what: Phrase
    by_ms: int


class Rows(msgspec.Struct, frozen=True):
    """What the store knows to be waiting; None: nothing is."""

    told_ms: int | None = None
    """Earliest deadline of a notification that has no answer."""
    asked_ms: int | None = None
    """When the oldest command was written that nobody has carried out."""
    looked_ms: int | None = None
    """Since when the store has not answered."""


class Vitals(msgspec.Struct, kw_only=True):
    """What the auditor is told by whoever runs the hub; every one may be called from another thread at any time."""

    loop_beat_ms: Callable[[], int]
    """When the event loop last ran."""
    next_due_ms: Callable[[], Iterable[int | None]]
    """When each community's next timer is due."""
    store_down_ms: Callable[[], int]
    """For how long nothing could be recorded, 0 while all is well."""
    rows: Callable[[int], Rows]
    """``(now_ms)`` -> what the store says."""


class RowLook:
    """Asks the store in a thread of its own: a database that hangs must not hang whoever watches it."""

    def __init__(self, read: Callable[[], AbstractContextManager[Connection]], started_ms: int) -> None:
        """``started_ms``: what fell due while the hub was away is due from then on."""
        self._read = read
        self._started_ms = started_ms
        self._known = Rows()
        self._asking: threading.Thread | None = None
        self._asked_ms = 0

    def __call__(self, now_ms: int) -> Rows:
        """The newest answer; the store is asked again unless an answer is still awaited."""
        if self._asking is None or not self._asking.is_alive():
            self._asked_ms = now_ms
            self._asking = threading.Thread(target=self._ask, name="audit-rows", daemon=True)
            self._asking.start()
            self._asking.join(timeout=ANSWER_WITHIN_S)
        waiting = self._asking.is_alive()
        return msgspec.structs.replace(self._known, looked_ms=self._asked_ms if waiting else None)

    def _ask(self) -> None:
        told = select(func.min(outbox.c.deadline_ms)).where(outbox.c.done_ms.is_(None))
        asked = select(func.min(command.c.at_ms)).where(command.c.done_ms.is_(None))
        try:
            with self._read() as connection:
                oldest = [connection.execute(one).scalar() for one in (told, asked)]
            self._known = Rows(*(None if at_ms is None else max(at_ms, self._started_ms) for at_ms in oldest))
        except SQLAlchemyError:
            self._known = Rows()  # the store's trouble has a finding of its own


def overdue(vitals: Vitals, now_ms: int) -> list[Finding]:
    """Everything that is more than `OVERDUE_MS` late, worst first."""
    rows = vitals.rows(now_ms)
    found = [
        _late(Phrase("程序停住了", "the program stands still"), vitals.loop_beat_ms(), now_ms),
        _late(Phrase("记录写不进去", "nothing can be recorded"), now_ms - vitals.store_down_ms(), now_ms),
        _late(Phrase("有通知没有结果", "notifications have no answer"), rows.told_ms, now_ms),
        _late(Phrase("有操作没有执行", "commands are not carried out"), rows.asked_ms, now_ms),
        _late(Phrase("数据库没有回答", "the database does not answer"), rows.looked_ms, now_ms),
        *(_late(Phrase("到时该做的没有做", "what was due was not done"), due, now_ms) for due in vitals.next_due_ms()),
    ]
    return sorted((one for one in found if one is not None), key=lambda one: -one.by_ms)


def _late(what: Phrase, due_ms: int | None, now_ms: int) -> Finding | None:
    by_ms = 0 if due_ms is None else now_ms - due_ms
    return Finding(what, by_ms) if by_ms > OVERDUE_MS else None
