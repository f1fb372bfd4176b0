"""What somebody uploaded and has not confirmed yet: kept in memory for a quarter of an hour, theirs alone."""

from __future__ import annotations

import secrets

import msgspec

from hub.core.commands import AnyCommand

KEPT_MS = 15 * 60_000
MOST = 20


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """Commands that wait for a yes."""

    who: str
    community: str
    at_ms: int
    commands: list[AnyCommand]
    stamp: str = ""
    """Of what they were compared with: it must still be so."""


class Uploads:
    """The newest ones; older ones have to be uploaded again."""

    def __init__(self) -> None:
        self._kept: dict[str, Upload] = {}

    def keep(self, upload: Upload) -> str:
        """The token under which it can be confirmed."""
        while len(self._kept) >= MOST:
            del self._kept[next(iter(self._kept))]
        token = secrets.token_urlsafe(12)
        self._kept[token] = upload
        return token

    def take(self, token: str, who: str, community: str, now_ms: int) -> Upload | None:
        """The upload, once; None: unknown, somebody else's, or too old."""
        found = self._kept.get(token)
        if found is None or (found.who, found.community) != (who, community) or now_ms - found.at_ms > KEPT_MS:
            return None
        del self._kept[token]
        return found
