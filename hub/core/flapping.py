"""Flapping: a condition that comes and goes too often is said so once, and then told only when it has calmed down. Pure.

Law: `RISES` rises of one rule on one device within `WINDOW_MS` are flapping; `CALM_MS` without a rise ends it. Critical is
told at every rise. The times kept are fewer than `RISES` while it does not flap, and exactly as many while it does.
"""

from __future__ import annotations

from hub.core.context import Core
from hub.core.decisions import AlertFlapped, Reason
from hub.model import Alert

RISES = 5
WINDOW_MS = 60 * 60_000
CALM_MS = 30 * 60_000


def rose(core: Core, alert: Alert) -> bool:
    """Note a rise and mark the alert; gives whether it was flapping before: then this rise is not told.

    Tests and drills are made by people, and a passing event (one plate, one alert) has no condition that comes and goes.
    """
    if alert.test or alert.drill or alert.key != alert.rule:
        return False
    now, known = core.now_ms, core.state.raises
    _forget_old(known, now)
    name = f"{alert.subject}/{alert.rule}"
    times = known.pop(name, [])  # put back as the last: the oldest rise of all stays the first
    before = len(times) == RISES and now - times[-1] < CALM_MS
    if before:
        times = [*times[1:], now]
    elif len(times) == RISES:
        times = [now]
    else:
        times = [*(t for t in times if now - t < WINDOW_MS), now]
    known[name] = times
    alert.flapping = len(times) == RISES
    if alert.flapping and not before:
        core.decisions.append(
            AlertFlapped(seq=core.input_seq, at_ms=now, reason=Reason.FLAPPING, alert=alert.id, times=RISES)
        )
    return before


def calm_ms(core: Core, alert: Alert) -> int:
    """When it will have been calm for long enough; 0 when it does not flap."""
    times = core.state.raises.get(f"{alert.subject}/{alert.rule}", [])
    return times[-1] + CALM_MS if len(times) == RISES else 0


def _forget_old(known: dict[str, list[int]], now_ms: int) -> None:
    """Names stand in the order of their last rise, so that only what is dropped costs time."""
    while known:
        name = next(iter(known))
        if now_ms - known[name][-1] < WINDOW_MS:
            return
        del known[name]
