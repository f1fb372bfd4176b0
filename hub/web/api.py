"""The JSON API: the same rows and the same commands as the desk, for a session or a bearer token."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Path, Query
from fastapi.security import HTTPBearer
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from hub.core.commands import Accept, AnyCommand, Arrive, Close, EndSilence, ReplayQuarantined, StartSilence
from hub.model import Condition, Handling, NotificationState, Outcome, Purpose, Sees, Severity
from hub.web import rows
from hub.web.access import Right, Visitor
from hub.web.plates import without_plate
from hub.web.session import BEARER
from hub.web.site import NotAllowed, OurSite, SignInNeeded
from hub.web.view import IncidentView, by_urgency

router = APIRouter(prefix="/api/v1", tags=["api"])
machine = APIRouter(tags=["machine"])

LARGEST = 2**53  # what a JavaScript number holds
Id = Annotated[int, Path(ge=0, le=LARGEST)]
Limit = Annotated[int, Query(ge=1, le=500)]


class Problem(BaseModel):
    """Why not."""

    detail: str


PROBLEMS: dict[int | str, dict[str, object]] = {
    401: {"model": Problem, "description": "Nobody is signed in"},
    403: {"model": Problem, "description": "Not yours to see or do"},
}


class IncidentOut(BaseModel):
    """One incident, cut down to what the caller's role may see."""

    id: int
    severity: Severity
    title: str
    place: str
    kind: str
    handling: Handling
    since_ms: int
    opened_ms: int
    due_ms: int | None
    closed_ms: int | None
    outcome: str
    cause: str
    going: int
    needed: int
    late: bool
    test: bool


class AlertOut(BaseModel):
    """One rule on one subject."""

    id: int
    incident: int
    rule: str
    severity: Severity
    kind: str
    place: str
    condition: Condition
    handling: Handling
    raised_ms: int
    at_ms: int
    closed_ms: int | None
    outcome: Outcome | None


class DeviceOut(BaseModel):
    """One sensor as it stands."""

    id: str
    kind: str
    place: str
    registered: bool
    last_seen_ms: int | None
    silent: bool
    alarm: bool | None
    facts: dict[str, bool | int | float | str]


class QuarantinedOut(BaseModel):
    """One message that could not be understood; the first bytes in hex."""

    seq: int
    received_ms: int
    source: str
    topic: str
    size: int
    head_hex: str
    reason: str
    detail: str
    device: str
    replayed_ms: int | None


class DeliveryOut(BaseModel):
    """One notification and where it stands."""

    id: int
    incident: int
    role: str
    purpose: Purpose
    severity: Severity
    state: NotificationState
    reason: str
    created_ms: int
    sent_ms: int | None


class CommandIn(BaseModel):
    """What to do; ``incident``, ``silence`` or ``seq`` names on what."""

    model_config = ConfigDict(extra="forbid")

    do: Literal["accept", "arrive", "close", "start_silence", "end_silence", "replay"]
    incident: int = Field(0, ge=0, le=LARGEST)
    silence: int = Field(0, ge=0, le=LARGEST)
    seq: int = Field(0, ge=0, le=LARGEST)
    outcome: Literal["real", "false", "test", "drill", "duplicate"] = "false"
    cause: str = Field("", max_length=200, pattern=r"^[^\x00]*$")
    hours: int = Field(1, ge=1, le=72)
    reason: str = Field("", max_length=200, pattern=r"^[^\x00]*$")
    place: str = Field("", max_length=200, pattern=r"^[^\x00]*$")
    rule: str = Field("", max_length=200, pattern=r"^[^\x00]*$")


class CommandOut(BaseModel):
    """What became of it: 200 when it was stepped, 202 while it waits for the community's owner."""

    row: int
    done: bool
    refused: str | None


def caller(
    request: Request,
    site: OurSite,
    _: Annotated[object, Depends(HTTPBearer(auto_error=False, description="API token from the accounts page"))],
) -> Visitor:
    with site.deps.reader() as connection:
        visitor = site.sessions.bearer(request, connection) or site.sessions.visitor(request, connection)
    if visitor is None:
        raise SignInNeeded
    return visitor


Caller = Annotated[Visitor, Depends(caller)]


def _need(visitor: Visitor, right: Right) -> None:
    if not visitor.may(right):
        raise NotAllowed


def _out(view: IncidentView) -> IncidentOut:
    return IncidentOut(
        id=view.id,
        severity=view.severity,
        title=view.title,
        place=view.where,
        kind=view.kind,
        handling=view.handling,
        since_ms=view.since_ms,
        opened_ms=view.opened_ms,
        due_ms=view.due_ms,
        closed_ms=view.closed_ms,
        outcome=view.outcome,
        cause=view.cause_text,
        going=view.going,
        needed=view.needed,
        late=view.late,
        test=view.test,
    )


@router.get("/incidents", responses=PROBLEMS)
def incidents(
    request: Request, site: OurSite, visitor: Caller, state: Literal["open", "closed"] = "open", limit: Limit = 100
) -> list[IncidentOut]:
    """Open ones by urgency, closed ones newest first."""
    _need(visitor, Right.ALERTS)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        if state == "open":
            found = by_urgency(rows.open_incidents(connection, picture.community))[:limit]
        else:
            found = rows.closed_incidents(connection, picture.community, limit)
        views = picture.incidents(found, visitor, names=False)
    for view in views:
        if view.room:
            site.note_look(visitor.label, "room", picture.community, view.id)
    return [_out(view) for view in views]


