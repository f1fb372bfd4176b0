"""Who lives and works in the compound of one world: places, devices, people with their habits, and the rota."""

from __future__ import annotations

from random import Random

from hub.core.commands import (
    AnyCommand,
    PutCalendarDay,
    PutDevice,
    PutDuty,
    PutOverride,
    PutPerson,
    PutPlace,
    StartDrill,
    StartSilence,
    StartWorks,
)
from hub.model import (
    CalendarDay,
    Contact,
    Days,
    Device,
    Duty,
    Leave,
    Override,
    Person,
    Place,
    PlaceKind,
    Severity,
    Window,
)
from hub.simulate.world.compound import BEHIND_GATEWAY, GATEWAY, KINDS, SMOKES
from hub.simulate.world.virtual import START_MS

HOMES = {"b1-101": "甲101室", "b1-201": "甲201室", "b2-101": "乙101室", "b2-201": "乙201室"}
KEY_HOLDER, HEALTH_NOTE = "钥匙在王阿姨处", "独居老人有心脏病"
"""What no message may ever say, as the plates and the names."""
PEOPLE = {
    "bao": ("赵一保", "guard"),
    "an": ("钱二安", "guard"),
    "wu": ("孙三物", "property"),
    "ye": ("李四业", "property"),
    "ju": ("周五居", "committee"),
    "zhi": ("吴六志", "volunteer"),
    "yuan": ("郑七愿", "volunteer"),
    "hou": ("王八候", "backup"),
    "lin": ("冯九邻", "neighbour"),
}
NAMES = tuple(name for name, _ in PEOPLE.values())
SECRETS = (*NAMES, KEY_HOLDER, HEALTH_NOTE)
MINUTE_0 = 16 * 60
"""Local minute of the day at which every world begins."""
MINUTE_MS = 60_000
TODAY = "2027-01-15"


def registry(random: Random) -> list[AnyCommand]:
    """What the office has put in before the first message."""
    commands: list[AnyCommand] = [PutPlace(actor="seed", place=place) for place in _places(random)]
    commands += [PutDevice(actor="seed", device=device) for device in _devices()]
    calm = random.random() < 0.3
    """Everybody is there and willing: the plain compound."""
    commands += [PutPerson(actor="seed", person=somebody(random, id, calm=calm)) for id in PEOPLE]
    commands += [PutDuty(actor="seed", duty=duty) for duty in _duties(random, calm=calm)]
    if not calm and random.random() < 0.4:
        commands += [
            PutOverride(actor="seed", override=override(random, f"o{n}")) for n in range(random.choice((1, 3)))
        ]
    if random.random() < 0.2:
        home, person = random.choice(list(HOMES)), random.choice(list(PEOPLE))
        until_ms = START_MS + random.choice((10, 60, 200)) * MINUTE_MS
        commands.append(StartWorks(actor="console", place=home, until_ms=until_ms, person=person, reason="装修"))
    if random.random() < 0.2:
        until_ms = START_MS + random.choice((5, 20, 60)) * MINUTE_MS
        commands.append(StartSilence(actor="wu", until_ms=until_ms, reason="检修"))
    if random.random() < 0.15:
        home = random.choice(list(HOMES))
        commands.append(StartDrill(actor="wu", place=home, rule="smoke", acts=random.random() < 0.3))
    if not calm and random.random() < 0.2:
        commands.append(PutCalendarDay(actor="seed", day=CalendarDay(date=TODAY, rest=random.random() < 0.7)))
    return commands


def _places(random: Random) -> list[Place]:
    policies = {"critical": random.choice(("critical", "critical_quorum", "critical_acts"))}
    policies["minor"] = random.choice(("minor", "minor", "minor_digest", "minor_hours"))
    root = Place(id="all", kind=PlaceKind.COMMUNITY, name="模拟小区", address="模拟路1号", policies=policies)
    places = [root]
    for b in (1, 2):
        places.append(Place(id=f"b{b}", kind=PlaceKind.BUILDING, name=f"{b}号楼", parent="all"))
        for h in (1, 2):
            home = f"b{b}-{h}01"
            places.append(
                Place(
                    id=home,
                    kind=PlaceKind.HOME,
                    name=HOMES[home],
                    parent=f"b{b}",
                    floor=30 + h,
                    key_holder=KEY_HOLDER,
                    health_note=HEALTH_NOTE,
                )
            )
    for id, kind in (("s1", PlaceKind.SPACE), ("s2", PlaceKind.SPACE), ("east", PlaceKind.GATE)):
        places.append(Place(id=id, kind=kind, name=id, parent="all"))
    return places


