"""What is wrong with a lane: its arm stuck or forced, its camera blind, its clock off. Pure.

Each is asked about as a derived fact of the device that it concerns, once when it begins and once when it is over.
"""

from __future__ import annotations

from hub.core.conditions import ask
from hub.core.context import Core
from hub.core.parking.state import LaneState
from hub.core.state import DeviceState
from hub.model import Reading

STUCK_OPEN_MS = 5 * 60_000
"""An arm may be up for this long with nobody passing."""

STUCK_CLOSED_CARS = 3
"""Cars with a permit, one after another, for which it did not go up."""

REASON_WITHIN_MS = 10_000
"""What makes an arm go up lies at most this far before it."""

CAMERA_LATE_MS = 5_000
"""A camera's message with its pictures may come this much later than the contact's."""

TAILGATING_SHOWN_MS = 10 * 60_000
"""A second car on one opening has no end of its own: its alert is shown for this long."""

RATE_OVER = 50
"""Cars and openings over which the read rate is taken; older ones fade."""
RATE_PCT = 60

CLOCK_OFF_MS = 120_000
CLOCK_OFF_TIMES = 3
CLOCK_STEADY_MS = 5_000
"""A clock is off by the same each time; messages that waited in a queue are not."""


def tell(core: Core, state: LaneState, name: str, device: str, met: bool) -> None:
    """Ask the rules when it begins and when it is over."""
    if (name in state.met) is met:
        return
    if met:
        state.met.append(name)
    else:
        state.met.remove(name)
    known = core.state.devices.get(device)
    if known is not None:
        ask(core, known, {name: met}, core.now_ms)


def clock_is_wrong(core: Core, state: LaneState, device: DeviceState, reading: Reading, at_ms: int) -> bool:
    """Note how far the clock of a live message is off; True once it has been so often enough not to believe it.

    Only a clock can be ahead, or off by more than a queue holds (``at_ms`` is then ours): behind by a few minutes may be
    a queue, so that it must be off by the same each time.
    """
    if reading.device_ms is None or reading.historical:
        return False
    skew_ms = core.now_ms - reading.device_ms
    if abs(skew_ms) <= CLOCK_OFF_MS:
        if state.skewed and state.skewed.pop(device.id, None) is not None and not state.skewed:
            tell(core, state, "clock_wrong", device.id, False)
        state.skew_ms = skew_ms
        return False
    sure = skew_ms < 0 or at_ms != reading.device_ms or abs(skew_ms - state.skew_ms) <= CLOCK_STEADY_MS
    times = state.skewed.get(device.id, 0) + 1 if sure else 1
    state.skewed[device.id] = min(times, CLOCK_OFF_TIMES)
    state.skew_ms = skew_ms
    if times >= CLOCK_OFF_TIMES:
        tell(core, state, "clock_wrong", device.id, True)
        return True
    return False


def count_read(core: Core, state: LaneState, *, reads: int = 0, unread: int = 0, openings: int = 0) -> None:
    """One more car or opening; the camera is blind when too few of the last were read."""
    state.window_ms = state.window_ms or core.now_ms
    state.reads += reads
    state.unread += unread
    state.openings += openings
    over = state.reads + state.unread + state.openings
    if over < RATE_OVER:
        return
    if state.camera:
        tell(core, state, "blind", state.camera, state.reads * 100 < over * RATE_PCT)
    if over >= 2 * RATE_OVER:
        state.reads, state.unread, state.openings = state.reads // 2, state.unread // 2, state.openings // 2
        state.window_ms = core.now_ms


def lifted(core: Core, state: LaneState, exit_loop: bool) -> None:
    """The arm went up and no car is known for it: unless a reason turns up, somebody forced it.

    Only where a camera has been seen to read, and nobody told a relay to open. A loop opens for whoever leaves.
    """
    now = core.now_ms
    commanded = now - state.commanded_ms <= REASON_WITHIN_MS
    read = now - state.read_ms <= REASON_WITHIN_MS
    looped = exit_loop and now - state.loop_ms <= REASON_WITHIN_MS
    if state.read_ms and not (commanded or read or looped):
        state.lifted_ms = now


def look_over(core: Core, state: LaneState) -> None:
    """What has become due: an arm that was forced, one that stays up, a second car's alert."""
    now = core.now_ms
    if state.lifted_ms is not None and now >= state.lifted_ms + CAMERA_LATE_MS:
        explained = max(state.read_ms, state.commanded_ms) >= state.lifted_ms
        state.lifted_ms = None
        if not explained:
            tell(core, state, "forced", state.arm, True)
    if state.opened_ms is not None and now >= max(state.opened_ms, state.last_ms) + STUCK_OPEN_MS:
        tell(core, state, "stuck_open", state.arm, True)
    if state.tailgated_ms is not None and now >= state.tailgated_ms + TAILGATING_SHOWN_MS:
        state.tailgated_ms = None
        tell(core, state, "tailgating", state.tailgater, False)


def health_due(state: LaneState) -> list[int]:
    """When `look_over` has something to look at."""
    due: list[int] = []
    if state.lifted_ms is not None:
        due.append(state.lifted_ms + CAMERA_LATE_MS)
    if state.opened_ms is not None and "stuck_open" not in state.met:
        due.append(max(state.opened_ms, state.last_ms) + STUCK_OPEN_MS)
    if state.tailgated_ms is not None:
        due.append(state.tailgated_ms + TAILGATING_SHOWN_MS)
    return due


def came_down(core: Core, state: LaneState) -> None:
    """The arm is down: it is neither stuck nor forced any more."""
    if state.met:
        tell(core, state, "stuck_open", state.arm, False)
        tell(core, state, "forced", state.arm, False)


def somebody_passed(core: Core, state: LaneState) -> None:
    """A car passed: an arm that is up for it is not stuck."""
    state.last_ms = max(state.last_ms, core.now_ms)
    if state.met and state.opened_ms is not None:
        tell(core, state, "stuck_open", state.arm, False)


def went_up_for(core: Core, state: LaneState) -> None:
    """The arm went up for a car: it is not stuck closed."""
    state.unopened = 0
    if state.met:
        tell(core, state, "stuck_closed", state.camera, False)


def stayed_down_for(core: Core, state: LaneState) -> None:
    """It did not go up for a car that may enter."""
    state.unopened += 1
    if state.unopened >= STUCK_CLOSED_CARS:
        tell(core, state, "stuck_closed", state.camera, True)


def tailgated(core: Core, state: LaneState, device: str) -> None:
    """A second car went through on one opening: an occurrence, told anew each time."""
    tell(core, state, "tailgating", state.tailgater, False)
    state.tailgater, state.tailgated_ms = device, core.now_ms
    tell(core, state, "tailgating", device, True)
