"""The registry as a file: JSON lines of Put commands for all of it, CSV for people and duties; out, and in again."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from hub.core.commands import (
    AnyCommand,
    PutCalendarDay,
    PutDevice,
    PutDuty,
    PutGateLane,
    PutOverride,
    PutPermit,
    PutPerson,
    PutPlace,
    PutPlan,
    PutSpace,
    PutTurn,
)
from hub.model import Contact, Days, Duty, Leave, Person, Place, Severity, Window
from hub.plates import normalised
from hub.web.forms import clock_text, moment_text
from hub.web.language import marked

AnyPut = (
    PutPlace
    | PutDevice
    | PutPerson
    | PutDuty
    | PutSpace
    | PutGateLane
    | PutPlan
    | PutTurn
    | PutPermit
    | PutOverride
    | PutCalendarDay
)
ENTRY: Mapping[type[AnyPut], tuple[str, str, str]] = {
    PutPlace: ("place", "place", "id"),
    PutDevice: ("device", "device", "id"),
    PutPerson: ("person", "person", "id"),
    PutDuty: ("duty", "duty", "id"),
    PutSpace: ("space", "space", "id"),
    PutGateLane: ("gate_lane", "lane", "id"),
    PutPlan: ("plan", "plan", "id"),
    PutTurn: ("turn", "turn", "id"),
    # After the turns: each makes a permit, and what the file says of that permit is the last word.
    PutPermit: ("permit", "permit", "plate"),
    PutOverride: ("override", "override", "id"),
    PutCalendarDay: ("calendar_day", "day", "date"),
}
"""Command -> (what, its field, the field of its id), in the order in which they must be put."""
Put = tuple(ENTRY)

PEOPLE = (
    "id", "name", "language", "phone", "agreed", "hours", "sleep", "wakes_for", "night_calls", "skills", "leave",
    "contacts",
)  # fmt: skip
DUTIES = (
    "id", "role", "person", "place", "from", "to", "weekdays", "days", "rotation", "turn_days", "from_date",
    "until_date", "zone",
)  # fmt: skip

NO_PUT = marked("这一行不是登记命令(Put…)")
NO_HEADER = marked("第一行要写列名:人员表或值班表的列")
NOT_UTF8 = marked("文件不是 UTF-8 编码")
FORMULA = ("=", "+", "-", "@")
"""A cell that begins so is a formula to a spreadsheet."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a file: what it puts, or why it cannot."""

    number: int
    put: AnyPut | None = None
    mistake: str = ""
    detail: str = ""


def entry_of(put: AnyPut) -> tuple[str, str, msgspec.Struct]:
    """(what, id, entry)."""
    what, field, id = ENTRY[type(put)]
    entry: msgspec.Struct = getattr(put, field)
    return what, str(getattr(entry, id)), entry


def in_order(puts: Iterable[AnyPut]) -> list[AnyPut]:
    """Each after what it refers to: places from the root down, then people before their duties."""
    order = {kind: n for n, kind in enumerate(ENTRY)}
    found = sorted(puts, key=lambda put: order[type(put)])
    places = {put.place.id: put for put in found if isinstance(put, PutPlace)}

    def depth(place: Place, seen: int = 0) -> int:
        above = places.get(place.parent)
        return seen if above is None or seen > 20 else depth(above.place, seen + 1)

    def key(put: AnyPut) -> tuple[int, str]:
        if isinstance(put, PutPlace):
            return depth(put.place), ""
        return 100 + order[type(put)], put.turn.from_date if isinstance(put, PutTurn) else ""

    return sorted(found, key=key)


def jsonl(puts: Iterable[AnyPut]) -> bytes:
    return b"".join(msgspec.json.encode(put) + b"\n" for put in in_order(puts))


def read_jsonl(content: bytes, actor: str) -> list[Line]:
    decoder = msgspec.json.Decoder(AnyCommand)
    found: list[Line] = []
    for number, text in enumerate(content.splitlines(), 1):
        if not text.strip():
            continue
        try:
            command = decoder.decode(text)
        except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
            found.append(Line(number=number, mistake=NO_PUT, detail=str(exc)))
            continue
        if isinstance(command, Put):
            found.append(Line(number=number, put=_spelt(msgspec.structs.replace(command, actor=actor))))
        else:
            found.append(Line(number=number, mistake=NO_PUT, detail=type(command).__name__))
    return found


def _spelt(put: AnyPut) -> AnyPut:
    """Plates in their one spelling, as everything else knows them by."""
    replace = msgspec.structs.replace
    match put:
        case PutPermit(permit=permit):
            return replace(put, permit=replace(permit, plate=normalised(permit.plate)))
        case PutTurn(turn=turn):
            return replace(put, turn=replace(turn, plate=normalised(turn.plate)))
    return put


def still_home(line: Line, home: Mapping[str, int]) -> Line:
    """What somebody said of being at home stays as it is: no file carries it. ``home``: person -> until."""
    if not isinstance(line.put, PutPerson):
        return line
    person = msgspec.structs.replace(line.put.person, home_until_ms=home.get(line.put.person.id, 0))
    return msgspec.structs.replace(line, put=msgspec.structs.replace(line.put, person=person))


# ── CSV ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def people_csv(people: Iterable[Person], zone: ZoneInfo) -> bytes:
    return _csv(PEOPLE, ([*_person_cells(one, zone)] for one in people))


def duties_csv(duties: Iterable[Duty]) -> bytes:
    return _csv(DUTIES, ([*_duty_cells(one)] for one in duties))