@router.get("/incidents/{number}/alerts", responses=PROBLEMS)
def alerts(request: Request, site: OurSite, visitor: Caller, number: Id) -> list[AlertOut]:
    """The alerts of one incident; empty when there is none of that number."""
    _need(visitor, Right.ALERTS)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        incident = rows.incident(connection, picture.community, number)
        if incident is None:
            return []
        sees = picture.sees(visitor, incident)
        found = rows.alerts_of(connection, picture.community, [number])[number]
        rooms = any(picture.places.has_room(one.place) for one in found)
        shown = [
            AlertOut(
                id=one.id,
                incident=one.incident,
                rule=one.rule,
                severity=one.severity,
                kind=one.kind,
                place=picture.places.shown(one.place, sees, picture.language),
                condition=one.condition,
                handling=one.handling,
                raised_ms=one.raised_ms,
                at_ms=one.at_ms,
                closed_ms=one.closed_ms,
                outcome=one.outcome,
            )
            for one in found
        ]
    if rooms and sees is Sees.ROOM:
        site.note_look(visitor.label, "room", picture.community, number)
    return shown


@router.get("/devices", responses=PROBLEMS)
def devices(request: Request, site: OurSite, visitor: Caller) -> list[DeviceOut]:
    """Every device the hub has heard or knows."""
    _need(visitor, Right.DEVICES)
    sees = visitor.sees(site.deps.roles)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        return [
            DeviceOut(
                id=one.id,
                kind=one.kind,
                place=picture.places.shown(one.place, sees, picture.language) if one.place else "",
                registered=one.registered,
                last_seen_ms=one.last_seen_ms,
                silent=one.silent,
                alarm=one.alarm,
                facts=without_plate(one.facts),
            )
            for one in rows.devices(connection, picture.community)
        ]


@router.get("/quarantine", responses=PROBLEMS)
def quarantine(request: Request, site: OurSite, visitor: Caller, limit: Limit = 100) -> list[QuarantinedOut]:
    """The newest first."""
    _need(visitor, Right.QUARANTINE)
    with site.deps.reader() as connection:
        found = rows.quarantined(connection, site.community(request), limit)
    return [
        QuarantinedOut(
            seq=one.seq,
            received_ms=one.received_ms,
            source=one.source,
            topic=one.topic.decode("utf-8", "replace"),
            size=one.size,
            head_hex=one.head.hex(),
            reason=one.reason,
            detail=one.detail,
            device=one.device,
            replayed_ms=one.replayed_ms,
        )
        for one in found
    ]


@router.get("/deliveries", responses=PROBLEMS)
def deliveries(request: Request, site: OurSite, visitor: Caller, limit: Limit = 100) -> list[DeliveryOut]:
    """The newest first; by role, without names."""
    _need(visitor, Right.DELIVERIES)
    with site.deps.reader() as connection:
        found = rows.newest_notifications(connection, site.community(request), limit)
    return [
        DeliveryOut(
            id=one.id,
            incident=one.incident,
            role=one.role,
            purpose=one.purpose,
            severity=one.severity,
            state=one.state,
            reason=one.reason,
            created_ms=one.created_ms,
            sent_ms=one.sent_ms,
        )
        for one in found
    ]


@router.post("/commands", responses={**PROBLEMS, 202: {"model": CommandOut, "description": "Kept, not stepped yet"}})
async def command(
    request: Request,
    response: Response,
    site: OurSite,
    visitor: Caller,
    wanted: CommandIn,
    x_form_token: Annotated[str, Header(max_length=300)] = "",
) -> CommandOut:
    """A session must send ``X-Form-Token`` as its pages' forms do; a bearer token needs none."""
    if visitor.account != BEARER:
        site.check_form(request, x_form_token)
    _need(visitor, RIGHT_FOR[wanted.do])
    answer = await site.await_command(site.community(request), _command(wanted, visitor.actor, site.deps.now_ms()))
    response.status_code = 200 if answer.done else 202
    return CommandOut(row=answer.row, done=answer.done, refused=answer.refused)


RIGHT_FOR = {
    "accept": Right.ACT,
    "arrive": Right.ACT,
    "close": Right.ACT,
    "start_silence": Right.SILENCE,
    "end_silence": Right.SILENCE,
    "replay": Right.QUARANTINE,
}


def _command(wanted: CommandIn, actor: str, now_ms: int) -> AnyCommand:
    match wanted.do:
        case "accept":
            return Accept(actor=actor, incident=wanted.incident)
        case "arrive":
            return Arrive(actor=actor, incident=wanted.incident)
        case "close":
            return Close(actor=actor, incident=wanted.incident, outcome=Outcome(wanted.outcome), cause=wanted.cause)
        case "start_silence":
            until_ms = now_ms + wanted.hours * 3_600_000
            return StartSilence(
                actor=actor, until_ms=until_ms, reason=wanted.reason, place=wanted.place, rule=wanted.rule
            )
        case "end_silence":
            return EndSilence(actor=actor, silence=wanted.silence)
        case "replay":
            return ReplayQuarantined(actor=actor, seq=wanted.seq)


@machine.get("/healthz")
def healthz(site: OurSite, response: Response) -> dict[str, object]:
    """200 while all is well, else 503 with what is not."""
    health = dict(site.deps.health())
    response.status_code = 200 if health.get("ok") else 503
    return health


@machine.get("/metrics", response_class=PlainTextResponse)
def metrics(site: OurSite) -> str:
    """Prometheus text format."""
    return site.deps.metrics()
