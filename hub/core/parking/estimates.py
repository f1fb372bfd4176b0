"""Spaces left with a bound, from gate balance, sensors and census; drift found and named. Pure."""

from __future__ import annotations

from hub.core.context import Core


def zone_due(core: Core, zone: str, due_ms: int) -> None:
    """Once a minute for each zone: estimate anew, find drift, count the hour."""


def estimate_soon(core: Core, zone: str) -> None:
    """Something changed in the zone: its estimate is made anew within the same batch of time."""
