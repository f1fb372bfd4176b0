"""Replay of gates and spaces through the core: what a passage and a change of a space cost. Pure but for the clock and the print.

What is decoded already is stepped, and what the core decided is taken every 500 inputs, as the hub takes it at each commit; no broker,
no store. The traffic is `hub.bench.parking_traffic`. The floor is the same inputs through a core whose registry has neither a gate nor a
space: what receiving a reading costs where nobody asks about parking.

Each change is looked for when its debounce is over, and each passage in the ledger: what is not found is ``lost``. At the end the
ledger's law is checked: in less out is who is inside, less the cars out that nobody could name.
"""

from __future__ import annotations

import sys
import time
from collections import deque

import msgspec

from hub.bench.parking_traffic import MINUTE_MS, START_MS, Traffic
from hub.core.commands import PutGateLane, PutPermit, PutSpace
from hub.core.context import Core
from hub.core.inputs import Commanded, Received, TimePassed
from hub.core.parking.state import ParkingState
from hub.core.state import State
from hub.core.step import step
from hub.model import EntryReason, Event, Kind, RawMessage, Reading
from hub.simulate.parking.site import Site, registry, settings, site

PASSAGES, CHANGES = 200_000, 1_000_000
"""What is asked of a replay, and within how long."""
BATCH, LOOK_EVERY = 500, 25
"""Inputs between two commits; and at most between two looks at what is believed, which are at most a minute apart."""
FLOOR_SHARE = 10
"""The floor, and passages alone, are measured with one input of so many."""


class ParkingReport(msgspec.Struct, frozen=True, kw_only=True):
    """How long the replay took, and one input of it."""

    passages: int
    space_changes: int
    days: float
    """What they are spread over."""
    seconds: float
    seconds_full: float
    """The same for 200,000 passages and 1,000,000 changes: measured where those were asked for, else reckoned."""
    cpu_s: float
    """CPU of the same: what else runs on the machine adds less to it."""
    rate: int
    cpu_us_passage: float
    """CPU of a passage, measured with passages alone."""
    cpu_us_change: float
    """All the rest: beliefs, judgements, looks, estimates, minutes."""
    floor_rate: int
    ratio: float
    lost: int
    ledger_errors: int


class Played(msgspec.Struct):
    """What a stretch of traffic took, and what of it could not be found."""

    inputs: int = 0
    """Passages and changes."""
    uncommitted: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0
    entries: int = 0
    unbelieved: int = 0


def bench_parking(passages: int, changes: int, *, as_json: bool) -> int:
    """Replay so many passages and changes of spaces; gives the exit code."""
    report = measure_parking(passages, changes)
    if as_json:
        sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
    else:
        for name, value in msgspec.structs.asdict(report).items():
            sys.stdout.write(f"{name:16} {value:,}\n")
    return 1 if report.lost or report.ledger_errors else 0


