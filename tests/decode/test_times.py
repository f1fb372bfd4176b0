"""The times that platforms write."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.decode.times import time_ms

CHINA = timezone(timedelta(hours=8))


def _ms(*written: int) -> int:
    year, month, day, hour, minute, second, milli = written
    return round(datetime(year, month, day, hour, minute, second, milli * 1000, UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2022-07-18T09:34:15.775023242+00:00", _ms(2022, 7, 18, 9, 34, 15, 775)),
        ("2022-07-18T09:34:15.775Z", _ms(2022, 7, 18, 9, 34, 15, 775)),
        ("2022-07-18T09:34:15.7Z", _ms(2022, 7, 18, 9, 34, 15, 700)),
        ("2022-07-18T09:34:15Z", _ms(2022, 7, 18, 9, 34, 15, 0)),
        ("2022-07-18T17:34:15.775+08:00", _ms(2022, 7, 18, 9, 34, 15, 775)),
        ("2022-07-18T05:04:15.775-0430", _ms(2022, 7, 18, 9, 34, 15, 775)),
        ("2022-07-18 17:34:15", _ms(2022, 7, 18, 9, 34, 15, 0)),
        ("2020-0327T12:39:05.547336Z", _ms(2020, 3, 27, 12, 39, 5, 547)),
        ("20200401T182505Z", _ms(2020, 4, 1, 18, 25, 5, 0)),
        ("20200402022505", _ms(2020, 4, 1, 18, 25, 5, 0)),
        ("1606982320277", 1606982320277),
        (1606982320277, 1606982320277),
        (1606982320, 1606982320000),
        (1606982320.5, 1606982320500),
        (1606982320277000, 1606982320277),
        ("2016-12-31T23:59:60Z", _ms(2016, 12, 31, 23, 59, 59, 0)),
        ("2022-13-40T99:00:00Z", None),
        ("2022-07-18T09:34:15.77x023242+00:00", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (True, None),
        (0, None),
        (-5, None),
        (2**70, None),
        (float("nan"), None),
        (float("inf"), None),
        ({}, None),
    ],
)
def test_a_time_is_read_in_the_form_it_came_in(written: object, expected: int | None) -> None:
    assert time_ms(written, CHINA) == expected


@given(st.text(max_size=40) | st.integers() | st.floats() | st.from_regex(r"\A[0-9TZ:.+\- ]{8,40}\Z"))
def test_no_time_is_ever_an_error(written: object) -> None:
    read = time_ms(written)
    assert read is None or 0 <= read < 2**63
