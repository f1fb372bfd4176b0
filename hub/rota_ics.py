"""The rota as an iCalendar file (RFC 5545), out to phones and in from calendars. Edge: `icalendar`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, tzinfo
from hashlib import blake2s

import msgspec
from icalendar import Calendar, Event

from hub.config_words import both
from hub.core.commands import PutOverride
from hub.core.real_shifts import real_shifts
from hub.core.roster import Roster
from hub.core.shifts import Shift, shift_on
from hub.ics_times import IcsMistake, NotTaken, occurrences, recurrence_ms, utc
from hub.model import Override, Person

MAX_BYTES = 2_000_000
MAX_OVERRIDES = 5_000
_INSTEAD = re.compile(r"(.+?)\s*(?:替|instead of\b)\s*(.+)")
_BROKEN = (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, OSError)
"""A foreign codec: on a broken file it fails with whatever its own code trips over."""


class _Known(msgspec.Struct, frozen=True):
    """What the words of an event can mean."""

    people: Mapping[str, Person]
    roles: Mapping[str, str]
    zone: tzinfo
    places: Collection[str] | None


def rota_ics(
    roster: Roster,
    from_ms: int,
    until_ms: int,
    *,
    titles: Mapping[str, str],
    now_ms: int,
    name: str = "",
    person: str = "",
    role: str = "",
) -> bytes:
    """One event for each shift that reaches into that time, of one person, of one role, or ("") of all.

    ``titles``: role -> what it is called. The UID of a shift never changes, so a calendar that fetches again replaces.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//community-alert-hub//rota//ZH")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    if name:
        calendar.add("x-wr-calname", name)
    for shift in real_shifts(roster, from_ms, until_ms):
        if person in ("", shift.person) and role in ("", shift.role):
            calendar.add_component(_event(roster, shift, titles, now_ms))
    content: bytes = calendar.to_ical()
    return content


def _event(roster: Roster, shift: Shift, titles: Mapping[str, str], now_ms: int) -> Event:
    event = Event()
    event.add("uid", f"{_uid(roster, shift)}@community-alert-hub")
    event.add("dtstamp", utc(now_ms))
    event.add("dtstart", utc(shift.from_ms))
    event.add("dtend", utc(shift.until_ms))
    event.add("summary", f"{titles.get(shift.role, shift.role)}: {roster.people[shift.person].name}")
    if shift.place:
        event.add("location", shift.place)
    return event


def _uid(roster: Roster, shift: Shift) -> str:
    """Of a whole shift the duty and its day; of a piece that a cover left or took also where it begins and by what."""
    if not shift.duty:
        return f"override.{shift.override}"
    day = f"{shift.duty}.{date.fromordinal(shift.day).isoformat()}"
    if shift.override:
        return f"{day}.{shift.override}.{shift.from_ms // 1000}.{shift.place}".rstrip(".")
    duty = next(duty for duty in roster.duties[shift.role] if duty.id == shift.duty)
    whole = shift_on(duty, shift.day, roster.zone, roster.rests)
    return day if whole and whole.from_ms == shift.from_ms else f"{day}.{shift.from_ms // 1000}"


def read_ics(
    content: bytes,
    people: Mapping[str, Person],
    roles: Mapping[str, str],
    zone: tzinfo,
    *,
    places: Collection[str] | None = None,
    actor: str = "console",
) -> tuple[list[PutOverride], list[IcsMistake]]:
    """Every event as an override, and what could not be taken; whether to take half of a file is the caller's affair.

    SUMMARY is ``role: person`` or ``role: person 替 person`` (``instead of``), each by id or by name or title; LOCATION
    is a place's id. ``roles``: role -> title. Reading the same file again gives the same ids.
    """
    if len(content) > MAX_BYTES:
        return [], [_file("文件太大(超过 2 MB):请分段导出", "the file is too large (over 2 MB): export a shorter time")]
    try:
        calendars = Calendar.from_ical(content, multiple=True)
        events = [event for one in calendars for event in one.walk("VEVENT") if isinstance(event, Event)]
    except _BROKEN as exc:
        return [], [_file(f"不是 iCalendar 文件:{exc}", f"this is no iCalendar file: {exc}")]
    if not calendars:
        return [], [_file("文件里没有日历", "there is no calendar in this file")]
    known = _Known(people, roles, zone, places)
    moved = _moved(events, zone)
    found: dict[str, PutOverride] = {}
    mistakes: list[IcsMistake] = []
    for event in events:
        try:
            for override in _overrides(event, known, frozenset(moved.get(_key(event), ()))):
                if override.id in found:
                    raise NotTaken("文件里出现了两次:请删掉一个", "it is in the file twice: remove one of them")
                if len(found) == MAX_OVERRIDES:
                    raise NotTaken("班次太多:请分段导出", "too many shifts: export a shorter time")
                found[override.id] = PutOverride(actor=actor, override=override)
        except NotTaken as exc:
            mistakes.append(IcsMistake(_label(event), exc.text))
        except _BROKEN as exc:
            mistakes.append(IcsMistake(_label(event), both(f"日程读不懂:{exc}", f"it cannot be read: {exc}")))
    return list(found.values()), mistakes


