"""The secret address under which a calendar app reads one person's shifts: no login, nothing but their own rota."""

from __future__ import annotations

from hub.delivery.links import LinkClaim
from hub.web.site import Site

CALENDAR = -1
"""Stands where an answer link has its incident: such a link answers nothing."""


def calendar_key(site: Site, community: str, person: str) -> str:
    """The key for one person's calendar; "" is the whole rota's."""
    return site.deps.links.token(LinkClaim(community, CALENDAR, person))


def calendar_owner(site: Site, key: str) -> LinkClaim | None:
    """Whose calendar the key opens, or None."""
    claim = site.deps.links.read(key)
    return claim if claim is not None and claim.incident == CALENDAR else None
