"""The timeline of an incident through the API: who was told when, and who was not, and why."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.requests import Request

from hub.model import NotificationState, Purpose
from hub.web import rows
from hub.web.access import Right
from hub.web.api import PROBLEMS, Caller, Id
from hub.web.pages.timeline import Entry, timeline
from hub.web.site import NotAllowed, OurSite
from hub.web.told import ToldLine, Untold, told_view

router = APIRouter(prefix="/api/v1", tags=["api"])


class ToldOut(BaseModel):
    """One message to one person over one contact; times are UTC ms, null when it has not come that far."""

    notification: int
    person: str
    """Id, "" for callers who see no names."""
    who: str
    purpose: Purpose
    channel: str
    queued_ms: int
    sent_ms: int | None
    accepted_ms: int | None
    code: str
    delivered_ms: int | None
    opened_ms: int | None
    answered_ms: int | None
    state: NotificationState
    failure: str
    attempts: int
    failures_today: int
    merged: bool


class UntoldOut(BaseModel):
    """Somebody, or a role, that was not told, and why."""

    person: str
    who: str
    role: str
    reason: str
    first_ms: int
    times: int


class EntryOut(BaseModel):
    """One decision in words."""

    at_ms: int
    type: str
    what: str
    about: str
    reason: str


class TimelineOut(BaseModel):
    """An incident from its first alert to its end; empty when there is none of that number."""

    incident: int
    told: list[ToldOut]
    not_told: list[UntoldOut]
    events: list[EntryOut]


@router.get("/incidents/{number}/timeline", responses=PROBLEMS)
def incident_timeline(request: Request, site: OurSite, visitor: Caller, number: Id) -> TimelineOut:
    """Who was told when, over what, how far it came; who was not told and why; and everything in its order."""
    if not visitor.may(Right.ALERTS):
        raise NotAllowed
    names = visitor.may(Right.NAMES)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        decisions = rows.decisions_of(connection, picture.community, number)
        roles = rows.roles_told(connection, picture.community, [number])
        told = told_view(picture, number, decisions, names=False)
        events = timeline(picture, number, decisions, roles, names=False)
    return TimelineOut(
        incident=number,
        told=[_told(one, names=names) for one in told.lines],
        not_told=[_untold(one, names=names) for one in told.untold],
        events=[_event(one) for one in events],
    )


def _told(one: ToldLine, *, names: bool) -> ToldOut:
    return ToldOut(
        notification=one.notification,
        person=one.person if names else "",
        who=one.who,
        purpose=Purpose(one.purpose),
        channel=one.channel,
        queued_ms=one.queued_ms,
        sent_ms=one.sent_ms,
        accepted_ms=one.accepted_ms,
        code=one.code,
        delivered_ms=one.delivered_ms,
        opened_ms=one.opened_ms,
        answered_ms=one.answered_ms,
        state=one.state,
        failure=one.failure,
        attempts=one.attempts,
        failures_today=one.failures_today,
        merged=one.merged,
    )


def _untold(one: Untold, *, names: bool) -> UntoldOut:
    return UntoldOut(
        person=one.person if names else "",
        who=one.who,
        role=one.role,
        reason=one.reason,
        first_ms=one.first_ms,
        times=one.times,
    )


def _event(one: Entry) -> EntryOut:
    return EntryOut(at_ms=one.at_ms, type=one.type, what=one.what, about=one.about, reason=one.reason)
