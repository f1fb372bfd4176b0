"""An alarm while a channel hangs and the broker's queue grows. I/O.

A flood of parking messages is published as fast as the broker takes them, kept at a bound ahead of what the hub has made
durable; the bound begins at ``backlog`` and grows by 1,000 a second. Meanwhile another connection publishes an alarm every
so often. Every fourth alarm has a second guard whose first contact takes the request and never answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import time

from hub.bench import machine
from hub.bench.children import child
from hub.bench.compound import HUNG_EVERY, backlog_registry, robot_key, second_key
from hub.bench.provider import HUNG
from hub.bench.report import BacklogReport
from hub.bench.run import FIRE_EVERY_S, Fire, all_kept, measured, own_directory, percentile, run_load, surrounded
from hub.bench.subject import the_hub
from hub.errors import HubError

DEVICES = 5_000
GROWS_PER_S = 1_000
NO_END = 1_000_000_000
BESIDE_RATE = 50
"""Readings a second on the connection that publishes the alarms."""
HANDED_WITHIN_S = 45.0
"""A receipt's deadline and the climb to the next contact, and some."""


def bench_backlog(seconds: float, backlog: int, as_json: bool) -> int:
    """Latency of alarms during ``seconds`` of a backlog that grows from ``backlog`` on; gives the exit code."""
    return measured(measure_backlog(seconds, backlog), as_json)


async def measure_backlog(seconds: float, backlog: int, devices: int = DEVICES) -> BacklogReport:
    """Flood until the backlog stands, then alarms while it grows; every alarm is waited for."""
    fires = max(1, int(seconds / FIRE_EVERY_S))
    published: list[Fire] = []
    with own_directory() as directory:
        async with surrounded(directory, devices, fires) as (around, _, robots):
            subject = the_hub(around, backlog_registry(devices, fires, HUNG_EVERY))
            async with child(subject.name, subject.argv) as process:
                await process.until("ready")
                drain = asyncio.create_task(process.drain())
                began = asyncio.Event()
                flood = asyncio.create_task(
                    run_load(
                        around.broker_port,
                        *map(str, ("--messages", NO_END, "--devices", devices, "--kind", "parking")),
                        *map(str, ("--backlog", backlog, "--backlog-per-s", GROWS_PER_S, "--seconds", seconds)),
                        kept=subject.kept,
                        full=began,
                    )
                )
                await _either(began, flood)
                kept_before, began_s = await asyncio.to_thread(subject.kept), time.monotonic()
                options = ("--messages", int(seconds * BESIDE_RATE), "--rate", BESIDE_RATE, "--devices", 100)
                every = ("--fires", fires, "--fire-every", FIRE_EVERY_S, "--fire-after", 0)
                beside = await run_load(around.broker_port, *map(str, (*options, *every)), fires=published)
                kept_after, ended_s = await asyncio.to_thread(subject.kept), time.monotonic()
                load = await flood
                acked = load.acked + beside.acked
                kept, _ = await all_kept(process, subject, acked)
                seconds_keys = {second_key(fire.fire) for fire in published if fire.fire % HUNG_EVERY == 0}
                keys = {robot_key(fire.fire) for fire in published} | seconds_keys
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(HANDED_WITHIN_S):
                        await robots.asked(keys)
                rss_mb = machine.peak_rss_mb(process.pid)
                drain.cancel()
    first = {fire.fire: robots.first_ns.get(robot_key(fire.fire)) for fire in published}
    took = [(at - fire.published_ns) / 1e6 for fire in published if (at := first[fire.fire]) is not None]
    if not took:
        raise HubError(f"the hub handed none of {len(published)} alarms to the provider within the run.")
    return BacklogReport(
        p50_ms=round(percentile(took, 50), 1),
        p99_ms=round(percentile(took, 99), 1),
        max_ms=round(max(took), 1),
        backlog_max=load.ahead,
        background_rate=round((kept_after - kept_before) / (ended_s - began_s)),
        hung=sum(len(asked) for key, asked in robots.asked_of.items() if key.startswith(HUNG)),
        lost=acked - kept + len(keys - robots.first_ns.keys()),
        alarms=len(published),
        rss_mb=rss_mb,
    )


async def _either(began: asyncio.Event, flood: asyncio.Task[object]) -> None:
    """Until the backlog stands; whatever ended the flood before is raised."""
    waiting = asyncio.create_task(began.wait())
    await asyncio.wait((waiting, flood), return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if flood.done():
        flood.result()
