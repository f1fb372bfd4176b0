"""Gates: passages from cameras, loops and barriers; one car is one passage however many devices saw it. Pure."""

from __future__ import annotations

from hub.core.context import Core
from hub.core.state import DeviceState
from hub.model import GateLane, Reading


def gate_reading(core: Core, lane: GateLane, device: DeviceState, reading: Reading, at_ms: int) -> None:
    """One reading of a device of a lane."""


def lane_due(core: Core, lane: str, due_ms: int) -> None:
    """Something of a lane is due: stuck, blind, a second car's gap."""
