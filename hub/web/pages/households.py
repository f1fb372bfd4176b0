"""Forgetting the cars of a household: its permits go, its plates become hashes; the box must be ticked."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from sqlalchemy import Connection, select
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from hub.core.commands import EraseHousehold
from hub.model import Permit, PlaceKind, Sees
from hub.store.schema import registry
from hub.web.access import Right, Visitor
from hub.web.forms import sent_form
from hub.web.language import marked
from hub.web.pages.people import CONFIRM, to_page
from hub.web.plates import shown
from hub.web.site import CLEAN, OurSite, Site

router = APIRouter(include_in_schema=False)

PlaceId = Annotated[str, Query(max_length=200, pattern=CLEAN)]
NO_HOME = marked("没有这一户"), marked("请核对位置编号,例如 b6-1203。")


class Household(msgspec.Struct, frozen=True, kw_only=True):
    """One home that has cars."""

    id: str
    name: str
    standing: int
    """Permits that stand now."""
    other: int
    """Those that are over, or not yet."""


@router.get("/households")
def households_page(request: Request, site: OurSite) -> HTMLResponse:
    """Homes with permits, and how many; no plates: those are one click further, and that click is logged."""
    visitor = site.visitor(request, Right.REGISTRY)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        found: dict[str, list[bool]] = {}
        for one in _permits(connection, picture.community):
            if one.place:
                found.setdefault(one.place, []).append(one.stands(picture.now_ms))
        homes = [
            Household(
                id=id,
                name=picture.places.shown(id, Sees.ROOM, picture.language),
                standing=sum(stand),
                other=len(stand) - sum(stand),
            )
            for id, stand in found.items()
        ]
    homes.sort(key=lambda one: ([int(figure) for figure in re.findall(r"\d+", one.name)], one.name))
    return site.page(
        request,
        "households.html",
        tab="parking",
        part="households",
        visitor=visitor,
        homes=homes,
        picture=picture,
    )


def _permits(connection: Connection, community: str) -> list[Permit]:
    here = (registry.c.community == community, registry.c.what == "permit")
    bodies = connection.execute(select(registry.c.body).where(*here).order_by(registry.c.id)).scalars()
    return [msgspec.json.decode(body, type=Permit) for body in bodies]


@router.get("/household")
def household_page(request: Request, site: OurSite, id: PlaceId = "") -> HTMLResponse:
    return _page(request, site, site.visitor(request, Right.REGISTRY), id)


def _page(
    request: Request, site: Site, visitor: Visitor, id: str, *, wrong: str = "", refused: str = "", status: int = 200
) -> HTMLResponse:
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        place = picture.registry.places.get(id)
        if place is None or place.kind is not PlaceKind.HOME:
            return site.plain(request, status=404, title=NO_HOME[0], text=NO_HOME[1])
        permits = [one for one in _permits(connection, picture.community) if one.place == id]
        plates = shown(site, visitor, picture.community, [one.plate for one in permits], "household")
        return site.page(
            request,
            "household.html",
            status=status,
            tab="parking",
            part="households",
            visitor=visitor,
            place=place,
            where=picture.places.shown(id, Sees.ROOM, picture.language),
            plates=plates,
            wrong=wrong,
            refused=refused,
            picture=picture,
        )


@router.post("/household/erase")
async def erase_household(request: Request, site: OurSite) -> Response:
    """Only with the box ticked: it cannot be undone."""
    visitor, filled = await sent_form(request, site, Right.REGISTRY)
    place = filled.text("place")
    if not filled.ticked("sure"):
        return await run_in_threadpool(lambda: _page(request, site, visitor, place, wrong=CONFIRM, status=422))
    answer = await site.await_command(site.community(request), EraseHousehold(actor=visitor.actor, place=place))
    if answer.refused:
        text = answer.refused
        return await run_in_threadpool(lambda: _page(request, site, visitor, place, refused=text, status=409))
    return to_page(request, "/household", answer, id=place)
