"""``hub drill PLACE``: a marked alarm through the real path of the running hub, and its score. Also the history of drills.

Writes one command row, as the pages do, and reads what became of it; the hub itself must be running.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from sqlalchemy import Connection, select

from hub.config import Config
from hub.config_file import load_config
from hub.core.commands import StartDrill
from hub.drills import DrillScore, score
from hub.errors import HubError, StoreError
from hub.model import Incident, Notification
from hub.store.open import open_store
from hub.store.schema import command, decision, incident, notification
from hub.store.sql import SqlStore

LOOK_EVERY_S = 0.5
TAKEN_WITHIN_S = 10.0


def run_drill(config_path: Path, place: str, rule: str, *, acts: bool, wait_s: float, as_json: bool) -> int:
    """0 when the drill was answered and closed within ``wait_s``, 1 when not, or when nothing was started."""

    def say(line: str) -> None:
        sys.stdout.write(line + "\n")

    try:
        config: Config = load_config(config_path)
        store = open_store(config.store.url.get_secret_value(), config.installation.data_dir)
    except HubError as exc:
        say(str(exc))
        return 1
    try:
        if not place:
            return _say_history(store, as_json=as_json, say=say)
        community = next(iter(config.communities))
        if len(config.communities) > 1:
            community, _, place = place.partition("/")
        asked = StartDrill(actor="console", place=place, rule=rule, acts=acts)
        return _drill(store, community, asked, wait_s=wait_s, as_json=as_json, say=say)
    finally:
        store.close()


def _drill(
    store: SqlStore, community: str, asked: StartDrill, *, wait_s: float, as_json: bool, say: Callable[[str], None]
) -> int:
    row = store.write_command(community, asked, time.time_ns() // 1_000_000)
    number, refused = _taken(store, community, row)
    if number is None:
        say(refused or "没有中枢在运行:先 hub run · no hub took it: start hub run first")
        return 1
    if not as_json:
        say(f"演练开始,事件 {number};没有人会弄错:每条消息都以【演练】开头 · drill {number} has begun")
    deadline = time.monotonic() + wait_s
    found = _score(store, community, number)
    while not found.closed and time.monotonic() < deadline:
        time.sleep(LOOK_EVERY_S)
        found = _score(store, community, number)
    say(msgspec.json.encode(found).decode() if as_json else _line(found))
    return 0 if found.closed else 1


def _taken(store: SqlStore, community: str, row: int) -> tuple[int | None, str]:
    """The drill's incident, or why there is none."""
    deadline = time.monotonic() + TAKEN_WITHIN_S
    while time.monotonic() < deadline:
        with store.reader() as connection:
            done = connection.execute(select(command).where(command.c.id == row)).one()
            if done.done_ms is not None:
                return _incident_of(connection, community, done.seq), done.refused or ""
        time.sleep(LOOK_EVERY_S)
    return None, ""


def _incident_of(connection: Connection, community: str, seq: int) -> int | None:
    began = select(decision.c.incident).where(
        decision.c.community == community, decision.c.seq == seq, decision.c.type == "drill_started"
    )
    number = connection.execute(began).scalar()
    return None if number is None else int(number)


def _score(store: SqlStore, community: str, number: int) -> DrillScore:
    with store.reader() as connection:
        return _scored(connection, community, number)


def _scored(connection: Connection, community: str, number: int) -> DrillScore:
    body = connection.execute(
        select(incident.c.body).where(incident.c.community == community, incident.c.id == number)
    ).scalar()
    if body is None:
        raise StoreError(f"Drill {number} of community {community} has no row any more.")
    told = connection.execute(
        select(notification.c.body).where(notification.c.community == community, notification.c.incident == number)
    ).scalars()
    one = msgspec.json.decode(body, type=Incident)
    return score(one, one.responders, [msgspec.json.decode(n, type=Notification) for n in told])


def history(connection: Connection, community: str) -> list[DrillScore]:
    """Every drill that is kept, the oldest first."""
    drills = select(incident.c.id).where(incident.c.community == community, incident.c.body.like('%"drill":true%'))
    numbers = connection.execute(drills.order_by(incident.c.opened_ms)).scalars().all()
    return [_scored(connection, community, number) for number in numbers]


def _say_history(store: SqlStore, *, as_json: bool, say: Callable[[str], None]) -> int:
    with store.reader() as connection:
        communities = connection.execute(select(incident.c.community).distinct()).scalars().all()
        found = {name: history(connection, name) for name in sorted(communities)}
    if as_json:
        say(msgspec.json.encode(found).decode())
        return 0
    for name, scores in found.items():
        for one in scores:
            say(f"{name} {_line(one)}")
    if not any(found.values()):
        say("还没有演练过 · no drill yet")
    return 0


def _line(one: DrillScore) -> str:
    """One drill, zh and en."""
    first = "-" if one.first_accept_s is None else f"{one.first_accept_s:.0f}"
    there = "-" if one.on_site_s is None else f"{one.on_site_s:.0f}"
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.at_ms / 1000))
    return (
        f"{when} {one.place}: 首次接单 {first}s,到场 {there}s,通知 {one.told} 人,送到 {one.reached} 人,去了 {one.went} 人"
        f" · first accept {first} s, on site {there} s, told {one.told}, reached {one.reached}, went {one.went}"
    )
