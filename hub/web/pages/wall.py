"""The wall: what is open, who goes, what comes next; one key accepts for the console. No names."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Collection, Sequence
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Form, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from hub.core.commands import Accept
from hub.model import Estimate, Handling, Incident, Kind, PlaceKind, Sees
from hub.web import parking, rows
from hub.web.access import Right, Role, Visitor
from hub.web.keys import WALL_TOKEN, same, setting_value
from hub.web.rota import roster_of
from hub.web.site import NotAllowed, OurSite, Site
from hub.web.view import IncidentView, Picture, by_urgency

router = APIRouter(include_in_schema=False)

DUTY_ROLES = ("property", "guard", "duty", "committee")
DATA_STALE_MS = 300_000
SHOWN = 5
STROLLER = Visitor(account="", role=Role.STREET)
GUARDING = frozenset({Kind.SMOKE.value, Kind.HEAT.value, Kind.GAS.value, Kind.CO.value})
HEALTH_KINDS = (Kind.SMOKE, Kind.GAS, Kind.SOS, Kind.PARKING, Kind.GATE, Kind.LPR, Kind.CAMERA, Kind.LIFT, Kind.PUMP)


class DutyView(msgspec.Struct, frozen=True, kw_only=True):
    """One role tonight: how many hold it, and the number of the first; never a name."""

    role: str
    people: int
    phone: str


class KindView(msgspec.Struct, frozen=True, kw_only=True):
    """How many devices of a kind are heard."""

    kind: str
    live: int
    total: int


class SpacesView(msgspec.Struct, frozen=True, kw_only=True):
    left: int
    total: int
    unknown: int
    bound: int = 0
    """How far off ``left`` may be, where it is an estimate."""


class WallView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything on the wall."""

    incidents: list[IncidentView]
    more: int
    """How many more are open."""
    unprotected: list[tuple[str, list[str]]]
    """(building, homes with no live detector)."""
    unprotected_total: int
    protected_total: int
    spaces: SpacesView
    kinds: list[KindView]
    silent: int
    battery_low: int
    duty: list[DutyView]
    data_ms: int
    stale: bool
    last: IncidentView | None
    """What ended last, for a calm wall."""


def wall_view(picture: Picture, visitor: Visitor) -> WallView:
    connection, community = picture.connection, picture.community
    found = by_urgency(rows.open_incidents(connection, community))
    # What nobody has answered is always among those shown: it is what sounds, and what Enter accepts.
    shown = by_urgency(sorted(found, key=lambda one: one.test or one.handling is not Handling.NEW)[:SHOWN])
    ended = rows.closed_incidents(connection, community, 1)
    views = picture.incidents(shown, visitor, names=False)
    last = picture.incidents(ended, STROLLER, names=False)  # over is over: no room on a calm wall
    devices = [one for one in rows.devices(connection, community) if one.registered]
    unprotected, protected_total = _unprotected(picture, devices, visitor.sees(picture.deps.roles))
    data_ms = max([rows.head(connection, community).ms, *(one.last_seen_ms or 0 for one in devices)])
    return WallView(
        incidents=views,
        more=len(found) - len(shown),
        unprotected=unprotected,
        unprotected_total=sum(len(homes) for _, homes in unprotected),
        protected_total=protected_total,
        spaces=_estimated(parking.estimates(connection, community).values()) or _spaces(devices),
        kinds=_kinds(devices),
        silent=sum(one.silent for one in devices),
        battery_low=sum(one.facts.get("battery_low") is True for one in devices),
        duty=_duty(picture),
        data_ms=data_ms,
        stale=picture.now_ms - data_ms > DATA_STALE_MS,
        last=last[0] if last else None,
    )


def _live(device: rows.DeviceRow) -> bool:
    return not device.silent and device.last_seen_ms is not None


def _unprotected(
    picture: Picture, devices: Sequence[rows.DeviceRow], sees: Sees
) -> tuple[list[tuple[str, list[str]]], int]:
    """Homes under protection in which no detector is heard, by building."""
    guarded: set[str] = set()
    for device in devices:
        if device.kind in GUARDING and _live(device):
            guarded.update(place.id for place in picture.places.chain(device.place))
    homes = [place for place in picture.registry.places.values() if place.protected and place.kind is PlaceKind.HOME]
    missing: dict[str, list[str]] = {}
    for home in homes:
        if home.id not in guarded:
            building = picture.places.name(picture.places.building(home.id))
            missing.setdefault(building, []).append(home.name if sees is Sees.ROOM else "")
    return sorted(missing.items()), len(homes)


