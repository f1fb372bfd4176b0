"""How fast passages go through `hub.core.step`: ``python -m tests.core.parking.speed [passages]``."""

from __future__ import annotations

import sys
import time

from hub.core.inputs import Received
from hub.core.step import step
from hub.model import Event, Fact, Kind, PermitKind, RawMessage, Reading
from tests.core.parking.yard import Yard
from tests.core.timeline import ms


def passages(count: int) -> list[Received]:
    """Cars in and, 100 cars later, out again, every 20 s at each of two gates; one in fifty unread, one in a hundred unknown."""
    messages = []
    for n in range(count):
        out, turn = n % 2, n // 2
        camera = ("cam-s-in", "cam-s-out")[out]
        plate = f"沪A{(turn - 100 * out) * 7919 % 404 * 37:05}"
        at_ms = ms(100 + 10 * n)
        event = Event.VEHICLE_NO_PLATE if n % 50 == 49 else Event.PLATE
        facts: dict[str, Fact] = {} if n % 50 == 49 else {"plate": plate, "confidence": 90}
        raw = RawMessage("gates", camera, b"", at_ms)
        messages.append(Received(raw, (Reading(camera, Kind.LPR, event, facts, at_ms, f"k{n}"),)))
    return messages


def seconds(count: int) -> float:
    """What that many passages take, with 400 permits; also checks the law at the end."""
    yard = Yard(restarts=False)
    for n in range(400):
        yard.permit(f"沪A{n * 37:05}", PermitKind.RESIDENT)
    messages = passages(count)
    began = time.perf_counter()
    for n, message in enumerate(messages):
        step(yard.core, message)
        if n % 1000 == 999:
            yard.core.take()
    took = time.perf_counter() - began
    zone = yard.zone()
    assert zone.ins + zone.outs >= count * 0.99
    assert zone.ins - zone.outs == len(yard.inside()) - zone.unnamed_outs
    return took


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    took = seconds(wanted)
    sys.stdout.write(f"{wanted:,} passages in {took:.1f} s: {took / wanted * 1e6:.1f} us each\n")
