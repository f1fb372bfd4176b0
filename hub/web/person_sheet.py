"""The form of one person: what it shows, and what comes back. A mistake loses nothing that was typed."""

from __future__ import annotations

import secrets
from hashlib import blake2s
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from hub.model import Contact, Leave, Person, Severity, Window
from hub.web.contacts import URL, masked, scheme
from hub.web.forms import Filled, clock_text, moment_text
from hub.web.language import marked

SPARE_ROWS = 2
MOST_ROWS = 20

NAME_NEEDED = marked("请填写姓名")
BAD_URL = marked("写成 渠道://地址,例如 wecom://${WECOM_KEY}")
HALF_WINDOW = marked("开始和结束都要填")
BAD_ID = marked("编号只用小写字母、数字和 - _,以后不能改")


class ContactRow(NamedTuple):
    """One rung of the ladder as the form shows it."""

    id: str
    order: str
    url: str
    """What was typed now; "" keeps what is there."""
    kept: str
    """The address that is there, without its secret."""
    group: bool
    remove: bool


class Stretch(NamedTuple):
    """A window or a leave."""

    begin: str
    end: str
    reason: str = ""


class PersonSheet(msgspec.Struct, kw_only=True):
    """All fields as texts."""

    id: str = ""
    version: str = ""
    """Of the entry that the form was made from: nobody overwrites what they have not seen."""
    name: str = ""
    language: str = "zh"
    phone: str = ""
    agreed: bool = True
    skills: str = ""
    sleep: Stretch = Stretch("", "")
    wakes_for: str = Severity.CRITICAL.value
    night_calls: str = ""
    contacts: list[ContactRow] = []
    hours: list[Stretch] = []
    leave: list[Stretch] = []


def version_of(person: Person) -> str:
    """What the office can change of it: that somebody said they are at home is no change."""
    fixed = msgspec.structs.replace(person, home_until_ms=0)
    return blake2s(msgspec.json.encode(fixed), digest_size=8).hexdigest()


def sheet_of(person: Person, zone: ZoneInfo) -> PersonSheet:
    """The form filled with what is there."""
    sleep = person.sleep
    return PersonSheet(
        id=person.id,
        version=version_of(person),
        name=person.name,
        language=person.language,
        phone=person.phone,
        agreed=person.agreed,
        skills=", ".join(person.skills),
        sleep=Stretch(clock_text(sleep.from_minute), clock_text(sleep.to_minute)) if sleep else Stretch("", ""),
        wakes_for=person.wakes_for.value,
        night_calls="" if person.night_calls is None else str(person.night_calls),
        contacts=[
            ContactRow(one.id, str(number), "", masked(one.url), one.group, False)
            for number, one in enumerate(person.contacts, 1)
        ],
        hours=[Stretch(clock_text(one.from_minute), clock_text(one.to_minute)) for one in person.hours],
        leave=[
            Stretch(moment_text(one.from_ms, zone), moment_text(one.until_ms, zone), one.reason) for one in person.leave
        ],
    )


def with_spares(sheet: PersonSheet) -> PersonSheet:
    """Empty rows at the end of each list, to add to it."""
    order = len(sheet.contacts)
    spare = [ContactRow("", str(order + n + 1), "", "", False, False) for n in range(SPARE_ROWS)]
    return msgspec.structs.replace(
        sheet,
        contacts=[*sheet.contacts, *spare],
        hours=[*sheet.hours, Stretch("", "")],
        leave=[*sheet.leave, Stretch("", "")],
    )


def typed(filled: Filled, known: Person | None) -> PersonSheet:
    """The form as it was sent; rows that are wholly empty are left out."""
    kept = {one.id: masked(one.url) for one in known.contacts} if known else {}
    contacts: list[ContactRow] = []
    hours: list[Stretch] = []
    leave: list[Stretch] = []
    for n in range(MOST_ROWS):
        id = filled.text(f"contact-{n}-id")
        row = ContactRow(
            id if id in kept else "",
            filled.text(f"contact-{n}-order", 4),
            filled.text(f"contact-{n}-url", 2000),
            kept.get(id, ""),
            filled.ticked(f"contact-{n}-group"),
            filled.ticked(f"contact-{n}-remove"),
        )
        if row.id or row.url:
            contacts.append(row)
        window = Stretch(filled.text(f"hours-{n}-from", 8), filled.text(f"hours-{n}-to", 8))
        if any(window):
            hours.append(window)
        away = Stretch(
            filled.text(f"leave-{n}-from", 30), filled.text(f"leave-{n}-to", 30), filled.text(f"leave-{n}-why")
        )
        if any(away):
            leave.append(away)
    return PersonSheet(
        id=known.id if known else filled.text("id", 60),
        version=filled.text("version", 40),
        name=filled.text("name", 80),
        language=filled.text("language", 8) or "zh",
        phone=filled.text("phone", 40),
        agreed=filled.ticked("agreed"),
        skills=filled.text("skills"),
        sleep=Stretch(filled.text("sleep-from", 8), filled.text("sleep-to", 8)),
        wakes_for=filled.text("wakes_for", 20),
        night_calls=filled.text("night_calls", 4),
        contacts=contacts,
        hours=hours,
        leave=leave,
    )


