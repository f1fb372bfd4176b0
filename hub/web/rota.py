"""Who is on duty now, and the number to ring: read from the registry's duty rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hub.model import Duty, Person

PHONE_SCHEMES = ("tel", "sms", "voice")
DAY = 24 * 60


def on_duty(duties: Iterable[Duty], role: str, now_ms: int, timezone: str) -> list[str]:
    """Ids of the people who hold the role now, in the order of the rota."""
    local = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(ZoneInfo(timezone))
    minute, weekday = local.hour * 60 + local.minute, local.weekday()
    people = [duty.person for duty in duties if duty.role == role and _covers(duty, minute, weekday)]
    return list(dict.fromkeys(people))


def _covers(duty: Duty, minute: int, weekday: int) -> bool:
    start, end = duty.from_minute % DAY, duty.to_minute % DAY
    if start == end:
        return weekday in duty.weekdays
    if start < end:
        return start <= minute < end and weekday in duty.weekdays
    if minute >= start:
        return weekday in duty.weekdays
    return minute < end and (weekday - 1) % 7 in duty.weekdays  # it belongs to the day it started on


def phone(person: Person) -> str:
    """The first number in the ladder of contacts, "" when there is none."""
    for contact in person.contacts:
        scheme, _, rest = contact.url.partition("://")
        if not rest:
            scheme, _, rest = contact.url.partition(":")
        number = rest.split("?", 1)[0].strip("/")
        if scheme in PHONE_SCHEMES and number and set(number) <= set("+-0123456789 "):
            return number
    return ""
