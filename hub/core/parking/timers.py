"""Everything of parking that is due, worked out from the state: the timer heap is an index, never stored. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from hub.core.state import State

MINUTE_MS = 60_000

Due = tuple[int, str, int, str]


def parking_timers(state: State) -> Iterator[Due]:
    """(due_ms, what, id, name) of lanes, spaces, zones, permits and watches."""
    for name, lane in state.parking.lanes.items():
        if lane.due_ms is not None:
            yield lane.due_ms, "parking_lane", 0, name
    for name, space in state.parking.spaces.items():
        if space.due_ms is not None:
            yield space.due_ms, "parking_space", 0, name
    for watch in state.parking.watches.values():
        yield watch.until_ms, "parking_watch", watch.id, ""
    for plate, permit in state.permits.items():
        for edge in (permit.from_ms, permit.until_ms):
            if edge is not None and edge > state.now_ms:
                yield edge, "parking_permit", 0, plate
    if state.spaces or state.gate_lanes:
        yield next_minute(state.now_ms), "parking_zone", 0, ""


def next_minute(now_ms: int) -> int:
    """When the zones are looked at next."""
    return now_ms - now_ms % MINUTE_MS + MINUTE_MS
