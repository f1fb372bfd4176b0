"""Reach: whether at every minute of the next weeks enough people would be told, as it was last proved."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from hub.web import kept
from hub.web.access import Right
from hub.web.site import OurSite
from hub.web.view import Picture

router = APIRouter(include_in_schema=False)

OLD_MS = 25 * 3_600_000
"""A proof is made at every change and at least once a day."""
SHOWN = 100


class GapView(msgspec.Struct, frozen=True, kw_only=True):
    """One gap in the reader's words."""

    from_ms: int
    until_ms: int
    rule: str
    place: str
    people: list[str]
    providers: list[str]
    said: str


def gap_view(picture: Picture, gap: kept.ReachGap, *, names: bool) -> GapView:
    said = gap.said_zh if picture.language == "zh" else gap.said_en
    return GapView(
        from_ms=gap.from_ms,
        until_ms=gap.until_ms,
        rule=picture.rule_title(gap.rule) if gap.rule else "",
        place=picture.places.name(gap.place) if gap.place else "",
        people=[picture.person_name(one) for one in gap.people] if names else [],
        providers=list(gap.providers),
        said=said if names else "",
    )


@router.get("/reach")
def reach_page(request: Request, site: OurSite) -> HTMLResponse:
    visitor = site.visitor(request, Right.PEOPLE)
    names = visitor.may(Right.NAMES)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        proof = kept.proof(connection, picture.community)
        gaps = [gap_view(picture, one, names=names) for one in proof.gaps[:SHOWN]] if proof else []
        return site.page(
            request,
            "reach.html",
            tab="people",
            part="reach",
            visitor=visitor,
            names=names,
            proof=proof,
            gaps=gaps,
            total=len(proof.gaps) if proof else 0,
            old=proof is not None and picture.now_ms - proof.at_ms > OLD_MS,
            picture=picture,
        )
