"""Permits out as CSV or Excel, and in again: every mistake shown with its row first, then all of it or nothing."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from hub.model import Permit, Person, Place
from hub.web.access import Right, Visitor
from hub.web.confirming import confirmed
from hub.web.forms import sent_form
from hub.web.language import chosen, translated
from hub.web.pages.calendars import NO_FILE
from hub.web.pages.people import to_page
from hub.web.permit_sheet import COLUMNS, KIND, Sheet, Words, lines_of, read_sheet, text_of
from hub.web.registry_preview import Entries, entries, stamp
from hub.web.site import OurSite, Site
from hub.web.spreadsheets import LARGEST, TableRefused, csv_bytes, read_rows, xlsx_bytes
from hub.web.uploads import Upload

router = APIRouter(include_in_schema=False)

SHOWN = 500
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _known(request: Request, site: Site) -> tuple[str, Entries]:
    """What a sheet is compared with: permits, and what they name."""
    community = site.community(request)
    with site.deps.reader() as connection:
        known = entries(connection, community)
    return community, {key: one for key, one in known.items() if isinstance(one, Permit | Place | Person)}


def _words(known: Entries) -> Words:
    places = {one.id: one for one in known.values() if isinstance(one, Place)}
    return Words(places, {one.id: one for one in known.values() if isinstance(one, Person)})


def _permits(known: Entries) -> dict[str, Permit]:
    return {one.plate: one for one in known.values() if isinstance(one, Permit)}


@router.get("/permits.csv")
def export_csv(request: Request, site: OurSite) -> Response:
    return _file(csv_bytes(_lines(request, site)), "text/csv; charset=utf-8", "permits.csv")


@router.get("/permits.xlsx")
def export_xlsx(request: Request, site: OurSite) -> Response:
    return _file(xlsx_bytes("permits", _lines(request, site)), XLSX, "permits.xlsx")


def _lines(request: Request, site: Site) -> list[list[str]]:
    visitor = site.visitor(request, Right.REGISTRY)
    community, known = _known(request, site)
    site.note_look(visitor.label, "permits", community, 0)
    zone = ZoneInfo(site.deps.installation.timezone)
    return lines_of(_permits(known), _words(known), zone, chosen(request)[0])


def _file(content: bytes, kind: str, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=kind, headers=headers)


def _page(
    request: Request,
    site: Site,
    visitor: Visitor,
    *,
    sheet: Sheet | None = None,
    token: str = "",
    refused: list[str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
    found = sheet or Sheet()
    language, zone = picture.language, ZoneInfo(site.deps.installation.timezone)
    return site.page(
        request,
        "permit_import.html",
        status=status,
        tab="parking",
        part="import",
        visitor=visitor,
        previewed=sheet is not None,
        sheet=found,
        mistakes=[
            (one.row, translated(language, COLUMNS[one.column]) if one.column else "", one.said(language), one.value)
            for one in found.mistakes[:SHOWN]
        ],
        wrong_rows=len({one.row for one in found.mistakes}),
        more=max(0, len(found.mistakes) - SHOWN) + max(0, len(found.added) + len(found.changed) - SHOWN),
        wanted=[("new", one) for one in found.added[:SHOWN]] + [("changed", one) for one in found.changed[:SHOWN]],
        kinds={name: picture.word(KIND, name) for name in KIND},
        until=lambda one: text_of(one.until_ms, zone, last=True),
        columns=[translated(language, name) for name in COLUMNS.values()],
        token=token,
        refused=refused or [],
        picture=picture,
    )


@router.get("/permits/import")
def import_page(request: Request, site: OurSite) -> HTMLResponse:
    return _page(request, site, site.visitor(request, Right.REGISTRY))


@router.post("/permits/import", max_body_size=LARGEST + 64 * 1024)
async def upload(request: Request, site: OurSite) -> Response:
    """Shows what the sheet would do; changes nothing."""
    visitor, filled = await sent_form(request, site, Right.REGISTRY)
    content = filled.file("file")
    if not content:
        refused = [translated(chosen(request)[0], NO_FILE)]
        return await run_in_threadpool(lambda: _page(request, site, visitor, refused=refused, status=422))
    return await run_in_threadpool(_preview, request, site, visitor, content)


def _preview(request: Request, site: Site, visitor: Visitor, content: bytes) -> HTMLResponse:
    community, known = _known(request, site)
    try:
        rows = read_rows(content)
    except TableRefused as exc:
        refused = [translated(chosen(request)[0], exc.reason)]
        return _page(request, site, visitor, refused=refused, status=422)
    now_ms, zone = site.deps.now_ms(), ZoneInfo(site.deps.installation.timezone)
    sheet = read_sheet(rows, _permits(known), _words(known), zone, now_ms)
    token = ""
    if not sheet.mistakes and (commands := sheet.commands(visitor.actor)):
        token = site.uploads.keep(
            Upload(who=visitor.account, community=community, at_ms=now_ms, commands=[*commands], stamp=stamp(known))
        )
    return _page(request, site, visitor, sheet=sheet, token=token, status=422 if sheet.mistakes else 200)


@router.post("/permits/import/confirm")
async def confirm(request: Request, site: OurSite) -> Response:
    """Exactly what was shown, if what it was compared with is still so."""
    visitor, filled = await sent_form(request, site, Right.REGISTRY)
    community, known = await run_in_threadpool(_known, request, site)
    refused, answers = await confirmed(request, site, visitor, community, known, filled.text("upload"))
    if not refused:
        return to_page(request, "/permits", answers[-1])
    return await run_in_threadpool(lambda: _page(request, site, visitor, refused=refused, status=409))
