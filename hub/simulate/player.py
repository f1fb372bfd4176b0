"""Plays messages of the simulated compound over MQTT, in real time or faster. I/O: a publisher and a clock.

Takes an ordered stream; gives nothing back but the count. May lose nothing: a message counts once its PUBACK is there.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable

from hub.mqtt.port import Publisher
from hub.simulate.agenda import Timed

Sleep = Callable[[float], Awaitable[None]]


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


async def play(
    events: Iterable[Timed],
    publisher: Publisher,
    *,
    start_ms: int,
    speed: float = 1.0,
    until_ms: int | None = None,
    published: Callable[[Timed, int], None] | None = None,
    now_ms: Callable[[], int] = wall_ms,
    sleep: Sleep = asyncio.sleep,
) -> int:
    """Publish each event at its moment; gives how many were published.

    1. ``start_ms`` of the events is now; a second of theirs takes ``1 / speed`` seconds of ours.
    2. An event that is late goes at once; order is kept.
    3. ``published`` hears of each event with our time just before the publish, when its PUBACK has come.
    4. Ends with the stream, or before the first event after ``until_ms`` (in the events' time).
    """
    began_ms = now_ms()
    count = 0
    for timed in events:
        if until_ms is not None and timed.at_ms > until_ms:
            break
        wait_ms = began_ms + (timed.at_ms - start_ms) / speed - now_ms()
        if wait_ms > 0:
            await sleep(wait_ms / 1000)
        sent_ms = now_ms()
        await publisher.publish(timed.topic, timed.payload, qos=timed.qos, retain=timed.retain)
        count += 1
        if published is not None:
            published(timed, sent_ms)
    return count
