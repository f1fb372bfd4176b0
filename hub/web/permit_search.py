"""Finding a permit by what somebody types: a plate in any spelling, a home, a name."""

from __future__ import annotations

from collections.abc import Iterable

from hub import plates

NEAR = 5


def fits(plate: str, others: Iterable[str], wanted: str) -> bool:
    """By what is on the screen: whoever sees plates masked cannot ask for the whole of one."""
    sought = "".join(wanted.split()).lower()
    typed = plates.normalised(wanted)
    return typed in plates.normalised(plate) or any(sought in "".join(one.split()).lower() for one in others)


def nearly(wanted: str, known: Iterable[str]) -> list[str]:
    """Plates that differ by one character, the likeliest first: to suggest to a person."""
    return plates.suggestions(plates.normalised(wanted), known)[:NEAR]
