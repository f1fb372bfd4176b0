"""Permits: who may enter now, and those that begin and end by themselves. Pure."""

from __future__ import annotations

from hub.core.context import Core
from hub.model import Permit


def permit_of(core: Core, plate: str) -> Permit | None:
    """The permit of exactly this plate, standing or not; a similar plate is never let in."""
    return core.state.permits.get(plate)


def permit_due(core: Core, plate: str, due_ms: int) -> None:
    """A permit begins or ends: the lists of the gates change."""
