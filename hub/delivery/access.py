"""Access tokens of accounts at vendors: fetched when first needed, kept until shortly before they end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

MARGIN = 0.9
"""A token is renewed after this part of its life: a message must not leave with one that ends on its way."""


class Granted(msgspec.Struct, frozen=True):
    """What the vendor gave."""

    token: str
    seconds: float


class AccessToken:
    """The token of one account. All its contacts share it: vendors limit how often one may be fetched."""

    def __init__(self, fetch: Callable[[], Awaitable[Granted]], now_ms: Callable[[], int]) -> None:
        self._fetch = fetch
        self._now_ms = now_ms
        self._token = ""
        self._until_ms = 0
        self._lock = asyncio.Lock()

    async def get(self, refused: str = "") -> str:
        """``refused``: the token that the vendor no longer takes; another is fetched unless one was meanwhile."""
        async with self._lock:
            if not self._token or self._token == refused or self._now_ms() >= self._until_ms:
                granted = await self._fetch()
                self._token = granted.token
                self._until_ms = self._now_ms() + round(granted.seconds * 1000 * MARGIN)
            return self._token
