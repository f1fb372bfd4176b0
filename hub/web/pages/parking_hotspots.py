"""Where bikes stand in spaces: squats per space on the plan, and watches after a clean-up with before and after."""

from __future__ import annotations

from collections import Counter
from typing import Literal

import msgspec
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from hub.core.commands import AnyCommand, EndWatch, StartWatch
from hub.model import Verdict
from hub.web import parking
from hub.web.access import Right, Visitor
from hub.web.forms import sent_form
from hub.web.pages.desk import Number
from hub.web.pages.people import to_page
from hub.web.parking_plan import plan_of
from hub.web.site import OurSite, Site

router = APIRouter(include_in_schema=False)

DAY_MS = 86_400_000
WATCHES = 20
STEPS = (0, 1, 3, 6, 10)
"""From how many squats on a space is drawn darker."""


class Hotspot(msgspec.Struct, frozen=True, kw_only=True):
    """One space on which things stood that are probably no cars."""

    space: str
    name: str
    zone: str
    times: int
    bikes: int
    """Of those, seen by somebody to be one."""
    last_ms: int


def step_of(times: int) -> int:
    return sum(times >= least for least in STEPS) - 1


def _page(
    request: Request, site: Site, visitor: Visitor, days: int, *, refused: str = "", status: int = 200
) -> HTMLResponse:
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        plan = plan_of(picture)
        found = [
            one
            for one in parking.squats(connection, picture.community, picture.now_ms - days * DAY_MS)
            if one.verdict in (Verdict.PROBABLE, Verdict.BIKE)
        ]
        watches = parking.watches(connection, picture.community, WATCHES)
    times = Counter(one.space for one in found)
    bikes = Counter(one.space for one in found if one.verdict is Verdict.BIKE)
    last = {one.space: one.from_ms for one in reversed(found)}
    names = visitor.may(Right.NAMES)
    return site.page(
        request,
        "parking_hotspots.html",
        status=status,
        tab="parking",
        part="hotspots",
        visitor=visitor,
        plan=plan,
        days=days,
        times=times,
        step_of=step_of,
        spots=[
            Hotspot(
                space=space,
                name=picture.places.name(space),
                zone=picture.places.name(next((bay.zone for bay in plan.bays if bay.id == space), "")),
                times=count,
                bikes=bikes[space],
                last_ms=last[space],
            )
            for space, count in times.most_common(50)
        ],
        total=len(found),
        watches=watches,
        owner=lambda id: picture.person_name(id) if names else "",
        zones={bay.zone: picture.places.name(bay.zone) or picture.community_name for bay in plan.bays},
        refused=refused,
        place_name=picture.places.name,
        picture=picture,
    )


@router.get("/parking/hotspots")
def hotspots_page(request: Request, site: OurSite, days: Literal["7", "30"] = "7") -> HTMLResponse:
    return _page(request, site, site.visitor(request, Right.PARKING), int(days))


@router.post("/parking/watches")
async def begin_watch(request: Request, site: OurSite) -> Response:
    visitor, filled = await sent_form(request, site, Right.REGISTRY)
    days = filled.number("days", 1, 30) or 7
    command = StartWatch(
        actor=visitor.actor,
        zone=filled.text("zone", 200),
        until_ms=site.deps.now_ms() + days * DAY_MS,
        reason=filled.text("reason", 200),
    )
    return await _do(request, site, visitor, command)


@router.post("/parking/watches/{number}/end")
async def finish_watch(request: Request, site: OurSite, number: Number) -> Response:
    visitor, _ = await sent_form(request, site, Right.REGISTRY)
    return await _do(request, site, visitor, EndWatch(actor=visitor.actor, watch=number))


async def _do(request: Request, site: Site, visitor: Visitor, command: AnyCommand) -> Response:
    answer = await site.await_command(site.community(request), command)
    if answer.refused:
        text = answer.refused
        return await run_in_threadpool(lambda: _page(request, site, visitor, 7, refused=text, status=409))
    return to_page(request, "/parking/hotspots", answer)
