"""The sensors of a space: what those that live say together. Pure."""

from __future__ import annotations

from hub.core.context import Core
from hub.core.parking.evidence import compiled
from hub.core.state import DeviceState
from hub.model import Space

Heard = tuple[bool | None, int | None]
"""What the sensors of a space say together, and when the next of them falls silent."""


def heard(core: Core, space: Space) -> Heard:
    """What the sensors that live say together, None: they disagree, or none lives; when the next of them falls silent."""
    said: bool | None = None
    together, dies_ms, now = True, None, core.now_ms
    devices = core.state.devices
    for id in compiled(core).sensors.get(space.id, ()):
        device = devices.get(id)
        if device is None or "occupied" not in device.facts:
            continue
        dead_ms = dead_at(core, device)
        if dead_ms <= now:
            continue
        if dies_ms is None or dead_ms < dies_ms:
            dies_ms = dead_ms
        occupied = device.facts["occupied"]
        if not isinstance(occupied, bool) or device.facts.get("fault") is True:
            continue
        if said is not None and occupied is not said:
            together = False
        said = occupied
    return said if together else None, dies_ms


def dead_at(core: Core, device: DeviceState) -> int:
    """When a sensor counts as dead if it is not heard; time in which the hub heard nobody does not count."""
    state = core.state
    unheard = state.offline_ms - device.offline_at_seen_ms
    if state.offline_since_ms is not None:
        unheard += core.now_ms - state.offline_since_ms
    return device.last_seen_ms + unheard + core.settings.parking.dead_ms
