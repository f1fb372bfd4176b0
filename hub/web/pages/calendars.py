"""The rota in and out of calendar apps: a secret address to read it, and a file of covers that is shown before it counts."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from hub.core.localtime import DAY_MS
from hub.web.access import Right, Visitor
from hub.web.calendar_links import calendar_owner
from hub.web.forms import sent_form
from hub.web.language import chosen, marked, translated
from hub.web.pages.people import to_page
from hub.web.pages.rota import rota_page_of
from hub.web.rota import roster_of
from hub.web.site import CLEAN, OurSite, Site
from hub.web.uploads import Upload

router = APIRouter(include_in_schema=False)

BEFORE_MS, AFTER_MS = 14 * DAY_MS, 120 * DAY_MS
Named = Annotated[str, Query(max_length=200, pattern=CLEAN)]
LARGEST_FILE = 2_010_000
"""`hub.rota_ics.MAX_BYTES` and the form around it; what is larger is refused before it is read."""
OLD = marked("预览已过期或已经用过,请重新上传。")
NO_FILE = marked("请先选择文件")


@router.get("/rota.ics")
def rota_calendar(
    request: Request,
    site: OurSite,
    key: Annotated[str, Query(max_length=400)] = "",
    role: Named = "",
    person: Named = "",
) -> Response:
    """One person's shifts for their key; everybody's for the key of the whole rota."""
    # Imported with the first calendar: 3 MB that most hubs never need.
    from hub.rota_ics import rota_ics

    claim = calendar_owner(site, key)
    if (
        claim is None
        or claim.community not in site.deps.communities
        or (claim.person and person not in ("", claim.person))
    ):
        return PlainTextResponse("this calendar address is not valid (any more)\n", status_code=404)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection, claim.community)
        if claim.person and claim.person not in picture.registry.people:
            return PlainTextResponse("this calendar address is not valid (any more)\n", status_code=404)
        roster = roster_of(picture.registry, site.deps.installation, picture.now_ms)
        roles = {*site.deps.roles, *roster.duties, *roster.overrides}
        content = rota_ics(
            roster,
            picture.now_ms - BEFORE_MS,
            picture.now_ms + AFTER_MS,
            titles={one: picture.role_title(one) for one in roles},
            now_ms=picture.now_ms,
            name=picture.community_name,
            person=claim.person or person,
            role=role,
        )
    return Response(content, media_type="text/calendar; charset=utf-8")


@router.post("/rota/ics", max_body_size=LARGEST_FILE)
async def upload(request: Request, site: OurSite) -> Response:
    """Shows what the file would do; changes nothing."""
    visitor, filled = await sent_form(request, site, Right.REGISTRY)
    content = filled.file("file")
    return await run_in_threadpool(_preview, request, site, visitor, content)


def _preview(request: Request, site: Site, visitor: Visitor, content: bytes) -> HTMLResponse:
    from hub.rota_ics import read_ics

    language = chosen(request)[0]
    if not content:
        return rota_page_of(request, site, visitor, refused=[translated(language, NO_FILE)], status=422)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        registry = picture.registry
        roles = {*site.deps.roles, *(duty.role for duty in registry.duties.values())}
        found, mistakes = read_ics(
            content,
            registry.people,
            {one: picture.role_title(one) for one in roles},
            ZoneInfo(site.deps.installation.timezone),
            places=registry.places,
            actor=visitor.actor,
        )
        token = ""
        if found and not mistakes:
            token = site.uploads.keep(
                Upload(who=visitor.account, community=picture.community, at_ms=picture.now_ms, commands=list(found))
            )
        return site.page(
            request,
            "rota_upload.html",
            status=200 if token else 422,
            tab="people",
            part="rota",
            visitor=visitor,
            overrides=[one.override for one in found],
            known=registry.overrides,
            mistakes=[(one.event, one.text.zh if language == "zh" else one.text.en) for one in mistakes],
            token=token,
            role_title=picture.role_title,
            person_name=picture.person_name,
            place_name=picture.places.name,
            picture=picture,
        )


@router.post("/rota/ics/confirm")
async def confirm(request: Request, site: OurSite) -> Response:
    visitor, filled = await sent_form(request, site, Right.REGISTRY)
    community = site.community(request)
    taken = site.uploads.take(filled.text("upload"), visitor.account, community, site.deps.now_ms())
    refused = [translated(chosen(request)[0], OLD)]
    if taken is not None:
        answers = await site.await_commands(community, taken.commands)
        refused = [one.refused for one in answers if one.refused]
        if not refused:
            return to_page(request, "/rota", answers[-1])
    return await run_in_threadpool(lambda: rota_page_of(request, site, visitor, refused=refused, status=409))
