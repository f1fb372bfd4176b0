"""The census on the phone, space by space; and a verdict on one space: a car, a bike, nothing."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from sqlalchemy import func, select
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from hub.core.commands import CountSpaces, SayVerdict
from hub.model import COUNTED, Verdict
from hub.store.schema import command as command_table
from hub.store.schema import photo as photo_table
from hub.web import parking
from hub.web.access import Right
from hub.web.forms import sent_form
from hub.web.language import chosen, marked, translated
from hub.web.pages.photos import (
    LARGEST_PHOTO,
    LARGEST_UPLOAD,
    PhotoId,
    PhotoRefused,
    keep_photo,
    photo_of,
    store_photo,
)
from hub.web.parking_plan import STAND, natural, plan_of, zone_of
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
RECORDED = marked("已记录%(count)s个车位。")
RIGHT_ALREADY = marked("台账与现场一致,没有更正。")
TOO_MANY = marked("台账多记了%(count)s辆,已更正。")
TOO_FEW = marked("台账少记了%(count)s辆,已更正。")
IN_PART = marked("还有%(count)s个车位没走:台账要整个区域走完才更正。")
DIFFERS = marked("传感器与现场不符:%(names)s。")
AND_MORE = marked("%(names)s等%(count)s个")
NAMED = 8
WAITING = marked("已收到,正在记录。")
NOTHING_SENT = marked("没有收到任何车位,请重新清点。")
PHOTO_SAID = {
    "photo_large": marked("照片不能超过10 MB。"),
    "photo_unreadable": marked("这张照片打不开,没有保存。请用 JPEG 或 PNG 格式。"),
    "photo_many": marked("今天的清点照片太多了,没有保存。"),
}
PHOTOS_A_DAY = 300
DAY_MS = 86_400_000
WALK = re.compile(r"[0-9a-f]{16,64}")

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
    walk = sorted((one for one in plan.bays if one.zone == here), key=lambda one: natural(one.name))
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
    """``spaces`` is JSON, space -> car, bike or nothing, ``photos`` space -> id; answers as {"ok", "said"}.

    ``walk`` was made up by the phone: what it sends again, because the answer was lost, is not counted a second time.
    """
    visitor, filled = await sent_form(request, site, Right.PARKING)
    language, community = chosen(request)[0], site.community(request)
    zone, walk = filled.text("zone", 200), filled.text("walk", 64)
    try:
        found = msgspec.json.decode(filled.text("spaces", 60_000) or "{}", type=dict[str, Verdict])
        photos = msgspec.json.decode(filled.text("photos", 20_000) or "{}", type=dict[str, int])
    except msgspec.MsgspecError:
        found, photos = {}, {}
    if not found or Verdict.PROBABLE in found.values():
        return JSONResponse({"ok": False, "said": translated(language, NOTHING_SENT)}, 400)
    command = CountSpaces(
        actor=visitor.actor,
        zone=zone,
        spaces=found,
        walk=walk if WALK.fullmatch(walk) else "",
        photos=await run_in_threadpool(_kept_photos, site, community, photos),
    )
    row = await run_in_threadpool(_sent_before, site, community, command.walk)
    answer = await (site.await_row(row) if row else site.await_command(community, command))
    if answer.refused:
        return JSONResponse({"ok": False, "said": answer.refused}, 409)
    said = await run_in_threadpool(_corrected, request, site, command) if answer.done else ""
    return JSONResponse({"ok": True, "said": said or translated(language, WAITING)})


def _sent_before(site: Site, community: str, walk: str) -> int:
    """The row of the command that this walk has become already; 0: none."""
    if not walk:
        return 0
    query = select(command_table.c.id).where(
        command_table.c.community == community,
        command_table.c.at_ms > site.deps.now_ms() - DAY_MS,
        command_table.c.body.contains(f'"walk":"{walk}"'),
    )
    with site.deps.reader() as connection:
        return connection.execute(query.order_by(command_table.c.id).limit(1)).scalar() or 0


def _kept_photos(site: Site, community: str, photos: dict[str, int]) -> dict[str, int]:
    """Those that are photos of spaces, and there."""
    if not photos:
        return {}
    query = select(photo_table.c.id).where(
        photo_table.c.community == community, photo_table.c.incident == 0, photo_table.c.id.in_(photos.values())
    )
    with site.deps.reader() as connection:
        there = set(connection.execute(query).scalars())
    return {space: number for space, number in photos.items() if number in there}


def _corrected(request: Request, site: Site, command: CountSpaces) -> str:
    """What the census has put right, and which sensors it contradicts, in sentences."""
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        language, counted = picture.language, command.spaces
        last = parking.last_census(connection, picture.community, command.zone)
        now = parking.spaces_now(connection, picture.community)
        zone = [
            one.id
            for one in parking.spaces(connection, picture.community)
            if one.use in COUNTED and zone_of(picture.registry.places, one.id) == command.zone
        ]
        names = [
            picture.places.name(id)
            for id, verdict in counted.items()
            if id in now and now[id].occupied is (verdict is Verdict.NOTHING)
        ]
    parts = [translated(language, RECORDED) % {"count": len(counted)}]
    missing = len(set(zone) - counted.keys())
    if missing:
        parts.append(translated(language, IN_PART) % {"count": missing})
    elif last is not None and last.corrected:
        parts.append(translated(language, TOO_MANY if last.corrected > 0 else TOO_FEW) % {"count": abs(last.corrected)})
    else:
        parts.append(translated(language, RIGHT_ALREADY))
    if names:
        shown = ("、" if language == "zh" else ", ").join(names[:NAMED])
        if len(names) > NAMED:
            shown = translated(language, AND_MORE) % {"names": shown, "count": len(names)}
        parts.append(translated(language, DIFFERS) % {"names": shown})
    return ("" if language == "zh" else " ").join(parts)


@router.post("/parking/census/photo", max_body_size=LARGEST_UPLOAD)
async def census_photo(request: Request, site: OurSite) -> Response:
    """Keep a photo of one space; answers {"ok", "photo"} with its id, or {"ok", "said"}."""
    visitor, filled = await sent_form(request, site, Right.PARKING)
    language, body = chosen(request)[0], filled.file("photo")
    try:
        if not body or len(body) > LARGEST_PHOTO:
            raise PhotoRefused("photo_large" if body else "photo_unreadable")
        number = await run_in_threadpool(_keep, site, site.community(request), visitor.actor, body)
    except PhotoRefused as refused:
        return JSONResponse({"ok": False, "said": translated(language, PHOTO_SAID[refused.said])}, 422)
    return JSONResponse({"ok": True, "photo": number})


def _keep(site: Site, community: str, actor: str, body: bytes) -> int:
    today = (
        photo_table.c.community == community,
        photo_table.c.incident == 0,
        photo_table.c.at_ms > site.deps.now_ms() - DAY_MS,
    )
    with site.deps.reader() as connection:
        if connection.execute(select(func.count()).select_from(photo_table).where(*today)).scalar_one() >= PHOTOS_A_DAY:
            raise PhotoRefused("photo_many")
    return store_photo(site, community, 0, actor, body)


@router.get("/parking/photos/{number}")
def space_photo(request: Request, site: OurSite, number: PhotoId) -> Response:
    """A photo that a census took; plates can be read in it, so that it is for whoever may see plates."""
    visitor = site.visitor(request, Right.PLATES)
    community = site.community(request)
    answer = photo_of(site, community, 0, number)
    site.note_look(visitor.label, "plate:photo", community, 0)
    return answer


@router.get("/parking/space")
def space_page(request: Request, site: OurSite, id: Asked = "") -> HTMLResponse:
    """One space: what the sensors say, and three buttons for whoever stands before it."""
    visitor = site.visitor(request, Right.PARKING)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        bay = next((one for one in plan_of(picture).bays if one.id == id), None)
        about = next((one for one in parking.open_alerts(connection, picture.community) if one.place == id), None)
        last = parking.last_census(connection, picture.community, bay.zone) if bay else None
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
        photo=last.photos.get(id, 0) if last else 0,
        photo_ms=last.at_ms if last else None,
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