def _person_cells(one: Person, zone: ZoneInfo) -> list[str]:
    leave = [f"{moment_text(x.from_ms, zone)}/{moment_text(x.until_ms, zone)} {x.reason}".strip() for x in one.leave]
    contacts = [f"{x.id} {x.url}{' group' if x.group else ''}" for x in one.contacts]
    return [
        one.id,
        one.name,
        one.language,
        one.phone,
        "yes" if one.agreed else "no",
        " ".join(_window_text(window) for window in one.hours),
        _window_text(one.sleep) if one.sleep else "",
        one.wakes_for.value,
        "" if one.night_calls is None else str(one.night_calls),
        ", ".join(one.skills),
        "\n".join(leave),
        "\n".join(contacts),
    ]


def _duty_cells(one: Duty) -> list[str]:
    return [
        one.id,
        one.role,
        one.person,
        one.place,
        clock_text(one.from_minute),
        clock_text(one.to_minute),
        "".join(str(day + 1) for day in one.weekdays),
        one.days.value,
        " ".join(one.rotation),
        str(one.turn_days),
        one.from_date,
        one.until_date,
        one.zone,
    ]


def _csv(header: tuple[str, ...], lines: Iterable[list[str]]) -> bytes:
    held = io.StringIO()
    writer = csv.writer(held)
    writer.writerow(header)
    writer.writerows([_guarded(cell) for cell in line] for line in lines)
    return held.getvalue().encode("utf-8-sig")  # with a mark, else spreadsheets take it for another encoding


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _bare(cell: str) -> str:
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell


def read_csv(content: bytes, actor: str, zone: ZoneInfo) -> list[Line]:
    """People or duties, told apart by the header."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return [Line(number=1, mistake=NOT_UTF8)]
    reader = csv.reader(io.StringIO(text, newline=""))
    header = [name.strip() for name in next(reader, [])]
    made: Callable[[dict[str, str]], AnyPut]
    if {"id", "name", "contacts"} <= set(header):
        made = lambda cells: PutPerson(actor=actor, person=_person(cells, zone))  # noqa: E731
    elif {"id", "role", "person"} <= set(header):
        made = lambda cells: PutDuty(actor=actor, duty=_duty(cells))  # noqa: E731
    else:
        return [Line(number=1, mistake=NO_HEADER, detail=", ".join(PEOPLE) + " / " + ", ".join(DUTIES))]
    found: list[Line] = []
    for row in reader:
        if any(cell.strip() for cell in row):
            cells = {name: _bare(cell) for name, cell in zip(header, row, strict=False)}
            try:
                found.append(Line(number=reader.line_num, put=made(cells)))
            except (ValueError, KeyError) as exc:
                found.append(Line(number=reader.line_num, mistake=BAD_CELL, detail=str(exc)))
    return found


BAD_CELL = marked("这一行有读不懂的格子")


def _person(cells: Mapping[str, str], zone: ZoneInfo) -> Person:
    if not cells["id"] or not cells["name"]:
        raise ValueError("id and name must be given")
    sleep = cells.get("sleep", "")
    calls = cells.get("night_calls", "")
    skills = cells.get("skills", "").replace(",", ",").split(",")
    return Person(
        id=cells["id"],
        name=cells["name"],
        language=cells.get("language", "") or "zh",
        phone=cells.get("phone", ""),
        agreed=cells.get("agreed", "").lower() not in ("no", "0", "false", "否"),
        hours=tuple(_window(one) for one in cells.get("hours", "").split()),
        sleep=_window(sleep) if sleep else None,
        wakes_for=Severity(cells.get("wakes_for", "") or "critical"),
        night_calls=int(calls) if calls else None,
        skills=tuple(one.strip() for one in skills if one.strip()),
        leave=tuple(_leave(one, zone) for one in cells.get("leave", "").splitlines() if one.strip()),
        contacts=tuple(_contact(one) for one in cells.get("contacts", "").splitlines() if one.strip()),
    )


def _duty(cells: Mapping[str, str]) -> Duty:
    weekdays = cells.get("weekdays", "") or "1234567"
    return Duty(
        id=cells["id"],
        role=cells["role"],
        person=cells["person"],
        place=cells.get("place", ""),
        from_minute=_minute(cells.get("from", "") or "00:00"),
        to_minute=_minute(cells.get("to", "") or "00:00"),
        weekdays=tuple(int(day) - 1 for day in weekdays),
        days=Days(cells.get("days", "") or "every"),
        rotation=tuple(cells.get("rotation", "").split()),
        turn_days=int(cells.get("turn_days", "") or 7),
        from_date=cells.get("from_date", ""),
        until_date=cells.get("until_date", ""),
        zone=cells.get("zone", ""),
    )


def _window_text(window: Window) -> str:
    return f"{clock_text(window.from_minute)}-{clock_text(window.to_minute)}"


def _window(text: str) -> Window:
    begin, _, end = text.partition("-")
    return Window(from_minute=_minute(begin), to_minute=_minute(end))


def _minute(text: str) -> int:
    hour, _, minute = text.strip().partition(":")
    found = int(hour) * 60 + int(minute)
    if not 0 <= found < 1440 or int(minute) > 59:
        raise ValueError(f"{text} is no time of day; write it as 08:30")
    return found


def _leave(text: str, zone: ZoneInfo) -> Leave:
    span, _, reason = text.strip().partition(" ")
    begin, _, end = span.partition("/")
    from_ms, until_ms = (
        round(datetime.fromisoformat(one).replace(tzinfo=zone).timestamp() * 1000) for one in (begin, end)
    )
    return Leave(from_ms=from_ms, until_ms=until_ms, reason=reason)


def _contact(text: str) -> Contact:
    parts = text.split()
    if len(parts) not in (2, 3) or "://" not in parts[1] or parts[2:] not in ([], ["group"]):
        raise ValueError(f"contact {parts[0]}: write id, address and, for a group, the word group")
    return Contact(id=parts[0], url=parts[1], group=len(parts) == 3)
