"""Rows of ``list_entry``: of each plate whether the camera at a lane has it. The table is the truth; a restart reads it.

waiting -> sent -> confirmed          a row that is not wanted any more is deleted once its removal is confirmed
                -> refused -> sent    again after a while
                -> waiting            no answer
"""

from __future__ import annotations

from enum import StrEnum

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, delete, select, update

from hub.errors import StoreError
from hub.gates.wanted import Wish, wanted
from hub.model import GateLane, Permit
from hub.store.clean import column_text, json_text
from hub.store.dialect import upsert
from hub.store.schema import registry
from hub.store.schema_parking import list_entry

MOST_WAIT_MS = 3_600_000
FIRST_WAIT_MS = 10_000


class EntryState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What the row is about beyond its columns."""

    topic: str
    """Of the camera that was given it: another topic is another camera."""
    wish: Wish
    since_ms: int
    """When the list began to differ from what is wanted."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One row."""

    lane: str
    plate: str
    wanted: bool
    state: EntryState
    tries: int
    at_ms: int
    said: str
    given: Given

    @property
    def open(self) -> bool:
        """The camera is behind with it."""
        return self.state is not EntryState.CONFIRMED

    @property
    def due_ms(self) -> int:
        """When it is tried next: at once, but what was refused only after a while, each time a longer one."""
        if self.state is not EntryState.REFUSED:
            return 0
        return self.at_ms + min(MOST_WAIT_MS, FIRST_WAIT_MS << min(self.tries, 16))


def read_registry(connection: Connection, community: str) -> tuple[list[Permit], list[GateLane]]:
    """Permits and lanes as the registry has them now."""
    rows = select(registry.c.what, registry.c.body).where(
        registry.c.community == community, registry.c.what.in_(("permit", "gate_lane"))
    )
    permits: list[Permit] = []
    lanes: list[GateLane] = []
    try:
        for what, body in connection.execute(rows):
            if what == "permit":
                permits.append(msgspec.json.decode(body, type=Permit))
            else:
                lanes.append(msgspec.json.decode(body, type=GateLane))
    except msgspec.DecodeError as exc:
        raise StoreError(f"A row of the registry cannot be read ({exc}). Restore a backup.") from exc
    return permits, [lane for lane in lanes if lane.list_topic]


def read_entries(connection: Connection, community: str) -> list[Entry]:
    rows = connection.execute(
        select(list_entry).where(list_entry.c.community == community).order_by(list_entry.c.plate)
    )
    return [_entry(row) for row in rows]


def reconcile(
    connection: Connection, community: str, permits: list[Permit], lanes: list[GateLane], now_ms: int
) -> list[Entry]:
    """Write down what each camera lacks or has too many; gives every row that the lanes have now."""
    wishes = wanted(permits, now_ms)
    known = {(one.lane, one.plate): one for one in read_entries(connection, community)}
    here = {lane.id: lane for lane in lanes}
    changed: list[Entry] = []
    for lane in lanes:
        for plate, wish in wishes.items():
            one = known.get((lane.id, plate))
            if one is None or not one.wanted or one.given.wish != wish or one.given.topic != lane.list_topic:
                changed.append(_anew(lane, plate, wish, now_ms, one, wanted=True))
    for (lane_id, plate), one in known.items():
        if lane_id in here and plate not in wishes and one.wanted:
            changed.append(_anew(here[lane_id], plate, one.given.wish, now_ms, one, wanted=False))
    for gone in {one.lane for one in known.values()} - here.keys():
        connection.execute(delete(list_entry).where(list_entry.c.community == community, list_entry.c.lane == gone))
    put(connection, community, changed)
    known |= {(one.lane, one.plate): one for one in changed}
    return [one for (lane_id, _), one in known.items() if lane_id in here]


def put(connection: Connection, community: str, entries: list[Entry]) -> None:
    if entries:
        rows = [_row(community, one) for one in entries]
        connection.execute(upsert(connection.dialect.name, list_entry), rows)


def settle(connection: Connection, community: str, entry: Entry) -> None:
    """What became of one attempt, unless the wish has changed under way: then the row stays as it was wished anew."""
    now = connection.execute(select(list_entry.c.body, list_entry.c.wanted).where(*_is(community, entry))).first()
    if now is None or (now.body, now.wanted) != (json_text(entry.given), entry.wanted):
        return
    if entry.state is EntryState.CONFIRMED and not entry.wanted:
        connection.execute(delete(list_entry).where(*_is(community, entry)))
    else:
        put(connection, community, [entry])


def give_again(connection: Connection, community: str, lane: str, now_ms: int) -> int:
    """Give the lane's camera its whole list again: it was replaced or reset. How many plates that is."""
    entries = [one for one in read_entries(connection, community) if one.lane == lane]
    put(connection, community, [_waiting(one, now_ms) for one in entries])
    return len(entries)


def in_sync(connection: Connection, community: str) -> dict[str, dict[EntryState, int]]:
    """lane -> how many of its plates are in which state."""
    found: dict[str, dict[EntryState, int]] = {}
    rows = connection.execute(select(list_entry.c.lane, list_entry.c.state).where(list_entry.c.community == community))
    for lane, state in rows:
        counts = found.setdefault(lane, {})
        counts[EntryState(state)] = counts.get(EntryState(state), 0) + 1
    return found


def forget_sent(connection: Connection, community: str) -> None:
    """At the start: what was under way when the hub stopped is sent again."""
    connection.execute(
        update(list_entry)
        .where(list_entry.c.community == community, list_entry.c.state == EntryState.SENT.value)
        .values(state=EntryState.WAITING.value)
    )


def _anew(lane: GateLane, plate: str, wish: Wish, now_ms: int, before: Entry | None, *, wanted: bool) -> Entry:
    since_ms = before.given.since_ms if before is not None and before.open else now_ms
    return Entry(
        lane=lane.id,
        plate=plate,
        wanted=wanted,
        state=EntryState.WAITING,
        tries=0,
        at_ms=now_ms,
        said="",
        given=Given(topic=lane.list_topic, wish=wish, since_ms=since_ms),
    )


def _waiting(one: Entry, now_ms: int) -> Entry:
    since_ms = one.given.since_ms if one.open else now_ms
    given = msgspec.structs.replace(one.given, since_ms=since_ms)
    return msgspec.structs.replace(one, state=EntryState.WAITING, tries=0, at_ms=now_ms, said="", given=given)


def _is(community: str, entry: Entry) -> tuple[ColumnElement[bool], ...]:
    return (
        list_entry.c.community == community,
        list_entry.c.lane == column_text(entry.lane),
        list_entry.c.plate == column_text(entry.plate),
    )


def _row(community: str, one: Entry) -> dict[str, object]:
    return {
        "community": community,
        "lane": column_text(one.lane),
        "plate": column_text(one.plate),
        "wanted": one.wanted,
        "state": one.state.value,
        "tries": one.tries,
        "at_ms": one.at_ms,
        "said": column_text(one.said),
        "body": json_text(one.given),
    }


def _entry(row: Row[tuple[object, ...]]) -> Entry:
    try:
        given = msgspec.json.decode(row.body, type=Given)
    except msgspec.DecodeError as exc:
        raise StoreError(f"A row of list_entry cannot be read ({exc}). Delete it: it is made again.") from exc
    return Entry(
        lane=row.lane,
        plate=row.plate,
        wanted=row.wanted,
        state=EntryState(row.state),
        tries=row.tries,
        at_ms=row.at_ms,
        said=row.said,
        given=given,
    )
