"""The office through the API: people, rota, health of contacts, works, drills, reach."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from hub.core.commands import StartWorks
from hub.core.real_shifts import real_shifts
from hub.model import MAX_WORKS_MS
from hub.web import kept, rows
from hub.web.access import Right, Visitor
from hub.web.api import LARGEST, PROBLEMS, Caller, CommandOut, Limit
from hub.web.contacts import scheme
from hub.web.drill_scores import drill_scores
from hub.web.rota import roster_of
from hub.web.session import BEARER
from hub.web.site import NotAllowed, OurSite

router = APIRouter(prefix="/api/v1", tags=["office"])

WEEK_MS = 7 * 86_400_000
LONGEST_ROTA_MS = 100 * 86_400_000
From = Annotated[int | None, Query(alias="from", ge=0, le=4_102_444_800_000)]
Until = Annotated[int | None, Query(alias="until", ge=0, le=4_102_444_800_000)]


class PersonOut(BaseModel):
    """One person; the name only for those who may see names."""

    id: str
    name: str
    agreed: bool
    roles: list[str]
    channels: list[str]


class ShiftOut(BaseModel):
    """One stretch in which one person holds a role."""

    role: str
    person: str
    place: str
    from_ms: int
    until_ms: int
    duty: str
    override: str


class HealthOut(BaseModel):
    """What is known of one contact."""

    person: str
    contact: str
    day: str
    failures: int
    code: str
    failed_ms: int | None
    sent_ms: int | None
    proven_ms: int | None
    tested_ms: int | None


class WorksOut(BaseModel):
    """Works in one home that are under way."""

    id: int
    place: str
    from_ms: int
    until_ms: int
    person: str
    reason: str


class WorksIn(BaseModel):
    """Works to begin."""

    model_config = ConfigDict(extra="forbid")

    place: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")
    person: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")
    reason: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")
    minutes: int = Field(120, ge=1, le=MAX_WORKS_MS // 60_000)


class DrillOut(BaseModel):
    """One drill in figures; null: it has not come to that."""

    incident: int = Field(ge=0, le=LARGEST)
    place: str
    building: str
    at_ms: int
    first_accept_s: float | None
    on_site_s: float | None
    told: int
    reached: int
    went: int
    closed: bool


class ReachOut(BaseModel):
    """The last proof of reach; null while nothing was proved yet."""

    proved: bool | None
    at_ms: int | None
    days: int
    gaps: int


def _need(visitor: Visitor, right: Right) -> bool:
    """Raises NotAllowed without the right; gives whether names may be shown."""
    if not visitor.may(right):
        raise NotAllowed
    return visitor.may(Right.NAMES)


@router.get("/people", responses=PROBLEMS)
def people(request: Request, site: OurSite, visitor: Caller) -> list[PersonOut]:
    """Everybody in the registry, with the roles that they hold now."""
    names = _need(visitor, Right.PEOPLE)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        roster = roster_of(picture.registry, site.deps.installation, picture.now_ms)
        roles = sorted(roster.duties.keys() | roster.overrides.keys())
        held = {role: {one.id for one in roster.on_duty(role, picture.now_ms)} for role in roles}
        return [
            PersonOut(
                id=one.id,
                name=one.name if names else "",
                agreed=one.agreed,
                roles=[role for role in roles if one.id in held[role]],
                channels=[scheme(contact.url) for contact in one.contacts],
            )
            for one in picture.registry.people.values()
        ]


@router.get("/rota", responses=PROBLEMS)
def rota(
    request: Request, site: OurSite, visitor: Caller, from_ms: From = None, until_ms: Until = None
) -> list[ShiftOut]:
    """Who holds which role when, covers counted in; ``from`` and ``until`` in ms UTC: a week from now unless said, 100 days at most."""
    _need(visitor, Right.PEOPLE)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        begin = picture.now_ms if from_ms is None else from_ms
        end = min(begin + LONGEST_ROTA_MS, begin + WEEK_MS if until_ms is None else until_ms)
        roster = roster_of(picture.registry, site.deps.installation, begin)
        return [
            ShiftOut(
                role=one.role,
                person=one.person,
                place=one.place,
                from_ms=one.from_ms,
                until_ms=one.until_ms,
                duty=one.duty,
                override=one.override,
            )
            for one in (real_shifts(roster, begin, end) if begin < end else [])
        ]


@router.get("/contact-health", responses=PROBLEMS)
def contact_health(request: Request, site: OurSite, visitor: Caller) -> list[HealthOut]:
    """Failures, last receipt and last proof of each contact that was ever used."""
    _need(visitor, Right.PEOPLE)
    with site.deps.reader() as connection:
        found = rows.contact_health(connection, site.community(request))
    return [
        HealthOut(
            person=one.person,
            contact=one.contact,
            day=one.day,
            failures=one.failures,
            code=one.code,
            failed_ms=one.failed_ms,
            sent_ms=one.sent_ms,
            proven_ms=one.proven_ms,
            tested_ms=one.tested_ms,
        )
        for one in found.values()
    ]


@router.get("/works", responses=PROBLEMS)
def works(request: Request, site: OurSite, visitor: Caller) -> list[WorksOut]:
    """Works that are under way."""
    names = _need(visitor, Right.SILENCE)
    with site.deps.reader() as connection:
        found = rows.open_works(connection, site.community(request), site.deps.now_ms())
    return [
        WorksOut(
            id=one.id,
            place=one.place,
            from_ms=one.from_ms,
            until_ms=one.until_ms,
            person=one.person if names else "",
            reason=one.reason,
        )
        for one in found
    ]


@router.post("/works", responses={**PROBLEMS, 202: {"model": CommandOut, "description": "Kept, not stepped yet"}})
async def start_works(
    request: Request,
    response: Response,
    site: OurSite,
    visitor: Caller,
    wanted: WorksIn,
    x_form_token: Annotated[str, Header(max_length=300)] = "",
) -> CommandOut:
    """Begin works in one home; a session must send ``X-Form-Token`` as for ``/commands``."""
    if visitor.account != BEARER:
        site.check_form(request, x_form_token)
    _need(visitor, Right.NAMES)
    command = StartWorks(
        actor=visitor.actor,
        place=wanted.place,
        until_ms=site.deps.now_ms() + wanted.minutes * 60_000,
        person=wanted.person,
        reason=wanted.reason,
    )
    answer = await site.await_command(site.community(request), command)
    response.status_code = 200 if answer.done else 202
    return CommandOut(row=answer.row, done=answer.done, refused=answer.refused)


@router.get("/drills", responses=PROBLEMS)
def drills(request: Request, site: OurSite, visitor: Caller, limit: Limit = 100) -> list[DrillOut]:
    """Every drill with its score, the newest first."""
    _need(visitor, Right.DRILL)
    with site.deps.reader() as connection:
        scores = drill_scores(site.picture(request, connection), limit)
    return [
        DrillOut(
            incident=one.incident,
            place=one.place,
            building=one.building,
            at_ms=one.at_ms,
            first_accept_s=one.first_accept_s,
            on_site_s=one.on_site_s,
            told=one.told,
            reached=one.reached,
            went=one.went,
            closed=one.closed,
        )
        for one in scores
    ]


@router.get("/reach", responses=PROBLEMS)
def reach(request: Request, site: OurSite, visitor: Caller) -> ReachOut:
    """Whether the last proof held, and when it was made."""
    _need(visitor, Right.PEOPLE)
    with site.deps.reader() as connection:
        found = kept.proof(connection, site.community(request))
    if found is None:
        return ReachOut(proved=None, at_ms=None, days=0, gaps=0)
    return ReachOut(proved=found.proved, at_ms=found.at_ms, days=found.days, gaps=len(found.gaps) + found.more)
