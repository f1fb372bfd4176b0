"""Watches: a week after a clean-up, ended by itself, with before and after. Pure."""

from __future__ import annotations

from hub.core.commands import EndWatch, StartWatch
from hub.core.context import Core


def start_watch(core: Core, command: StartWatch) -> str | None:
    raise NotImplementedError


def end_watch(core: Core, command: EndWatch) -> str | None:
    raise NotImplementedError


def watch_due(core: Core, id: int, due_ms: int) -> None:
    """The watch is over."""