def person_from(filled: Filled, sheet: PersonSheet, known: Person | None, zone: ZoneInfo) -> Person:
    """What the form means; what it cannot mean is among ``filled.mistakes``."""
    if not sheet.name:
        filled.mistakes.append(("name", NAME_NEEDED))
    # The page makes the id of somebody new, so that a form that is sent twice makes one person.
    fresh = filled.text("fresh", 40)
    id = sheet.id or (fresh if fresh.startswith("p-") else f"p-{secrets.token_hex(4)}")
    if known is None and not all(letter.isascii() and (letter.isalnum() or letter in "-_") for letter in id):
        filled.mistakes.append(("id", BAD_ID))
    wakes_for = Severity(sheet.wakes_for) if sheet.wakes_for in list(Severity) else Severity.CRITICAL
    sleeps = _windows(filled, ["sleep"])
    return Person(
        id=id,
        name=sheet.name,
        language=sheet.language if sheet.language in ("zh", "en") else "zh",
        contacts=_contacts(filled, sheet, known, id),
        phone=sheet.phone,
        hours=_windows(filled, [f"hours-{n}" for n in range(MOST_ROWS)]),
        sleep=sleeps[0] if sleeps else None,
        wakes_for=wakes_for,
        night_calls=filled.number("night_calls", 0, 99),
        skills=tuple(part.strip() for part in sheet.skills.replace(",", ",").split(",") if part.strip()),
        leave=_leave(filled, zone),
        agreed=sheet.agreed,
        home_until_ms=known.home_until_ms if known else 0,
    )


def _contacts(filled: Filled, sheet: PersonSheet, known: Person | None, person: str) -> tuple[Contact, ...]:
    old = {one.id: one for one in known.contacts} if known else {}
    taken = set(old)
    found: list[tuple[int, Contact]] = []
    for n, row in enumerate(sheet.contacts):
        if row.remove:
            continue
        if row.url and not URL.fullmatch(row.url):
            filled.mistakes.append((f"contact-{n}-url", BAD_URL))
            continue
        id = row.id or _new_id(person, row.url, taken)
        taken.add(id)
        url = row.url or old[id].url
        place = int(row.order) if row.order.isascii() and row.order.isdigit() else MOST_ROWS
        found.append((place, Contact(id=id, url=url, group=row.group)))
    return tuple(contact for _, contact in sorted(found, key=lambda pair: pair[0]))


def _new_id(person: str, url: str, taken: set[str]) -> str:
    wanted = f"{person}-{scheme(url)}"
    return next(id for n in range(1, 999) if (id := wanted if n == 1 else f"{wanted}-{n}") not in taken)


def _windows(filled: Filled, names: list[str]) -> tuple[Window, ...]:
    found: list[Window] = []
    for name in names:
        begin, end = filled.minute(f"{name}-from"), filled.minute(f"{name}-to")
        if begin is not None and end is not None:
            found.append(Window(from_minute=begin, to_minute=end))
        elif begin is not None or end is not None:
            filled.mistakes.append((f"{name}-from", HALF_WINDOW))
    return tuple(found)


def _leave(filled: Filled, zone: ZoneInfo) -> tuple[Leave, ...]:
    found: list[Leave] = []
    for n in range(MOST_ROWS):
        begin, end = filled.moment(f"leave-{n}-from", zone), filled.moment(f"leave-{n}-to", zone)
        if begin is not None and end is not None:
            found.append(Leave(from_ms=begin, until_ms=end, reason=filled.text(f"leave-{n}-why")))
        elif begin is not None or end is not None:
            filled.mistakes.append((f"leave-{n}-from", HALF_WINDOW))
    return tuple(found)
