"""The inbox: one person's open incidents to answer, their messages, and what they say about being told at all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Depends, Form, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent
from sqlalchemy import Connection, select, update
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from hub.core.commands import AnyCommand, ConfirmTest, ImHome, Refuse
from hub.delivery.links import LinkClaim
from hub.model import Incident, Person, Purpose
from hub.store import schema
from hub.web import rows
from hub.web.pages.answer import WRONG, LinkRefused, Stand, inbox_of, note_opened, stand_of
from hub.web.pages.push import offered
from hub.web.site import CLEAN, OurSite, Site
from hub.web.told import scheme_of
from hub.web.view import IncidentView, Picture, by_urgency

router = APIRouter(include_in_schema=False)

SHOWN = 50
HOUR_MS = 3_600_000
TEST_WAITS_MS = 7 * 24 * HOUR_MS
ContactName = Annotated[str, Query(max_length=200, pattern=CLEAN)]


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message as it came."""

    row: rows.InboxMessage
    token: str
    """Answer link of its incident, "" when there is none."""
    closed: bool
    tests: str
    """The contact that a 【测试】 came over and that its reader can confirm, "" when it is none or confirmed."""


class Open(msgspec.Struct, frozen=True, kw_only=True):
    """One open incident that this person was told of, with the way to answer it."""

    view: IncidentView
    stand: Stand
    token: str


class Inbox(msgspec.Struct, frozen=True, kw_only=True):
    """Everything on the page."""

    person: Person | None
    name: str
    group: bool
    open: list[Open]
    incidents: list[Incident]
    messages: list[Message]
    tests: list[tuple[str, str]]
    """(contact, channel) of tests that came as an SMS, a call ... and wait to be confirmed."""


def _live_claim(site: OurSite, token: str) -> LinkClaim:
    return inbox_of(site, token)


def _inbox(site: Site, request: Request, claim: LinkClaim, contact: str) -> Inbox:
    with site.deps.reader() as connection:
        picture = site.picture(request, connection, claim.community)
        group = picture.is_group(claim.person)
        person = picture.registry.people.get(claim.person)
        found = rows.inbox_messages(connection, claim.community, claim.person, SHOWN)
        incidents = _incidents(connection, claim.community, {one.incident for one in found})
        mine = by_urgency(_open(connection, claim, incidents))
        inbox = Inbox(
            person=person,
            name=picture.person_name(claim.person),
            group=group,
            open=_views(site, picture, claim, mine, group=group),
            incidents=mine,
            messages=[_message(site, connection, claim, one, incidents.get(one.incident)) for one in found],
            tests=_tests(picture, claim, person, contact) if person and not group else [],
        )
    for one in inbox.open:
        if one.view.room:
            site.note_look(claim.person, "room", claim.community, one.view.id)
    return inbox


def _tests(picture: Picture, claim: LinkClaim, person: Person, asked: str) -> list[tuple[str, str]]:
    """Contacts that were tested lately and not confirmed since, and the one that the address asks about."""
    health = rows.contact_health(picture.connection, claim.community)
    found: list[tuple[str, str]] = []
    for contact in person.contacts:
        known, channel = health.get((person.id, contact.id)), scheme_of(picture, person.id, contact.id)
        tested_ms = (known.tested_ms if known else None) or 0
        if contact.id == asked:
            tested_ms = max(tested_ms, picture.now_ms - HOUR_MS)
        proven_ms = (known.proven_ms if known else None) or 0
        lately = tested_ms > picture.now_ms - TEST_WAITS_MS
        if lately and proven_ms < tested_ms and channel != "inbox":  # a message here has its own button
            found.append((contact.id, channel))
    return found


def _open(connection: Connection, claim: LinkClaim, sent: dict[int, Incident]) -> list[Incident]:
    """Open incidents of which this person was told, or has a message: a merged message's row names only its first."""
    return [
        one
        for one in rows.open_incidents(connection, claim.community)
        if claim.person in one.told or one.id in sent or any(r.person == claim.person for r in one.responders)
    ]


def _views(site: Site, picture: Picture, claim: LinkClaim, found: list[Incident], *, group: bool) -> list[Open]:
    numbers = [one.id for one in found]
    alerts = rows.alerts_of(picture.connection, claim.community, numbers)
    told = rows.roles_told(picture.connection, claim.community, numbers)
    return [
        Open(
            view=picture.incident(one, alerts[one.id], told, picture.person_sees(claim.person, one, told), names=False),
            stand=stand_of(one, claim.person, group=group),
            token=site.deps.links.token(LinkClaim(claim.community, one.id, claim.person)),
        )
        for one in found
    ]


def _message(
    site: Site, connection: Connection, claim: LinkClaim, row: rows.InboxMessage, incident: Incident | None
) -> Message:
    tests = ""
    if row.purpose == Purpose.TEST:
        contact = rows.contact_of_attempt(connection, claim.community, row.notification, row.attempt)
        tests = "" if _proven(connection, claim, contact, row.at_ms) else contact
    return Message(
        row=row,
        token=site.deps.links.token(LinkClaim(claim.community, row.incident, claim.person)) if incident else "",
        closed=incident is not None and incident.closed_ms is not None,
        tests=tests,
    )


def _proven(connection: Connection, claim: LinkClaim, contact: str, since_ms: int) -> bool:
    health = rows.contact_health(connection, claim.community).get((claim.person, contact))
    return health is not None and health.proven_ms is not None and health.proven_ms >= since_ms


