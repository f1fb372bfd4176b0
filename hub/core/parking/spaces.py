"""Spaces: occupancy believed after a debounce, dead sensors, who should stand there, overstay, lanes kept free. Pure."""

from __future__ import annotations

from hub.core.context import Core
from hub.core.state import DeviceState
from hub.model import Reading, Space


def space_reading(core: Core, space: Space, device: DeviceState, reading: Reading, at_ms: int) -> None:
    """One reading of a space's sensor."""


def space_due(core: Core, space: str, due_ms: int) -> None:
    """Debounce, grace, overstay or a dead sensor is due."""
