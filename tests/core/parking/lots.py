"""A lot with spaces whose state a test sets by hand."""

from __future__ import annotations

from hub.core.commands import PutDevice, PutGateLane, PutPlace, PutSpace
from hub.core.context import Core
from hub.core.inputs import Commanded
from hub.core.parking.estimates import estimate_now
from hub.core.parking.state import SpaceState
from hub.core.state import State
from hub.core.step import step
from hub.model import Device, Direction, Estimate, GateLane, Kind, Place, PlaceKind, Space, SpaceUse
from hub.simulate.parking.site import settings

START = 1_800_000_000_000


def lot(*, spaces: int, homes: bool = False, gates: bool = False) -> Core:
    """Spaces p00, p01, ... of zone lot, each with a sensor; the gates' lanes lead into the whole community."""
    core = Core(State(community="guihuayuan"), settings())
    puts = [PutPlace(actor="seed", place=Place(id="c", kind=PlaceKind.COMMUNITY, name="c"))]
    puts += [PutPlace(actor="seed", place=Place(id="lot", kind=PlaceKind.AREA, name="lot", parent="c"))]
    puts += [PutPlace(actor="seed", place=Place(id="gate", kind=PlaceKind.GATE, name="gate", parent="c"))]
    for put in puts:
        command(core, put)
    for n in range(spaces):
        id = f"p{n:02}"
        command(core, PutPlace(actor="seed", place=Place(id=id, kind=PlaceKind.SPACE, name=id, parent="lot")))
        use = SpaceUse.RESIDENT if homes else SpaceUse.SHARED
        command(core, PutSpace(actor="seed", space=Space(id=id, use=use, homes=(f"h{n}",) if homes else ())))
        command(core, PutDevice(actor="seed", device=Device(id=f"geo-{id}", kind=Kind.PARKING, place=id)))
    if gates:
        for way in Direction:
            lane = GateLane(id=f"lane-{way}", gate="gate", direction=way, devices=(f"cam-{way}",))
            command(core, PutGateLane(actor="seed", lane=lane))
    core.take()
    return core


def command(core: Core, put: PutPlace | PutSpace | PutDevice | PutGateLane) -> None:
    step(core, Commanded(START, put))


def set_space(core: Core, n: int, *, occupied: bool) -> None:
    core.state.parking.spaces[f"p{n:02}"] = SpaceState(
        occupied=occupied, since_ms=START - 1000, shown=occupied, shown_ms=START - 1000, heard_ms=START
    )
    core.parking_index = None


def whole(core: Core) -> Estimate:
    """The estimate of the whole community, made now from the state as the test has written it."""
    core.parking_index = None
    estimate_now(core, "")
    estimate = core.state.parking.zones[""].estimate
    assert estimate is not None
    return estimate
