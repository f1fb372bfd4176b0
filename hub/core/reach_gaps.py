"""Gaps: counter-examples put together, so that a person can read them. Pure.

Law: nothing is left out but what is counted in `Proof.more`; places and rules with the same fault at the same time are one
gap, and what comes again at the same local time for as long is one gap that says how often.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import tzinfo

import msgspec

from hub.core.localtime import local_day, moment
from hub.core.reach_proof import Fault, Gap, Left

MAX_GAPS = 100


class Found(msgspec.Struct, frozen=True):
    """One stretch of time in which one policy does not reach enough people at one place."""

    from_ms: int
    until_ms: int
    fault: Fault
    rules: tuple[str, ...]
    place: str
    policy: str


def gathered(
    found: Iterable[Found], zone: tzinfo, left_out: Callable[[Found], tuple[Left, ...]]
) -> tuple[tuple[Gap, ...], int]:
    """The gaps in order of time, and how many more there are than are listed."""
    gaps = [
        gap for _, gap in sorted(_folded(_merged(found), zone).items(), key=lambda one: (one[1][0].from_ms, one[0]))
    ]
    listed = tuple(_gap(times, zone, left_out) for times in gaps[:MAX_GAPS])
    return listed, max(0, len(gaps) - MAX_GAPS)


class _Merged(msgspec.Struct, frozen=True):
    """A stretch with all the places and rules that share its fault."""

    from_ms: int
    until_ms: int
    fault: Fault
    rules: tuple[str, ...]
    places: tuple[str, ...]
    example: Found


def _merged(found: Iterable[Found]) -> list[_Merged]:
    rules_at: dict[tuple[int, int, Fault, str], list[Found]] = {}
    for one in found:
        rules_at.setdefault((one.from_ms, one.until_ms, one.fault, one.place), []).append(one)
    places_of: dict[tuple[int, int, Fault, tuple[str, ...]], list[Found]] = {}
    for (from_ms, until_ms, fault, _), ones in rules_at.items():
        rules = tuple(sorted({rule for one in ones for rule in one.rules}))
        places_of.setdefault((from_ms, until_ms, fault, rules), []).append(ones[0])
    return [
        _Merged(from_ms, until_ms, fault, rules, tuple(sorted(one.place for one in ones)), ones[0])
        for (from_ms, until_ms, fault, rules), ones in places_of.items()
    ]


_Key = tuple[tuple[str, ...], tuple[str, ...], Fault, int, int]


def _folded(merged: Iterable[_Merged], zone: tzinfo) -> dict[_Key, list[_Merged]]:
    """What comes again: the same fault at the same minute of the local day, for as long."""
    found: dict[_Key, list[_Merged]] = {}
    for one in sorted(merged, key=lambda one: one.from_ms):
        of_day = one.from_ms - moment(zone, local_day(zone, one.from_ms), 0)
        key = (one.rules, one.places, one.fault, of_day, one.until_ms - one.from_ms)
        found.setdefault(key, []).append(one)
    return found


def _gap(times: list[_Merged], zone: tzinfo, left_out: Callable[[Found], tuple[Left, ...]]) -> Gap:
    first, last = times[0], times[-1]
    days = [local_day(zone, one.from_ms) for one in times]
    return Gap(
        rules=first.rules,
        places=first.places,
        from_ms=first.from_ms,
        until_ms=first.until_ms,
        people=first.fault.people,
        providers=first.fault.providers,
        unseen=first.fault.unseen,
        why=left_out(first.example),
        times=len(times),
        daily=len(times) > 1 and days == list(range(days[0], days[0] + len(days))),
        last_ms=last.until_ms,
    )
