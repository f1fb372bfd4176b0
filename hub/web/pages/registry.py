"""The registry out as files, and in again: shown first, then all of it or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from hub.model import Person
from hub.web.access import Right, Visitor
from hub.web.confirming import confirmed
from hub.web.forms import sent_form
from hub.web.language import chosen, marked, translated
from hub.web.pages.calendars import NO_FILE
from hub.web.pages.people import to_page
from hub.web.registry_file import Line, duties_csv, in_order, jsonl, people_csv, read_csv, read_jsonl, still_home
from hub.web.registry_preview import Change, Entries, as_puts, entries, preview, stamp
from hub.web.site import OurSite, Site
from hub.web.uploads import Upload

router = APIRouter(include_in_schema=False)

LARGEST = 8 * 1024 * 1024
SHOWN = 300
WHAT: Mapping[str, str] = {
    "place": marked("位置"),
    "device": marked("设备"),
    "person": marked("人员"),
    "duty": marked("班次"),
    "space": marked("车位"),
    "gate_lane": marked("车道"),
    "plan": marked("临时方案"),
    "turn": marked("轮次"),
    "permit": marked("车牌许可"),
    "override": marked("替班"),
    "calendar_day": marked("日历"),
}


def _known(request: Request, site: Site) -> tuple[str, Entries]:
    with site.deps.reader() as connection:
        community = site.community(request)
        return community, entries(connection, community)


@router.get("/registry")
def registry_page(request: Request, site: OurSite) -> HTMLResponse:
    return _page(request, site, site.visitor(request, Right.REGISTRY))


def _page(
    request: Request,
    site: Site,
    visitor: Visitor,
    *,
    changes: list[Change] | None = None,
    token: str = "",
    refused: list[str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        known = entries(connection, picture.community)
    counts = {what: sum(1 for kind, _ in known if kind == what) for what in WHAT}
    found = changes or []
    told = [one for one in found if one.state != "same"]
    return site.page(
        request,
        "registry.html",
        status=status,
        tab="people",
        part="registry",
        visitor=visitor,
        counts={translated(picture.language, WHAT[what]): n for what, n in counts.items()},
        what={what: translated(picture.language, word) for what, word in WHAT.items()},
        changes=sorted(told, key=lambda one: (one.state != "mistake", one.number))[:SHOWN],
        more=max(0, len(told) - SHOWN),
        total={state: sum(1 for one in found if one.state == state) for state in ("new", "changed", "same", "mistake")},
        previewed=changes is not None,
        token=token,
        refused=refused or [],
        picture=picture,
    )


@router.get("/registry.jsonl")
def export_all(request: Request, site: OurSite) -> Response:
    """Administrators only: it holds every address, as it is kept."""
    visitor = site.visitor(request, Right.ACCOUNTS)
    community, known = _known(request, site)
    site.note_look(visitor.label, "registry", community, 0)
    return _file(jsonl(as_puts(known, "console")), "application/x-ndjson", "registry.jsonl")


@router.get("/people.csv")
def export_people(request: Request, site: OurSite) -> Response:
    visitor = site.visitor(request, Right.ACCOUNTS)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        people = list(picture.registry.people.values())
    site.note_look(visitor.label, "registry", picture.community, 0)
    return _file(people_csv(people, ZoneInfo(site.deps.installation.timezone)), "text/csv", "people.csv")


@router.get("/duties.csv")
def export_duties(request: Request, site: OurSite) -> Response:
    visitor = site.visitor(request, Right.ACCOUNTS)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        duties = list(picture.registry.duties.values())
    site.note_look(visitor.label, "registry", picture.community, 0)
    return _file(duties_csv(duties), "text/csv", "duties.csv")


def _file(content: bytes, kind: str, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=f"{kind}; charset=utf-8", headers=headers)


@router.post("/registry", max_body_size=LARGEST)
async def upload(request: Request, site: OurSite) -> Response:
    """Shows what the file would do; changes nothing."""
    visitor, filled = await sent_form(request, site, Right.ACCOUNTS)
    content = filled.file("file")
    if not content:
        refused = [translated(chosen(request)[0], NO_FILE)]
        return await run_in_threadpool(lambda: _page(request, site, visitor, refused=refused, status=422))
    return await run_in_threadpool(_preview, request, site, visitor, content)


def _preview(request: Request, site: Site, visitor: Visitor, content: bytes) -> HTMLResponse:
    community, known = _known(request, site)
    lines = _lines(content, visitor.actor, known, ZoneInfo(site.deps.installation.timezone))
    changes = preview(lines, known)
    wanted = {one.number for one in changes if one.state in ("new", "changed")}
    token = ""
    if wanted and all(one.state != "mistake" for one in changes):
        commands = in_order(line.put for line in lines if line.put and line.number in wanted)
        token = site.uploads.keep(
            Upload(
                who=visitor.account,
                community=community,
                at_ms=site.deps.now_ms(),
                commands=list(commands),
                stamp=stamp(known),
            )
        )
    bad = any(one.state == "mistake" for one in changes) or not changes
    return _page(request, site, visitor, changes=changes, token=token, status=422 if bad else 200)


def _lines(content: bytes, actor: str, known: Entries, zone: ZoneInfo) -> list[Line]:
    if content.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"{":
        lines = read_jsonl(content.removeprefix(b"\xef\xbb\xbf"), actor)
    else:
        lines = read_csv(content, actor, zone)
    home = {one.id: one.home_until_ms for one in known.values() if isinstance(one, Person)}
    return [still_home(line, home) for line in lines]


@router.post("/registry/confirm")
async def confirm(request: Request, site: OurSite) -> Response:
    """All of it, if the registry is still what the preview was made from."""
    visitor, filled = await sent_form(request, site, Right.ACCOUNTS)
    community, known = await run_in_threadpool(_known, request, site)
    refused, answers = await confirmed(request, site, visitor, community, known, filled.text("upload"))
    if not refused:
        return to_page(request, "/registry", answers[-1])
    return await run_in_threadpool(lambda: _page(request, site, visitor, refused=refused, status=409))
