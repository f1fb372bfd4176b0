"""The desk: alerts, devices, deliveries, silences, people; what each role needs and no more."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Form, Path
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from hub.core.commands import EndSilence, StartSilence
from hub.model import ContactHealth, Person
from hub.web import rows
from hub.web.access import Right, Visitor
from hub.web.rota import roster_of
from hub.web.site import CLEAN, Answer, OurSite, Site
from hub.web.told import failures_today
from hub.web.view import IncidentView, Picture, by_urgency

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


class ContactView(msgspec.Struct, frozen=True, kw_only=True):
    """One contact of one person, and what is known of it."""

    id: str
    channel: str
    failures: int
    """Today."""
    code: str
    """What the provider said when it refused last."""
    sent_ms: int | None
    proven_ms: int | None


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


@router.get("/silences")
def silences_page(request: Request, site: OurSite) -> HTMLResponse:
    visitor = site.visitor(request, Right.SILENCE)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        return site.page(
            request,
            "silences.html",
            tab="silences",
            visitor=visitor,
            silences=rows.open_silences(connection, picture.community, picture.now_ms),
            owners={person: one.name for person, one in picture.registry.people.items()}
            if visitor.may(Right.NAMES)
            else {},
            places=[one for one in picture.registry.places.values() if not picture.places.has_room(one.id)],
            place_names={one.id: one.name for one in picture.registry.places.values()},
            rules={name: picture.rule_title(name) for name in site.deps.rules},
            picture=picture,
        )


@router.post("/silences")
async def start_silence(
    request: Request,
    site: OurSite,
    hours: Annotated[int, Form(ge=1, le=LONGEST_SILENCE_H)],
    reason: Annotated[str, Form(min_length=1, max_length=200, pattern=CLEAN)],
    place: Annotated[str, Form(max_length=200, pattern=CLEAN)] = "",
    rule: Annotated[str, Form(max_length=200, pattern=CLEAN)] = "",
    form: FormToken = "",
) -> Response:
    visitor = await run_in_threadpool(site.visitor, request, Right.SILENCE)
    site.check_form(request, form)
    until_ms = site.deps.now_ms() + hours * HOUR_MS
    command = StartSilence(actor=visitor.actor, until_ms=until_ms, reason=reason.strip(), place=place, rule=rule)
    return back(request, "/silences", await site.await_command(site.community(request), command))


@router.post("/silences/{number}/end")
async def end_silence(request: Request, site: OurSite, number: Number, form: FormToken = "") -> Response:
    visitor = await run_in_threadpool(site.visitor, request, Right.SILENCE)
    site.check_form(request, form)
    command = EndSilence(actor=visitor.actor, silence=number)
    return back(request, "/silences", await site.await_command(site.community(request), command))


@router.get("/people")
def people_page(request: Request, site: OurSite) -> HTMLResponse:
    visitor = site.visitor(request, Right.PEOPLE)
    names = visitor.may(Right.NAMES)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        registry = picture.registry
        health = rows.contact_health(connection, picture.community)
    roster = roster_of(registry, site.deps.installation, picture.now_ms)
    roles = sorted({*site.deps.roles, *(duty.role for duty in registry.duties.values())})
    now = {role: [person.id for person in roster.on_duty(role, picture.now_ms)] for role in roles}
    return site.page(
        request,
        "people.html",
        tab="people",
        visitor=visitor,
        names=names,
        people=list(registry.people.values()) if names else [],
        duties=sorted(registry.duties.values(), key=lambda duty: (duty.role, duty.from_minute)),
        person_name=picture.person_name if names else lambda _: "",
        role_title=picture.role_title,
        place_name=lambda place: picture.places.name(place) if place else "",
        now=now,
        contacts={person.id: _contacts(person, health, picture) for person in registry.people.values()},
        picture=picture,
    )


def _contacts(person: Person, health: dict[tuple[str, str], ContactHealth], picture: Picture) -> list[ContactView]:
    timezone = picture.deps.installation.timezone
    shown: list[ContactView] = []
    for contact in person.contacts:
        known = health.get((person.id, contact.id))
        shown.append(
            ContactView(
                id=contact.id,
                channel=contact.url.partition(":")[0].lower(),
                failures=failures_today(known, picture.now_ms, timezone),
                code=known.code if known else "",
                sent_ms=known.sent_ms if known else None,
                proven_ms=known.proven_ms if known else None,
            )
        )
    return shown