def _estimated(told: Collection[Estimate]) -> SpacesView | None:
    """All zones together, where the hub estimates them."""
    if not told:
        return None
    return SpacesView(
        left=sum(one.left for one in told),
        total=sum(one.total for one in told),
        unknown=sum(one.unknown for one in told),
        bound=sum(one.bound for one in told),
    )


def _spaces(devices: Sequence[rows.DeviceRow]) -> SpacesView:
    spaces = [one for one in devices if one.kind == Kind.PARKING]
    known = [one.facts["occupied"] for one in spaces if "occupied" in one.facts and _live(one)]
    return SpacesView(
        left=sum(occupied is False for occupied in known), total=len(spaces), unknown=len(spaces) - len(known)
    )


def _kinds(devices: Sequence[rows.DeviceRow]) -> list[KindView]:
    total = Counter(one.kind for one in devices)
    live = Counter(one.kind for one in devices if _live(one))
    return [
        KindView(kind=kind.value, live=live[kind.value], total=total[kind.value])
        for kind in HEALTH_KINDS
        if total[kind.value]
    ]


def _duty(picture: Picture) -> list[DutyView]:
    roster = roster_of(picture.registry, picture.deps.installation, picture.now_ms)
    shown: list[DutyView] = []
    for role in (role for role in DUTY_ROLES if role in picture.deps.roles):
        people = roster.on_duty(role, picture.now_ms)
        number = next((one.phone for one in people if one.phone), "")
        shown.append(DutyView(role=picture.role_title(role), people=len(people), phone=number))
    return shown


def _render(site: Site, request: Request, template: str) -> HTMLResponse:
    visitor = site.visitor(request, Right.WALL)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        wall = wall_view(picture, visitor)
    for incident in wall.incidents:
        if incident.room:
            site.note_look(visitor.label, "room", picture.community, incident.id)
    if any(homes[0] for _, homes in wall.unprotected):
        site.note_look(visitor.label, "unprotected", picture.community, 0)
    return site.page(
        request,
        template,
        visitor=visitor,
        wall=wall,
        picture=picture,
    )


@router.get("/wall")
def wall_page(request: Request, site: OurSite, token: Annotated[str, Query(max_length=200)] = "") -> Response:
    if not token:
        return _render(site, request, "wall.html")
    with site.deps.reader() as connection:
        fits = same(token, setting_value(connection, WALL_TOKEN))
    if not fits:
        raise NotAllowed
    # The token leaves the address bar at once: a wall is looked at by everybody.
    rest = str(request.url.remove_query_params("token").query)
    response = RedirectResponse("/wall" + (f"?{rest}" if rest else ""), status_code=303)
    site.sessions.sign_in_wall(response, token)
    return response


@router.get("/fragments/wall")
def wall_fragment(request: Request, site: OurSite) -> HTMLResponse:
    return _render(site, request, "parts/wall.html")


def _live_visitor(request: Request, site: OurSite) -> Visitor:
    return site.visitor(request, Right.COUNTS)


@router.get("/live", response_class=EventSourceResponse, dependencies=[Depends(_live_visitor)])
async def live(request: Request, site: OurSite) -> AsyncIterator[ServerSentEvent]:
    """Open incidents in short, again whenever something about them changed; ids and states only."""
    community = site.community(request)

    def picture() -> object:
        with site.deps.reader() as connection:
            return [_short(incident) for incident in by_urgency(rows.open_incidents(connection, community))]

    async for event in site.pulse.stream(community, picture):
        yield event


def _short(incident: Incident) -> dict[str, object]:
    return {
        "id": incident.id,
        "severity": incident.severity,
        "handling": incident.handling,
        "opened_ms": incident.opened_ms,
        "due_ms": incident.due_ms,
        "alerts": len(incident.alerts),
        "going": [[one.state, one.declined] for one in incident.responders],
        "test": incident.test,
    }


@router.post("/wall/accept")
async def wall_accept(
    request: Request,
    site: OurSite,
    incident: Annotated[int, Form(ge=0, le=2**53)],
    form: Annotated[str, Form()] = "",
) -> Response:
    """接警: accepts the incident that the wall showed as the most urgent, as ``console``."""
    visitor = await run_in_threadpool(site.visitor, request, Right.WALL)
    site.check_form(request, form)
    if not visitor.may(Right.ACT):
        raise NotAllowed
    await site.await_command(site.community(request), Accept(actor="console", incident=incident))
    return RedirectResponse("/wall" + (f"?{request.url.query}" if request.url.query else ""), status_code=303)
