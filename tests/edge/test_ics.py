"""The rota as an iCalendar file, out and in."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar, Event

from hub.core.commands import PutOverride
from hub.ics_times import IcsMistake
from hub.model import Override, Person
from hub.rota_ics import read_ics, rota_ics
from tests.core.rota_words import PLACES, SHANGHAI, at, duty, override, people, roster

PEOPLE = people("ann", "bob", "cid") | {"li1": Person(id="li1", name="李"), "li2": Person(id="li2", name="李")}
ROLES = {"guard": "保安", "keeper": "Keeper"}
WEEK = at("2027-01-11 00:00"), at("2027-01-18 00:00")
NOW = at("2027-01-10 12:00")


def shifts(content: bytes) -> list[tuple[str, str, str]]:
    """Each event as begin, end (local) and title, after a foreign reader has read the file."""
    calendar = Calendar.from_ical(content)
    assert calendar.errors == []
    return [
        (f"{local(event.start):%d %H:%M}", f"{local(event.end):%d %H:%M}", str(event["SUMMARY"]))
        for event in calendar.events
    ]


def local(moment: date) -> datetime:
    assert isinstance(moment, datetime)
    return moment.astimezone(SHANGHAI)


def uids(content: bytes) -> list[str]:
    return [str(event["UID"]) for event in Calendar.from_ical(content).events]


def file_of(*events: str) -> bytes:
    """An iCalendar file of these events, each its lines after UID and DTSTAMP."""
    head = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\n"
    body = "".join(
        f"BEGIN:VEVENT\nUID:{number}@example.org\nDTSTAMP:20270101T000000Z\n{event.strip()}\nEND:VEVENT\n"
        for number, event in enumerate(events)
    )
    return (head + body + "END:VCALENDAR\n").replace("\n", "\r\n").encode()


def read(*events: str) -> tuple[list[Override], list[IcsMistake]]:
    put, mistakes = read_ics(file_of(*events), PEOPLE, ROLES, SHANGHAI, places=PLACES)
    return [one.override for one in put], mistakes


def why(*events: str) -> str:
    """The one mistake of these events, in English."""
    _, (mistake,) = read(*events)
    return mistake.text.en


ONE = "DTSTART;TZID=Asia/Shanghai:20270115T200000\nDTEND;TZID=Asia/Shanghai:20270116T080000\n"
TITLE = "SUMMARY:guard: ann\n"


# ── out ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_shift_is_an_event_with_role_person_and_place() -> None:
    rota = roster([duty("1", "ann", "20:00-08:00", weekdays=(4, 5), place="b6")])
    content = rota_ics(rota, *WEEK, titles=ROLES, now_ms=NOW, name="桂花园 值班")
    assert shifts(content) == [("15 20:00", "16 08:00", "保安: Ann"), ("16 20:00", "17 08:00", "保安: Ann")]
    assert uids(content) == ["1.2027-01-15@community-alert-hub", "1.2027-01-16@community-alert-hub"]
    assert b"LOCATION:b6" in content
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))


def test_a_file_can_be_of_one_person_or_one_role() -> None:
    rota = roster([duty("1", "ann", "08:00-20:00"), duty("2", "bob", "20:00-08:00"), duty("3", "bob", role="keeper")])
    of_bob = rota_ics(rota, *WEEK, titles=ROLES, now_ms=NOW, person="bob")
    assert {title for *_, title in shifts(of_bob)} == {"保安: Bob", "Keeper: Bob"}
    of_guards = rota_ics(rota, *WEEK, titles={}, now_ms=NOW, role="guard")
    assert {title for *_, title in shifts(of_guards)} == {"guard: Ann", "guard: Bob"}


def test_a_cover_cuts_the_shift_and_what_is_left_keeps_its_uid() -> None:
    covers = [
        override("o", "cid", "2027-01-15 22:00", "2027-01-16 02:00", instead_of="ann"),
        override("p", "bob", "2027-01-15 10:00", "2027-01-15 11:00"),
    ]
    rota = roster([duty("1", "ann", "20:00-08:00", weekdays=(4,))], covers)
    content = rota_ics(rota, *WEEK, titles={}, now_ms=NOW)
    assert shifts(content) == [
        ("15 10:00", "15 11:00", "guard: Bob"),
        ("15 20:00", "15 22:00", "guard: Ann"),
        ("15 22:00", "16 02:00", "guard: Cid"),
        ("16 02:00", "16 08:00", "guard: Ann"),
    ]
    assert uids(content)[1] == "1.2027-01-15@community-alert-hub"
    assert len(set(uids(content))) == 4


def test_a_cover_for_one_building_leaves_the_rest_of_the_shift() -> None:
    cover = override("o", "cid", "2027-01-15 00:00", "2027-01-16 00:00", instead_of="ann", place="b6")
    rota = roster([duty("1", "ann", weekdays=(4,))], [cover])
    content = rota_ics(rota, *WEEK, titles={}, now_ms=NOW)
    assert sorted(title for *_, title in shifts(content)) == ["guard: Ann", "guard: Cid"]


def test_the_same_rota_gives_the_same_file() -> None:
    rota = roster([duty(str(n), "ann", rotation=("bob",), turn_days=1) for n in range(3)])
    assert rota_ics(rota, *WEEK, titles={}, now_ms=NOW) == rota_ics(rota, *WEEK, titles={}, now_ms=NOW)


def test_what_goes_out_comes_in_again_at_the_same_times() -> None:
    rota = roster([duty("1", "ann", "20:00-08:00", rotation=("bob",), place="b6")])
    content = rota_ics(rota, *WEEK, titles=ROLES, now_ms=NOW)
    put, mistakes = read_ics(content, PEOPLE, ROLES, SHANGHAI, places=PLACES)
    assert mistakes == []
    assert [(one.override.from_ms, one.override.place) for one in put] == [
        (round(local(event.start).timestamp() * 1000), "b6") for event in Calendar.from_ical(content).events
    ]


# ── in ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_event_is_an_override() -> None:
    (one,), mistakes = read(ONE + "SUMMARY:保安:Ann\nLOCATION:b6")
    assert mistakes == []
    assert (one.role, one.person, one.place, one.instead_of) == ("guard", "ann", "b6", "")
    assert (one.from_ms, one.until_ms) == (at("2027-01-15 20:00"), at("2027-01-16 08:00"))


@pytest.mark.parametrize("title", ["guard: ann 替 bob", "保安: Ann instead of Bob"])
def test_a_title_can_say_whose_shift_it_takes(title: str) -> None:
    (one,), _ = read(ONE + f"SUMMARY:{title}")
    assert (one.person, one.instead_of) == ("ann", "bob")


def test_reading_a_file_again_gives_the_same_ids_without_its_uid() -> None:
    first, second = read(ONE + TITLE)[0], read(ONE + TITLE)[0]
    assert first == second
    assert "example" not in first[0].id


def test_a_day_is_local_midnight_to_midnight_and_a_time_without_zone_is_local() -> None:
    (day, floating), mistakes = read(
        TITLE + "DTSTART;VALUE=DATE:20270115", TITLE + "DTSTART:20270115T200000\nDURATION:PT2H"
    )
    assert mistakes == []
    assert (day.from_ms, day.until_ms) == (at("2027-01-15 00:00"), at("2027-01-16 00:00"))
    assert (floating.from_ms, floating.until_ms) == (at("2027-01-15 20:00"), at("2027-01-15 22:00"))


def test_repetitions_are_written_out_without_those_left_out_or_moved() -> None:
    moved = (
        "BEGIN:VEVENT\nUID:0@example.org\nDTSTAMP:20270101T000000Z\n"
        "RECURRENCE-ID;TZID=Asia/Shanghai:20270117T200000\n"
        "DTSTART;TZID=Asia/Shanghai:20270117T210000\nDTEND;TZID=Asia/Shanghai:20270117T230000\n"
        "SUMMARY:guard: bob\nEND:VEVENT"
    )
    series = (
        ONE + TITLE + "RRULE:FREQ=DAILY;COUNT=4\nEXDATE;TZID=Asia/Shanghai:20270116T200000\nEND:VEVENT\n" + moved
    ).removesuffix("\nEND:VEVENT")
    found, mistakes = read(series)
    assert mistakes == []
    assert sorted((one.from_ms, one.person) for one in found) == [
        (at("2027-01-15 20:00"), "ann"),
        (at("2027-01-17 21:00"), "bob"),
        (at("2027-01-18 20:00"), "ann"),
    ]


@pytest.mark.parametrize("until", ["20270118T120000Z", "20270118", "20270118T200000"])
def test_the_end_of_a_repetition_belongs_to_it(until: str) -> None:
    found, mistakes = read(ONE + TITLE + f"RRULE:FREQ=DAILY;UNTIL={until}")
    assert mistakes == []
    assert len(found) == 4


def test_repetitions_keep_the_hour_on_the_wall_when_the_clock_changes() -> None:
    found, _ = read(
        "DTSTART;TZID=Europe/Berlin:20270327T080000\nDTEND;TZID=Europe/Berlin:20270327T090000\n"
        + TITLE
        + "RRULE:FREQ=DAILY;COUNT=2"
    )
    assert [f"{datetime.fromtimestamp(one.from_ms / 1000, UTC):%d %H:%M}" for one in found] == ["27 07:00", "28 06:00"]


def test_a_cancelled_event_is_none() -> None:
    assert read(ONE + TITLE + "STATUS:CANCELLED") == ([], [])


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (ONE + "SUMMARY:lunch", "its title must be “role: person”, for example “property: wang”"),
        (ONE + "SUMMARY:cook: ann", "there is no role cook: write the id or the name"),
        (ONE + "SUMMARY:guard: zoe", "there is no person zoe: write the id or the name"),
        (ONE + "SUMMARY:guard: 李", "李 is several (li1, li2): write the id"),
        (ONE + "SUMMARY:guard: ann 替 Ann", "nobody stands in for themselves: name somebody else"),
        (ONE + TITLE + "LOCATION:b9", "there is no place b9: LOCATION is a place's id"),
        (TITLE + "DTSTART:20270115T200000Z", "it lasts no time: give its end (DTEND or DURATION)"),
        (
            TITLE + "DTSTART;TZID=Mars/Base:20270115T200000\nDURATION:PT1H",
            "there is no time zone Mars/Base: write Asia/Shanghai",
        ),
        (ONE + TITLE + "RRULE:FREQ=HOURLY;COUNT=3", "it repeats too often: at most daily"),
        (
            ONE + TITLE + "RDATE:20270120T120000Z",
            "it repeats in too complex a way: make it several events",
        ),
    ],
)
def test_an_event_that_cannot_be_taken_says_why(event: str, said: str) -> None:
    assert why(event) == said


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY",
        "FREQ=DAILY;COUNT=500",
        "FREQ=WEEKLY;UNTIL=20300101T000000Z",
        "FREQ=DAILY;BYHOUR=1,2,3,4;COUNT=1500",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=1",
    ],
)
def test_a_repetition_without_a_near_end_is_refused_with_what_to_do(rule: str) -> None:
    assert why(ONE + TITLE + f"RRULE:{rule}").endswith("give it an earlier end, or make it a duty of the rota")


def test_a_mistake_names_its_event_and_the_others_are_read() -> None:
    found, mistakes = read(ONE + TITLE, ONE + "SUMMARY:guard: zoe")
    assert len(found) == 1
    assert [mistake.event for mistake in mistakes] == ["guard: zoe 2027-01-15 20:00:00+08:00"]


@pytest.mark.parametrize("content", [b"", b"no calendar", b"\xff\xfe\x00", b"x" * 2_000_001, b"BEGIN:VCALENDAR\r\n"])
def test_what_is_no_calendar_is_one_mistake(content: bytes) -> None:
    put, mistakes = read_ics(content, PEOPLE, ROLES, SHANGHAI)
    assert (put, len(mistakes)) == ([], 1)


_GOOD = file_of(ONE + TITLE + "RRULE:FREQ=WEEKLY;COUNT=3;BYDAY=FR,SA\nEXDATE:20270122T120000Z\nLOCATION:b6")


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(_GOOD) - 1), st.integers(0, 12), st.binary(max_size=8))
def test_a_broken_file_is_overrides_or_mistakes_and_never_an_error(where: int, gone: int, put: bytes) -> None:
    found, mistakes = read_ics(_GOOD[:where] + put + _GOOD[where + gone :], PEOPLE, ROLES, SHANGHAI)
    assert all(isinstance(one, PutOverride) for one in found)
    assert all(mistake.text.zh and mistake.text.en for mistake in mistakes)


def test_an_event_of_icalendars_own_making_is_read_too() -> None:
    event = Event.new(
        summary="guard: ann",
        start=datetime(2027, 1, 15, 20, tzinfo=SHANGHAI),
        end=datetime(2027, 1, 16, 8, tzinfo=SHANGHAI),
        stamp=datetime(2027, 1, 1, tzinfo=UTC),
    )
    calendar = Calendar.new(subcomponents=[event])
    put, mistakes = read_ics(calendar.to_ical(), PEOPLE, ROLES, SHANGHAI)
    assert (len(put), mistakes) == (1, [])
