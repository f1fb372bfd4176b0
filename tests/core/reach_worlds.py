"""Small communities for the prover's property tests, and the real core run through one minute of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import product
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import strategies as st

from hub.config import PolicyConfig, StepConfig
from hub.core.context import Core
from hub.core.decisions import NotificationDue, PolicyAdvanced
from hub.core.inputs import Input, Receipted, Received, TimePassed
from hub.core.policies import Settings, compile_settings
from hub.core.reach import Registry, registry_of
from hub.core.rules import compile_rules
from hub.core.state import State
from hub.core.step import step
from hub.model import (
    CalendarDay,
    Contact,
    ContactHealth,
    Days,
    Device,
    Duty,
    Event,
    Kind,
    Leave,
    Notification,
    NotificationState,
    Override,
    Person,
    Place,
    PlaceKind,
    RawMessage,
    Reading,
    Receipt,
    Window,
    nature,
)
from tests.core.timeline import ROLES, RULES, START

ZONE = ZoneInfo("Asia/Shanghai")
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
DAYS = 2
RECEIPT_MS = 10_000
SLACK_MS = 6 * RECEIPT_MS
MIDNIGHT = START - 16 * HOUR_MS
"""00:00 on the Friday on which the communities start at 16:00."""
ALL_DAY = Window(from_minute=0, to_minute=0)
NIGHT = Window(from_minute=1320, to_minute=360)
PEOPLE = ("an", "bo", "chen", "du")
BUILDINGS = ("b6", "b7")
HOME = {"b6": "1203", "b7": "301"}
SCHEMES = (
    "wecomapp://{id}",
    "wecom://GROUP",
    "alivoice://{id}",
    "alisms://{id}",
    "tencentvoice://{id}",
    "ntfy://127.0.0.1/{id}",
    "alivoice://{id}2",
    "inbox://{id}",
    "bark://{id}",
    "webhook://127.0.0.1/{id}",
)
LADDERS = (
    ["alivoice://{id}", "alisms://{id}"],
    ["alivoice://{id}", "wecomapp://{id}"],
    ["tencentvoice://{id}", "wecomapp://{id}"],
    ["alivoice://{id}", "tencentvoice://{id}", "webhook://127.0.0.1/{id}"],
    ["wecomapp://{id}"],
)
TONIGHT = 1 << 60
"""When the calls of this night were: later than any sleep began."""


T = TypeVar("T")


class World(msgspec.Struct, frozen=True):
    """One community, its policies, and the moment at which smoke rises in a home of a building."""

    state: State
    policies: dict[str, PolicyConfig]
    building: str
    at_ms: int


def _few(one: st.SearchStrategy[T], most: int) -> st.SearchStrategy[list[T]]:
    return st.lists(one, max_size=most)


def _seldom(this: T, that: T) -> st.SearchStrategy[T]:
    """Mostly ``that``: too much of everything and nobody is ever told."""
    return st.sampled_from((that, that, that, that, this))


hours = st.integers(0, 47).map(lambda half: half * 30)
windows = st.builds(lambda a, b: Window(from_minute=a, to_minute=b), hours, hours)
moments = st.integers(0, 2 * 24 * DAYS).map(lambda half: START - HOUR_MS + half * HOUR_MS // 2)


def _contacts(id: str, urls: list[str]) -> tuple[Contact, ...]:
    return tuple(Contact(id=f"{id}{n}", url=url.format(id=id)) for n, url in enumerate(urls))


@st.composite
def _person(draw: st.DrawFn, id: str, restless: bool) -> Person:
    urls = draw(st.lists(st.sampled_from(SCHEMES), min_size=draw(_seldom(0, 1)), max_size=3, unique=True))
    leave = draw(_few(st.tuples(moments, st.integers(1, 20)), draw(_seldom(1, 0))))
    if restless:  # everybody sleeps, and the phone stands among other contacts
        urls = draw(st.permutations(draw(st.sampled_from(LADDERS))))
        return Person(id=id, name=id, contacts=_contacts(id, urls), sleep=ALL_DAY, night_calls=draw(st.integers(0, 2)))
    return Person(
        id=id,
        name=id,
        contacts=_contacts(id, urls),
        hours=tuple(draw(_few(windows, 2))) if draw(_seldom(True, False)) else (),
        sleep=draw(st.sampled_from((None, None, ALL_DAY, NIGHT)) | windows),
        night_calls=draw(st.sampled_from((None, None, 0, 1, 1, 2))),
        leave=tuple(Leave(from_ms=at, until_ms=at + n * HOUR_MS) for at, n in leave),
        agreed=draw(_seldom(False, True)),
        home_until_ms=draw(st.sampled_from((0, 0, 0, START + 3 * HOUR_MS, START + DAY_MS))),
    )


roles = st.sampled_from(("property", "committee", "volunteer"))
places = st.sampled_from(("", "", "", "g", "b6", "b7"))
someone = st.sampled_from(PEOPLE)


@st.composite
def _duty(draw: st.DrawFn, n: int) -> Duty:
    window = draw(st.sampled_from((ALL_DAY, ALL_DAY, Window(from_minute=1200, to_minute=480))) | windows)
    return Duty(
        id=f"d{n}",
        role=draw(roles),
        person=draw(someone),
        place=draw(places),
        from_minute=window.from_minute,
        to_minute=window.to_minute,
        weekdays=draw(_seldom((4, 5), (0, 1, 2, 3, 4, 5, 6))),
        days=draw(_seldom(Days.RESTDAYS, Days.EVERY) | _seldom(Days.WORKDAYS, Days.EVERY)),
        rotation=tuple(draw(_few(someone, 2))),
        turn_days=draw(st.integers(1, 2)),
        from_date=draw(_seldom("2027-01-16", "")),
        until_date=draw(_seldom("2027-01-16", "")),
    )


@st.composite
def _override(draw: st.DrawFn, n: int) -> Override:
    from_ms = draw(moments)
    return Override(
        id=f"o{n}",
        role=draw(roles),
        person=draw(someone),
        from_ms=from_ms,
        until_ms=from_ms + draw(st.integers(1, 30)) * HOUR_MS,
        place=draw(places),
        instead_of=draw(st.just("") | someone),
    )


@st.composite
def _step(draw: st.DrawFn) -> StepConfig:
    return StepConfig(
        after=draw(st.sampled_from((timedelta(0), timedelta(minutes=1), timedelta(minutes=40), timedelta(hours=3)))),
        roles=draw(st.lists(roles, min_size=draw(_seldom(0, 1)), max_size=3, unique=True)),
        people=draw(_few(someone, 1)),
        channels=draw(
            st.sampled_from(([], [], [], [], [], [], ["alivoice", "inbox", "wecom"], ["wecomapp", "ntfy", "webhook"]))
        ),
        awake=draw(_seldom(True, False)),
        days=draw(_seldom(Days.RESTDAYS, Days.EVERY) | _seldom(Days.WORKDAYS, Days.EVERY)),
    )


@st.composite
def _policy(draw: st.DrawFn) -> PolicyConfig:
    return PolicyConfig(steps=draw(st.lists(_step(), min_size=1, max_size=3)))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Communities in which about half of all moments are proved."""
    state = State(community="guihuayuan")
    towers = {"critical": "tower"} if draw(st.booleans()) else {}
    state.places = {
        "g": Place(id="g", kind=PlaceKind.COMMUNITY, name="g"),
        "b6": Place(id="b6", kind=PlaceKind.BUILDING, name="6", parent="g"),
        "b7": Place(id="b7", kind=PlaceKind.BUILDING, name="7", parent="g", policies=towers),
        "1203": Place(id="1203", kind=PlaceKind.HOME, name="1203", parent="b6", floor=12),
        "301": Place(id="301", kind=PlaceKind.HOME, name="301", parent="b7", floor=3),
    }
    state.registered = {home: Device(id=home, kind=Kind.SMOKE, place=home) for home in HOME.values()}
    restless = draw(_seldom(True, False))
    state.people = {id: draw(_person(id, restless)) for id in PEOPLE}
    state.duties = {f"d{n}": draw(_duty(n)) for n in range(draw(st.integers(3, 9)))}
    state.overrides = {f"o{n}": draw(_override(n)) for n in range(draw(st.integers(0, 3)))}
    if draw(st.booleans()):
        day = CalendarDay(date="2027-01-16", rest=False, name="调休")
        state.calendar = {day.date: day}
    contacts = [f"{p.id}/{c.id}" for p in state.people.values() for c in p.contacts]
    if contacts and draw(st.integers(0, 2)) == 0:
        for key in draw(st.lists(st.sampled_from(contacts), max_size=2, unique=True)):
            person, _, contact = key.partition("/")
            state.health[key] = ContactHealth(person=person, contact=contact, failures=3)
    minute = draw(st.integers(0, DAYS * 48)) * 30 + draw(st.sampled_from((0, 0, -1, 1, -40, 13)))
    return World(
        state,
        {"critical": draw(_policy()), "tower": draw(_policy())},
        draw(st.sampled_from(BUILDINGS)),
        START + max(0, minute) * 60_000 + draw(st.sampled_from((0, 0, 1, -1))) * (minute > 0),
    )


