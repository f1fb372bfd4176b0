"""The incident page of the desk: who was told when, what people said, and whatever the control room does about it."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Depends, Form
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from hub.core.commands import Accept, AnyCommand, Arrive, AskHelp, Close, Decline, HandOver, SayFalse
from hub.core.decisions import Notice
from hub.delivery.wording import Replies, rule_texts, word
from hub.model import Alert, Fact, Handling, Incident, Kind, Outcome, Place, PlaceKind, Purpose, Sees
from hub.web import rows
from hub.web.access import Right, Visitor
from hub.web.choices import Choice, choices, chosen_person
from hub.web.language import marked
from hub.web.pages.answer import confided, note_looks
from hub.web.pages.desk import FormToken, Number, back
from hub.web.pages.parking_census import IS as VERDICTS
from hub.web.pages.timeline import Entry, timeline
from hub.web.plates import facts_for
from hub.web.said import Said, said
from hub.web.site import CLEAN, Answer, NotAllowed, OurSite, Site
from hub.web.told import Told, told_view
from hub.web.view import Picture, has_accepted
from hub.web.words import CAUSES

router = APIRouter(include_in_schema=False)

OUTCOMES = (Outcome.FALSE, Outcome.REAL, Outcome.TEST, Outcome.DRILL, Outcome.DUPLICATE)
NONE_SUCH = (marked("没有这个事件"), marked("它可能已经按保存期限删除。"))


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows beside the incident itself, cut down to what this reader may see."""

    entries: list[Entry]
    told: Told
    feed: list[Said]
    people: list[Choice]
    homes: list[Place]
    places: dict[int, str]
    titles: dict[int, str]
    group_text: str
    hands_over: bool
    """Only who goes can hand it over; at the console that is the console."""
    facts: dict[int, dict[str, Fact]] = {}
    """What each alert says; plates as this reader may see them."""
    squats: dict[str, str] = {}
    """space -> its name, where something stands that is probably no car: the page asks what it is."""


def _incident(request: Request, site: Site, template: str, number: int) -> HTMLResponse:
    visitor = site.visitor(request, Right.ALERTS)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        incident = rows.incident(connection, picture.community, number)
        if incident is None:
            return site.plain(request, status=404, title=NONE_SUCH[0], text=NONE_SUCH[1])
        names = visitor.may(Right.NAMES)
        view = picture.incidents([incident], visitor, names=names)[0]
        roles = rows.roles_told(connection, picture.community, [number])
        decisions = rows.decisions_of(connection, picture.community, number)
        alerts = rows.alerts_of(connection, picture.community, [number])[number]
        sees = picture.sees(visitor, incident)
        trusted = sees is Sees.ROOM and has_accepted(incident, visitor.actor) and incident.closed_ms is None
        case = Case(
            entries=timeline(picture, number, decisions, roles, names=names),
            told=told_view(picture, number, decisions, names=names),
            feed=said(picture, number, decisions, roles, names=names) if sees is Sees.ROOM else [],
            people=_people(picture, site, incident, visitor, roles),
            homes=confided(picture, alerts) if trusted else [],
            places={one.id: picture.places.shown(one.place, sees, picture.language) for one in alerts},
            titles={one.id: picture.rule_title(one.rule) for one in alerts},
            group_text=group_text(site, picture, incident, alerts) if visitor.may(Right.ACT) else "",
            hands_over=has_accepted(incident, visitor.actor),
            facts={one.id: facts_for(site, visitor, picture.community, one.facts, number) for one in alerts},
            squats=squats_of(site, picture, alerts) if incident.closed_ms is None else {},
        )
        note_looks(site, visitor.label, picture.community, view, case.homes)
    return site.page(
        request,
        template,
        tab="alerts",
        visitor=visitor,
        incident=view,
        alerts=alerts,
        verdicts=VERDICTS,
        photos=f"/incidents/{number}/photos",
        causes=CAUSES,
        outcomes=OUTCOMES,
        on_site=incident.handling in (Handling.ON_SITE, Handling.DONE),
        picture=picture,
        case=case,
    )


def squats_of(site: Site, picture: Picture, alerts: list[Alert]) -> dict[str, str]:
    """space -> its name, of alerts of a space whose rule speaks of squats."""
    found: dict[str, str] = {}
    for one in alerts:
        place, rule = picture.registry.places.get(one.place), site.deps.rules.get(one.rule)
        if place and place.kind is PlaceKind.SPACE and ("squat" in one.facts or (rule and "squat" in rule.when)):
            found[place.id] = place.name
    return found


def _people(
    picture: Picture, site: Site, incident: Incident, visitor: Visitor, roles: dict[tuple[int, str], str]
) -> list[Choice]:
    names = visitor.may(Right.NAMES)
    return choices(picture, site.sessions, incident, roles, names=names, tails=not names)


