"""The inbox: one person's messages, newest first, live; a number button answers without leaving the page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends
from fastapi.sse import EventSourceResponse, ServerSentEvent
from sqlalchemy import Connection, select, update
from starlette.requests import Request
from starlette.responses import HTMLResponse

from hub.delivery.links import LinkClaim
from hub.model import Incident
from hub.store import schema
from hub.web import rows
from hub.web.pages.answer import WRONG, LinkRefused, Stand, claim_of, stand_of
from hub.web.site import OurSite, Site

router = APIRouter(include_in_schema=False)

SHOWN = 50


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message with the way to answer it."""

    row: rows.InboxMessage
    token: str
    """Answer link of its incident, "" when there is none."""
    stand: Stand | None
    newest: bool
    """The newest message of its incident: it carries the buttons."""


def inbox_of(site: Site, token: str) -> LinkClaim:
    claim = claim_of(site, token)
    if claim.incident:
        raise LinkRefused(*WRONG)
    return claim


def _live_claim(site: OurSite, token: str) -> LinkClaim:
    return inbox_of(site, token)


def _messages(site: Site, request: Request, claim: LinkClaim) -> list[Message]:
    with site.deps.reader() as connection:
        found = rows.inbox_messages(connection, claim.community, claim.person, SHOWN)
        incidents = _incidents(connection, claim.community, {one.incident for one in found})
        group = site.picture(request, connection, claim.community).is_group(claim.person)
    messages: list[Message] = []
    newest: set[int] = set()
    for row in found:
        incident = incidents.get(row.incident)
        messages.append(
            Message(
                row=row,
                token=site.deps.links.token(LinkClaim(claim.community, row.incident, claim.person)) if incident else "",
                stand=stand_of(incident, claim.person, group=group) if incident else None,
                newest=row.incident not in newest,
            )
        )
        newest.add(row.incident)
    return messages


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


def _render(site: Site, request: Request, token: str, template: str) -> HTMLResponse:
    claim = inbox_of(site, token)
    messages = _messages(site, request, claim)
    with site.deps.reader() as connection:
        name = site.picture(request, connection, claim.community).person_name(claim.person)
    response = site.page(request, template, messages=messages, token=token, person_name=name)
    _mark_read(site, messages)
    return response


@router.get("/inbox/{token}")
def inbox_page(request: Request, site: OurSite, token: str) -> HTMLResponse:
    return _render(site, request, token, "inbox.html")


@router.get("/fragments/inbox/{token}")
def inbox_fragment(request: Request, site: OurSite, token: str) -> HTMLResponse:
    return _render(site, request, token, "parts/inbox.html")


@router.get("/inbox/{token}/live", response_class=EventSourceResponse)
async def inbox_live(
    site: OurSite, claim: Annotated[LinkClaim, Depends(_live_claim)]
) -> AsyncIterator[ServerSentEvent]:
    def picture() -> object:
        with site.deps.reader() as connection:
            found = rows.inbox_messages(connection, claim.community, claim.person, SHOWN)
            incidents = _incidents(connection, claim.community, {one.incident for one in found})
        return [[one.id for one in found], [[one.id, one.handling, one.responders] for one in incidents.values()]]

    async for event in site.pulse.stream(claim.community, picture):
        yield event
