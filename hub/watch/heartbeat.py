"""A sign of life to an outside address (Healthchecks style), and a look at the twin: two hubs that watch each other.

Both say what they find as `Observe` commands, so that it becomes an alert like any other. The heartbeat is withheld while
the auditor finds anything overdue: then the outside address misses it and alarms by its own means.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx
import structlog

from hub.core.commands import Observe
from hub.core.rules import HEARTBEAT_FAILED, TWIN_DOWN

log = structlog.get_logger("watch")

ANSWER_WITHIN_S = 10.0
MISSES = 3
"""Pings that may fail in a row before that is an alert: the outside address has hiccups too."""


class Heartbeat:
    """Pings while all is well."""

    def __init__(
        self, url: str, every_s: float, *, well: Callable[[], bool], observe: Callable[[Observe], None]
    ) -> None:
        self._url = url
        self._every_s = every_s
        self._well = well
        self._observe = observe
        self._missed = 0

    async def run(self) -> None:
        async with httpx.AsyncClient(timeout=ANSWER_WITHIN_S, follow_redirects=True) as http:
            while True:
                if self._well():
                    await self._beat(http)
                await asyncio.sleep(self._every_s)

    async def _beat(self, http: httpx.AsyncClient) -> None:
        try:
            answer = await http.get(self._url)
            wrong = "" if answer.is_success else f"HTTP {answer.status_code}"
        except httpx.HTTPError as exc:
            wrong = type(exc).__name__
        self._missed = self._missed + 1 if wrong else 0
        if self._missed in (0, MISSES):
            self._observe(_observed(HEARTBEAT_FAILED, "heartbeat", met=bool(self._missed), detail=wrong))


class Twin:
    """Looks whether the other hub is well; it looks at us in the same way."""

    def __init__(
        self, url: str, after_s: float, *, observe: Callable[[Observe], None], every_s: float | None = None
    ) -> None:
        self._url = url.rstrip("/")
        self._after_s = after_s
        self._every_s = every_s or max(1.0, after_s / 6)
        self._observe = observe
        self._silent_since: float | None = None
        self._said: bool | None = None

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        async with httpx.AsyncClient(timeout=ANSWER_WITHIN_S) as http:
            while True:
                wrong = await self._look(http)
                if not wrong:
                    self._silent_since = None
                    self._say(met=False, detail="")
                else:
                    self._silent_since = self._silent_since or loop.time()
                    if loop.time() - self._silent_since >= self._after_s:
                        self._say(met=True, detail=wrong)
                await asyncio.sleep(self._every_s)

    async def _look(self, http: httpx.AsyncClient) -> str:
        """What is wrong with the twin, "" when nothing is."""
        try:
            answer = await http.get(f"{self._url}/healthz")
        except httpx.HTTPError as exc:
            return type(exc).__name__
        return "" if answer.status_code == 200 else f"HTTP {answer.status_code}"

    def _say(self, *, met: bool, detail: str) -> None:
        if met != self._said:
            self._said = met
            self._observe(_observed(TWIN_DOWN, "twin", met=met, detail=detail))


def _observed(rule: str, subject: str, *, met: bool, detail: str) -> Observe:
    return Observe(actor="system", rule=rule, subject=f"self:{subject}", met=met, detail=detail)
