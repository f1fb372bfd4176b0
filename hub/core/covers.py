"""Who stands in for whom while overrides are on. Pure.

Law: all overrides that are on hold at once. A cover of a cover is followed to its end; a chain that comes back to whose
shift it is is a swap, and each takes the other's. Two covers of one person make both of them holders.
"""

from __future__ import annotations

from collections.abc import Sequence

from hub.model import Override


def stand_ins(overrides: Sequence[Override], person: str) -> list[Override]:
    """The overrides by which others hold that person's shift now; empty: nobody stands in."""
    found: dict[str, Override] = {}
    for override in overrides:
        if override.instead_of == person:
            if _leads_back(overrides, override.person, person):
                found[override.id] = override
            else:
                found.update((last.id, last) for last in _last(overrides, override, {person, override.person}))
    return list(found.values())


def _last(overrides: Sequence[Override], override: Override, seen: set[str]) -> list[Override]:
    further = [o for o in overrides if o.instead_of == override.person and o.person not in seen]
    if not further:
        return [override]
    return [last for o in further for last in _last(overrides, o, {*seen, o.person})]


def _leads_back(overrides: Sequence[Override], person: str, start: str) -> bool:
    seen: set[str] = set()
    waiting = [person]
    while waiting:
        one = waiting.pop()
        if one == start:
            return True
        if one not in seen:
            seen.add(one)
            waiting += [o.person for o in overrides if o.instead_of == one]
    return False
