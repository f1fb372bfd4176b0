"""Parking in the simulated Guihuayuan: where its spaces lie, whose they are, which cars may enter. Pure.

The plan, in metres: each zone is 58 m wide and has three rows of 20 spaces, one along the wall and two back to back beyond a
lane of 7 m; the fire lane runs between the zones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.core.commands import AnyCommand, PutGateLane, PutPermit, PutSpace
from hub.model import Direction, GateLane, Permit, PermitKind, Space, SpaceUse

if TYPE_CHECKING:
    from hub.simulate.guihuayuan import Compound

ROW = 20
ROWS_Y = (5.0, 17.0, 22.0)
SPACE_WIDTH = 2.4
ZONE_WIDTH = 58.0
FIRE_LANE_WIDTH = 6.0
DENIED_PLATE = "沪Z00000"


def parking(it: Compound) -> list[AnyCommand]:
    """Spaces, lanes at the gates, permits; after places and devices."""
    return [
        *(PutSpace(actor="system", space=space) for space in _spaces(it)),
        *(PutGateLane(actor="system", lane=lane) for lane in _lanes(it)),
        *(PutPermit(actor="system", permit=permit) for permit in _permits(it)),
    ]


def _spaces(it: Compound) -> list[Space]:
    zones = list(dict.fromkeys(space.zone for space in it.spaces))
    seen: dict[str, int] = {}
    found: list[Space] = []
    for n, space in enumerate(it.spaces):
        nth = seen[space.zone] = seen.get(space.zone, -1) + 1
        left = zones.index(space.zone) * (ZONE_WIDTH + FIRE_LANE_WIDTH) + (ZONE_WIDTH - ROW * SPACE_WIDTH) / 2
        found.append(
            Space(
                id=space.id,
                use=space.use,
                homes=(it.detectors[n].home,) if space.use is SpaceUse.RESIDENT else (),
                x=round(left + (nth % ROW + 0.5) * SPACE_WIDTH, 1),
                y=ROWS_Y[nth // ROW],
                width=SPACE_WIDTH,
                angle=90.0,
            )
        )
    lane = Space(
        id=it.fire_lane.id,
        use=SpaceUse.FIRE_LANE,
        x=ZONE_WIDTH + FIRE_LANE_WIDTH / 2,
        y=13.0,
        length=26.0,
        width=4.0,
        angle=90.0,
    )
    return [*found, lane]


def _lanes(it: Compound) -> list[GateLane]:
    return [
        GateLane(
            id=f"{camera.gate}-{'in' if camera.entry else 'out'}",
            gate=camera.gate,
            direction=Direction.IN if camera.entry else Direction.OUT,
            devices=(camera.serial,),
        )
        for camera in it.cameras
    ]


def _permits(it: Compound) -> list[Permit]:
    found: list[Permit] = []
    for n, plate in enumerate(it.resident_plates):
        own = it.spaces[n].use is SpaceUse.RESIDENT
        home = it.detectors[n].home if own else ""
        found.append(Permit(plate=plate, place=home, spaces=(it.spaces[n].id,) if own else ()))
    known = {permit.plate for permit in found} | {DENIED_PLATE}
    found += [
        Permit(plate=plate, kind=PermitKind.VISITOR, reason="常来访客")
        for plate in it.visitor_plates
        if plate not in known
    ]
    found.append(Permit(plate=DENIED_PLATE, kind=PermitKind.DENIED, reason="多次堵塞消防通道"))
    return found
