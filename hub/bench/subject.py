"""What is measured: a command line, and how to ask it what it has made durable. Types, and the hub itself as a subject."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import msgspec

from hub.bench.children import python
from hub.bench.compound import config, registry, write
from hub.core.commands import Command


class Surroundings(msgspec.Struct, frozen=True):
    """What stands ready for the process under test."""

    directory: Path
    broker_port: int
    influx_url: str
    robot_url: str
    devices: int
    fires: int


class Subject(msgspec.Struct, frozen=True):
    """A process under test: prints ``ready`` once it is subscribed; ``kept`` says how many readings are durable."""

    name: str
    argv: list[str]
    kept: Callable[[], int]


MakeSubject = Callable[[Surroundings], Subject]


def the_hub(around: Surroundings, commands: list[Command] | None = None) -> Subject:
    """``hub run`` on a fresh data directory: embedded SQLite, InfluxDB follower, rules on."""
    settings = config(
        around.directory,
        broker_port=around.broker_port,
        influx_url=around.influx_url,
        robot_url=around.robot_url,
    )
    path = write(around.directory, settings, registry(around.devices, around.fires) if commands is None else commands)
    data = around.directory / "data"
    return Subject(name="hub", argv=python("hub", "run", "-c", str(path)), kept=lambda: _kept(data))


def _kept(data: Path) -> int:
    """Readings in the journal's blocks, counted by somebody who only knows the tables."""
    for path in sorted(data.glob("*.db")):
        total = count(path, "select coalesce(sum(readings), 0) from block")
        if total is not None:
            return total
    return 0


def count(path: Path, query: str) -> int | None:
    """One number out of a SQLite file that another process writes; None while its table is not there."""
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    except sqlite3.OperationalError:
        return None
    try:
        row = connection.execute(query).fetchone()
    except sqlite3.OperationalError:
        return None
    finally:
        connection.close()
    return int(row[0])