def group_text(site: Site, picture: Picture, incident: Incident, alerts: list[Alert]) -> str:
    """For a personal WeChat group, which no robot can reach: in Chinese, the building and no more, no link."""
    speaking = alerts[0] if alerts else None
    place = speaking.place if speaking else incident.place
    chain = picture.places.chain(place)
    home = picture.places.has_room(place)
    texts = rule_texts(site.deps.rules)
    rule = speaking.rule if speaking else incident.cause
    notice = Notice(
        incident=incident.id,
        purpose=Purpose.RAISED if incident.closed_ms is None else Purpose.ENDED,
        severity=incident.severity,
        rule=rule,
        kind=speaking.kind if speaking else Kind.UNKNOWN,
        at_ms=speaking.at_ms if speaking else incident.opened_ms,
        community=picture.community_name,
        building=picture.places.name(picture.places.building(place)) if home else "",
        place=chain[-1].name if chain and not home else "",
        address=picture.places.address(picture.places.building(place) if home else place, Sees.BUILDING, "zh"),
        going=sum(not one.declined for one in incident.responders),
        needed=incident.needed,
        test=incident.test,
        drill=incident.drill,
        group=True,
        outcome=incident.outcome,
        cause=incident.cause_text if incident.cause_text in CAUSES else "",  # typed words may name somebody
        closed_ms=incident.closed_ms,
    )
    zone = ZoneInfo(site.deps.installation.timezone)
    return word(notice, texts.get(rule), zone=zone, now_ms=picture.now_ms, replies=Replies.CALL, exact=False)[1]


@router.get("/incidents/{number}")
def incident_page(request: Request, site: OurSite, number: Number) -> HTMLResponse:
    return _incident(request, site, "incident.html", number)


@router.get("/fragments/incidents/{number}")
def incident_fragment(request: Request, site: OurSite, number: Number) -> HTMLResponse:
    return _incident(request, site, "parts/incident.html", number)


class DeskForm(msgspec.Struct, frozen=True, kw_only=True):
    """What the control room does: for itself, or for somebody who rang (``call``)."""

    do: Literal["accept", "arrive", "close", "help", "hand_over", "call"]
    answer: Literal["accept", "decline", "arrive", "say_false"]
    outcome: Outcome
    cause: str
    text: str
    to: str


def _form(
    do: Annotated[Literal["accept", "arrive", "close", "help", "hand_over", "call"], Form()],
    answer: Annotated[Literal["accept", "decline", "arrive", "say_false"], Form()] = "accept",
    outcome: Annotated[Literal["real", "false", "test", "drill", "duplicate"], Form()] = "false",
    cause: Annotated[str, Form(max_length=200, pattern=CLEAN)] = "",
    text: Annotated[str, Form(max_length=200, pattern=CLEAN)] = "",
    to: Annotated[str, Form(max_length=40, pattern=CLEAN)] = "",
) -> DeskForm:
    return DeskForm(do=do, answer=answer, outcome=Outcome(outcome), cause=cause.strip(), text=text.strip(), to=to)


@router.post("/incidents/{number}")
async def act(
    request: Request,
    site: OurSite,
    number: Number,
    wanted: Annotated[DeskForm, Depends(_form)],
    form: FormToken = "",
) -> Response:
    visitor = await run_in_threadpool(site.visitor, request, Right.ACT)
    site.check_form(request, form)
    person = await run_in_threadpool(_chosen, request, site, visitor, number, wanted.to) if wanted.to else ""
    command = _command(wanted, visitor, number, person)
    if command is None:
        return back(request, f"/incidents/{number}", Answer(row=0, done=True))
    return back(request, f"/incidents/{number}", await site.await_command(site.community(request), command))


def _chosen(request: Request, site: Site, visitor: Visitor, number: int, key: str) -> str:
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        incident = rows.incident(connection, picture.community, number)
        if incident is None:
            raise NotAllowed
        roles = rows.roles_told(connection, picture.community, [number])
        return chosen_person(_people(picture, site, incident, visitor, roles), key)


def _command(wanted: DeskForm, visitor: Visitor, number: int, person: str) -> AnyCommand | None:
    actor = visitor.actor
    match wanted.do:
        case "accept":
            return Accept(actor=actor, incident=number, via="console")
        case "arrive":
            return Arrive(actor=actor, incident=number, via="console")
        case "close":
            return Close(actor=actor, incident=number, via="console", outcome=wanted.outcome, cause=wanted.cause)
        case "help":
            return AskHelp(actor=actor, incident=number, via="console", text=wanted.text)
        case "hand_over":
            return HandOver(actor=actor, incident=number, via="console", to=person) if person else None
        case "call":
            return _by_phone(wanted.answer, number, person) if person else None


def _by_phone(answer: str, number: int, person: str) -> AnyCommand:
    """电话代录: the control room writes down what somebody said on the phone."""
    match answer:
        case "accept":
            return Accept(actor="console", incident=number, person=person, via="call")
        case "decline":
            return Decline(actor="console", incident=number, person=person, via="call")
        case "arrive":
            return Arrive(actor="console", incident=number, person=person, via="call")
        case _:
            return SayFalse(actor="console", incident=number, person=person, via="call")
