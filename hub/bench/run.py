"""The two measurements: how much is taken in and kept, and how long an alarm takes to a provider. I/O.

Each run starts everything anew in one temporary directory. Ingest: the floor first, then the subject, with equal load. Latency:
a steady background, an alarm every so often on a detector of its own. ``lost`` is what the broker acknowledged to the load
generator and the subject never made durable (and, in latency, alarms that no provider was ever handed).
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from hub.bench import machine
from hub.bench.children import Child, child, mosquitto, python, victoria_metrics
from hub.bench.compound import robot_key
from hub.bench.provider import Provider, provider
from hub.bench.report import FloorReport, IngestReport, LatencyReport, Report, print_report
from hub.bench.subject import MakeSubject, Subject, Surroundings, the_hub
from hub.errors import HubError
from hub.simulate.load import LoadReport

BACKLOG = 40_000
"""Messages that the load may be ahead of what is durable: what is asked is what can be sustained, and mosquitto writes its
whole queue every second, so that a backlog without bound would measure that instead."""
TELL_S = 0.05
LOOK_S = 0.02
STALLED_S = 60.0
"""A subject that keeps nothing new for this long has lost the rest."""
FIRE_EVERY_S = 0.25
FIRE_AFTER_S = 2.0
HANDED_WITHIN_S = 30.0


class Fire(msgspec.Struct, frozen=True):
    """A line of the load generator: one alarm."""

    fire: int
    published_ns: int


def bench_ingest(readings: int, devices: int, as_json: bool, subject: MakeSubject = the_hub) -> int:
    """Sustained QoS 1 readings, rules on, durable before ack; gives the exit code."""
    return measured(measure_ingest(readings, devices, subject), as_json)


def bench_latency(seconds: float, rate: int, as_json: bool, subject: MakeSubject = the_hub) -> int:
    """Publish of an alarm to the provider having the request, with ``rate`` readings a second behind it."""
    return measured(measure_latency(seconds, rate, subject), as_json)


def measured(run: Coroutine[None, None, Report], as_json: bool) -> int:
    try:
        report = asyncio.run(run)
    except HubError as exc:
        print(f"bench: {exc}", file=sys.stderr)  # noqa: T201
        return 1
    print_report(report, as_json)
    return 0


# ── ingest ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def measure_ingest(readings: int, devices: int, make: MakeSubject = the_hub) -> IngestReport:
    """Floor, subject, floor again: the machine's mood swings more than what is measured, so the floors' mean counts."""
    with own_directory() as directory:
        fsync_ms = machine.fsync_ms(directory)
        floor, before = await _floor(directory, readings, devices)
        async with surrounded(directory, devices, fires=0) as (around, kind, _):
            subject = make(around)
            async with child(subject.name, subject.argv) as process:
                await process.until("ready")
                drain = asyncio.create_task(process.drain())
                cpu = machine.cpu_s(process.pid)
                options = ("--messages", readings, "--devices", devices, "--backlog", BACKLOG)
                load = await run_load(around.broker_port, *map(str, options), kept=subject.kept)
                kept, done_ns = await all_kept(process, subject, load.acked)
                spent = machine.cpu_s(process.pid) - cpu
                rss_mb = machine.peak_rss_mb(process.pid)
                drain.cancel()
        _, after = await _floor(directory, readings, devices)
    floor_rate = (before + after) / 2
    rate = kept / max((done_ns - load.began_ns) / 1e9, 1e-9)
    return IngestReport(
        readings=readings,
        rate=round(rate),
        cpu_us=round(spent / max(kept, 1) * 1e6, 2),
        floor_rate=round(floor_rate),
        ratio=round(rate / floor_rate, 3),
        lost=load.acked - kept,
        rss_mb=rss_mb,
        fsync_ms=fsync_ms,
        floor_cpu_us=floor.cpu_us,
        load_cpu_us=load.cpu_us,
        time_series=kind,
    )


async def _floor(directory: Path, readings: int, devices: int) -> tuple[FloorReport, float]:
    async with mosquitto(directory) as port:
        argv = python("hub.bench.floor", "--port", str(port), "--messages", str(readings))
        async with child("floor", argv) as process:
            await process.until("ready")
            load = await run_load(port, "--messages", str(readings), "--devices", str(devices))
            report = msgspec.json.decode(await process.line(), type=FloorReport)
    return report, readings / ((report.done_ns - load.began_ns) / 1e9)


async def all_kept(process: Child, subject: Subject, expected: int) -> tuple[int, int]:
    """Wait until everything is durable; gives how many are and since when. Stops when the subject stalls or ends."""
    kept, since_ns = 0, time.time_ns()
    while True:
        now = await asyncio.to_thread(subject.kept)
        if now > kept:
            kept, since_ns = now, time.time_ns()
        stalled = time.time_ns() - since_ns > STALLED_S * 1e9
        if kept >= expected or stalled or not process.running:
            return kept, since_ns
        await asyncio.sleep(LOOK_S)


# ── latency ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def measure_latency(
    seconds: float, rate: int, make: MakeSubject = the_hub, devices: int = 5_000
) -> LatencyReport:
    """Steady background and alarms; every alarm is waited for."""
    fires = max(1, int((seconds - FIRE_AFTER_S) / FIRE_EVERY_S))
    messages = int(seconds * rate)
    with own_directory() as directory:
        async with surrounded(directory, devices, fires) as (around, _, robots):
            subject = make(around)
            async with child(subject.name, subject.argv) as process:
                await process.until("ready")
                drain = asyncio.create_task(process.drain())
                published: list[Fire] = []
                options = ("--messages", messages, "--devices", devices, "--rate", rate, "--fires", fires)
                every = ("--fire-every", FIRE_EVERY_S, "--fire-after", FIRE_AFTER_S)
                load = await run_load(around.broker_port, *map(str, (*options, *every)), fires=published)
                kept, _ = await all_kept(process, subject, load.acked)
                await _all_handed(robots, published)
                drain.cancel()
    took = [
        (robots.first_ns[robot_key(fire.fire)] - fire.published_ns) / 1e6
        for fire in published
        if robot_key(fire.fire) in robots.first_ns
    ]
    if not took:
        raise HubError(f"{subject.name} handed none of {len(published)} alarms to the provider within the run.")
    return LatencyReport(
        p50_ms=round(percentile(took, 50), 2),
        p99_ms=round(percentile(took, 99), 2),
        max_ms=round(max(took), 2),
        background_rate=round(load.acked / ((load.last_ack_ns - load.began_ns) / 1e9)),
        lost=load.acked - kept + len(published) - len(took),
        alarms=len(published),
    )


async def _all_handed(robots: Provider, published: list[Fire]) -> None:
    keys = {robot_key(fire.fire) for fire in published}
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(HANDED_WITHIN_S):
            await robots.asked(keys)


def percentile(values: list[float], percent: float) -> float:
    """Nearest-rank percentile: a value that was measured, never one between two."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


