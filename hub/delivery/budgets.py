"""How many messages a provider takes in a minute, an hour, a day, counted in the store so that a restart or a second hub
cannot overrun it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import structlog

from hub.core.lanes import reserved
from hub.errors import StoreError

log = structlog.get_logger(__name__)

WINDOW_MS = 60_000
Limits = tuple[tuple[int, int], ...]
"""Further windows of one provider: (length in ms, messages)."""


class Window(msgspec.Struct, frozen=True):
    """One window of one provider, as it stands in the store."""

    key: str
    start_ms: int
    end_ms: int
    limit: int


def windows(provider: str, per_minute: int, limits: Limits, now_ms: int) -> list[Window]:
    """All windows that hold ``now_ms``, the longest first. A row's key is (provider, start), so the longer ones carry
    their length in the provider: a minute, an hour and a day may begin at the same moment."""
    found = []
    for length_ms, limit in sorted(((WINDOW_MS, per_minute), *limits), reverse=True):
        start_ms = now_ms - now_ms % length_ms
        key = provider if length_ms == WINDOW_MS else f"{provider}/{length_ms // 1000}s"
        found.append(Window(key, start_ms, start_ms + length_ms, limit))
    return found


class Budgets:
    """Takes tokens of the current windows. Blocking: call it in a thread.

    A window is a minute, hour or day of the clock. Two windows that touch may together hold up to twice the limit; then
    the provider's own refusal says so.
    """

    def __init__(self, take: Callable[[str, int, int, int], bool], now_ms: Callable[[], int]) -> None:
        self._take = take
        self._now_ms = now_ms
        self._empty: dict[str, int] = {}
        """key of a window -> the start of that in which nothing is left for what is not critical."""

    def take(self, provider: str, per_minute: int, limits: Limits = ()) -> int:
        """0 when a token of every window was taken, else the ms until there are tokens again; then none was taken."""
        now_ms = self._now_ms()
        needed = windows(provider, per_minute, limits, now_ms)
        for one in needed:
            if self._empty.get(one.key) == one.start_ms:
                return one.end_ms - now_ms
        taken: list[Window] = []
        try:
            for one in needed:
                if not self._take(one.key, one.start_ms, 1, one.limit - reserved(one.limit)):
                    self._empty[one.key] = one.start_ms
                    self._give_back(taken)
                    return one.end_ms - now_ms
                taken.append(one)
        except StoreError as exc:
            # Not knowing is no reason to stay silent: the provider refuses what is too much.
            log.warning("budget not taken", error=str(exc))
        return 0

    def _give_back(self, taken: list[Window]) -> None:
        """What a longer window gave before a shorter one refused."""
        for one in taken:
            self._take(one.key, one.start_ms, -1, one.limit)

    def count_critical(self, provider: str, per_minute: int, limits: Limits = ()) -> None:
        """Count a critical message; it goes out whatever the budget says."""
        try:
            for one in windows(provider, per_minute, limits, self._now_ms()):
                self._take(one.key, one.start_ms, 1, one.limit)
        except StoreError as exc:
            log.warning("budget not taken", error=str(exc))
