"""The desk: alerts, devices, deliveries; what each role needs and no more."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Form, Path
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from hub.web import rows
from hub.web.access import Right, Visitor
from hub.web.site import Answer, OurSite, Site
from hub.web.view import IncidentView, by_urgency

router = APIRouter(include_in_schema=False)

Number = Annotated[int, Path(ge=0, le=2**53)]
FormToken = Annotated[str, Form(max_length=300)]
Severities = Literal["", "critical", "major", "minor", "info"]
SHOWN = 100
HOUR_MS = 3_600_000
LONGEST_SILENCE_H = 72


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One notification with its attempts."""

    id: int
    incident: int
    who: str
    role: str
    purpose: str
    severity: str
    state: str
    reason: str
    created_ms: int
    sent_ms: int | None
    attempts: list[rows.Attempt]


def log_rooms(site: Site, visitor: Visitor, community: str, shown: list[IncidentView]) -> None:
    for incident in shown:
        if incident.room:
            site.note_look(visitor.label, "room", community, incident.id)


def _alerts(request: Request, site: Site, template: str, show: str, severity: str) -> HTMLResponse:
    visitor = site.visitor(request, Right.COUNTS)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        if not visitor.may(Right.ALERTS):
            counts = rows.counts(connection, picture.community, picture.now_ms - 30 * 24 * HOUR_MS)
            return site.page(request, "counts.html", visitor=visitor, picture=picture, counts=counts)
        opened = by_urgency(rows.open_incidents(connection, picture.community))
        found = opened if show == "open" else rows.closed_incidents(connection, picture.community, SHOWN)
        wanted = [one for one in found if severity in ("", one.severity)]
        shown = picture.incidents(wanted, visitor, names=visitor.may(Right.NAMES))
    log_rooms(site, visitor, picture.community, shown)
    return site.page(
        request,
        template,
        tab="alerts",
        show=show,
        severity=severity,
        incidents=shown,
        open_count=len(opened),
        visitor=visitor,
        picture=picture,
    )


@router.get("/")
def alerts_page(
    request: Request, site: OurSite, show: Literal["open", "closed"] = "open", severity: Severities = ""
) -> HTMLResponse:
    return _alerts(request, site, "alerts.html", show, severity)


@router.get("/fragments/alerts")
def alerts_fragment(
    request: Request, site: OurSite, show: Literal["open", "closed"] = "open", severity: Severities = ""
) -> HTMLResponse:
    return _alerts(request, site, "parts/alerts.html", show, severity)


def back(request: Request, path: str, answer: Answer) -> RedirectResponse:
    """To the page that the form stood on, which says when the command was refused or still waits."""
    address = request.url.replace(path=path).remove_query_params("said")
    if answer.said:
        address = address.include_query_params(said=answer.said)
    return RedirectResponse(path + (f"?{address.query}" if address.query else ""), status_code=303)


@router.get("/devices")
def devices_page(request: Request, site: OurSite, only: Literal["", "silent", "unregistered"] = "") -> HTMLResponse:
    visitor = site.visitor(request, Right.DEVICES)
    sees = visitor.sees(site.deps.roles)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        found = rows.devices(connection, picture.community)
        shown = [one for one in found if not only or (one.silent if only == "silent" else not one.registered)]
        places = {one.id: picture.places.shown(one.place, sees, picture.language) if one.place else "" for one in shown}
    return site.page(
        request,
        "devices.html",
        tab="devices",
        visitor=visitor,
        only=only,
        devices=shown,
        total=len(found),
        silent=sum(one.silent for one in found),
        unregistered=sum(not one.registered for one in found),
        places=places,
        picture=picture,
    )


@router.get("/deliveries")
def deliveries_page(request: Request, site: OurSite) -> HTMLResponse:
    visitor = site.visitor(request, Right.DELIVERIES)
    names = visitor.may(Right.NAMES)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        found = rows.newest_notifications(connection, picture.community, SHOWN)
        attempts = rows.attempts_of(connection, picture.community, [one.id for one in found])
        shown = [
            Delivery(
                id=one.id,
                incident=one.incident,
                who=picture.person_name(one.person) if names else "",
                role=picture.role_title(one.role),
                purpose=one.purpose,
                severity=one.severity,
                state=one.state,
                reason=one.reason,
                created_ms=one.created_ms,
                sent_ms=one.sent_ms,
                attempts=attempts[one.id],
            )
            for one in found
        ]
    return site.page(
        request,
        "deliveries.html",
        tab="deliveries",
        visitor=visitor,
        deliveries=shown,
        picture=picture,
    )
