"""The registry of the simulated month, and the few rules that it is judged by. Pure."""

from __future__ import annotations

from random import Random
from zoneinfo import ZoneInfo

import msgspec

from hub.config import PolicyConfig, RoleConfig, RuleConfig, StepConfig, Text
from hub.core.commands import (
    AnyCommand,
    PutDevice,
    PutDuty,
    PutGateLane,
    PutPermit,
    PutPerson,
    PutPlace,
    PutSpace,
)
from hub.core.policies import Settings, compile_settings
from hub.core.rules import compile_rules
from hub.model import (
    Contact,
    Device,
    Direction,
    Duty,
    GateLane,
    Kind,
    Permit,
    PermitKind,
    Person,
    Place,
    PlaceKind,
    Sees,
    Severity,
    Space,
    SpaceUse,
)

ROOT = "c"
ACTOR = "console"
GATES = ("east", "west")
ZONES = ("north", "south")
OWNED, SHARED, VISITORS = 72, 36, 12
LANES, NO_PARKING = 4, 2
TENANTS, GUESTS = 56, 52
"""Cars of homes without a space of their own, and cars that visit; with the owners' they are 180."""
_PLATES = "ABCDEFGHJKLMNPQRSTUVWXYZ"


class Car(msgspec.Struct, frozen=True):
    """One car: ``space`` is its own, "" when it has none; ``home`` is "" for guests."""

    plate: str
    home: str
    space: str
    commutes: bool


class Site(msgspec.Struct, frozen=True):
    """Everything that does not move."""

    spaces: tuple[Space, ...]
    cars: tuple[Car, ...]
    counted: tuple[str, ...]
    forbidden: tuple[str, ...]
    zone_of: dict[str, str]

    def sensor(self, space: str) -> str:
        return f"geo-{space}"


def site(seed: int) -> Site:
    """The same seed gives the same site."""
    random = Random(f"site {seed}")
    total = OWNED + SHARED + VISITORS
    uses = [SpaceUse.RESIDENT] * OWNED + [SpaceUse.SHARED] * SHARED + [SpaceUse.VISITOR] * VISITORS
    random.shuffle(uses)
    spaces: list[Space] = []
    owners: list[tuple[str, str]] = []
    zone_of: dict[str, str] = {}
    for n, use in enumerate(uses):
        id = f"s{n + 1:03}"
        home = f"h{len(owners) + 1:03}" if use is SpaceUse.RESIDENT else ""
        if home:
            owners.append((home, id))
        spaces.append(Space(id=id, use=use, homes=(home,) if home else (), x=3.0 * (n % 30), y=12.0 * (n // 30)))
        zone_of[id] = ZONES[n >= total // 2]
    for n in range(LANES + NO_PARKING):
        use = SpaceUse.FIRE_LANE if n < LANES else SpaceUse.NO_PARKING
        id = f"x{n + 1}"
        spaces.append(Space(id=id, use=use, x=20.0 * n, y=60.0))
        zone_of[id] = ZONES[n % 2]
    plates = random.sample(range(10_000, 100_000), OWNED + TENANTS + GUESTS)
    names = [f"沪{random.choice(_PLATES)}{number}" for number in plates]
    cars = [Car(names[n], home, space, random.random() < 0.7) for n, (home, space) in enumerate(owners)]
    tenants = names[OWNED : OWNED + TENANTS]
    cars += [Car(plate, f"h{OWNED + n + 1:03}", "", random.random() < 0.7) for n, plate in enumerate(tenants)]
    cars += [Car(plate, "", "", False) for plate in names[OWNED + TENANTS :]]
    return Site(
        spaces=tuple(spaces),
        cars=tuple(cars),
        counted=tuple(space.id for space in spaces if not space.id.startswith("x")),
        forbidden=tuple(space.id for space in spaces if space.id.startswith("x")),
        zone_of=zone_of,
    )


def registry(it: Site) -> list[AnyCommand]:
    """The commands that put the site into an empty hub."""
    places = [Place(id=ROOT, kind=PlaceKind.COMMUNITY, name="桂花园")]
    places += [Place(id=zone, kind=PlaceKind.AREA, name=zone, parent=ROOT) for zone in ZONES]
    places += [Place(id=gate, kind=PlaceKind.GATE, name=gate, parent=ROOT) for gate in GATES]
    homes = sorted({car.home for car in it.cars if car.home})
    places += [Place(id=home, kind=PlaceKind.HOME, name=home, parent=ROOT) for home in homes]
    places += [
        Place(id=space.id, kind=PlaceKind.SPACE, name=space.id, parent=it.zone_of[space.id]) for space in it.spaces
    ]
    devices = [Device(id=it.sensor(space.id), kind=Kind.PARKING, place=space.id) for space in it.spaces]
    lanes: list[GateLane] = []
    for gate in GATES:
        for way in Direction:
            camera, arm = f"cam-{gate}-{way}", f"arm-{gate}-{way}"
            devices += [Device(id=camera, kind=Kind.LPR, place=gate), Device(id=arm, kind=Kind.GATE, place=gate)]
            lanes.append(GateLane(id=f"{gate}-{way}", gate=gate, direction=way, devices=(camera, arm)))
    guard = Person(id="guard", name="门岗", contacts=(Contact(id="inbox", url="inbox://guard"),))
    return [
        *(PutPlace(actor=ACTOR, place=place) for place in places),
        *(PutDevice(actor=ACTOR, device=device) for device in devices),
        *(PutSpace(actor=ACTOR, space=space) for space in it.spaces),
        *(PutGateLane(actor=ACTOR, lane=lane) for lane in lanes),
        PutPerson(actor=ACTOR, person=guard),
        PutDuty(actor=ACTOR, duty=Duty(id="d1", role="property", person="guard")),
        *(PutPermit(actor=ACTOR, permit=_permit(car)) for car in it.cars if car.home),
    ]


def _permit(car: Car) -> Permit:
    return Permit(plate=car.plate, kind=PermitKind.RESIDENT, place=car.home, spaces=(car.space,) if car.space else ())


def settings() -> Settings:
    """Rules for squats, lanes and drift; one step that tells the guard."""
    words = Text(zh="车位", en="Spaces")
    rules = {
        "squat": _rule(Kind.PARKING, "squat", words),
        "fire_lane": _rule(Kind.PARKING, "fire_lane", words),
        "no_parking": _rule(Kind.PARKING, "no_parking", words),
        "count_drift": RuleConfig(
            on=[Kind.PARKING, Kind.LPR, Kind.GATE],
            when="drifted",
            severity=Severity.MINOR,
            group_by="place",
            title=words,
            todo=words,
        ),
    }
    policy = PolicyConfig(steps=[StepConfig(roles=["property"])], tell_end=False)
    return compile_settings(
        community="guihuayuan",
        community_name="桂花园",
        community_address="",
        rules=compile_rules(rules),
        policies={severity.value: policy for severity in Severity},
        roles={"property": RoleConfig(title=words, sees=Sees.ROOM)},
        safety_sources=frozenset(),
        receipt_within_ms=10_000,
        zone=ZoneInfo("Asia/Shanghai"),
    )


def _rule(kind: Kind, fact: str, words: Text) -> RuleConfig:
    return RuleConfig(on=[kind], when=fact, severity=Severity.MINOR, group_by="place", title=words, todo=words)
