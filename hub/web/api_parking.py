"""Gates and parking through the API: spaces left, spaces, visits; and the one number for an outside display."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Query
from fastapi.security import HTTPBearer
from pydantic import BaseModel
from starlette.requests import Request

from hub.model import PermitKind, SpaceUse
from hub.plates import masked
from hub.web import parking
from hub.web.access import Right, Visitor
from hub.web.api import LARGEST, PROBLEMS, Caller, Limit, Problem
from hub.web.keys import same
from hub.web.pages.parking import display_key
from hub.web.parking_plan import Stand, ZoneView, plan_of, zone_views
from hub.web.site import CLEAN, NotAllowed, OurSite, SignInNeeded, Site

router = APIRouter(prefix="/api/parking", tags=["parking"])

DAY_MS = 86_400_000
Zone = Annotated[str, Path(min_length=1, max_length=200, pattern=CLEAN)]
Moment = Annotated[int | None, Query(ge=0, le=LARGEST)]
MISSING: dict[int | str, dict[str, object]] = {
    **PROBLEMS,
    404: {"model": Problem, "description": "There is no such zone"},
}


class ZoneOut(BaseModel):
    """Spaces left in one zone: the truth lies within ``left`` plus or minus ``bound``; null: nobody knows."""

    zone: str
    name: str
    total: int
    left: int | None
    bound: int
    at: int
    """ms since 1970, UTC."""


class SpaceOut(BaseModel):
    """One space; never whose car stands there."""

    id: str
    name: str
    use: SpaceUse
    stand: Stand
    since_ms: int


class VisitOut(BaseModel):
    """One stay of one car; the plate in full only for those who may see plates, else 沪A·**345."""

    id: int
    zone: str
    plate: str
    kind: PermitKind | None
    in_ms: int
    out_ms: int | None


def _out(one: ZoneView) -> ZoneOut:
    return ZoneOut(zone=one.id, name=one.name, total=one.total, left=one.left, bound=one.bound, at=one.at_ms)


def _need(visitor: Visitor, right: Right) -> None:
    if not visitor.may(right):
        raise NotAllowed


@router.get("", responses=PROBLEMS)
def zones(request: Request, site: OurSite, visitor: Caller) -> list[ZoneOut]:
    """Every zone with its spaces left."""
    _need(visitor, Right.COUNTS)
    with site.deps.reader() as connection:
        return [_out(one) for one in zone_views(site.picture(request, connection))]


@router.get("/visits", responses=PROBLEMS)
def visits(
    request: Request,
    site: OurSite,
    visitor: Caller,
    since: Moment = None,
    until: Moment = None,
    limit: Limit = 100,
) -> list[VisitOut]:
    """Stays that reach into this time (the last day when nothing is said), the newest first."""
    _need(visitor, Right.VISITS)
    now_ms = site.deps.now_ms()
    plates = visitor.may(Right.PLATES)
    with site.deps.reader() as connection:
        community = site.community(request)
        found = parking.visits(
            connection,
            community,
            now_ms - DAY_MS if since is None else since,
            now_ms + 1 if until is None else until,
            limit,
        )
    if plates and any(one.plate for one in found):
        site.note_look(visitor.label, "plate:visits", community, 0)
    return [
        VisitOut(
            id=one.id,
            zone=one.zone,
            plate=parking.in_full(one.plate) if plates else masked(one.plate),
            kind=one.kind,
            in_ms=one.in_ms,
            out_ms=one.out_ms,
        )
        for one in found
    ]


def _reader(
    request: Request,
    site: OurSite,
    zone: Zone,
    _: Annotated[object, Depends(HTTPBearer(auto_error=False, description="API token from the accounts page"))],
    key: Annotated[str, Query(max_length=100, pattern=CLEAN, description="The display's key, from /parking")] = "",
) -> None:
    """Whoever is signed in, an API client, or a display that shows this zone's key."""
    if key and same(key, display_key(site, site.community(request), zone)):
        return
    _signed_in(request, site)


def _signed_in(request: Request, site: Site) -> None:
    with site.deps.reader() as connection:
        visitor = site.sessions.bearer(request, connection) or site.sessions.visitor(request, connection)
    if visitor is None:
        raise SignInNeeded
    _need(visitor, Right.COUNTS)


@router.get("/{zone}", responses=MISSING, dependencies=[Depends(_reader)])
def zone(request: Request, site: OurSite, zone: Zone) -> ZoneOut:
    """The number for an outside display.

    Nobody reads it without saying who they are: an account, an API token, a wall; or ``?key=``, which opens this zone's
    number and nothing else. The office finds each zone's key on /parking; a display needs no account and holds no token
    that could do more.
    """
    with site.deps.reader() as connection:
        found = next((one for one in zone_views(site.picture(request, connection)) if one.id == zone), None)
    if found is None:
        raise HTTPException(404, "there is no such zone")
    return _out(found)


@router.get("/{zone}/spaces", responses=PROBLEMS)
def spaces(request: Request, site: OurSite, visitor: Caller, zone: Zone) -> list[SpaceOut]:
    """Every space of a zone and how it stands."""
    _need(visitor, Right.PARKING)
    with site.deps.reader() as connection:
        found = plan_of(site.picture(request, connection)).bays
    return [
        SpaceOut(id=one.id, name=one.name, use=one.use, stand=one.stand, since_ms=one.since_ms)
        for one in found
        if one.zone == zone
    ]
