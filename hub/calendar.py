"""A country's days of rest, with the make-up workdays (调休) that it has announced. Edge: the `holidays` package.

A year that the country has not announced yet goes by its law and its weekends: nothing here fails because of a year.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, tzinfo
from difflib import get_close_matches
from functools import lru_cache
from zoneinfo import available_timezones

import holidays

from hub.errors import ConfigError

FEW = 3


def restdays(country: str, years: Iterable[int]) -> dict[int, bool]:
    """Ordinal of each date of these years -> is it a day of rest there; empty for no country.

    Raises `ConfigError` for a country that the package does not know.
    """
    if not country:
        return {}
    known = holidays.list_supported_countries()
    if country not in known:
        raise _unknown(country, list(known))
    found: dict[int, bool] = {}
    for year in set(years):
        found.update(_year(country, year))
    return found


def restdays_around(country: str, now_ms: int, zone: tzinfo) -> dict[int, bool]:
    """The year before this one, this one and the next two: what a rota of one community looks at."""
    year = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone).year
    return restdays(country, range(year - 1, year + 3))


@lru_cache(maxsize=32)
def _year(country: str, year: int) -> tuple[tuple[int, bool], ...]:
    calendar = holidays.country_holidays(country, years=year)
    first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
    return tuple((day, not calendar.is_working_day(date.fromordinal(day))) for day in range(first, last + 1))


def unknown_zone(name: str) -> str | None:
    """Why that is no time zone that this machine knows, with names that look like it; None: it is one, or empty."""
    if not name or name in available_timezones():
        return None
    return f"there is no time zone {name}; {_meant(name, list(available_timezones()), 'Asia/Shanghai')}"


def _unknown(country: str, known: list[str]) -> ConfigError:
    return ConfigError(
        f"there is no calendar of a country {country!r}.",
        where="installation.holidays",
        todo=f"Write the two letters of ISO 3166: {_meant(country.upper(), known, 'CN')}, or leave it empty.",
    )


def _meant(name: str, known: list[str], example: str) -> str:
    close = [name] if name in known else get_close_matches(name, sorted(known), n=FEW, cutoff=0.5)
    return f"perhaps {' or '.join(close)}" if close else f"for example {example}"