def _moved(events: Sequence[Event], zone: tzinfo) -> dict[str, set[int]]:
    """Event -> those of its repetitions that have an event of their own."""
    found: dict[str, set[int]] = {}
    for event in events:
        with suppress(*_BROKEN):  # told when the event itself is read
            own = recurrence_ms(event, zone)
            if own is not None:
                found.setdefault(_key(event), set()).add(own)
    return found


def _overrides(event: Event, known: _Known, moved: frozenset[int]) -> Iterator[Override]:
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return
    role, person, instead_of = _who(str(event.get("SUMMARY", "")), known)
    place = str(event.get("LOCATION", "")).strip()
    if place and known.places is not None and place not in known.places:
        raise NotTaken(
            f"没有地点 {place}:LOCATION 里写地点编号", f"there is no place {place}: LOCATION is a place's id"
        )
    for one in occurrences(event, known.zone, moved):
        yield Override(
            id=f"ics-{_key(event)}-{utc(one.named_ms):%Y%m%dT%H%MZ}",
            role=role,
            person=person,
            from_ms=one.from_ms,
            until_ms=one.until_ms,
            place=place,
            instead_of=instead_of,
        )


def _who(summary: str, known: _Known) -> tuple[str, str, str]:
    """Role, person and whose shift it is, from ``role: person`` or ``role: person 替 person``."""
    title, colon, rest = summary.replace(":", ":").partition(":")
    if not colon or not rest.strip():
        raise NotTaken(
            "标题要写成“角色: 人员”,例如“物业: 王师傅”",
            "its title must be “role: person”, for example “property: wang”",
        )
    role = _one(title, {id: (id, name) for id, name in known.roles.items()}, "角色", "role")
    people = {id: (id, person.name) for id, person in known.people.items()}
    pair = _INSTEAD.fullmatch(rest.strip())
    if pair is None:
        return role, _one(rest, people, "人员", "person"), ""
    person, instead_of = (_one(name, people, "人员", "person") for name in pair.groups())
    if person == instead_of:
        raise NotTaken("自己不能替自己:请改成另一个人", "nobody stands in for themselves: name somebody else")
    return role, person, instead_of


def _one(wanted: str, known: Mapping[str, tuple[str, str]], zh: str, en: str) -> str:
    """The id that has this id, or else this name."""
    wanted = wanted.strip()
    if wanted in known:
        return wanted
    found = [id for id, names in known.items() if wanted in names]
    if not found:
        raise NotTaken(f"没有{zh} {wanted}:请写编号或名称", f"there is no {en} {wanted}: write the id or the name")
    if len(found) > 1:
        ids = ", ".join(sorted(found))
        raise NotTaken(f"{wanted} 有几个({ids}):请写编号", f"{wanted} is several ({ids}): write the id")
    return found[0]


def _key(event: Event) -> str:
    """What names the event in ids: its UID, cut short, so that nobody's address gets into the registry."""
    named = str(event.get("UID", "")) or f"{event.get('SUMMARY', '')} {event.get('DTSTART', '')}"
    return blake2s(named.encode(), digest_size=6).hexdigest()


def _label(event: Event) -> str:
    """How its owner finds the event again."""
    when = ""
    with suppress(*_BROKEN):
        when = str(event.start)
    return f"{event.get('SUMMARY', event.get('UID', '?'))} {when}".strip()


def _file(zh: str, en: str) -> IcsMistake:
    return IcsMistake("", both(zh, en))
