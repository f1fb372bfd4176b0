"""Who holds a role: shifts, turns, days of rest, covers and swaps, places, and "I'm home"."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import msgspec
import pytest

from hub.core.rota import holders, on_duty, restday
from hub.model import CalendarDay, Days
from tests.core.rota_words import SHANGHAI, at, core_of, duty, override, people, roster, who

BERLIN = ZoneInfo("Europe/Berlin")


def test_day_and_night_shift_hand_over_without_a_gap() -> None:
    rota = roster([duty("1", "ann", "08:00-20:00"), duty("2", "bob", "20:00-08:00")])
    assert who(rota, "2027-01-15 19:59") == ["ann"]
    assert who(rota, "2027-01-15 20:00") == ["bob"]
    assert who(rota, "2027-01-16 07:59") == ["bob"]
    assert who(rota, "2027-01-16 08:00") == ["ann"]


def test_a_shift_of_24_hours_belongs_to_the_day_it_starts_on() -> None:
    rota = roster([duty("1", "ann", "08:00-08:00", weekdays=(4,))])
    assert who(rota, "2027-01-15 07:59") == []
    assert who(rota, "2027-01-15 08:00") == ["ann"]
    assert who(rota, "2027-01-16 07:59") == ["ann"]
    assert who(rota, "2027-01-16 08:00") == []


def test_people_take_turns_of_a_week_each_from_the_first_day() -> None:
    rota = roster([duty("1", "ann", rotation=("bob", "cid"), from_date="2027-01-04")])
    assert who(rota, "2027-01-03 23:59") == []
    assert who(rota, "2027-01-04 00:00") == ["ann"]
    assert who(rota, "2027-01-11 00:00") == ["bob"]
    assert who(rota, "2027-01-24 23:59") == ["cid"]
    assert who(rota, "2027-01-25 00:00") == ["ann"]


def test_turns_without_a_first_day_change_on_mondays() -> None:
    rota = roster([duty("1", "ann", rotation=("bob",))])
    (before,), (after,) = who(rota, "2027-01-17 23:59"), who(rota, "2027-01-18 00:00")
    assert {before, after} == {"ann", "bob"}
    assert who(rota, "2027-01-24 23:59") == [after]


def test_a_turn_that_crosses_midnight_is_theirs_who_started_it() -> None:
    rota = roster([duty("1", "ann", "22:00-06:00", rotation=("bob",), turn_days=1, from_date="2027-01-04")])
    assert who(rota, "2027-01-05 05:59") == ["ann"]
    assert who(rota, "2027-01-05 22:00") == ["bob"]


def test_a_duty_ends_with_the_last_shift_of_its_last_day() -> None:
    rota = roster([duty("1", "ann", "22:00-06:00", until_date="2027-01-15")])
    assert who(rota, "2027-01-16 05:59") == ["ann"]
    assert who(rota, "2027-01-16 22:00") == []


def test_for_ever_may_be_written_as_the_last_date_there_is() -> None:
    assert who(roster([duty("1", "ann", until_date="9999-12-31")]), "2027-01-15 12:00") == ["ann"]


def test_a_duty_in_its_own_zone_goes_by_the_clock_there() -> None:
    rota = roster([duty("1", "ann", "08:00-09:00", zone="Europe/Berlin")])
    assert who(rota, "2027-01-15 15:00") == ["ann"]
    assert who(rota, "2027-07-15 14:00") == ["ann"]
    assert who(rota, "2027-07-15 15:00") == []


def test_a_zone_that_this_machine_does_not_know_is_the_installations() -> None:
    assert who(roster([duty("1", "ann", "08:00-09:00", zone="Mars/Base")]), "2027-01-15 08:30") == ["ann"]


# ── the clock changes ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_handover_in_the_hour_that_is_skipped_happens_at_the_skip() -> None:
    """Berlin, 2027-03-28: 02:00 becomes 03:00, so 02:30 never is."""
    rota = roster([duty("1", "ann", "22:00-02:30"), duty("2", "bob", "02:30-06:00")], zone=BERLIN)
    assert who(rota, "2027-03-28 01:59") == ["ann"]
    assert who(rota, "2027-03-28 03:00") == ["bob"]


def test_a_handover_in_the_hour_that_comes_twice_happens_once() -> None:
    """Berlin, 2027-10-31: 03:00 becomes 02:00."""
    rota = roster([duty("1", "ann", "22:00-02:30"), duty("2", "bob", "02:30-06:00")], zone=BERLIN)
    assert who(rota, "2027-10-31 02:29") == ["ann"]
    assert who(rota, "2027-10-31 02:31") == ["bob"]
    assert who(rota, "2027-10-31 02:10", fold=1) == ["bob"]


def test_turns_count_days_not_hours() -> None:
    rota = roster([duty("1", "ann", rotation=("bob",), turn_days=1, from_date="2027-03-27")], zone=BERLIN)
    assert [who(rota, f"2027-03-{day} 00:00")[0] for day in (27, 28, 29, 30)] == ["ann", "bob", "ann", "bob"]


def test_a_shift_inside_the_skipped_hour_is_not_held_that_day() -> None:
    rota = roster([duty("1", "ann", "02:10-02:50")], zone=BERLIN)
    assert who(rota, "2027-03-28 01:59") == who(rota, "2027-03-28 03:00") == []
    assert who(rota, "2027-03-29 02:30") == ["ann"]


# ── days of rest ─────────────────────────────────────────────────────────────────────────────────────────────────────

OFFICE = [duty("1", "ann", days=Days.WORKDAYS), duty("2", "bob", days=Days.RESTDAYS)]


def test_a_day_that_no_calendar_knows_goes_by_its_weekday() -> None:
    rota = roster(OFFICE)
    assert who(rota, "2040-01-06 12:00") == ["ann"]
    assert who(rota, "2040-01-07 12:00") == ["bob"]


def test_a_make_up_saturday_is_a_workday_and_a_holiday_a_day_of_rest() -> None:
    country = {date(2027, 2, 20).toordinal(): False, date(2027, 2, 8).toordinal(): True}
    rota = roster(OFFICE, restdays=country)
    assert who(rota, "2027-02-20 12:00") == ["ann"]
    assert who(rota, "2027-02-08 12:00") == ["bob"]


def test_the_sites_own_word_on_a_day_is_over_the_countrys() -> None:
    country = {date(2027, 2, 8).toordinal(): True}
    site = {"2027-02-08": CalendarDay(date="2027-02-08", rest=False, name="值班")}
    assert who(roster(OFFICE, restdays=country, calendar=site), "2027-02-08 12:00") == ["ann"]


def test_the_core_says_whether_a_moment_is_on_a_day_of_rest() -> None:
    core = core_of(restdays={date(2027, 1, 16).toordinal(): False})
    assert not restday(core, at("2027-01-16 12:00"))
    assert restday(core, at("2027-01-17 00:00"))
    assert not restday(core, at("2027-01-18 00:00"))


# ── covers and swaps ─────────────────────────────────────────────────────────────────────────────────────────────────

NIGHTS = [duty("1", "ann", "20:00-08:00"), duty("2", "bob", "08:00-20:00")]


def test_a_cover_takes_over_the_shifts_and_only_these() -> None:
    rota = roster(NIGHTS, [override("o", "cid", "2027-01-15 22:00", "2027-01-17 00:00", instead_of="ann")])
    assert who(rota, "2027-01-15 21:59") == ["ann"]
    assert who(rota, "2027-01-15 22:00") == ["cid"]
    assert who(rota, "2027-01-16 12:00") == ["bob"]
    assert who(rota, "2027-01-16 23:59") == ["cid"]
    assert who(rota, "2027-01-17 00:00") == ["ann"]


def test_an_override_of_nobody_adds_somebody() -> None:
    rota = roster(NIGHTS, [override("o", "cid", "2027-01-15 10:00", "2027-01-15 11:00")])
    assert who(rota, "2027-01-15 10:30") == ["bob", "cid"]
    assert who(rota, "2027-01-15 11:00") == ["bob"]


def test_a_swap_is_two_covers() -> None:
    rota = roster(
        NIGHTS,
        [
            override("o1", "bob", "2027-01-15 20:00", "2027-01-16 08:00", instead_of="ann"),
            override("o2", "ann", "2027-01-16 08:00", "2027-01-16 20:00", instead_of="bob"),
        ],
    )
    assert who(rota, "2027-01-15 23:00") == ["bob"]
    assert who(rota, "2027-01-16 12:00") == ["ann"]
    assert who(rota, "2027-01-16 23:00") == ["ann"]


def test_two_who_swap_places_at_the_same_time_each_take_the_others() -> None:
    swapped = "2027-01-15 00:00", "2027-01-16 00:00"
    rota = roster(
        [duty("1", "ann", place="b6"), duty("2", "bob", place="b7")],
        [override("o1", "bob", *swapped, instead_of="ann"), override("o2", "ann", *swapped, instead_of="bob")],
    )
    assert who(rota, "2027-01-15 12:00", "1203") == ["bob"]
    assert who(rota, "2027-01-15 12:00", "b7") == ["ann"]


def test_a_cover_of_a_cover_is_followed_to_its_end() -> None:
    day = "2027-01-15 00:00", "2027-01-16 00:00"
    covers = [override("o2", "bob", *day, instead_of="ann"), override("o1", "cid", *day, instead_of="bob")]
    assert who(roster([duty("1", "ann")], covers), "2027-01-15 12:00") == ["cid"]


def test_three_who_go_round_each_take_the_next_ones_shift() -> None:
    day = "2027-01-15 00:00", "2027-01-16 00:00"
    covers = [
        override("o1", "bob", *day, instead_of="ann"),
        override("o2", "cid", *day, instead_of="bob"),
        override("o3", "ann", *day, instead_of="cid"),
    ]
    duties = [duty("1", "ann", place="b6"), duty("2", "bob", place="b7")]
    assert who(roster(duties, covers), "2027-01-15 12:00", "b6") == ["bob"]
    assert who(roster(duties, covers), "2027-01-15 12:00", "b7") == ["cid"]


def test_a_cover_by_somebody_unknown_takes_nothing_over() -> None:
    rota = roster(NIGHTS, [override("o", "zoe", "2027-01-15 00:00", "2027-01-16 00:00", instead_of="bob")])
    assert who(rota, "2027-01-15 12:00") == ["bob"]


# ── places ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_duty_for_a_building_is_held_in_its_homes_and_nowhere_else() -> None:
    rota = roster([duty("1", "ann", place="b6"), duty("2", "bob", place="b7"), duty("3", "cid")])
    assert who(rota, "2027-01-15 12:00", "1203") == ["ann", "cid"]
    assert who(rota, "2027-01-15 12:00", "b7") == ["bob", "cid"]
    assert who(rota, "2027-01-15 12:00", "") == ["cid"]


@pytest.mark.parametrize(("place", "at_6", "at_7"), [("b6", "bob", "ann"), ("", "bob", "bob"), ("g", "bob", "bob")])
def test_a_cover_for_a_place_takes_over_there(place: str, at_6: str, at_7: str) -> None:
    cover = override("o", "bob", "2027-01-15 00:00", "2027-01-16 00:00", instead_of="ann", place=place)
    rota = roster([duty("1", "ann")], [cover])
    assert who(rota, "2027-01-15 12:00", "1203") == [at_6]
    assert who(rota, "2027-01-15 12:00", "b7") == [at_7]


def test_somebody_with_two_duties_is_one_holder_in_the_order_of_duties() -> None:
    rota = roster([duty("2", "ann"), duty("1", "bob"), duty("3", "bob")])
    assert who(rota, "2027-01-15 12:00") == ["bob", "ann"]


# ── at home ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_is_at_home_now_holds_their_role_off_shift_until_they_said() -> None:
    known = people("ann", "bob")
    known["ann"] = msgspec.structs.replace(known["ann"], home_until_ms=at("2027-01-15 18:00"))
    rota = roster([duty("1", "ann", "20:00-08:00", place="b6"), duty("2", "bob", "08:00-20:00")], known=known)
    assert who(rota, "2027-01-15 17:59") == ["ann", "bob"]
    assert who(rota, "2027-01-15 17:59", "b7") == ["bob"]
    assert who(rota, "2027-01-15 18:00") == ["bob"]


def test_being_at_home_revives_no_duty_that_has_ended() -> None:
    known = people("ann")
    known["ann"] = msgspec.structs.replace(known["ann"], home_until_ms=at("2027-01-15 18:00"))
    assert who(roster([duty("1", "ann", until_date="2027-01-14")], known=known), "2027-01-15 12:00") == []


# ── as the core asks it ──────────────────────────────────────────────────────────────────────────────────────────────


def test_the_core_asks_for_its_own_moment_and_place() -> None:
    core = core_of(NIGHTS)
    core.now_ms = at("2027-01-15 12:00")
    assert [person.id for person in holders(core, "guard", "1203")] == ["bob"]
    assert holders(core, "nobody has this", "1203") == []


def test_one_duty_can_be_asked_without_a_core() -> None:
    workday = duty("1", "ann", "08:00-17:00", days=Days.WORKDAYS)
    assert on_duty(workday, at("2027-01-15 12:00"), SHANGHAI)
    assert not on_duty(workday, at("2027-01-16 12:00"), SHANGHAI)
    assert on_duty(workday, at("2027-01-16 12:00"), SHANGHAI, {date(2027, 1, 16).toordinal(): False})
