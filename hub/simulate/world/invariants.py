"""The laws of the hub, looked at when a healed world has come to rest. Each raises `Broken` with what it found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec
from sqlalchemy import select

from hub.core.context import Core
from hub.core.decisions import AlertRaised, IncidentClosed, NotificationDue, Reason
from hub.core.inputs import Received
from hub.core.rules import UNDECODABLE
from hub.core.state import State
from hub.model import Alert, Condition, Incident, Notification, NotificationState, Undecoded
from hub.simulate.world.compound import COMMUNITY
from hub.simulate.world.disclosure import LAW as DISCLOSURE
from hub.simulate.world.disclosure import WhatRolesSee
from hub.simulate.world.endings import EachEndsOnce, TheEndIsTold, drills_stay_drills, what_acted_is_undone
from hub.simulate.world.keeps import print_of
from hub.simulate.world.life import Life, Surroundings
from hub.simulate.world.quiet import QuietIsKept
from hub.simulate.world.retelling import retold
from hub.simulate.world.trace import Broken
from hub.simulate.world.waiting import NothingCriticalRests, NothingIsForgotten
from hub.store.port import Block
from hub.store.schema import alert, device, incident, notification, outbox
from hub.store.sql import SqlStore

UNDER_WAY = (NotificationState.DUE, NotificationState.HELD)
UNTIL_THEY_MAY = (Reason.ASLEEP, Reason.OFF_HOURS, Reason.ON_LEAVE)
"""Why a message may wait for days and still be on its way."""


class Journal:
    """All blocks of a world, and what can be asked of them."""

    def __init__(self, blocks: list[Block]) -> None:
        self.blocks = blocks
        self.raised = [d for b in blocks for d in b.decisions if isinstance(d, AlertRaised)]
        self.closed = {d.incident: d.seq for b in blocks for d in b.decisions if isinstance(d, IncidentClosed)}
        self.due = [d for b in blocks for d in b.decisions if isinstance(d, NotificationDue)]

    def received(self) -> Iterator[tuple[int, int, Received]]:
        """(its seq, first seq after it and all it made, message)."""
        for block in self.blocks:
            ends = [*block.seqs[1:], block.last_seq + 1]
            for one, seq, end in zip(block.inputs, block.seqs, ends, strict=True):
                if type(one) is Received:
                    yield seq, end, one


def check(around: Surroundings, life: Life) -> None:
    """All laws; the first that does not hold is raised."""
    store = SqlStore(around.database)
    journal = Journal(store.blocks(COMMUNITY, 0, 1_000_000))
    rows = _Rows(store)
    around.trace.counts["alerts"] = len(rows.alerts)
    every_alarm_has_its_alert(journal, rows)
    no_alert_twice(journal, rows)
    every_notification_has_an_end(journal, rows)
    nothing_is_sent_twice(around)
    nothing_acked_is_lost(around)
    only_poison_is_poisoned(around, journal)
    state = life.state()
    rows_agree(state, rows)
    if around.providers.leaks:
        raise Broken(DISCLOSURE, around.providers.leaks[0])
    drills_stay_drills(rows.incidents, {a.id: a.drill for a in rows.alerts})
    what_acted_is_undone(around.providers.acted, rows.notifications)
    laws = (
        NothingCriticalRests(rows.notifications),
        NothingIsForgotten(),
        QuietIsKept(),
        EachEndsOnce(),
        TheEndIsTold(rows.notifications, rows.incidents),
        WhatRolesSee(),
    )
    if around.ledger.erased:
        return  # the journal has forgotten what it knew of somebody: told again it is another story
    the_journal_gives_the_state(retold(journal.blocks, laws), state)
    life.keeper.recover_and_compare()


class _Rows:
    def __init__(self, store: SqlStore) -> None:
        with store.reader() as connection:
            self.alerts = [
                msgspec.json.decode(b, type=Alert) for b in connection.execute(select(alert.c.body)).scalars()
            ]
            self.incidents = [
                msgspec.json.decode(b, type=Incident) for b in connection.execute(select(incident.c.body)).scalars()
            ]
            self.notifications = [
                msgspec.json.decode(b, type=Notification)
                for b in connection.execute(select(notification.c.body)).scalars()
            ]
            self.devices = {r.id: r for r in connection.execute(select(device)).all()}
            self.outbox = {(r.notification, r.attempt): r for r in connection.execute(select(outbox)).all()}


def every_alarm_has_its_alert(journal: Journal, rows: _Rows) -> None:
    """1: each smoke alarm that rose stands in an alert that was open when its message was taken."""
    law = "1 every alarm reaches an alert"
    alarming: dict[str, bool] = {}
    keys: set[str] = set()
    for seq, end, one in journal.received():
        why = one.undecodable
        life_safety = why is not None and why.reason is Undecoded.POISON and why.device.startswith("smoke")
        if why is not None and life_safety and not _open_at(journal, rows, UNDECODABLE, why.device, seq, end):
            raise Broken(law, f"poison at seq {seq} raised no alert")
        for reading in one.readings:
            if reading.kind != "smoke" or reading.key in keys:
                continue
            keys |= {reading.key} - {""}
            alarm = reading.facts.get("alarm") is True
            rose = alarm and not alarming.get(reading.device, False) and not one.raw.duplicate
            alarming[reading.device] = alarm
            if rose and not _open_at(journal, rows, "smoke", reading.device, seq, end):
                raise Broken(law, f"{reading.device} at seq {seq} ({one.raw.payload!r}) has no open alert")


def _open_at(journal: Journal, rows: _Rows, rule: str, subject: str, seq: int, end: int) -> bool:
    return any(
        a.rule == rule and a.subject == subject and a.id < end and journal.closed.get(a.incident, end) >= seq
        for a in rows.alerts
    )


def no_alert_twice(journal: Journal, rows: _Rows) -> None:
    """3: a second alert of one detector needs the first to be closed."""
    last: dict[tuple[str, str], Alert] = {}
    for one in sorted(rows.alerts, key=lambda a: a.id):
        key = (one.key, one.subject)
        before = last.get(key)
        if before is not None and before.latch and journal.closed.get(before.incident, one.id) >= one.id:
            raise Broken("3 no alert twice", f"alert {one.id} of {key} while alert {before.id} was open")
        last[key] = one
    twice = [id for id, n in Counter(a.id for a in rows.alerts).items() if n > 1]
    if twice:
        raise Broken("3 no alert twice", f"{twice}")


def every_notification_has_an_end(journal: Journal, rows: _Rows) -> None:
    """2: each decision to tell has its row with an answer, and each notification came to an end."""
    law = "2 every notification has an end"
    for due in journal.due:
        row = rows.outbox.get((due.notification, due.attempt))
        if row is None:
            raise Broken(law, f"attempt {due.attempt} of {due.notification} was never in the outbox")
        if row.done_ms is None:
            raise Broken(law, f"attempt {due.attempt} of {due.notification} has no receipt")
    told = {n.id: n for n in rows.notifications}
    for due in journal.due:
        one = told.get(due.notification)
        if one is None or (one.state in UNDER_WAY and one.reason not in UNTIL_THEY_MAY):
            raise Broken(law, f"notification {due.notification} is {'nowhere' if one is None else one.state}")
    if len(rows.outbox) != len(journal.due):
        raise Broken(law, f"{len(rows.outbox)} outbox rows for {len(journal.due)} decisions")
    for row in rows.outbox.values():
        state = told[row.notification].state
        if row.receipt is None and state is not NotificationState.CANCELLED:
            raise Broken(law, f"attempt {row.attempt} of {row.notification} ({state}) is done without an answer")


def nothing_is_sent_twice(around: Surroundings) -> None:
    """3: one send of an attempt in one life, and one more for each time that it went out unrecorded."""
    for key, times in around.providers.sends.items():
        if times > 1 + around.unrecorded[key]:
            raise Broken("3 nothing is sent twice", f"(notification, attempt, life) {key} was sent {times} times")


def nothing_acked_is_lost(around: Surroundings) -> None:
    """5: what the broker was acked for stands in the journal, once unless it was marked as a duplicate."""
    law = "5 nothing taken is lost"
    kept, fresh = around.ledger.kept, around.ledger.fresh
    for key, times in around.broker.published.items():
        if around.broker.acked[key] > kept[key]:
            raise Broken(law, f"{key} was acked {around.broker.acked[key]} times and kept {kept[key]} times")
        if kept[key] < times and not around.broker.retained.get(key[0]):
            raise Broken(law, f"{key} was published {times} times and kept {kept[key]} times")
        if fresh[key] > around.broker.offered[key] and key not in around.ledger.quarantined:
            raise Broken(law, f"{key} was offered {around.broker.offered[key]} times and kept {fresh[key]} times")


def only_poison_is_poisoned(around: Surroundings, journal: Journal) -> None:
    """5: a message that the store takes is never quarantined for one that it does not take."""
    for seq, _, one in journal.received():
        why = one.undecodable
        if why is not None and why.reason is Undecoded.POISON and one.raw.payload not in around.faults.poison:
            raise Broken("5 only poison is quarantined", f"{one.raw.payload!r} at seq {seq}: {why.detail}")


def rows_agree(state: State, rows: _Rows) -> None:
    """7: what screens read is what the core knows."""
    law = "7 rows agree with the state"
    alerts, incidents, told = (
        {a.id: a for a in rows.alerts},
        {i.id: i for i in rows.incidents},
        {n.id: n for n in rows.notifications},
    )
    decided = {id: a for id, a in state.alerts.items() if a.condition is not Condition.PENDING}
    for known, stored in ((decided, alerts), (state.incidents, incidents), (state.notifications, told)):
        for id, one in known.items():
            if stored.get(id) != one:
                raise Broken(law, f"{one} is stored as {stored.get(id)}")
    open_alerts = {a.id for a in rows.alerts if a.closed_ms is None} - {a.id for a in state.alerts.values()}
    open_incidents = {i.id for i in rows.incidents if i.closed_ms is None} - {i.id for i in state.incidents.values()}
    if open_alerts or open_incidents:
        raise Broken(law, f"open in rows alone: alerts {open_alerts}, incidents {open_incidents}")
    for name, known_device in state.devices.items():
        row = rows.devices.get(name)
        if row is None or (row.alarm, row.silent) != (known_device.alarm, known_device.silent):
            raise Broken(law, f"device {known_device} is stored as {row}")


def the_journal_gives_the_state(core: Core, state: State) -> None:
    """4: every block from the first, stepped again without any snapshot, gives the same state."""
    if print_of(core.state) != print_of(state):
        raise Broken("4 the journal alone gives the state", difference(core.state, state))


def difference(one: State, other: State) -> str:
    """The first entities that differ, for whoever has to find out why."""
    left, right = msgspec.to_builtins(one, str_keys=True), msgspec.to_builtins(other, str_keys=True)
    for field, value in left.items():
        if value == right[field]:
            continue
        if isinstance(value, dict):
            for key in [*value, *right[field]]:
                if value.get(key) != right[field].get(key):
                    return f"{field}[{key}]: {value.get(key)} is not {right[field].get(key)}"
        return f"{field}: {value} is not {right[field]}"
    return "only the order differs"
