"""The desk: alerts with their timeline, devices, deliveries, silences, people; what each role needs and no more."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Form, Path
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from hub.core.commands import Accept, AnyCommand, Arrive, Close
from hub.model import Handling, Outcome
from hub.web import rows
from hub.web.access import Right, Visitor
from hub.web.language import marked
from hub.web.pages.timeline import timeline
from hub.web.site import CLEAN, Answer, OurSite, Site
from hub.web.view import IncidentView, by_urgency
from hub.web.words import CAUSES

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


def _log_rooms(site: Site, visitor: Visitor, community: str, shown: list[IncidentView]) -> None:
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
    _log_rooms(site, visitor, picture.community, shown)
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


def _incident(request: Request, site: Site, template: str, number: int) -> HTMLResponse:
    visitor = site.visitor(request, Right.ALERTS)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        incident = rows.incident(connection, picture.community, number)
        if incident is None:
            return site.plain(
                request, status=404, title=marked("没有这个事件"), text=marked("它可能已经按保存期限删除。")
            )
        names = visitor.may(Right.NAMES)
        view = picture.incidents([incident], visitor, names=names)[0]
        entries = timeline(picture, rows.decisions_of(connection, picture.community, number), names=names)
        alerts = rows.alerts_of(connection, picture.community, [number])[number]
        sees = picture.sees(visitor, incident)
        places = {alert.id: picture.places.shown(alert.place, sees, picture.language) for alert in alerts}
        titles = {alert.id: picture.rule_title(alert.rule) for alert in alerts}
    _log_rooms(site, visitor, picture.community, [view])
    return site.page(
        request,
        template,
        tab="alerts",
        visitor=visitor,
        incident=view,
        entries=entries,
        alerts=alerts,
        places=places,
        titles=titles,
        causes=CAUSES,
        outcomes=(Outcome.FALSE, Outcome.REAL, Outcome.TEST, Outcome.DRILL, Outcome.DUPLICATE),
        on_site=incident.handling in (Handling.ON_SITE, Handling.DONE),
        picture=picture,
    )


@router.get("/incidents/{number}")
def incident_page(request: Request, site: OurSite, number: Number) -> HTMLResponse:
    return _incident(request, site, "incident.html", number)


@router.get("/fragments/incidents/{number}")
def incident_fragment(request: Request, site: OurSite, number: Number) -> HTMLResponse:
    return _incident(request, site, "parts/incident.html", number)


@router.post("/incidents/{number}")
async def act(
    request: Request,
    site: OurSite,
    number: Number,
    do: Annotated[Literal["accept", "arrive", "close"], Form()],
    outcome: Annotated[Literal["real", "false", "test", "drill", "duplicate"], Form()] = "false",
    cause: Annotated[str, Form(max_length=200, pattern=CLEAN)] = "",
    form: FormToken = "",
) -> Response:
    visitor = await run_in_threadpool(site.visitor, request, Right.ACT)
    site.check_form(request, form)
    command: AnyCommand
    if do == "accept":
        command = Accept(actor=visitor.actor, incident=number)
    elif do == "arrive":
        command = Arrive(actor=visitor.actor, incident=number)
    else:
        command = Close(actor=visitor.actor, incident=number, outcome=Outcome(outcome), cause=cause.strip())
    return back(request, f"/incidents/{number}", await site.await_command(site.community(request), command))


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
