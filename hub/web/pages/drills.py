"""Drills: raise a marked alarm on the real path, and see how quickly people answered this time and before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from hub.core.commands import StartDrill
from hub.drills import DrillScore
from hub.model import LIFE_SAFETY, PlaceKind
from hub.web.access import Right, Visitor
from hub.web.drill_scores import drill_scores
from hub.web.forms import sent_form
from hub.web.language import marked
from hub.web.pages.people import to_page
from hub.web.plots import drill_plot
from hub.web.site import OurSite, Site

router = APIRouter(include_in_schema=False)

SHOWN = 60
PLOTTED = 30
WHERE = marked("请选位置")
WHICH = marked("请选规则")
KNOW = marked("请确认你知道手机会响")


class BuildingView(msgspec.Struct, frozen=True, kw_only=True):
    """All drills of one building."""

    name: str
    drills: int
    last_ms: int
    accept_s: float | None
    """Median of the seconds to the first accept; None: nobody ever accepted."""
    on_site_s: float | None
    reached: int
    told: int


def buildings(scores: Sequence[DrillScore], names: Mapping[str, str]) -> list[BuildingView]:
    """In the order of their names."""
    of: dict[str, list[DrillScore]] = {}
    for one in scores:
        of.setdefault(one.building, []).append(one)
    found = [
        BuildingView(
            name=names.get(building, building),
            drills=len(mine),
            last_ms=max(one.at_ms for one in mine),
            accept_s=_median([one.first_accept_s for one in mine]),
            on_site_s=_median([one.on_site_s for one in mine]),
            reached=sum(one.reached for one in mine),
            told=sum(one.told for one in mine),
        )
        for building, mine in of.items()
    ]
    return sorted(found, key=lambda one: one.name)


def _median(values: Sequence[float | None]) -> float | None:
    known = sorted(value for value in values if value is not None)
    return known[len(known) // 2] if known else None


def _page(
    request: Request,
    site: Site,
    visitor: Visitor,
    *,
    wrong: dict[str, str] | None = None,
    typed: dict[str, str] | None = None,
    refused: str = "",
    status: int = 200,
) -> HTMLResponse:
    sees = visitor.sees(site.deps.roles)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        places = picture.registry.places
        scores = drill_scores(picture, SHOWN)
        plotted = [(one.at_ms, one.first_accept_s, one.on_site_s) for one in reversed(scores[:PLOTTED])]
        safety = [name for name, rule in site.deps.rules.items() if set(rule.on) & LIFE_SAFETY]
        return site.page(
            request,
            "drills.html",
            status=status,
            tab="people",
            part="drills",
            visitor=visitor,
            scores=scores,
            where={one.incident: picture.places.shown(one.place, sees, picture.language) for one in scores},
            buildings=buildings(scores, {id: one.name for id, one in places.items()}),
            plot=drill_plot(plotted),
            places={
                id: picture.places.shown(id, sees, picture.language)
                for id, one in sorted(places.items(), key=lambda pair: pair[1].kind is not PlaceKind.BUILDING)
                if one.kind in (PlaceKind.BUILDING, PlaceKind.HOME)
            },
            rules={name: picture.rule_title(name) for name in safety},
            wrong=wrong or {},
            typed=typed or {},
            refused=refused,
            picture=picture,
        )


@router.get("/drills")
def drills_page(request: Request, site: OurSite) -> HTMLResponse:
    return _page(request, site, site.visitor(request, Right.DRILL))


@router.post("/drills")
async def start_drill(request: Request, site: OurSite) -> Response:
    """Only with the box ticked: phones will ring."""
    visitor, filled = await sent_form(request, site, Right.DRILL)
    typed = {name: filled.text(name) for name in ("place", "rule", "acts")}
    for name, mistake in (("place", WHERE), ("rule", WHICH), ("sure", KNOW)):
        if not filled.text(name):
            filled.mistakes.append((name, mistake))
    refused = ""
    if not filled.mistakes:
        command = StartDrill(actor=visitor.actor, place=typed["place"], rule=typed["rule"], acts=bool(typed["acts"]))
        answer = await site.await_command(site.community(request), command)
        if not answer.refused:
            return to_page(request, "/drills", answer)
        refused = answer.refused
    return await run_in_threadpool(
        lambda: _page(
            request,
            site,
            visitor,
            wrong=filled.wrong,
            typed=typed,
            refused=refused,
            status=409 if refused else 422,
        )
    )
