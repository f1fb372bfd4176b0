"""Replay of gates and spaces through the core: how long a year of them takes. Pure but for the clock and the print.

What is decoded already is stepped; what the core decided is taken every 500 inputs, as the hub takes it at each commit.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from random import Random

import msgspec

from hub.core.context import Core
from hub.core.inputs import Commanded, Received
from hub.core.state import State
from hub.core.step import step
from hub.model import Event, Fact, Kind, RawMessage, Reading
from hub.simulate.parking.site import GATES, Site, registry, settings, site

START_MS = 1_799_942_400_000
BATCH = 500
APART_MS = 400
"""Between two inputs: 150 changes and passages a minute."""


class ParkingReport(msgspec.Struct, frozen=True, kw_only=True):
    """How long the replay took, and one input of it."""

    passages: int
    space_changes: int
    seconds: float
    us_each: float


def bench_parking(passages: int, changes: int, *, as_json: bool) -> int:
    """Replay so many passages and changes of spaces; gives the exit code."""
    report = measure_parking(passages, changes)
    if as_json:
        sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
    else:
        for name, value in msgspec.structs.asdict(report).items():
            sys.stdout.write(f"{name:16} {value:,}\n")
    return 0


def measure_parking(passages: int, changes: int) -> ParkingReport:
    """Make everything first, then time the steps alone."""
    it = site(1)
    core = Core(State(community="guihuayuan"), settings())
    for command in registry(it):
        step(core, Commanded(START_MS, command))
    core.take()
    batch: list[Received] = []
    seconds = 0.0
    for message in _messages(it, passages, changes):
        batch.append(message)
        if len(batch) == BATCH:
            seconds += _timed(core, batch)
            batch.clear()
    seconds += _timed(core, batch)
    total = max(passages + changes, 1)
    return ParkingReport(
        passages=passages,
        space_changes=changes,
        seconds=round(seconds, 2),
        us_each=round(seconds / total * 1e6, 2),
    )


def _timed(core: Core, batch: list[Received]) -> float:
    began = time.perf_counter()
    for message in batch:
        step(core, message)
    core.take()
    return time.perf_counter() - began


def _messages(it: Site, passages: int, changes: int) -> Iterator[Received]:
    """Passages and changes shuffled evenly; each car that is inside goes out before it comes in again."""
    random = Random(1)
    inside: set[str] = set()
    occupied = dict.fromkeys((it.sensor(id) for id in it.counted), False)
    sensors, cars = list(occupied), [car.plate for car in it.cars]
    left = passages
    for n in range(passages + changes):
        at_ms = START_MS + (n + 1) * APART_MS
        if random.random() * (passages + changes - n) < left:
            left -= 1
            plate = random.choice(cars)
            way = "out" if plate in inside else "in"
            (inside.discard if way == "out" else inside.add)(plate)
            facts: dict[str, Fact] = {"plate": plate, "plate_color": "blue", "confidence": 95, "trigger": "auto"}
            device = f"cam-{random.choice(GATES)}-{way}"
            reading = Reading(device, Kind.LPR, Event.PLATE, facts, at_ms, str(n))
        else:
            device = random.choice(sensors)
            occupied[device] = not occupied[device]
            reading = Reading(device, Kind.PARKING, Event.STATUS, {"occupied": occupied[device]}, at_ms, str(n))
        yield Received(RawMessage("site", device, b"", at_ms), (reading,))
