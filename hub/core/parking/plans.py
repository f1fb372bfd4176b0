"""Temporary plans: turns that begin and end by themselves, and a ledger that shows who has had how many. Pure."""

from __future__ import annotations

from hub.core.context import Core


def plan_due(core: Core, plan: str, due_ms: int) -> None:
    """A day of the plan begins: turns end and begin."""
