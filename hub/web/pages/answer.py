"""The answer page: a signed personal link shows one incident (GET) and takes what its person says (POST)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends, Form
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from hub.core.commands import Accept, AnyCommand, Arrive, AskHelp, Close, Decline, HandOver, Opened
from hub.delivery.links import LinkClaim
from hub.model import Alert, Handling, Incident, Outcome, Place, Responder, Sees
from hub.web import rows
from hub.web.choices import Choice, choices, chosen_person
from hub.web.language import marked
from hub.web.said import Said, said
from hub.web.site import CLEAN, OurSite, Site
from hub.web.view import IncidentView, Picture
from hub.web.words import CAUSES

router = APIRouter(include_in_schema=False)

CLOSES = (Outcome.REAL, Outcome.FALSE, Outcome.TEST, Outcome.DRILL)
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


def inbox_of(site: Site, token: str) -> LinkClaim:
    """Whose inbox the link opens; raises LinkRefused."""
    claim = claim_of(site, token)
    if claim.incident:
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


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One incident as one personal link shows it."""

    claim: LinkClaim
    incident: Incident
    view: IncidentView
    stand: Stand
    picture: Picture
    homes: list[Place]
    """With key holder and health notes: only for who has accepted."""
    said: list[Said]
    others: list[Choice]
    """To whom this person may hand it over."""


def _shown(site: Site, request: Request, token: str) -> Shown:
    claim, incident = incident_of(site, token)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection, claim.community)
        alerts = rows.alerts_of(connection, claim.community, [incident.id])[incident.id]
        told = rows.roles_told(connection, claim.community, [incident.id])
        sees = picture.person_sees(claim.person, incident, told)
        names = picture.person_sees_names(claim.person, incident.id, told)
        stand = stand_of(incident, claim.person, group=picture.is_group(claim.person))
        inside = sees is Sees.ROOM and not stand.group
        decisions = rows.said_of(connection, claim.community, incident.id)
        shown = Shown(
            claim=claim,
            incident=incident,
            view=picture.incident(incident, alerts, told, sees, names=names),
            stand=stand,
            picture=picture,
            homes=confided(picture, alerts) if stand.accepted and not stand.closed else [],
            said=[
                one
                for one in said(picture, incident.id, decisions, told, names=names)
                if inside or one.to_person == claim.person
            ],
            others=choices(
                picture, site.sessions, incident, told, names=names, without=_not_asked(incident, claim.person)
            )
            if stand.accepted
            else [],
        )
    note_looks(site, claim.person, claim.community, shown.view, shown.homes)
    return shown


def _not_asked(incident: Incident, person: str) -> set[str]:
    """To whom nobody hands it over: themselves, and who has said that they cannot go."""
    return {person, *(one.person for one in incident.responders if one.declined)}


def confided(picture: Picture, alerts: Sequence[Alert]) -> list[Place]:
    """The homes of which the office has said who has a key or what a helper must know."""
    return [home for home in picture.homes(alerts) if home.key_holder or home.health_note]


def note_looks(site: Site, who: str, community: str, view: IncidentView, homes: list[Place]) -> None:
    """Each personal thing that a page shows is a look of its own."""
    seen = {"room": view.room}
    seen["key_holder"] = any(home.key_holder for home in homes)
    seen["health_note"] = any(home.health_note for home in homes)
    for what, shown in seen.items():
        if shown:
            site.note_look(who, what, community, view.id)


def _render(site: Site, request: Request, token: str, template: str) -> HTMLResponse:
    shown = _shown(site, request, token)
    inbox = site.deps.links.token(LinkClaim(shown.claim.community, 0, shown.claim.person))
    return site.page(
        request,
        template,
        incident=shown.view,
        stand=shown.stand,
        token=token,
        homes=shown.homes,
        feed=shown.said,
        photos=f"/a/{token}/photos",
        asked=any(one.to_person == shown.claim.person for one in shown.said),
        others=shown.others,
        inbox_token=inbox,
        causes=CAUSES,
        outcomes=(Outcome.DRILL, Outcome.FALSE, Outcome.REAL)
        if shown.view.drill
        else (Outcome.FALSE, Outcome.REAL, Outcome.TEST),
        picture=shown.picture,
    )


@router.get("/a/{token}")
def answer_page(request: Request, site: OurSite, token: str) -> HTMLResponse:
    return _render(site, request, token, "answer.html")


@router.get("/fragments/a/{token}")
def answer_fragment(request: Request, site: OurSite, token: str) -> HTMLResponse:
    return _render(site, request, token, "parts/answer.html")


@router.post("/a/{token}/opened", status_code=204)
def opened(request: Request, site: OurSite, token: str) -> None:
    """Its person has it on their screen: a script says so, because a link preview fetches the page too."""
    claim, incident = incident_of(site, token)
    note_opened(site, request, claim, [incident])


