"""How often somebody may try a password: counted in memory, because a restart costs an attacker more than it gives."""

from __future__ import annotations

from collections import deque


class Throttle:
    """At most ``limit`` failures per key within ``window_ms``; successes clear the key."""

    def __init__(self, limit: int, window_ms: int) -> None:
        self._limit = limit
        self._window_ms = window_ms
        self._failures: dict[str, deque[int]] = {}

    def refuses(self, key: str, now_ms: int) -> bool:
        failures = self._failures.get(key)
        if not failures:
            return False
        while failures and failures[0] <= now_ms - self._window_ms:
            failures.popleft()
        if not failures:
            del self._failures[key]
        return len(failures) >= self._limit

    def failed(self, key: str, now_ms: int) -> None:
        if len(self._failures) > 10_000:  # a spray of invented names must not fill the memory
            self._failures.clear()
        self._failures.setdefault(key, deque(maxlen=self._limit)).append(now_ms)

    def succeeded(self, key: str) -> None:
        self._failures.pop(key, None)
