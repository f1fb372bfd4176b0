"""The country's calendar: what China announced, what it has not yet, and what nobody knows."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from hub.calendar import restdays, restdays_around, unknown_zone
from hub.errors import ConfigError

CHINA = restdays("CN", range(2025, 2029))


def rest(iso: str) -> bool:
    return CHINA[date.fromisoformat(iso).toordinal()]


@pytest.mark.parametrize(
    "iso", ["2025-01-26", "2025-02-08", "2025-10-11", "2026-02-14", "2026-02-28", "2026-05-09", "2026-10-10"]
)
def test_a_make_up_weekend_day_is_a_workday(iso: str) -> None:
    assert date.fromisoformat(iso).weekday() >= 5
    assert not rest(iso)


@pytest.mark.parametrize("iso", ["2025-10-08", "2026-02-17", "2026-02-23", "2026-10-01", "2026-10-07", "2027-02-08"])
def test_a_holiday_on_a_weekday_is_a_day_of_rest(iso: str) -> None:
    assert date.fromisoformat(iso).weekday() < 5
    assert rest(iso)


def test_plain_days_go_by_their_weekday() -> None:
    assert rest("2026-11-21")
    assert not rest("2026-11-23")


def test_a_year_that_is_not_announced_yet_has_every_day_all_the_same() -> None:
    days = [date.fromordinal(day) for day in CHINA if date.fromordinal(day).year == 2028]
    assert len(days) == 366
    assert rest("2028-10-01")
    assert not rest("2028-11-01")


def test_the_rota_looks_one_year_back_and_two_ahead_by_the_local_year() -> None:
    new_year_in_shanghai = 1_798_732_800_000  # 2026-12-31 16:00 UTC
    days = restdays_around("CN", new_year_in_shanghai, ZoneInfo("Asia/Shanghai"))
    assert {date.fromordinal(day).year for day in days} == {2026, 2027, 2028, 2029}


def test_a_country_may_rest_on_other_days_than_saturday_and_sunday() -> None:
    israel = restdays("IL", [2026])
    assert israel[date(2026, 11, 20).toordinal()]
    assert not israel[date(2026, 11, 22).toordinal()]


def test_no_country_is_no_calendar() -> None:
    assert restdays("", [2026]) == {}


@pytest.mark.parametrize(("country", "meant"), [("cn", "perhaps CN"), ("??", "for example CN")])
def test_a_country_that_is_none_is_told_with_what_was_meant(country: str, meant: str) -> None:
    with pytest.raises(ConfigError) as caught:
        restdays(country, [2026])
    assert caught.value.where == "installation.holidays"
    assert meant in caught.value.todo


def test_a_time_zone_that_is_none_is_told_with_what_was_meant() -> None:
    assert unknown_zone("") is unknown_zone("Asia/Shanghai") is None
    assert "perhaps Asia/Shanghai" in (unknown_zone("Asia/Shangai") or "")
