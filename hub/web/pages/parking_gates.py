"""Gates: each lane's health in words, its camera's list of permits, and a button that gives the whole list again."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from hub.gates.rows import give_again
from hub.web import parking
from hub.web.access import Right
from hub.web.forms import sent_form
from hub.web.language import marked
from hub.web.parking_gates import WRONG, health_of
from hub.web.site import OurSite, Site

router = APIRouter(include_in_schema=False)

STATE = {"ok": marked("正常"), "wrong": marked("有问题"), "unknown": marked("未知")}
NO_LANE = (marked("没有这条车道"), marked("它可能已经从登记中删除,或不接收名单。"))


@router.get("/parking/gates")
def gates_page(request: Request, site: OurSite) -> HTMLResponse:
    visitor = site.visitor(request, Right.PARKING)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        gates = health_of(picture)
    return site.page(
        request,
        "parking_gates.html",
        tab="parking",
        part="gates",
        visitor=visitor,
        gates=gates,
        wrong=WRONG,
        states=STATE,
        picture=picture,
    )


@router.post("/parking/gates/list")
async def give_list_again(request: Request, site: OurSite) -> Response:
    """Give one camera its whole list anew: it was replaced or reset. Twice does no harm."""
    _, filled = await sent_form(request, site, Right.REGISTRY)
    if not await run_in_threadpool(_give_again, site, site.community(request), filled.text("lane", 200)):
        return site.plain(request, status=404, title=NO_LANE[0], text=NO_LANE[1])
    return RedirectResponse("/parking/gates?said=given", 303)


def _give_again(site: Site, community: str, lane: str) -> bool:
    with site.deps.writer() as connection:
        if not any(one.id == lane and one.list_topic for one in parking.lanes(connection, community)):
            return False
        give_again(connection, community, lane, site.deps.now_ms())
    return True