def settings_of(world: World) -> Settings:
    return compile_settings(
        community="guihuayuan",
        community_name="桂花园",
        community_address="",
        rules=compile_rules({"smoke": RULES["smoke"]}),
        policies=world.policies,
        roles=ROLES,
        safety_sources=frozenset(),
        receipt_within_ms=RECEIPT_MS,
        zone=ZONE,
    )


def registry(world: World) -> Registry:
    return registry_of(world.state, {})


def nights(world: World) -> Iterator[dict[str, int]]:
    """How often each phone may have rung tonight already: every possibility."""
    capped = {p.id: p.night_calls for p in world.state.people.values() if p.night_calls}
    for calls in product(*(range(most + 1) for most in capped.values())):
        yield dict(zip(capped, calls, strict=True))


class Told(msgspec.Struct, frozen=True):
    """A message that a provider took: to whom, over whom, and when it was asked for."""

    person: str
    provider: str
    counts: bool


def run(world: World, settings: Settings, calls: Mapping[str, int], failing: str = "", how: str = "") -> list[Told]:
    """Raise the alarm in the real core and pass time; who was told by steps taken until the second one, in order.

    ``failing``: a provider of which nothing arrives: it hangs, refuses, refuses for good, or lies.
    """
    state = msgspec.msgpack.decode(msgspec.msgpack.encode(world.state), type=State)
    state.now_ms = world.at_ms - 1
    state.calls = {id: [TONIGHT] * count for id, count in calls.items()}
    core = Core(state, settings)
    home = HOME[world.building]
    raw = RawMessage("safety", f"t/{home}", b"{}", world.at_ms)
    pending: list[Input] = [Received(raw, (Reading(home, Kind.SMOKE, Event.ALARM, {"alarm": True}),))]
    ended = world.at_ms + max(milliseconds(s.after) for s in _steps(world)) + SLACK_MS
    taken: dict[int, int] = {}
    while pending:
        step(core, pending.pop(0))
        decisions, _ = core.take()
        for one in decisions:
            if isinstance(one, PolicyAdvanced) and one.incident == min(core.state.incidents):
                taken.setdefault(one.step, one.at_ms)
            elif isinstance(one, NotificationDue):
                pending += _answer(world, one, failing, how)
        due = core.next_due_ms()
        if not pending and due is not None and due <= ended:
            pending.append(TimePassed(max(due, core.state.now_ms), True))
    second = taken.get(1, taken.get(0, world.at_ms))
    alarm = min(core.state.incidents)  # a contact that fails again and again opens one of its own
    notifications = [one for id, one in sorted(core.state.notifications.items()) if one.incident == alarm]
    return [_told(world, one) for one in notifications if _arrived(world, one, second, failing)]