def _incidents(connection: Connection, community: str, wanted: set[int]) -> dict[int, Incident]:
    table = schema.incident
    query = select(table.c.body).where(table.c.community == community, table.c.id.in_(wanted))
    found = [msgspec.json.decode(body, type=Incident) for body in connection.execute(query).scalars()]
    return {incident.id: incident for incident in found}


def _mark_read(site: Site, messages: list[Message]) -> None:
    unread = [one.row.id for one in messages if one.row.read_ms is None]
    if unread:
        with site.deps.writer() as connection:
            connection.execute(
                update(schema.inbox)
                .where(schema.inbox.c.id.in_(unread), schema.inbox.c.read_ms.is_(None))
                .values(read_ms=site.deps.now_ms())
            )


def _render(site: Site, request: Request, token: str, template: str, contact: str) -> HTMLResponse:
    inbox = _inbox(site, request, inbox_of(site, token), contact)
    response = site.page(
        request, template, inbox=inbox, token=token, vapid=offered(site, request) if not inbox.group else ""
    )
    _mark_read(site, inbox.messages)
    return response


@router.get("/inbox/{token}")
def inbox_page(request: Request, site: OurSite, token: str, contact: ContactName = "") -> HTMLResponse:
    return _render(site, request, token, "inbox.html", contact)


@router.get("/fragments/inbox/{token}")
def inbox_fragment(request: Request, site: OurSite, token: str, contact: ContactName = "") -> HTMLResponse:
    return _render(site, request, token, "parts/inbox.html", contact)


@router.get("/inbox/{token}/live", response_class=EventSourceResponse)
async def inbox_live(
    site: OurSite, claim: Annotated[LinkClaim, Depends(_live_claim)]
) -> AsyncIterator[ServerSentEvent]:
    def picture() -> object:
        with site.deps.reader() as connection:
            found = rows.inbox_messages(connection, claim.community, claim.person, SHOWN)
            incidents = _incidents(connection, claim.community, {one.incident for one in found})
            mine = _open(connection, claim, incidents)
            person = rows.registry(connection, claim.community).people.get(claim.person)
        stands = {one.id: [one.handling, one.responders] for one in [*incidents.values(), *mine]}
        return [[one.id for one in found], [[id, *stand] for id, stand in sorted(stands.items())], person]

    async for event in site.pulse.stream(claim.community, picture):
        yield event


@router.post("/inbox/{token}/opened", status_code=204)
def opened(request: Request, site: OurSite, token: str) -> None:
    """Its person has their inbox on the screen, and with it every open message."""
    claim = inbox_of(site, token)
    note_opened(site, request, claim, _inbox(site, request, claim, "").incidents)


async def _do(site: Site, claim: LinkClaim, token: str, command: AnyCommand) -> Response:
    said = (await site.await_command(claim.community, command)).said
    return RedirectResponse(f"/inbox/{token}" + (f"?said={said}" if said else ""), 303)


def _one_person(site: Site, request: Request, token: str) -> tuple[LinkClaim, Person]:
    """Whose inbox it is; raises LinkRefused for a group's: nobody speaks for it."""
    claim = inbox_of(site, token)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection, claim.community)
        person = picture.registry.people.get(claim.person)
        if person is None or picture.is_group(claim.person):
            raise LinkRefused(*WRONG)
    return claim, person


@router.post("/inbox/{token}/confirm")
async def confirm(
    request: Request,
    site: OurSite,
    token: str,
    contact: Annotated[str, Form(max_length=200, pattern=CLEAN)] = "",
) -> Response:
    """收到: the test that came over this contact was read."""
    claim, person = await run_in_threadpool(_one_person, site, request, token)
    if not any(one.id == contact for one in person.contacts):
        raise LinkRefused(*WRONG)
    return await _do(site, claim, token, ConfirmTest(actor=claim.person, contact=contact))


@router.post("/inbox/{token}/home")
async def im_home(
    request: Request, site: OurSite, token: str, until: Annotated[Literal["2", "8", "day", "0"], Form()]
) -> Response:
    """我在家: may be asked until then; 0 takes it back."""
    claim, _ = await run_in_threadpool(_one_person, site, request, token)
    until_ms = home_until(until, site.deps.now_ms(), site.deps.installation.timezone)
    return await _do(site, claim, token, ImHome(actor=claim.person, until_ms=until_ms))


def home_until(until: str, now_ms: int, timezone: str) -> int:
    """``2`` or ``8`` hours, the end of the ``day`` where the site stands, or 0."""
    if until != "day":
        return now_ms + int(until) * HOUR_MS if until != "0" else 0
    local = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(ZoneInfo(timezone))
    midnight = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return int(midnight.timestamp() * 1000)


@router.get("/inbox/{token}/refuse")
def refuse_page(request: Request, site: OurSite, token: str) -> HTMLResponse:
    """Asks once more: who refuses is told nothing, not even a fire."""
    _one_person(site, request, token)
    return site.page(request, "refuse.html", token=token)


@router.post("/inbox/{token}/refuse")
async def refuse(
    request: Request, site: OurSite, token: str, agreed: Annotated[Literal["yes", "no"], Form()]
) -> Response:
    claim, _ = await run_in_threadpool(_one_person, site, request, token)
    return await _do(site, claim, token, Refuse(actor=claim.person, agreed=agreed == "yes"))
