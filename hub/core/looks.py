"""When contacts are looked at for their weekly test: at 10:00 and at 18:00 local time. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo

HOURS = (10, 18)
"""Whoever sleeps by day is awake at one of them."""


def next_look_ms(now_ms: int, zone: tzinfo) -> int:
    """The first of the hours after now."""
    day = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone).date()
    looks = (
        round(datetime.combine(day + timedelta(days=n), time(hour), zone).timestamp() * 1000)
        for n in (0, 1)
        for hour in HOURS
    )
    return next(at for at in looks if at > now_ms)
