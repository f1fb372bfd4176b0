"""How many messages a provider takes in a minute, counted in the store so that a restart or a second hub cannot overrun it."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from hub.core.lanes import reserved as lane_reserved
from hub.errors import StoreError

log = structlog.get_logger(__name__)

WINDOW_MS = 60_000


def reserved(per_minute: int) -> int:
    """Tokens of a window that only critical messages may use: a quarter (5 of 20), as the core's lanes have it; none of
    a contact that takes one a minute, or nothing else would ever leave there."""
    return lane_reserved(per_minute)


class Budgets:
    """Takes tokens of the current window. Blocking: call it in a thread.

    A window is a minute of the clock. Two windows that touch may together hold up to twice the limit within 60 s; then
    the provider's own refusal says so.
    """

    def __init__(self, take: Callable[[str, int, int, int], bool], now_ms: Callable[[], int]) -> None:
        self._take = take
        self._now_ms = now_ms
        self._empty: dict[str, int] = {}
        """provider -> window in which nothing is left for what is not critical."""

    def take(self, provider: str, per_minute: int) -> int:
        """0 when a token was taken, else the ms until there are tokens again."""
        now_ms = self._now_ms()
        window_ms = now_ms - now_ms % WINDOW_MS
        wait_ms = window_ms + WINDOW_MS - now_ms
        if self._empty.get(provider) == window_ms:
            return wait_ms
        try:
            taken = self._take(provider, window_ms, 1, per_minute - reserved(per_minute))
        except StoreError as exc:
            # Not knowing is no reason to stay silent: the provider refuses what is too much.
            log.warning("budget not taken", error=str(exc))
            return 0
        if taken:
            return 0
        self._empty[provider] = window_ms
        return wait_ms

    def count_critical(self, provider: str, per_minute: int) -> None:
        """Count a critical message; it goes out whatever the budget says."""
        now_ms = self._now_ms()
        try:
            self._take(provider, now_ms - now_ms % WINDOW_MS, 1, per_minute)
        except StoreError as exc:
            log.warning("budget not taken", error=str(exc))
