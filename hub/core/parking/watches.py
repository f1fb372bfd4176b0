"""Watches: a week after a clean-up, ended by itself, with before and after. Pure.

Both are squats that were told, in stretches of equal length: before the watch began, and since (`ParkingState.squatted`,
which is why a watch is at most as long as that remembers).
"""

from __future__ import annotations

import msgspec

from hub.core.commands import EndWatch, StartWatch
from hub.core.context import Core
from hub.core.parking.evidence import compiled
from hub.core.parking.squats import REMEMBERED_MS
from hub.model import Watch

LONGEST_MS = REMEMBERED_MS


def start_watch(core: Core, command: StartWatch) -> str | None:
    """Begin to watch a zone; gives why not, in plain words, or None."""
    now = core.now_ms
    if command.zone and command.zone not in core.state.places:
        return f"there is no place {command.zone}"
    if not compiled(core).counted.get(command.zone):
        return f"zone {command.zone} has no space to watch"
    if command.until_ms <= now:
        return "a watch must end in the future"
    if command.until_ms > now + LONGEST_MS:
        return "a watch lasts at most 14 days"
    if any(watch.zone == command.zone for watch in core.state.parking.watches.values()):
        return f"zone {command.zone or 'all'} is being watched already; end that watch first"
    watch = Watch(
        id=core.next_id(),
        zone=command.zone,
        from_ms=now,
        until_ms=command.until_ms,
        owner=command.actor,
        reason=command.reason,
        before=squats_between(core, command.zone, now - (command.until_ms - now), now),
    )
    core.state.parking.watches[watch.id] = core.changes.parking.watches[watch.id] = watch
    core.arm(watch.until_ms, "parking_watch", watch.id)
    return None


def end_watch(core: Core, command: EndWatch) -> str | None:
    """End a watch early: before is counted anew over as long a time as it lasted."""
    watch = core.state.parking.watches.get(command.watch)
    if watch is None:
        return f"there is no watch {command.watch}, or it is over"
    lasted_ms = core.now_ms - watch.from_ms
    before = squats_between(core, watch.zone, watch.from_ms - lasted_ms, watch.from_ms)
    if 2 * lasted_ms > REMEMBERED_MS:  # what lies further back is forgotten
        before = round(watch.before * lasted_ms / (watch.until_ms - watch.from_ms))
    _end(core, msgspec.structs.replace(watch, until_ms=core.now_ms, before=before))
    return None


def watch_due(core: Core, id: int, due_ms: int) -> None:
    """The watch is over."""
    watch = core.state.parking.watches.get(id)
    if watch is not None and watch.until_ms == due_ms:
        _end(core, watch)


def _end(core: Core, watch: Watch) -> None:
    after = squats_between(core, watch.zone, watch.from_ms, watch.until_ms)
    del core.state.parking.watches[watch.id]
    core.changes.parking.watches[watch.id] = msgspec.structs.replace(watch, after=after)


def squats_between(core: Core, zone: str, from_ms: int, until_ms: int) -> int:
    """Squats of the zone that began in that time and were told."""
    squatted = core.state.parking.squatted
    spaces = compiled(core).counted.get(zone, ())
    return sum(from_ms <= at < until_ms for id in spaces for at in squatted.get(id, ()))
