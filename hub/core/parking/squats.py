"""Squats: what stands in a space and is probably no car, with its evidence. Pure."""

from __future__ import annotations

from hub.core.commands import SayVerdict
from hub.core.context import Core


def say_verdict(core: Core, command: SayVerdict) -> str | None:
    """Somebody looked: a car, a bike, nothing; gives why not, in plain words, or None."""
    raise NotImplementedError
