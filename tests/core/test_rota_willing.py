"""Whether somebody may be told now: refusal, leave, hours, sleep, and "I'm home"."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec

from hub.core.decisions import Reason
from hub.core.rota import Unwilling, asleep, unwilling, unwilling_at
from hub.model import Leave, Person, Severity, Window
from tests.core.rota_words import SHANGHAI, at, core_of, minute

BERLIN = ZoneInfo("Europe/Berlin")
LI = Person(id="li", name="Li")


def window(words: str) -> Window:
    begin, end = words.split("-")
    return Window(from_minute=minute(begin), to_minute=minute(end))


def li(**more: object) -> Person:
    return msgspec.structs.replace(LI, **more)


def why(
    person: Person, when: str, severity: Severity = Severity.MAJOR, zone: ZoneInfo = SHANGHAI, fold: int = 0
) -> Unwilling | None:
    return unwilling_at(zone, person, severity, at(when, zone, fold))


def test_somebody_without_any_wish_is_told_at_any_hour() -> None:
    assert why(LI, "2027-01-15 03:00", Severity.INFO) is None


def test_who_refused_is_told_of_nothing_and_waiting_does_not_help() -> None:
    person = li(agreed=False, home_until_ms=at("2027-01-16 00:00"))
    assert why(person, "2027-01-15 12:00", Severity.CRITICAL) == Unwilling(Reason.REFUSED, None)


def test_who_is_on_leave_is_told_of_nothing_until_the_last_leave_that_follows_ends() -> None:
    first = Leave(from_ms=at("2027-01-15 00:00"), until_ms=at("2027-01-16 00:00"))
    second = Leave(from_ms=at("2027-01-16 00:00"), until_ms=at("2027-01-18 00:00"))
    person = li(leave=(second, first), home_until_ms=at("2027-01-16 00:00"))
    assert why(person, "2027-01-15 12:00", Severity.CRITICAL) == Unwilling(Reason.ON_LEAVE, at("2027-01-18 00:00"))
    assert why(person, "2027-01-18 00:00") is None


def test_outside_their_hours_they_wait_for_the_next_that_opens() -> None:
    person = li(hours=(window("08:00-12:00"), window("14:00-18:00")))
    assert why(person, "2027-01-15 11:59", Severity.CRITICAL) is None
    assert why(person, "2027-01-15 12:00") == Unwilling(Reason.OFF_HOURS, at("2027-01-15 14:00"))
    assert why(person, "2027-01-15 18:00") == Unwilling(Reason.OFF_HOURS, at("2027-01-16 08:00"))


def test_hours_may_cross_midnight() -> None:
    person = li(hours=(window("22:00-02:00"),))
    assert why(person, "2027-01-15 01:59") is None
    assert why(person, "2027-01-15 02:00") == Unwilling(Reason.OFF_HOURS, at("2027-01-15 22:00"))


def test_hours_with_equal_ends_are_all_day() -> None:
    person = li(hours=(window("08:00-08:00"),))
    assert why(person, "2027-01-15 08:00") is why(person, "2027-01-15 03:00") is None


def test_what_is_severe_enough_gets_through_their_sleep() -> None:
    person = li(sleep=window("23:00-07:00"), wakes_for=Severity.MAJOR)
    assert why(person, "2027-01-15 03:00", Severity.CRITICAL) is None
    assert why(person, "2027-01-15 03:00", Severity.MAJOR) is None
    assert why(person, "2027-01-15 03:00", Severity.MINOR) == Unwilling(Reason.ASLEEP, at("2027-01-15 07:00"))
    assert why(person, "2027-01-15 07:00", Severity.MINOR) is None


def test_who_always_sleeps_is_not_worth_waiting_for() -> None:
    assert why(li(sleep=window("00:00-00:00")), "2027-01-15 12:00") == Unwilling(Reason.ASLEEP, None)


def test_being_at_home_lifts_hours_and_sleep() -> None:
    home = at("2027-01-15 04:00")
    person = li(hours=(window("08:00-18:00"),), sleep=window("23:00-07:00"), home_until_ms=home)
    assert why(person, "2027-01-15 03:59", Severity.INFO) is None
    assert why(person, "2027-01-15 04:00", Severity.INFO) == Unwilling(Reason.OFF_HOURS, at("2027-01-15 08:00"))


def test_a_sleep_that_ends_in_the_skipped_hour_ends_at_the_skip() -> None:
    person = li(sleep=window("22:00-02:30"))
    assert why(person, "2027-03-28 01:00", zone=BERLIN) == Unwilling(Reason.ASLEEP, at("2027-03-28 03:00", BERLIN))
    assert why(person, "2027-03-28 03:00", zone=BERLIN) is None


def test_a_sleep_that_ends_in_the_hour_that_comes_twice_ends_once() -> None:
    person = li(sleep=window("22:00-02:30"))
    assert why(person, "2027-10-31 02:29", zone=BERLIN) is not None
    assert why(person, "2027-10-31 02:10", zone=BERLIN, fold=1) is None


def test_hours_that_the_clock_skips_open_the_day_after() -> None:
    person = li(hours=(window("02:10-02:50"),))
    assert why(person, "2027-03-28 01:00", zone=BERLIN) == Unwilling(Reason.OFF_HOURS, at("2027-03-29 02:10", BERLIN))


def test_the_sleep_that_is_on_is_known_with_its_ends_even_when_they_said_they_are_home() -> None:
    person = li(sleep=window("23:00-07:00"), home_until_ms=at("2027-01-16 00:00"))
    night = (at("2027-01-14 23:00"), at("2027-01-15 07:00"))
    assert asleep(SHANGHAI, person, at("2027-01-15 03:00")) == night
    assert asleep(SHANGHAI, person, at("2027-01-15 07:00")) is None
    assert asleep(SHANGHAI, LI, at("2027-01-15 03:00")) is None


def test_the_core_asks_for_its_own_moment() -> None:
    core = core_of()
    core.now_ms = at("2027-01-15 03:00")
    assert unwilling(core, li(sleep=window("23:00-07:00")), Severity.MINOR) == Unwilling(
        Reason.ASLEEP, at("2027-01-15 07:00")
    )
