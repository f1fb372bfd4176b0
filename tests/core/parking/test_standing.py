"""The index of who stands where: kept while things happen, it is what is made anew from the state, and decides the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.core.commands import (
    AnyCommand,
    CorrectLedger,
    CountSpaces,
    PutDevice,
    PutGateLane,
    PutPermit,
    PutPlace,
    PutSpace,
    Remove,
    SayVerdict,
)
from hub.core.context import Core
from hub.core.inputs import Commanded, Input, Received, TimePassed
from hub.core.parking.counts import ZoneCounts
from hub.core.parking.index import standing
from hub.core.parking.standing import Standing, standing_of
from hub.core.state import State
from hub.core.step import step
from hub.model import (
    Device,
    Direction,
    Event,
    Fact,
    GateLane,
    Kind,
    Permit,
    PermitKind,
    Place,
    PlaceKind,
    RawMessage,
    Reading,
    Space,
    SpaceUse,
    Verdict,
)
from hub.simulate.parking.site import settings as site_settings

START = 1_800_000_000_000
MINUTE = 60_000
SPACES = {
    **{f"r{n}": Space(id=f"r{n}", use=SpaceUse.RESIDENT, homes=(f"h{n}",)) for n in range(3)},
    **{f"s{n}": Space(id=f"s{n}", use=SpaceUse.SHARED) for n in range(3)},
    "v": Space(id="v", use=SpaceUse.VISITOR),
    "fire": Space(id="fire", use=SpaceUse.FIRE_LANE),
}
PLATES = ["沪A10000", "沪A10001", "沪A10002", "沪A10003", "沪B20000", "沪B20001", ""]
"""Three that own a space, one that is named in the permit of another space, two of nobody, one that nobody reads."""


class Happens(NamedTuple):
    """What happens next, this long after the last."""

    what: str
    which: int
    after_ms: int


def registry() -> list[AnyCommand]:
    puts: list[AnyCommand] = [PutPlace(actor="s", place=Place(id="c", kind=PlaceKind.COMMUNITY, name="c"))]
    for id, kind in {"north": PlaceKind.AREA, "south": PlaceKind.AREA, "gate": PlaceKind.GATE}.items():
        puts.append(PutPlace(actor="s", place=Place(id=id, kind=kind, name=id, parent="c")))
    puts += [
        PutPlace(actor="s", place=Place(id=f"h{n}", kind=PlaceKind.HOME, name=f"h{n}", parent="c")) for n in range(4)
    ]
    for n, space in enumerate(SPACES.values()):
        zone = "north" if n % 2 else "south"
        puts.append(PutPlace(actor="s", place=Place(id=space.id, kind=PlaceKind.SPACE, name=space.id, parent=zone)))
        puts.append(PutSpace(actor="s", space=space))
        puts.append(PutDevice(actor="s", device=Device(id=f"geo-{space.id}", kind=Kind.PARKING, place=space.id)))
    for way in Direction:
        puts.append(PutDevice(actor="s", device=Device(id=f"cam-{way}", kind=Kind.LPR, place="gate")))
        puts.append(
            PutGateLane(actor="s", lane=GateLane(id=f"l-{way}", gate="gate", direction=way, devices=(f"cam-{way}",)))
        )
    for n in range(4):
        spaces = ("s0",) if n == 3 else ()
        puts.append(PutPermit(actor="s", permit=Permit(plate=PLATES[n], place=f"h{n}", spaces=spaces)))
    return puts


class World:
    """A core to which things happen."""

    def __init__(self) -> None:
        self.core = Core(State(community="guihuayuan"), site_settings())
        for put in registry():
            step(self.core, Commanded(START, put))
        self.now_ms = START
        for id in SPACES:
            for input in self.heard(-1, f"geo-{id}", Kind.PARKING, Event.STATUS, {"occupied": False}):
                step(self.core, input)
        self.now_ms += MINUTE
        step(self.core, TimePassed(self.now_ms, drained=True))
        self.core.take()
        self.decided: list[object] = []

    def step(self, n: int, one: Happens) -> None:
        self.now_ms += one.after_ms
        for input in WAYS[one.what](self, n, one.which):
            step(self.core, input)
        self.decided += self.core.take()[0]

    def heard(
        self, n: int, device: str, kind: Kind, event: Event, facts: dict[str, Fact], late_ms: int = 0
    ) -> list[Input]:
        at_ms, historical = self.now_ms - late_ms, late_ms > 0
        reading = Reading(device, kind, event, facts, at_ms, str(n), historical=historical)
        return [Received(RawMessage("site", device, b"", self.now_ms), (reading,))]

    def crash(self) -> list[Input]:
        kept = msgspec.msgpack.encode(self.core.state)
        self.core = Core(msgspec.msgpack.decode(kept, type=State), self.core.settings)
        return []


def _passes(way: Direction, late_ms: int = 0) -> Callable[[World, int, int], list[Input]]:
    def passes(world: World, n: int, which: int) -> list[Input]:
        plate = PLATES[which % len(PLATES)]
        event = Event.PLATE if plate else Event.VEHICLE_NO_PLATE
        facts: dict[str, Fact] = {"plate": plate, "confidence": 90} if plate else {}
        return world.heard(n, f"cam-{way}", Kind.LPR, event, facts, late_ms)

    return passes


def _shows(occupied: bool, late_ms: int = 0) -> Callable[[World, int, int], list[Input]]:
    def shows(world: World, n: int, which: int) -> list[Input]:
        sensor = f"geo-{_space(which)}"
        return world.heard(n, sensor, Kind.PARKING, Event.STATUS, {"occupied": occupied}, late_ms)

    return shows


def _space(which: int) -> str:
    return list(SPACES)[which % len(SPACES)]


def _asks(command: Callable[[int], AnyCommand]) -> Callable[[World, int, int], list[Input]]:
    def asks(world: World, _n: int, which: int) -> list[Input]:
        return [Commanded(world.now_ms, command(which))]

    return asks


def _passes_time(jumped_ms: int = 0) -> Callable[[World, int, int], list[Input]]:
    def passes(world: World, _n: int, _which: int) -> list[Input]:
        return [TimePassed(world.now_ms, drained=True, jumped_ms=jumped_ms)]

    return passes


def _crashes(world: World, _n: int, _which: int) -> list[Input]:
    return world.crash()


def _says(verdict: Verdict) -> Callable[[World, int, int], list[Input]]:
    return _asks(lambda which: SayVerdict(actor="s", space=_space(which), verdict=verdict))


def _counted(which: int) -> CountSpaces:
    words = (Verdict.CAR, Verdict.NOTHING, Verdict.BIKE)
    seen = {id: words[(which >> n) % 3] for n, id in enumerate(SPACES) if id != "fire"}
    return CountSpaces(actor="s", zone="", spaces=seen)


def _office(which: int) -> CorrectLedger:
    return CorrectLedger(actor="s", direction=Direction.IN, plate=PLATES[which % len(PLATES)], note="seen")


def _permit(which: int) -> PutPermit:
    permit = Permit(plate=PLATES[which % 6], place=f"h{which % 4}", kind=PermitKind.RESIDENT)
    return PutPermit(actor="s", permit=permit)


def _owner(which: int) -> PutSpace:
    return PutSpace(actor="s", space=msgspec.structs.replace(SPACES["s1"], homes=(f"h{which % 4}",)))


WAYS: dict[str, Callable[[World, int, int], list[Input]]] = {
    "in": _passes(Direction.IN),
    "out": _passes(Direction.OUT),
    "in late": _passes(Direction.IN, 7 * MINUTE),
    "out late": _passes(Direction.OUT, 7 * MINUTE),
    "occupied": _shows(True),
    "free": _shows(False),
    "occupied late": _shows(True, 7 * MINUTE),
    "free late": _shows(False, 7 * MINUTE),
    "car": _says(Verdict.CAR),
    "bike": _says(Verdict.BIKE),
    "nothing": _says(Verdict.NOTHING),
    "census": _asks(_counted),
    "office": _asks(_office),
    "permit": _asks(_permit),
    "owner": _asks(_owner),
    "taken away": _asks(lambda _: Remove(actor="s", what="space", id="v")),
    "put back": _asks(lambda _: PutSpace(actor="s", space=SPACES["v"])),
    "clock": _passes_time(90_000),
    "time": _passes_time(),
    "crash": _crashes,
}
OFTEN = ["in", "out", "occupied", "occupied", "free", "free", "time"]

happenings = st.lists(
    st.builds(
        Happens,
        what=st.one_of(st.sampled_from(OFTEN), st.sampled_from(sorted(WAYS))),
        which=st.integers(0, 255),
        after_ms=st.one_of(st.integers(0, 50_000), st.sampled_from([MINUTE, 4 * MINUTE, 25 * MINUTE, 200 * MINUTE])),
    ),
    min_size=15,
    max_size=60,
)
plenty = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def shape(known: Standing) -> dict[str, object]:
    """What of it does not depend on how it came about."""
    return {
        "turns": sorted(known.rank, key=known.rank.__getitem__),
        "spaces of": {visit: set(spaces) for visit, spaces in known.spaces_of.items()},
        "freed": [(since_ms, id) for since_ms, _, id in known.freed],
        "free for all": known.free_for_all,
        "entered": known.entered,
        "roaming": (known.roaming, known.roams),
        "own": known.own,
        "owners": {space: set(visits) for space, visits in known.owners.items() if visits},
        "homes": (known.homes, known.home_of),
    }


def counted(core: Core, known: Standing) -> dict[str, object]:
    """The zones as they are now."""
    dead_ms = core.settings.parking.dead_ms
    zones = {name: known.counts.zone(name, core.state, known.site, core.now_ms, dead_ms) for name in known.site.counted}
    return {name: _plain(zone) for name, zone in zones.items()}


def _plain(zone: ZoneCounts) -> object:
    live = {use: (n, zone.occupied.get(use, 0)) for use, n in zone.live.items() if n}
    return zone.of_class, live, zone.unseen


@given(happenings)
@plenty
def test_kept_it_is_the_same_as_made_anew(happenings: list[Happens]) -> None:
    world = World()
    for n, one in enumerate(happenings):
        world.step(n, one)
        kept = standing(world.core)
        anew = standing_of(world.core.state, kept.site)
        assert shape(kept) == shape(anew), one
        assert counted(world.core, kept) == counted(world.core, anew), one


@given(happenings)
@plenty
def test_a_core_that_makes_it_anew_each_time_decides_the_same(happenings: list[Happens]) -> None:
    keeps, forgets = World(), World()
    for n, one in enumerate(happenings):
        forgets.core.parking_index = None
        keeps.step(n, one)
        forgets.step(n, one)
    assert keeps.decided == forgets.decided
    assert msgspec.msgpack.encode(keeps.core.state) == msgspec.msgpack.encode(forgets.core.state)
