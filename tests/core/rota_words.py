"""A rota in few words: moments of Shanghai, people, duties, and a core that has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from hub.core.context import Core
from hub.core.roster import Roster
from hub.core.state import State
from hub.model import CalendarDay, Duty, Override, Person, Place, PlaceKind
from tests.core.timeline import settings

SHANGHAI = ZoneInfo("Asia/Shanghai")
PLACES = {
    place.id: place
    for place in (
        Place(id="g", kind=PlaceKind.COMMUNITY, name="桂花园"),
        Place(id="b6", kind=PlaceKind.BUILDING, name="6号楼", parent="g"),
        Place(id="b7", kind=PlaceKind.BUILDING, name="7号楼", parent="g"),
        Place(id="1203", kind=PlaceKind.HOME, name="1203室", parent="b6"),
    )
}


def at(words: str, zone: ZoneInfo = SHANGHAI, fold: int = 0) -> int:
    """``2027-01-15 16:00`` there, in ms."""
    return round(datetime.fromisoformat(words).replace(tzinfo=zone, fold=fold).timestamp() * 1000)


def minute(words: str) -> int:
    hours, minutes = words.split(":")
    return int(hours) * 60 + int(minutes)


def people(*ids: str) -> dict[str, Person]:
    return {id: Person(id=id, name=id.title()) for id in ids}


def duty(id: str, person: str, hours: str = "00:00-00:00", role: str = "guard", **more: object) -> Duty:
    begin, end = hours.split("-")
    made = Duty(id=id, role=role, person=person, from_minute=minute(begin), to_minute=minute(end))
    return msgspec.structs.replace(made, **more)


def override(id: str, person: str, begin: str, end: str, **more: object) -> Override:
    made = Override(id=id, role="guard", person=person, from_ms=at(begin), until_ms=at(end))
    return msgspec.structs.replace(made, **more)


def roster(
    duties: Iterable[Duty],
    overrides: Iterable[Override] = (),
    *,
    known: Mapping[str, Person] | None = None,
    calendar: Mapping[str, CalendarDay] = {},
    restdays: Mapping[int, bool] = {},
    zone: ZoneInfo = SHANGHAI,
) -> Roster:
    return Roster(
        people=people("ann", "bob", "cid", "dan") if known is None else known,
        duties=duties,
        overrides=overrides,
        calendar=calendar,
        restdays=restdays,
        places=PLACES,
        zone=zone,
    )


def who(roster: Roster, when: str, place: str = "1203", fold: int = 0) -> list[str]:
    """Ids of the guards then and there, in the roster's zone."""
    zone = roster.zone
    assert isinstance(zone, ZoneInfo)
    return [person.id for person in roster.holders("guard", place, at(when, zone, fold))]


def core_of(
    duties: Iterable[Duty] = (),
    overrides: Iterable[Override] = (),
    known: Mapping[str, Person] | None = None,
    *,
    zone: ZoneInfo = SHANGHAI,
    restdays: Mapping[int, bool] = {},
) -> Core:
    state = State(
        community="g",
        places=dict(PLACES),
        people=dict(people("ann", "bob", "cid", "dan") if known is None else known),
        duties={one.id: one for one in duties},
        overrides={one.id: one for one in overrides},
    )
    return Core(state, msgspec.structs.replace(settings(), zone=zone, restdays=restdays))
