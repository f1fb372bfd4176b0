"""停车需求分析表: occupancy and need by hour and zone for a week, gate flow, the peak; on the page and as CSV."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from hub.web import parking
from hub.web.access import Right
from hub.web.language import chosen, marked, translated
from hub.web.parking_need import BOTTOM, HEIGHT, LEFT, WIDTH, Week, bounds, cell_of, monday, week_of
from hub.web.parking_plan import ZoneView, zone_views
from hub.web.site import CLEAN, OurSite, Site

router = APIRouter(include_in_schema=False)

HEADINGS = (
    marked("区域"),
    marked("时间"),
    marked("平均占用"),
    marked("占用率%"),
    marked("需求"),
    marked("无空位(分钟)"),
    marked("拒绝进入"),
    marked("进"),
    marked("出"),
)
WEEKDAYS = (marked("一"), marked("二"), marked("三"), marked("四"), marked("五"), marked("六"), marked("日"))

Asked = Annotated[str, Query(max_length=200, pattern=CLEAN)]
Day = Annotated[date | None, Query()]


def _first(site: Site, week: date | None) -> date:
    zone = ZoneInfo(site.deps.installation.timezone)
    today = datetime.fromtimestamp(site.deps.now_ms() / 1000, UTC).astimezone(zone).date()
    if week is None or not 2000 < week.year < 2200:
        return monday(today)
    return monday(week)


def _chosen(zones: list[ZoneView], wanted: str) -> ZoneView | None:
    return next((one for one in zones if one.id == wanted), zones[0] if zones else None)


@router.get("/parking/table")
def table_page(request: Request, site: OurSite, week: Day = None, zone: Asked = "") -> HTMLResponse:
    visitor = site.visitor(request, Right.PARKING)
    first, local = _first(site, week), ZoneInfo(site.deps.installation.timezone)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        zones = zone_views(picture)
        here = _chosen(zones, zone)
        shown: Week | None = None
        if here is not None:
            found = parking.hours(connection, picture.community, here.id, *bounds(first, local))
            shown = week_of(found, first, here.total, local)
        return site.page(
            request,
            "parking_table.html",
            tab="parking",
            part="table",
            visitor=visitor,
            zones=zones,
            here=here,
            week=shown,
            first=first,
            before=first - timedelta(days=7),
            after=first + timedelta(days=7),
            weekdays=WEEKDAYS,
            size=(WIDTH, HEIGHT, LEFT, HEIGHT - BOTTOM),
            picture=picture,
        )


@router.get("/parking/table.csv")
def table_csv(request: Request, site: OurSite, week: Day = None, zone: Asked = "") -> Response:
    """Every zone, or the one asked for; with the mark that Excel wants before UTF-8."""
    site.visitor(request, Right.PARKING)
    first, local, language = _first(site, week), ZoneInfo(site.deps.installation.timezone), chosen(request)[0]
    sheet = io.StringIO()
    lines = csv.writer(sheet)
    lines.writerow([translated(language, one) for one in HEADINGS])
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        for here in zone_views(picture):
            if zone and here.id != zone:
                continue
            name = "'" + here.name if here.name[:1] in "=+-@" else here.name
            for hour in parking.hours(connection, picture.community, here.id, *bounds(first, local)):
                one = cell_of(hour, here.total)
                at = datetime.fromtimestamp(hour.hour_ms / 1000, UTC).astimezone(local).strftime("%Y-%m-%d %H:%M")
                lines.writerow(
                    [name, at, one.cars, one.percent, one.need, one.full_minutes, one.refused, hour.ins, hour.outs]
                )
    return Response(
        "\ufeff" + sheet.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="parking-{first.isoformat()}.csv"'},
    )