def measure_parking(passages: int, changes: int) -> ParkingReport:
    """The floor, passages alone, then both."""
    it = site(1)
    floor = _play(_core(it, parking=False), Traffic(it, passages // FLOOR_SHARE, changes // FLOOR_SHARE), check=False)
    alone = _play(_core(it, sensors_last=True), Traffic(it, passages // FLOOR_SHARE, 0), check=False)
    core = _core(it)
    traffic = Traffic(it, passages, changes)
    played = _play(core, traffic, check=True)
    rate = played.inputs / played.seconds if played.seconds else 0.0
    floor_rate = floor.inputs / floor.seconds if floor.seconds else 0.0
    us_passage = alone.cpu_s / max(alone.inputs, 1) * 1e6
    us_change = (played.cpu_s * 1e6 - passages * us_passage) / max(changes, 1)
    asked = PASSAGES * us_passage + CHANGES * us_change
    used = passages * us_passage + changes * us_change
    return ParkingReport(
        passages=passages,
        space_changes=changes,
        days=round((core.now_ms - START_MS) / (1440 * MINUTE_MS), 2),
        seconds=round(played.seconds, 2),
        seconds_full=round(played.seconds * asked / used, 2) if used else 0.0,
        cpu_s=round(played.cpu_s, 2),
        rate=round(rate),
        cpu_us_passage=round(us_passage, 2),
        cpu_us_change=round(us_change, 2),
        floor_rate=round(floor_rate),
        ratio=round(rate / floor_rate, 3) if floor_rate else 0.0,
        lost=passages - played.entries + played.unbelieved,
        ledger_errors=ledger_errors(core.state.parking),
    )


def ledger_errors(parking: ParkingState) -> int:
    """Zones whose entries do not say who is inside."""
    inside: dict[str, int] = {}
    for visit in parking.visits.values():
        inside[visit.zone] = inside.get(visit.zone, 0) + 1
    return sum(one.ins - one.outs != inside.get(name, 0) - one.unnamed_outs for name, one in parking.zones.items())


def _core(it: Site, *, parking: bool = True, sensors_last: bool = False) -> Core:
    """The registry, and what every sensor says first: that its space is free. Nobody hears of sensors while cars only pass."""
    told = settings()
    if sensors_last:
        told = msgspec.structs.replace(told, parking=msgspec.structs.replace(told.parking, dead_ms=1 << 50))
    core = Core(State(community="guihuayuan"), told)
    for command in registry(it):
        if parking or not isinstance(command, PutSpace | PutGateLane | PutPermit):
            step(core, Commanded(START_MS, command))
    for n, space in enumerate(it.spaces):
        sensor = it.sensor(space.id)
        reading = Reading(sensor, Kind.PARKING, Event.STATUS, {"occupied": False}, START_MS, f"first {n}")
        step(core, Received(RawMessage("site", sensor, b"", START_MS), (reading,)))
    core.take()
    return core


def _play(core: Core, traffic: Traffic, *, check: bool) -> Played:
    """Step all of it; only the steps and the takes are timed."""
    played = Played()
    awaited: deque[tuple[int, str, bool]] = deque()
    chunk: list[Received] = []
    for message in traffic.messages():
        chunk.append(message)
        occupied = message.readings[0].facts.get("occupied")
        if not message.readings[0].key:
            played.inputs -= 1  # a heartbeat: stepped, and nothing that was asked for
        elif check and isinstance(occupied, bool):
            awaited.append((message.raw.received_ms, message.raw.topic.removeprefix("geo-"), occupied))
        if len(chunk) == LOOK_EVERY or message.raw.received_ms > core.now_ms + MINUTE_MS:
            _step(core, chunk, played)
            _look(core, awaited, played)
    _step(core, chunk, played)
    last_ms = core.now_ms + core.settings.parking.debounce_ms + core.settings.parking.one_car_ms
    # A car that nobody read has its entry, and a change is believed, when their windows are over.
    step(core, TimePassed(last_ms, drained=True))
    _look(core, awaited, played)
    _take(core, played)
    return played


def _step(core: Core, chunk: list[Received], played: Played) -> None:
    began_cpu, began = time.process_time(), time.perf_counter()
    for message in chunk:
        step(core, message)
    played.seconds += time.perf_counter() - began
    played.cpu_s += time.process_time() - began_cpu
    played.inputs += len(chunk)
    played.uncommitted += len(chunk)
    chunk.clear()
    if played.uncommitted >= BATCH:
        _take(core, played)


def _take(core: Core, played: Played) -> None:
    began_cpu, began = time.process_time(), time.perf_counter()
    _, changes = core.take()
    played.uncommitted = 0
    played.seconds += time.perf_counter() - began
    played.cpu_s += time.process_time() - began_cpu
    played.entries += sum(entry.reason is EntryReason.PASSED for entry in changes.parking.entries)


def _look(core: Core, awaited: deque[tuple[int, str, bool]], played: Played) -> None:
    """Each change whose debounce is over is what its space is believed to be since then."""
    debounce_ms, spaces = core.settings.parking.debounce_ms, core.state.parking.spaces
    while awaited and awaited[0][0] + debounce_ms <= core.now_ms:
        at_ms, id, occupied = awaited.popleft()
        space = spaces[id]
        played.unbelieved += space.occupied is not occupied or space.since_ms != at_ms


__all__ = ["ParkingReport", "bench_parking", "ledger_errors", "measure_parking"]
