"""The rota as a grid of role and day: who has it at which hours, and where nobody has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import msgspec

from hub.config import PolicyConfig
from hub.core.decisions import Reason
from hub.core.localtime import local_day, moment
from hub.core.real_shifts import real_shifts
from hub.core.roster import Roster
from hub.core.shifts import Shift, is_rest
from hub.core.willing import unwilling_at
from hub.model import Severity

AWAY = (Reason.ON_LEAVE, Reason.REFUSED)
"""Whoever is so covers nothing; hours and sleep are a matter of severity."""
MINUTE_MS = 60_000


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of one day."""

    span: str
    """08:00–20:00, or "" for the whole day."""
    person: str = ""
    """"" is nobody: a gap."""
    place: str = ""
    duty: str = ""
    override: str = ""
    away: bool = False
    """On leave, or refused: the stretch is not covered."""


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One role on one day."""

    entries: list[Entry]
    holes: list[Entry]


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """One column."""

    date: str
    weekday: int
    """0 is Monday."""
    today: bool
    past: bool
    rest: bool
    odd: bool
    """Rest or work against its weekday: a holiday, or a make-up workday."""
    name: str
    """The site's own word."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One role."""

    role: str
    needed: bool
    """A life-safety policy asks it: a gap is shown in red."""
    cells: list[Cell]


class Grid(msgspec.Struct, frozen=True, kw_only=True):
    """Some weeks of the rota."""

    days: list[Day]
    lines: list[Line]

    @property
    def gaps(self) -> int:
        """Stretches from today on in which nobody has a role that is needed."""
        ahead = [n for n, day in enumerate(self.days) if not day.past]
        cells = [line.cells[n] for line in self.lines if line.needed for n in ahead]
        return sum(len(cell.holes) + sum(one.away for one in cell.entries) for cell in cells)


def grid(
    roster: Roster,
    now_ms: int,
    first_day: int,
    days: int,
    *,
    roles: Sequence[str],
    policies: Mapping[str, PolicyConfig],
    names: Mapping[str, str],
) -> Grid:
    """From that day (an ordinal); ``names``: date -> what the site calls it."""
    zone = ZoneInfo(str(roster.zone))
    last = first_day + days
    shifts = real_shifts(roster, moment(zone, first_day, 0), moment(zone, last, 0))
    asked = {role for step in policies["critical"].steps for role in step.roles} if "critical" in policies else set()
    today = local_day(zone, now_ms)
    columns = [_day(roster, day, today, names) for day in range(first_day, last)]
    held = {*roles, *(shift.role for shift in shifts)}
    lines = []
    for role in sorted(held, key=lambda role: (role not in asked, role)):
        mine = [shift for shift in shifts if shift.role == role]
        cells = [_cell(roster, zone, mine, day) for day in range(first_day, last)]
        lines.append(Line(role=role, needed=role in asked, cells=cells))
    return Grid(days=columns, lines=lines)


def _day(roster: Roster, day: int, today: int, names: Mapping[str, str]) -> Day:
    text, rest, weekday = date.fromordinal(day).isoformat(), is_rest(roster.rests, day), (day - 1) % 7
    return Day(
        date=text,
        weekday=weekday,
        today=day == today,
        past=day < today,
        rest=rest,
        odd=rest != (weekday >= 5),
        name=names.get(text, ""),
    )


def _cell(roster: Roster, zone: ZoneInfo, shifts: Sequence[Shift], day: int) -> Cell:
    begin, end = moment(zone, day, 0), moment(zone, day + 1, 0)
    entries: list[Entry] = []
    covered: dict[str, list[tuple[int, int]]] = {}
    for shift in shifts:
        covered.setdefault(shift.place, [])
        from_ms, until_ms = max(shift.from_ms, begin), min(shift.until_ms, end)
        if from_ms >= until_ms:
            continue
        person = roster.people[shift.person]
        why = unwilling_at(zone, person, Severity.CRITICAL, from_ms)
        away = why is not None and why.reason in AWAY
        if not away:
            covered[shift.place].append((from_ms, until_ms))
        span = "" if (from_ms, until_ms) == (begin, end) else _span(zone, from_ms, until_ms)
        entries.append(
            Entry(
                span=span,
                person=shift.person,
                place=shift.place,
                duty=shift.duty,
                override=shift.override,
                away=away,
            )
        )
    said = {(one.span, one.place) for one in entries if one.away}
    holes = [one for one in _holes(zone, covered, begin, end) if (one.span, one.place) not in said]
    return Cell(entries=entries, holes=holes)


def _holes(zone: ZoneInfo, covered: Mapping[str, list[tuple[int, int]]], begin: int, end: int) -> list[Entry]:
    """What nobody has; where the role is held for the whole community too, that covers each of its places."""
    everywhere = covered.get("", [])
    found: list[Entry] = []
    for place in [""] if "" in covered or not covered else sorted(covered):
        at = begin
        for from_ms, until_ms in [*sorted(covered.get(place, everywhere)), (end, end)]:
            if from_ms > at:
                span = "" if (at, from_ms) == (begin, end) else _span(zone, at, from_ms)
                found.append(Entry(span=span, place=place))
            at = max(at, until_ms)
    return found


def _span(zone: ZoneInfo, from_ms: int, until_ms: int) -> str:
    begin = datetime.fromtimestamp(from_ms / 1000, UTC).astimezone(zone)
    end = datetime.fromtimestamp(until_ms / 1000, UTC).astimezone(zone)
    last = "24:00" if end.hour == end.minute == 0 else f"{end:%H:%M}"
    return f"{begin:%H:%M}–{last}"
