"""Passages and visits: a day at the gates, what was odd about it, and entries that put the ledger right. Plates are masked."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from hub import plates
from hub.core.commands import CorrectLedger
from hub.model import Direction, LedgerEntry, PlaceKind, Visit
from hub.web import parking
from hub.web.access import Right, Visitor
from hub.web.forms import sent_form
from hub.web.language import marked, translated
from hub.web.pages.people import to_page
from hub.web.parking_plan import zone_views
from hub.web.permit_sheet import plate_mistake
from hub.web.site import CLEAN, OurSite, Site

router = APIRouter(include_in_schema=False)

SHOWN = 300
REASON = {
    "passed": marked("正常通过"),
    "tailgated": marked("跟车通过"),
    "missed_exit": marked("补记:漏记出场"),
    "missed_entry": marked("补记:漏记进场"),
    "census": marked("清点更正"),
    "office": marked("人工更正"),
}
READ = {
    "plate": marked("已识别"),
    "unread": marked("未识别"),
    "encrypted": marked("加密"),
    "none": marked("无相机记录"),
}
KIND = {
    "resident": marked("住户"),
    "visitor": marked("访客"),
    "temporary": marked("临停"),
    "service": marked("服务"),
    "denied": marked("禁入"),
}
Only = Literal["", "odd", "missed", "tailgated", "unread"]
Plain = Annotated[str, Query(max_length=20, pattern=r"^([ev]\d{1,16})?$")]


def shown_plate(site: Site, visitor: Visitor, community: str, one: LedgerEntry | Visit, plain: str) -> str:
    """Masked, but in full for who may see it and asked for this very one: then the look is logged."""
    key = ("e" if isinstance(one, LedgerEntry) else "v") + str(one.id)
    if not one.plate or plain != key or not visitor.may(Right.PLATES):
        return plates.masked(one.plate)
    site.note_look(visitor.label, f"plate:{key}", community, 0)
    return parking.in_full(one.plate)


def _page(
    request: Request,
    site: Site,
    visitor: Visitor,
    *,
    day: date | None = None,
    gate: str = "",
    only: Only = "",
    show: Literal["passages", "visits"] = "passages",
    plain: str = "",
    refused: str = "",
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    zone = ZoneInfo(site.deps.installation.timezone)
    today = datetime.fromtimestamp(site.deps.now_ms() / 1000, UTC).astimezone(zone).date()
    day = day if day is not None and 2000 < day.year < 2200 else today
    from_ms, until_ms = (
        round(datetime(one.year, one.month, one.day, tzinfo=zone).timestamp() * 1000)
        for one in (day, day + timedelta(days=1))
    )
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        here = picture.community
        passages = visits = None
        if show == "passages":
            passages = parking.entries(connection, here, from_ms, until_ms, gate=gate, only=only, limit=SHOWN)
        else:
            visits = parking.visits(connection, here, from_ms, until_ms, SHOWN)
        zones, places = zone_views(picture), picture.places
    shown = {one.id: shown_plate(site, visitor, here, one, plain) for one in passages or visits or []}
    return site.page(
        request,
        "parking_visits.html",
        status=status,
        tab="parking",
        part="visits",
        visitor=visitor,
        day=day,
        before=day - timedelta(days=1),
        after=day + timedelta(days=1),
        gate=gate,
        only=only,
        show=show,
        passages=passages,
        visits=visits,
        plates=shown,
        plain=plain,
        gates=[one for one in picture.registry.places.values() if one.kind is PlaceKind.GATE],
        zones=zones,
        reasons=REASON,
        reads=READ,
        kinds=KIND,
        full=len(passages or visits or []) == SHOWN,
        refused=translated(picture.language, refused),
        typed=typed or {},
        place_name=places.name,
        picture=picture,
    )


@router.get("/parking/visits")
def visits_page(
    request: Request,
    site: OurSite,
    day: date | None = None,
    gate: Annotated[str, Query(max_length=200, pattern=CLEAN)] = "",
    only: Only = "",
    show: Literal["passages", "visits"] = "passages",
    plain: Plain = "",
) -> HTMLResponse:
    visitor = site.visitor(request, Right.VISITS)
    return _page(request, site, visitor, day=day, gate=gate, only=only, show=show, plain=plain)


@router.post("/parking/ledger")
async def correct_ledger(request: Request, site: OurSite) -> Response:
    """An entry of the office's own; nothing that stands is changed."""
    visitor, filled = await sent_form(request, site, Right.REGISTRY)
    typed = {name: filled.text(name, 200) for name in ("direction", "plate", "zone", "note", "at")}
    at_ms = filled.moment("at", ZoneInfo(site.deps.installation.timezone)) or 0
    refused = next(iter(filled.wrong.values()), "")
    if not refused and not typed["note"]:
        refused = marked("请写明原因")
    plate = plates.normalised(typed["plate"])
    if not refused and plate:
        refused = plate_mistake(plate)
    if not refused and at_ms > site.deps.now_ms():
        refused = marked("时间不能在将来")
    if not refused:
        command = CorrectLedger(
            actor=visitor.actor,
            direction=Direction.OUT if typed["direction"] == "out" else Direction.IN,
            plate=plate,
            zone=typed["zone"],
            at_ms=at_ms,
            note=typed["note"],
        )
        answer = await site.await_command(site.community(request), command)
        if not answer.refused:
            return to_page(request, "/parking/visits", answer)
        refused = answer.refused
    text = refused
    return await run_in_threadpool(
        lambda: _page(request, site, visitor, refused=text, typed=typed, status=409 if at_ms or typed["note"] else 400)
    )
