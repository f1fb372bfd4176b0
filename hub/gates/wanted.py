"""What a gate's list should hold now, from the permits. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from hub.model import Permit, PermitKind


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """One plate as a list should have it."""

    denied: bool = False
    """On the black list: the arm stays down, and the camera says so."""
    from_ms: int | None = None
    until_ms: int | None = None


def wanted(permits: Iterable[Permit], now_ms: int) -> dict[str, Wish]:
    """plate -> wish, of every permit that has begun and not ended; those of denied plates too."""
    return {
        one.plate: Wish(denied=one.kind is PermitKind.DENIED, from_ms=one.from_ms, until_ms=one.until_ms)
        for one in permits
        if one.plate and _on(one, now_ms)
    }


def next_edge_ms(permits: Iterable[Permit], now_ms: int) -> int | None:
    """When the next permit begins or ends; None: none does."""
    edges = (edge for one in permits for edge in (one.from_ms, one.until_ms) if edge is not None and edge > now_ms)
    return min(edges, default=None)


def _on(permit: Permit, now_ms: int) -> bool:
    begun = permit.from_ms is None or permit.from_ms <= now_ms
    return begun and (permit.until_ms is None or now_ms < permit.until_ms)