# ── surroundings ─────────────────────────────────────────────────────────────────────────────────────────────────────


@contextlib.contextmanager
def own_directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as name:
        yield Path(name)


@asynccontextmanager
async def surrounded(
    directory: Path, devices: int, fires: int, per_minute: int = 0
) -> AsyncIterator[tuple[Surroundings, str, Provider]]:
    """Broker, time series store and provider; also says what the InfluxDB follower writes to."""
    async with mosquitto(directory) as port, victoria_metrics(directory) as series, provider(per_minute) as robots:
        around = Surroundings(
            directory=directory,
            broker_port=port,
            influx_url=series or robots.sink_url,
            robot_url=robots.robot_url,
            devices=devices,
            fires=fires,
        )
        yield around, "VictoriaMetrics" if series else "a sink that reads and drops", robots


async def run_load(
    port: int,
    *options: str,
    fires: list[Fire] | None = None,
    kept: Callable[[], int] | None = None,
    full: asyncio.Event | None = None,
) -> LoadReport:
    """Run the load generator to its end; its alarms are appended to ``fires``; it is told what was ``kept``; ``full``
    is set when it is as far ahead as it may be."""
    async with child("load generator", python("hub.simulate.load", "--port", str(port), *options)) as process:
        telling = None if kept is None else asyncio.create_task(_tell(process, kept))
        try:
            return await _reported(process, fires, full)
        finally:
            if telling is not None:
                telling.cancel()


async def _tell(process: Child, kept: Callable[[], int]) -> None:
    while process.running:
        process.tell(f"kept {await asyncio.to_thread(kept)}")
        await asyncio.sleep(TELL_S)


async def _reported(process: Child, fires: list[Fire] | None, full: asyncio.Event | None) -> LoadReport:
    while True:
        line = await process.line(within_s=600)
        if line.startswith('{"sent"'):
            return msgspec.json.decode(line, type=LoadReport)
        if full is not None and line.startswith('{"full_ns"'):
            full.set()
        if fires is not None and line.startswith('{"fire"'):
            fires.append(msgspec.json.decode(line, type=Fire))