def note_opened(site: Site, request: Request, claim: LinkClaim, incidents: Sequence[Incident]) -> None:
    """Once per person and newest message of an incident, and never for a group's link."""
    if is_group(site, request, claim):
        return
    for incident in incidents:
        with site.deps.reader() as connection:
            told = rows.notifications_of(connection, claim.community, incident.id)
        mine = [one for one in told if one.person == claim.person]
        newest = mine[-1] if mine else None
        if incident.closed_ms is not None or (newest is not None and newest.opened_ms is not None):
            continue
        if site.opened_first(claim, newest.id if newest else 0, incident.id):
            site.deps.write_command(claim.community, Opened(actor=claim.person, incident=incident.id))


def _live_claim(site: OurSite, token: str) -> LinkClaim:
    return incident_of(site, token)[0]


@router.get("/a/{token}/live", response_class=EventSourceResponse)
async def answer_live(
    site: OurSite, claim: Annotated[LinkClaim, Depends(_live_claim)]
) -> AsyncIterator[ServerSentEvent]:
    def picture() -> object:
        with site.deps.reader() as connection:
            incident = rows.incident(connection, claim.community, claim.incident)
            talk = rows.said_of(connection, claim.community, claim.incident)
        return incident and [
            incident.handling,
            incident.responders,
            incident.alerts,
            incident.closed_ms,
            incident.asks_help,
            len(talk),
        ]

    async for event in site.pulse.stream(claim.community, picture):
        yield event


class AnswerForm(msgspec.Struct, frozen=True, kw_only=True):
    """What the buttons of the page send."""

    do: str
    outcome: str
    cause: str
    text: str
    to: str
    via: str


def _form(
    do: Annotated[str, Form(max_length=20)] = "",
    outcome: Annotated[str, Form(max_length=20)] = "",
    cause: Annotated[str, Form(max_length=200, pattern=CLEAN)] = "",
    text: Annotated[str, Form(max_length=200, pattern=CLEAN)] = "",
    to: Annotated[str, Form(max_length=40, pattern=CLEAN)] = "",
    via: Annotated[Literal["link", "inbox", "push"], Form()] = "link",
) -> AnswerForm:
    return AnswerForm(do=do, outcome=outcome, cause=cause.strip(), text=text.strip(), to=to, via=via)


@router.post("/a/{token}")
async def answer(
    request: Request,
    site: OurSite,
    token: str,
    form: Annotated[AnswerForm, Depends(_form)],
    back: Annotated[str, Form()] = "",
) -> Response:
    """Idempotent: what already is so writes nothing. The link itself is the secret, so no other token is asked for."""
    claim, incident = await run_in_threadpool(incident_of, site, token)
    stand = stand_of(incident, claim.person, group=await run_in_threadpool(is_group, site, request, claim))
    to = await run_in_threadpool(_chosen, site, request, claim, incident, form.to) if form.to else ""
    note = ""
    if not (stand.group or stand.closed):
        command = _command(form, claim, stand, to)
        if command is not None:
            result = await site.await_command(claim.community, command)
            note = result.said or SAID_AFTER.get(form.do, "")
    if back == "inbox":
        inbox = site.deps.links.token(LinkClaim(claim.community, 0, claim.person))
        return RedirectResponse(f"/inbox/{inbox}", status_code=303)
    return RedirectResponse(f"/a/{token}" + (f"?said={note}" if note else ""), 303)


SAID_AFTER = {"help": "help", "hand_over": "handed"}
"""What the next page says about a press that shows nowhere else at once."""


def is_group(site: Site, request: Request, claim: LinkClaim) -> bool:
    with site.deps.reader() as connection:
        return site.picture(request, connection, claim.community).is_group(claim.person)


def _chosen(site: Site, request: Request, claim: LinkClaim, incident: Incident, key: str) -> str:
    with site.deps.reader() as connection:
        picture = site.picture(request, connection, claim.community)
        told = rows.roles_told(connection, claim.community, [incident.id])
        offered = choices(
            picture, site.sessions, incident, told, names=False, without=_not_asked(incident, claim.person)
        )
    return chosen_person(offered, key)


def _command(form: AnswerForm, claim: LinkClaim, stand: Stand, to: str) -> AnyCommand | None:
    """What the pressed button asks for; None when it is so already or makes no sense."""
    who, incident, via = claim.person, claim.incident, form.via
    match form.do:
        case "accept" if not stand.accepted:
            return Accept(actor=who, incident=incident, via=via)
        case "decline" if not stand.declined:
            return Decline(actor=who, incident=incident, via=via)
        case "arrive" if stand.accepted and not stand.arrived:
            return Arrive(actor=who, incident=incident, via=via)
        case "help" if stand.accepted:
            return AskHelp(actor=who, incident=incident, via=via, text=form.text)
        case "hand_over" if stand.accepted and to:
            return HandOver(actor=who, incident=incident, via=via, to=to)
        case "close" if stand.accepted and form.outcome in CLOSES:
            outcome = Outcome(form.outcome)
            return Close(actor=who, incident=incident, via=via, outcome=outcome, cause=form.cause)
    return None