def _devices() -> list[Device]:
    stands = dict(zip(SMOKES, HOMES, strict=True))
    stands |= {"space-1": "s1", "space-2": "s2", "gate-1": "east", "lpr-1": "east", GATEWAY: "all", "door-1": "b1-101"}
    return [
        Device(
            id=id,
            kind=KINDS[id],
            place=place,
            name=f"{place}探头" if id in SMOKES else "",
            gateway=GATEWAY if id in BEHIND_GATEWAY else "",
        )
        for id, place in stands.items()
    ]


def somebody(random: Random, id: str, *, calm: bool = False) -> Person:
    """One person with their contacts, and unless ``calm`` with their sleep, hours, leave and consent."""
    name, _ = PEOPLE[id]
    ladder = _contacts(random, id)
    if calm:
        return Person(id=id, name=name, contacts=ladder)
    sleeps = random.random() < 0.4
    return Person(
        id=id,
        name=name,
        language=random.choice(("zh", "zh", "en")),
        contacts=ladder,
        sleep=_window(random) if sleeps else None,
        wakes_for=random.choice((Severity.CRITICAL, Severity.CRITICAL, Severity.MAJOR)),
        night_calls=random.choice((None, 0, 1, 2)) if sleeps else None,
        hours=(_window(random),) if random.random() < 0.15 else (),
        leave=(_leave(random),) if random.random() < 0.15 else (),
        agreed=random.random() < 0.95,
    )


def _contacts(random: Random, id: str) -> tuple[Contact, ...]:
    urls = (
        f"alisms://{id}",
        "wecom://all",
        f"inbox://{id}",
        f"ntfy://{id}",
        f"alivoice://{id}",
        f"mailto://{id}@example.invalid",
        f"bark://{id}",
        "ntfy://group",
    )
    chosen = random.sample(urls, random.choices((0, 1, 2, 3, 4), (1, 6, 12, 12, 6))[0])
    # Another address is another contact: what is under way to the old one must not reach the new one.
    return tuple(Contact(id=f"{id}-{urls.index(url)}", url=url, group=url == "ntfy://group") for url in chosen)


def _window(random: Random) -> Window:
    """A stretch that is on, begins or ends while the world runs; seldom all day."""
    if random.random() < 0.1:
        return Window(from_minute=0, to_minute=0)
    begins = MINUTE_0 + random.randrange(-120, 90)
    return Window(from_minute=begins, to_minute=begins + random.randrange(5, 180))


def _leave(random: Random) -> Leave:
    from_ms = START_MS + random.randrange(-60, 60) * MINUTE_MS
    return Leave(from_ms=from_ms, until_ms=from_ms + random.choice((5, 30, 600)) * MINUTE_MS, reason="休假")


def _duties(random: Random, *, calm: bool) -> list[Duty]:
    duties = []
    for id, (_, role) in PEOPLE.items():
        if role == "neighbour" and calm:
            continue
        shift = _window(random) if not calm and random.random() < 0.25 else Window(from_minute=0, to_minute=0)
        duties.append(
            Duty(
                id=id,
                role=role,
                person=id,
                place="" if calm or random.random() < 0.8 else random.choice(("b1", "b2")),
                from_minute=shift.from_minute,
                to_minute=shift.to_minute,
                days=Days.EVERY if calm else random.choice((Days.EVERY,) * 5 + (Days.WORKDAYS, Days.RESTDAYS)),
                rotation=(random.choice(tuple(PEOPLE)),) if not calm and random.random() < 0.1 else (),
                turn_days=1,
            )
        )
    return [duty for duty in duties if calm or random.random() < 0.85]


def override(random: Random, id: str) -> Override:
    """A cover, one half of a swap, or somebody more."""
    from_ms = START_MS + random.randrange(-30, 60) * MINUTE_MS
    instead = random.choice(("", *PEOPLE))
    role = PEOPLE[instead][1] if instead else random.choice([role for _, role in PEOPLE.values()])
    return Override(
        id=id,
        role=role,
        person=random.choice([person for person in PEOPLE if person != instead]),
        from_ms=from_ms,
        until_ms=from_ms + random.choice((5, 30, 90)) * MINUTE_MS,
        instead_of=instead,
    )
