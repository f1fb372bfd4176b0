"""Many alarms at one moment: when does each person on duty have a message that carries each of them? I/O.

What counts, for a person and an alarm: the notification to that person about the alarm's incident is the one that a
message speaks for, or is among those that it carries, or the same robot had the same news already; the provider took the
message (`Provider`, by its own clock); and its text names the incident's building, or says how many it stands for, which
is the number of incidents that it carries. Read from the rows by somebody who only knows the tables.
"""

from __future__ import annotations

import asyncio
import math
import re
import sqlite3
import time
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from hub.bench import machine
from hub.bench.children import child
from hub.bench.compound import storm_registry
from hub.bench.provider import Asked, Provider
from hub.bench.report import StormReport
from hub.bench.run import Fire, all_kept, measured, own_directory, percentile, run_load, surrounded
from hub.bench.subject import count, the_hub
from hub.core.decisions import NotificationDue
from hub.errors import HubError
from hub.model import Notification, Receipt
from hub.simulate.packets import fire_detector

PER_MINUTE = 20
WITHIN_MS = 10_000
SETTLED_WITHIN_S = 60.0
LOOK_S = 0.5
BEFORE_S = 1.0
"""Of quiet background, so that nothing is measured that only happens once."""
BACKGROUND = ("--messages", "300", "--rate", "200", "--devices", "100")

_BUILDING = re.compile(r"火警(\d+)号楼")
_IN_ALL = re.compile(r"等(\d+)起")


class Carried(msgspec.Struct):
    """One message that a provider took."""

    robot: str
    incidents: set[int]
    handed_ns: int


class Rows(msgspec.Struct):
    """What the hub says that it did."""

    fire_of: dict[int, int]
    """Incident -> number of its alarm."""
    notifications: list[Notification]
    sends: list[tuple[str, NotificationDue]]
    """Robot key and row of what was accepted, oldest first."""


def bench_storm(alarms: int, people: int, contacts: int, as_json: bool) -> int:
    """All alarms at one moment; gives the exit code."""
    return measured(measure_storm(alarms, people, contacts), as_json)


async def measure_storm(alarms: int, people: int, contacts: int) -> StormReport:
    """Publish them in one write, wait until everybody was told, and read what was told when."""
    published: list[Fire] = []
    commands = storm_registry(alarms, people, contacts)
    with own_directory() as directory:
        async with surrounded(directory, 0, alarms, PER_MINUTE) as (around, _, robots):
            subject = the_hub(around, commands)
            async with child(subject.name, subject.argv) as process:
                await process.until("ready")
                drain = asyncio.create_task(process.drain())
                options = (*BACKGROUND, "--fires", str(alarms), "--fire-every", "0", "--fire-after", str(BEFORE_S))
                load = await run_load(around.broker_port, *options, fires=published)
                kept, _ = await all_kept(process, subject, load.acked)
                database = _database(directory / "data")
                await _told(database, alarms * people)
                rss_mb = machine.peak_rss_mb(process.pid)
                drain.cancel()
            rows = await asyncio.to_thread(_rows, database, alarms)
    waits = _waits(rows, robots, {fire.fire: fire.published_ns for fire in published})
    if not waits:
        raise HubError(f"the hub told nobody of {alarms} alarms within the run.")
    return StormReport(
        alarms=alarms,
        people=people,
        contacts=contacts,
        within_10s=math.floor(sum(wait <= WITHIN_MS for wait in waits) / (alarms * people) * 1e5) / 1e5,
        p50_ms=round(percentile(waits, 50), 1),
        p99_ms=round(percentile(waits, 99), 1),
        max_ms=round(max(waits), 1),
        messages=robots.requests,
        most_per_minute=robots.most_per_minute(),
        lost=alarms * people - len(waits) + load.acked - kept,
        rss_mb=rss_mb,
    )


def _database(data: Path) -> Path:
    for path in sorted(data.glob("*.db")):
        if count(path, "select count(*) from notification") is not None:
            return path
    raise HubError(f"No database of the hub was found in {data}.")


async def _told(database: Path, expected: int) -> None:
    """Until so many notifications were sent, or too long."""
    deadline = time.monotonic() + SETTLED_WITHIN_S
    while time.monotonic() < deadline:
        query = "select count(*) from notification where state = 'sent' and purpose = 'raised'"
        if (await asyncio.to_thread(count, database, query) or 0) >= expected:
            return
        await asyncio.sleep(LOOK_S)


