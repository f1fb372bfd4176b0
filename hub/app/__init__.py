"""The only wiring: open everything, run it as named tasks in one TaskGroup, close in reverse."""

from __future__ import annotations

from hub.app.hub import Hub, open_hub

__all__ = ["Hub", "open_hub"]
