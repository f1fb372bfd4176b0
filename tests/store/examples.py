"""What the store is given in these tests: batches as the core would hand them over."""

from __future__ import annotations

from collections.abc import Sequence

from hub.core.decisions import AlertRaised, AnyDecision, IncidentOpened, Notice, NotificationDue, Reason
from hub.core.inputs import Input, Received
from hub.core.state import Changes, DeviceState
from hub.model import (
    Alert,
    Condition,
    Contact,
    Event,
    Handling,
    Incident,
    Kind,
    Notification,
    Person,
    Purpose,
    RawMessage,
    Reading,
    Receipt,
    Severity,
)
from hub.store.port import Commit
from hub.store.sql import SqlStore

COMMUNITY = "guihuayuan"
NOW = 1_700_000_000_000
DAY_MS = 24 * 3600 * 1000


def received(number: int, *, topic: str = "zigbee2mqtt/6号楼1203烟感", payload: bytes = b'{"smoke":false}') -> Received:
    raw = RawMessage("zigbee", topic, payload, NOW + number)
    reading = Reading(f"smoke-{number}", Kind.SMOKE, Event.STATUS, {"alarm": False, "battery_pct": 97}, NOW + number)
    return Received(raw, (reading,))


def batch(
    epoch: int,
    first_seq: int = 1,
    inputs: Sequence[Input] | None = None,
    *,
    decisions: Sequence[AnyDecision] = (),
    changes: Changes | None = None,
    now_ms: int = NOW,
    owner: str = "hub-a",
    last_seq: int | None = None,
) -> Commit:
    """One batch of one-seq inputs."""
    kept: list[Input] = [received(first_seq)] if inputs is None else list(inputs)
    return Commit(
        community=COMMUNITY,
        owner=owner,
        epoch=epoch,
        first_seq=first_seq,
        last_seq=last_seq if last_seq is not None else first_seq + max(len(kept), 1) - 1,
        now_ms=now_ms,
        inputs=kept,
        seqs=list(range(first_seq, first_seq + len(kept))),
        decisions=list(decisions),
        changes=changes if changes is not None else Changes(),
    )


def lease(store: SqlStore, owner: str = "hub-a") -> int:
    return store.take_lease(COMMUNITY, owner, NOW)


def person(name: str = "wang", url: str = "inbox://wang") -> Person:
    return Person(id=name, name="王师傅", contacts=(Contact(id="c1", url=url),))


def device_state(name: str = "smoke-1", **changes: object) -> DeviceState:
    state = DeviceState(name, Kind.SMOKE, NOW, NOW, {"alarm": True}, "heiman/smoke", alarm=True)
    for attribute, value in changes.items():
        setattr(state, attribute, value)
    return state


def alert(number: int, incident: int) -> Alert:
    return Alert(
        id=number,
        rule="smoke",
        severity=Severity.CRITICAL,
        subject="smoke-1",
        kind=Kind.SMOKE,
        place="b6-1203",
        incident=incident,
        condition=Condition.ACTIVE,
        handling=Handling.NEW,
        raised_ms=NOW,
        at_ms=NOW,
        facts={"alarm": True},
    )


def incident(number: int, alerts: Sequence[int] = ()) -> Incident:
    return Incident(id=number, place="b6", cause="fire", severity=Severity.CRITICAL, opened_ms=NOW, alerts=list(alerts))


def notification(number: int, incident: int) -> Notification:
    return Notification(
        id=number,
        incident=incident,
        person="wang",
        role="property",
        purpose=Purpose.RAISED,
        severity=Severity.CRITICAL,
        created_ms=NOW,
    )


def due(
    number: int, seq: int, *, severity: Severity = Severity.CRITICAL, at_ms: int = NOW, attempt: int = 1
) -> NotificationDue:
    return NotificationDue(
        seq=seq,
        at_ms=at_ms,
        reason=Reason.POLICY_STEP,
        notification=number,
        attempt=attempt,
        incident=11,
        person="wang",
        contact="c1",
        purpose=Purpose.RAISED,
        severity=severity,
        notice=Notice(
            incident=11, purpose=Purpose.RAISED, severity=severity, rule="smoke", kind=Kind.SMOKE, at_ms=at_ms
        ),
        deadline_ms=at_ms + 10_000,
    )


def receipt(number: int, *, sent: bool = True, attempt: int = 1) -> Receipt:
    return Receipt(
        notification=number,
        contact="c1",
        attempt=attempt,
        at_ms=NOW + 500,
        sent=sent,
        reason="accepted" if sent else "timeout",
    )


def fire(epoch: int, first_seq: int = 1) -> Commit:
    """A smoke alarm: alert 10, incident 11, notification 12 to a person who is registered in the same batch."""
    raised = AlertRaised(
        seq=first_seq,
        at_ms=NOW,
        reason=Reason.CONDITION_MET,
        alert=10,
        rule="smoke",
        severity=Severity.CRITICAL,
        subject="smoke-1",
        place="b6-1203",
    )
    opened = IncidentOpened(seq=first_seq, at_ms=NOW, reason=Reason.CONDITION_MET, incident=11, alert=10)
    return batch(
        epoch,
        first_seq,
        decisions=[raised, opened, due(12, first_seq)],
        changes=Changes(
            devices={"smoke-1": device_state()},
            alerts={10: alert(10, 11)},
            incidents={11: incident(11, [10])},
            notifications={12: notification(12, 11)},
            people={"wang": person()},
        ),
        last_seq=first_seq + 20,
    )