def _steps(world: World) -> list[StepConfig]:
    return [step for policy in world.policies.values() for step in policy.steps]


def milliseconds(duration: timedelta) -> int:
    return round(duration.total_seconds() * 1000)


def url_of(world: World, person: str, contact: str) -> str:
    return next(c.url for c in world.state.people[person].contacts if c.id == contact)


def _answer(world: World, due: NotificationDue, failing: str, how: str) -> list[Input]:
    url = url_of(world, due.person, due.contact)
    fails = nature(url).provider == failing
    broken = {url_of(world, one.person, one.contact) for one in world.state.health.values()}
    if url in broken or (fails and how == "hangs"):
        return []
    sent = not fails or how == "lies"
    receipt = Receipt(
        notification=due.notification,
        contact=due.contact,
        attempt=due.attempt,
        at_ms=due.at_ms,
        sent=sent,
        reason="accepted" if sent else "refused",
        permanent=fails and how == "refuses for good",
    )
    return [Receipted(due.at_ms, receipt)]


def _arrived(world: World, one: Notification, second_ms: int, failing: str) -> bool:
    if one.aside or one.state is not NotificationState.SENT or one.created_ms > second_ms:
        return False
    return nature(url_of(world, one.person, one.contact)).provider != failing


def _told(world: World, one: Notification) -> Told:
    found = nature(url_of(world, one.person, one.contact))
    return Told(one.person, found.provider, found.counts and found.person)


def covered(told: list[Told]) -> bool:
    """Two different people over two different providers, by the first message of each that counts."""
    first: dict[str, str] = {}
    for one in told:
        if one.counts:
            first.setdefault(one.person, one.provider)
    return len(first) > 1 and len(set(first.values())) > 1
