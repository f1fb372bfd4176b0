"""Between two boundaries nothing of the rota changes: random rotas, asked at random minutes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.core.context import Core
from hub.core.localtime import DAY_MS, day_of, local_day, moment
from hub.core.rota import boundaries, changes_after, holders, restday, unwilling
from hub.core.shifts import on_turn
from hub.model import Days, Duty, Leave, Override, Person, Severity, Window
from tests.core.rota_words import PLACES, SHANGHAI, at, core_of, duty, override, people

IDS = ("ann", "bob", "cid", "dan")
ZONES = [SHANGHAI, ZoneInfo("Europe/Berlin"), ZoneInfo("America/Havana"), ZoneInfo("Australia/Lord_Howe")]
STARTS = [at("2027-01-13 09:17"), at("2027-03-26 22:40"), at("2027-04-02 00:00"), at("2027-10-29 23:59")]
"""Havana changes on 14 March, Berlin on 28 March and 31 October, Lord Howe on 4 April."""
SPAN_MS = 5 * DAY_MS

_minutes = st.sampled_from([0, 30, 90, 120, 150, 180, 480, 1200, 1380, 1439])
_weekdays = st.lists(st.integers(0, 6), min_size=1, max_size=7, unique=True).map(tuple)
_dates = st.sampled_from(["", "2027-01-14", "2027-03-28", "2027-10-31"])


@st.composite
def duties(draw: st.DrawFn) -> list[Duty]:
    return [
        Duty(
            id=str(number),
            role=draw(st.sampled_from(["guard", "keeper"])),
            person=draw(st.sampled_from(IDS)),
            place=draw(st.sampled_from(["", "b6", "b7"])),
            from_minute=draw(_minutes),
            to_minute=draw(_minutes),
            weekdays=draw(_weekdays),
            days=draw(st.sampled_from(Days)),
            rotation=tuple(draw(st.lists(st.sampled_from(IDS), max_size=2))),
            turn_days=draw(st.integers(1, 3)),
            from_date=draw(_dates),
            until_date=draw(_dates),
            zone=draw(st.sampled_from(["", "Europe/Berlin", "America/Havana"])),
        )
        for number in range(draw(st.integers(0, 4)))
    ]


@st.composite
def persons(draw: st.DrawFn, start: int) -> dict[str, Person]:
    moments = st.integers(start - DAY_MS, start + SPAN_MS)
    window = st.builds(Window, from_minute=_minutes, to_minute=_minutes)
    found: dict[str, Person] = {}
    for id in IDS:
        begin = draw(moments)
        found[id] = Person(
            id=id,
            name=id,
            hours=tuple(draw(st.lists(window, max_size=2))),
            sleep=draw(st.none() | window),
            leave=tuple(draw(st.lists(st.just(Leave(from_ms=begin, until_ms=begin + 7_777_777)), max_size=1))),
            agreed=draw(st.booleans()),
            home_until_ms=draw(st.just(0) | moments),
        )
    return found


@st.composite
def overrides(draw: st.DrawFn, start: int) -> list[Override]:
    return [
        Override(
            id=str(number),
            role="guard",
            person=draw(st.sampled_from(IDS)),
            from_ms=(begin := draw(st.integers(start - DAY_MS, start + SPAN_MS))),
            until_ms=begin + draw(st.integers(1, 2 * DAY_MS)),
            place=draw(st.sampled_from(["", "g", "b6"])),
            instead_of=draw(st.sampled_from(["", *IDS])),
        )
        for number in range(draw(st.integers(0, 3)))
    ]


@st.composite
def rotas(draw: st.DrawFn) -> tuple[Core, int]:
    start = draw(st.sampled_from(STARTS))
    rests = draw(
        st.dictionaries(st.integers(date(2027, 1, 10).toordinal(), date(2027, 1, 20).toordinal()), st.booleans())
    )
    core = core_of(
        draw(duties()),
        draw(overrides(start)),
        draw(persons(start)),
        zone=draw(st.sampled_from(ZONES)),
        restdays=rests,
    )
    return core, start


def everything(core: Core, now_ms: int) -> object:
    """Whatever the rota can say about one moment."""
    core.now_ms = now_ms
    held = {
        (role, place): [p.id for p in holders(core, role, place)] for role in ("guard", "keeper") for place in PLACES
    }
    why = {
        (id, severity): unwilling(core, person, severity)
        for id, person in core.state.people.items()
        for severity in (Severity.CRITICAL, Severity.INFO)
    }
    return held, why, restday(core, now_ms)


@settings(max_examples=120, deadline=None)
@given(rotas(), st.data())
def test_nothing_changes_between_two_boundaries(given_rota: tuple[Core, int], data: st.DataObject) -> None:
    core, start = given_rota
    end = start + SPAN_MS
    cuts = [start, *boundaries(core, start, end), end]
    assert cuts == sorted(set(cuts))
    stretches = data.draw(st.lists(st.sampled_from(list(pairwise(cuts))), min_size=1, max_size=6))
    for begin, until in stretches:
        said = everything(core, begin)
        for now_ms in {until - 1, data.draw(st.integers(begin, until - 1))}:
            core.roster = None  # what was worked out for the stretch must not answer for itself
            assert everything(core, now_ms) == said


@settings(max_examples=80, deadline=None)
@given(rotas(), st.data())
def test_asked_in_any_order_a_rota_says_what_a_new_one_says(given_rota: tuple[Core, int], data: st.DataObject) -> None:
    core, start = given_rota
    for now_ms in data.draw(st.lists(st.integers(start, start + SPAN_MS), max_size=8)):
        said = everything(core, now_ms)
        core.roster = None
        assert everything(core, now_ms) == said


@settings(max_examples=150, deadline=None)
@given(duties(), st.integers(0, 20 * 1440))
def test_without_changes_of_the_clock_a_duty_is_what_the_wall_clock_says(found: list[Duty], minutes: int) -> None:
    """An independent reading: the local day and minute, looked at without any moment or stretch."""
    core = core_of([one for one in found if not one.zone])
    core.now_ms = at("2027-01-10 00:00") + minutes * 60_000
    local = datetime.fromtimestamp(core.now_ms / 1000, UTC).astimezone(SHANGHAI)
    expected = []
    for one in core.state.duties.values():
        minute = local.hour * 60 + local.minute
        crosses = one.to_minute <= one.from_minute
        if minute >= one.from_minute and (crosses or minute < one.to_minute):
            started = local.date().toordinal()
        elif crosses and minute < one.to_minute:
            started = local.date().toordinal() - 1
        else:
            continue
        day = date.fromordinal(started)
        rest = day.weekday() >= 5
        dated = (one.from_date or "0") <= day.isoformat() <= (one.until_date or "9")
        if (
            day.weekday() in one.weekdays
            and dated
            and one.days in (Days.EVERY, Days.RESTDAYS if rest else Days.WORKDAYS)
        ):
            expected.append((one.role, one.place, on_turn(one, started)))
    for role in ("guard", "keeper"):
        there = [person for of, place, person in expected if of == role and place in ("", "b6")]
        assert [person.id for person in holders(core, role, "1203")] == list(dict.fromkeys(there))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(ZONES), st.integers(at("2026-01-01 00:00"), at("2029-01-01 00:00")), st.integers(0, 1439))
def test_minutes_of_a_day_never_run_backwards_and_each_moment_has_one_day(
    zone: ZoneInfo, now: int, minute: int
) -> None:
    day = local_day(zone, now)
    assert moment(zone, day, 0) <= now < moment(zone, day + 1, 0)
    assert moment(zone, day, minute) <= moment(zone, day, minute + 1)


def test_the_next_change_is_the_first_boundary_however_far() -> None:
    assert changes_after(core_of([duty("1", "ann", "08:00-20:00")]), at("2027-01-15 12:00")) == at("2027-01-15 20:00")
    far = override("o", "bob", "2027-09-01 00:00", "2027-09-02 00:00")
    always_work = dict.fromkeys(range(day_of("2027-01-01") or 0, (day_of("2028-12-31") or 0) + 1), False)
    core = core_of([duty("1", "ann")], [far], people("ann", "bob"), restdays=always_work)
    assert changes_after(core, at("2027-01-15 12:00")) == far.from_ms
    assert changes_after(core, far.until_ms) is None
