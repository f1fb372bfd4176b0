"""The answer page: a signed personal link shows one incident (GET) and takes the answer (POST)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Form
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from hub.core.commands import Accept, AnyCommand, Arrive, Close, Decline
from hub.delivery.links import LinkClaim
from hub.model import Handling, Incident, Outcome, Responder
from hub.web import rows
from hub.web.language import marked
from hub.web.site import CLEAN, OurSite, Site
from hub.web.view import IncidentView, Picture
from hub.web.words import CAUSES

router = APIRouter(include_in_schema=False)

VALID_AFTER_CLOSE_MS = 24 * 3_600_000

WRONG = (
    404,
    marked("链接不对"),
    marked("这个链接不完整或不是本系统发出的。请回到消息里重新点开,或打电话给物业。"),
)
EXPIRED = (
    410,
    marked("链接已失效"),
    marked("这件事已经结束超过24小时,链接不再有效。如果现场又有情况,请立即打119,再打物业电话。"),
)


class LinkRefused(Exception):
    """A link that shows nothing: which status, and in plain words why."""

    def __init__(self, status: int, title: str, text: str) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.text = text


class Stand(msgspec.Struct, frozen=True, kw_only=True):
    """Where this person stands in this incident, and so which buttons they get."""

    accepted: bool
    arrived: bool
    declined: bool
    closed: bool
    group: bool


def claim_of(site: Site, token: str) -> LinkClaim:
    claim = site.deps.links.read(token)
    if claim is None or claim.community not in site.deps.communities:
        raise LinkRefused(*WRONG)
    return claim


def incident_of(site: Site, token: str) -> tuple[LinkClaim, Incident]:
    """What the link is about; raises LinkRefused when it is wrong or over."""
    claim = claim_of(site, token)
    if not claim.incident:
        raise LinkRefused(*WRONG)
    with site.deps.reader() as connection:
        incident = rows.incident(connection, claim.community, claim.incident)
    if incident is None or _over(incident, site.deps.now_ms()):
        raise LinkRefused(*EXPIRED)
    return claim, incident


def _over(incident: Incident, now_ms: int) -> bool:
    return incident.closed_ms is not None and now_ms > incident.closed_ms + VALID_AFTER_CLOSE_MS


def stand_of(incident: Incident, person: str, *, group: bool) -> Stand:
    mine: Responder | None = next((one for one in incident.responders if one.person == person), None)
    goes = mine is not None and not mine.declined
    return Stand(
        accepted=goes,
        arrived=goes and mine is not None and mine.state in (Handling.ON_SITE, Handling.DONE),
        declined=mine is not None and mine.declined,
        closed=incident.closed_ms is not None,
        group=group,
    )


def _shown(site: Site, request: Request, token: str) -> tuple[LinkClaim, IncidentView, Stand, Picture]:
    claim, incident = incident_of(site, token)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection, claim.community)
        alerts = rows.alerts_of(connection, claim.community, [incident.id])[incident.id]
        told = rows.roles_told(connection, claim.community, [incident.id])
        sees = picture.person_sees(claim.person, incident, told)
        view = picture.incident(incident, alerts, told, sees, names=False)
        stand = stand_of(incident, claim.person, group=picture.is_group(claim.person))
    if view.room:
        site.note_look(claim.person, "room", claim.community, incident.id)
    return claim, view, stand, picture


def _render(site: Site, request: Request, token: str, template: str) -> HTMLResponse:
    claim, view, stand, picture = _shown(site, request, token)
    inbox = site.deps.links.token(LinkClaim(claim.community, 0, claim.person))
    return site.page(
        request,
        template,
        incident=view,
        stand=stand,
        token=token,
        inbox_token=inbox,
        causes=CAUSES,
        outcomes=(Outcome.FALSE, Outcome.REAL, Outcome.TEST),
        picture=picture,
    )


@router.get("/a/{token}")
def answer_page(request: Request, site: OurSite, token: str) -> HTMLResponse:
    return _render(site, request, token, "answer.html")


@router.get("/fragments/a/{token}")
def answer_fragment(request: Request, site: OurSite, token: str) -> HTMLResponse:
    return _render(site, request, token, "parts/answer.html")


def _live_claim(site: OurSite, token: str) -> LinkClaim:
    return incident_of(site, token)[0]


@router.get("/a/{token}/live", response_class=EventSourceResponse)
async def answer_live(
    site: OurSite, claim: Annotated[LinkClaim, Depends(_live_claim)]
) -> AsyncIterator[ServerSentEvent]:
    def picture() -> object:
        with site.deps.reader() as connection:
            incident = rows.incident(connection, claim.community, claim.incident)
        return incident and [incident.handling, incident.responders, incident.alerts, incident.closed_ms]

    async for event in site.pulse.stream(claim.community, picture):
        yield event


@router.post("/a/{token}")
async def answer(
    request: Request,
    site: OurSite,
    token: str,
    do: Annotated[str, Form()] = "",
    outcome: Annotated[str, Form()] = "",
    cause: Annotated[str, Form(max_length=200, pattern=CLEAN)] = "",
    back: Annotated[str, Form()] = "",
) -> Response:
    """Idempotent: what already is so writes nothing. The link itself is the secret, so no other token is asked for."""
    claim, incident = await run_in_threadpool(incident_of, site, token)
    group = await run_in_threadpool(_is_group, site, request, claim)
    stand = stand_of(incident, claim.person, group=group)
    said = ""
    if not (group or stand.closed):
        command = _command(do, claim, stand, outcome, cause)
        if command is not None:
            result = await site.await_command(claim.community, command)
            said = result.said
    if back == "inbox":
        inbox = site.deps.links.token(LinkClaim(claim.community, 0, claim.person))
        return RedirectResponse(f"/inbox/{inbox}", status_code=303)
    return RedirectResponse(f"/a/{token}" + (f"?said={said}" if said else ""), 303)


def _is_group(site: Site, request: Request, claim: LinkClaim) -> bool:
    with site.deps.reader() as connection:
        return site.picture(request, connection, claim.community).is_group(claim.person)


def _command(do: str, claim: LinkClaim, stand: Stand, outcome: str, cause: str) -> AnyCommand | None:
    """What the pressed button asks for; None when it is so already or makes no sense."""
    if do == "accept" and not stand.accepted:
        return Accept(actor=claim.person, incident=claim.incident)
    if do == "decline" and not stand.declined:
        return Decline(actor=claim.person, incident=claim.incident)
    if do == "arrive" and stand.accepted and not stand.arrived:
        return Arrive(actor=claim.person, incident=claim.incident)
    if do == "close" and stand.accepted and outcome in (Outcome.REAL, Outcome.FALSE, Outcome.TEST):
        kept = cause.strip()
        return Close(actor=claim.person, incident=claim.incident, outcome=Outcome(outcome), cause=kept)
    return None
