"""The census on the phone, space by space; and a verdict on one space: a car, a bike, nothing."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from hub.core.commands import CountSpaces, SayVerdict
from hub.model import Verdict
from hub.web import parking
from hub.web.access import Right
from hub.web.forms import sent_form
from hub.web.language import chosen, marked, translated
from hub.web.pages.photos import LARGEST_PHOTO, LARGEST_UPLOAD, PhotoRefused, keep_photo
from hub.web.parking_plan import STAND, plan_of
from hub.web.site import CLEAN, NotAllowed, OurSite, Site

router = APIRouter(include_in_schema=False)

SEEN = (
    (Verdict.CAR, marked("汽车")),
    (Verdict.BIKE, marked("非机动车")),
    (Verdict.NOTHING, marked("没有东西")),
)
IS = ((Verdict.CAR, marked("是汽车")), (Verdict.BIKE, marked("是非机动车")), (Verdict.NOTHING, marked("没有东西")))
SAYABLE = frozenset(verdict.value for verdict, _ in SEEN)
NO_SPACE = (marked("没有这个车位"), marked("它可能已经从登记中删除。"))
RIGHT_ALREADY = marked("已记录。台账与现场一致,没有更正。")
TOO_MANY = marked("已记录。台账多记了%(count)s辆,已更正。")
TOO_FEW = marked("已记录。台账少记了%(count)s辆,已更正。")
WAITING = marked("已收到,正在记录。")
NOTHING_SENT = marked("没有收到任何车位,请重新清点。")

Asked = Annotated[str, Query(max_length=200, pattern=CLEAN)]


@router.get("/parking/census")
def census_page(request: Request, site: OurSite, zone: Asked = "") -> HTMLResponse:
    visitor = site.visitor(request, Right.PARKING)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        plan = plan_of(picture)
        zones = {one.zone: picture.places.name(one.zone) or picture.community_name for one in plan.bays}
        here = zone if zone in zones else next(iter(zones), "")
        last = parking.last_census(connection, picture.community, here)
    walk = [one for one in plan.bays if one.zone == here]
    return site.page(
        request,
        "parking_census.html",
        tab="parking",
        part="census",
        visitor=visitor,
        zones=zones,
        here=here,
        walk=walk,
        last=last,
        seen=SEEN,
        stand=STAND,
        picture=picture,
    )


@router.post("/parking/census")
async def take_census(request: Request, site: OurSite) -> Response:
    """``spaces`` is JSON, space -> car, bike or nothing; answers with what was corrected, as {"ok", "said"}."""
    visitor, filled = await sent_form(request, site, Right.PARKING)
    language, community = chosen(request)[0], site.community(request)
    zone = filled.text("zone", 200)
    try:
        found = msgspec.json.decode(filled.text("spaces", 60_000) or "{}", type=dict[str, Verdict])
    except msgspec.MsgspecError:
        found = {}
    if not found or Verdict.PROBABLE in found.values():
        return JSONResponse({"ok": False, "said": translated(language, NOTHING_SENT)}, 400)
    answer = await site.await_command(community, CountSpaces(actor=visitor.actor, zone=zone, spaces=found))
    if answer.refused:
        return JSONResponse({"ok": False, "said": answer.refused}, 409)
    said = await run_in_threadpool(_corrected, site, language, community, zone) if answer.done else ""
    return JSONResponse({"ok": True, "said": said or translated(language, WAITING)})


def _corrected(site: Site, language: str, community: str, zone: str) -> str:
    with site.deps.reader() as connection:
        last = parking.last_census(connection, community, zone)
    if last is None:
        return ""
    if not last.corrected:
        return translated(language, RIGHT_ALREADY)
    return translated(language, TOO_MANY if last.corrected > 0 else TOO_FEW) % {"count": abs(last.corrected)}


@router.get("/parking/space")
def space_page(request: Request, site: OurSite, id: Asked = "") -> HTMLResponse:
    """One space: what the sensors say, and three buttons for whoever stands before it."""
    visitor = site.visitor(request, Right.PARKING)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        bay = next((one for one in plan_of(picture).bays if one.id == id), None)
        about = next((one for one in parking.open_alerts(connection, picture.community) if one.place == id), None)
    if bay is None:
        return site.plain(request, status=404, title=NO_SPACE[0], text=NO_SPACE[1])
    return site.page(
        request,
        "parking_space.html",
        tab="parking",
        part="census",
        visitor=visitor,
        bay=bay,
        zone=picture.places.name(bay.zone),
        incident=about.incident if about else 0,
        verdicts=IS,
        stand=STAND,
        picture=picture,
    )


@router.post("/parking/verdict", max_body_size=LARGEST_UPLOAD)
async def verdict(request: Request, site: OurSite) -> Response:
    """Back to the incident that it was said on, else to the space. A photo is kept with the incident that is open about it."""
    visitor, filled = await sent_form(request, site, Right.PARKING)
    community = site.community(request)
    space, said = filled.text("space", 200), filled.text("verdict", 20)
    if said not in SAYABLE:
        raise NotAllowed
    back = f"/incidents/{incident}" if (incident := filled.number("incident", 1, 2**53)) else "/parking"
    number, body = 0, filled.file("photo")
    if body:
        about = await run_in_threadpool(_open_incident, site, community, space)
        if len(body) > LARGEST_PHOTO:
            return RedirectResponse(f"{back}?said=photo_large", 303)
        try:
            number = await run_in_threadpool(keep_photo, site, community, about, visitor.actor, body) if about else 0
        except PhotoRefused as refused:
            return RedirectResponse(f"{back}?said={refused.said}", 303)
    command = SayVerdict(actor=visitor.actor, space=space, verdict=Verdict(said), photo=number)
    answer = await site.await_command(community, command)
    return RedirectResponse(f"{back}?said={answer.said or 'saved'}", 303)


def _open_incident(site: Site, community: str, space: str) -> int:
    """The incident that is open about this space, 0 when there is none."""
    with site.deps.reader() as connection:
        return next((one.incident for one in parking.open_alerts(connection, community) if one.place == space), 0)