def _rows(database: Path, alarms: int) -> Rows:
    number = {fire_detector(n): n for n in range(alarms)}
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)
    try:
        fire_of = {
            incident: number[subject]
            for incident, subject in connection.execute("select incident, subject from alert")
            if subject in number
        }
        told = connection.execute("select body from notification where purpose = 'raised'")
        notifications = [msgspec.json.decode(body, type=Notification) for (body,) in told]
        rows = connection.execute("select url, body, receipt from outbox where receipt is not null order by created_ms")
        sends = [
            (urlsplit(url).netloc, msgspec.json.decode(body, type=NotificationDue))
            for url, body, receipt in rows
            if url.startswith("wecom:") and msgspec.json.decode(receipt, type=Receipt).sent
        ]
    finally:
        connection.close()
    return Rows(fire_of, notifications, sends)


def _waits(rows: Rows, robots: Provider, published_ns: dict[int, int]) -> list[float]:
    """Milliseconds for every person and alarm that had its message."""
    by_id = {one.id: one for one in rows.notifications}
    messages = _carried(rows, by_id, robots)
    robot_of = {id: message.robot for id, message in messages.items()}
    robot_of_person = {by_id[id].person: robot for id, robot in robot_of.items() if id in by_id}
    news: dict[tuple[str, int], int] = {}
    for message in messages.values():
        for incident in message.incidents:
            key = (message.robot, incident)
            news[key] = min(news.get(key, message.handed_ns), message.handed_ns)
    first: dict[tuple[str, int], float] = {}
    for one in rows.notifications:
        fire = rows.fire_of.get(one.incident)
        if fire is None or fire not in published_ns:
            continue
        carried = messages.get(one.id)
        handed_ns = carried.handed_ns if carried else None
        if handed_ns is None and one.sent_ms is not None and one.reason == "shared_contact":
            handed_ns = news.get((robot_of_person.get(one.person, ""), one.incident))
        if handed_ns is None:
            continue
        wait = (handed_ns - published_ns[fire]) / 1e6
        first[one.person, fire] = min(first.get((one.person, fire), wait), wait)
    return list(first.values())


def _carried(rows: Rows, by_id: dict[int, Notification], robots: Provider) -> dict[int, Carried]:
    """Notification -> the message that carried it, of those that say so in their text."""
    parts: dict[int, set[int]] = {}
    for one in rows.notifications:
        if one.merged_into:
            parts.setdefault(one.merged_into, set()).add(one.id)
    unread = {robot: [one for one in asked if one.taken] for robot, asked in robots.asked_of.items()}
    messages: dict[int, Carried] = {}
    for robot, due in rows.sends:
        ids = {due.notification, *due.carries, *parts.get(due.notification, ())}
        incidents = {by_id[id].incident for id in ids if id in by_id}
        fires = {rows.fire_of[incident] for incident in incidents if incident in rows.fire_of}
        asked = _request(unread.get(robot, []), rows.fire_of.get(due.incident, -1))
        if asked is None or not says(_text(asked), fires):
            continue
        message = Carried(robot, incidents, asked.at_ns)
        for id in ids:
            known = messages.get(id)
            if known is None or message.handed_ns < known.handed_ns:
                messages[id] = message
    return messages


def _request(unread: list[Asked], fire: int) -> Asked | None:
    """The first request that speaks for this alarm; it is taken out."""
    for n, asked in enumerate(unread):
        names = _BUILDING.search(_text(asked))
        if names is not None and int(names[1]) == fire:
            return unread.pop(n)
    return None


def says(text: str, fires: set[int]) -> bool:
    """It names every building, or names some and says how many there are in all."""
    named = {int(n) for n in _BUILDING.findall(text)}
    in_all = _IN_ALL.search(text)
    return named == fires or (named < fires and in_all is not None and int(in_all[1]) == len(fires))


def _text(asked: Asked) -> str:
    """What the robot was asked to say."""
    return msgspec.json.decode(asked.body, type=_Request).text.content


class _Content(msgspec.Struct):
    content: str


class _Request(msgspec.Struct):
    text: _Content
