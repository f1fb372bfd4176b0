"""Temporary plans: who stands now, who comes next and why, and how fair it has been."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from hub import plates
from hub.core.commands import AnyCommand, PutPermit, PutPlan, PutTurn, Remove
from hub.core.localtime import local_day
from hub.core.parking.plans import Book, application, applied, holds, left, proposals, shares
from hub.model import ParkingPlan, Permit, PermitKind, PlaceKind, PlanTurn
from hub.web import registry_preview
from hub.web.access import Right, Visitor
from hub.web.forms import Filled, sent_form
from hub.web.language import chosen, marked, translated
from hub.web.pages.people import to_page
from hub.web.pages.permits import DENIED_CAR, HAS_ONE, homes_of, plate_for, state_of
from hub.web.permit_sheet import NO_HOME, plate_mistake
from hub.web.site import CLEAN, OurSite, Site
from hub.web.spreadsheets import csv_bytes
from hub.web.view import Picture

router = APIRouter(include_in_schema=False)

Id = Annotated[str, Query(max_length=80, pattern=CLEAN)]
GONE = marked("没有这个方案"), marked("可能已被移除。")
NAME_NEEDED = marked("请填写名称")
DATES_NEEDED = marked("请填写第一天和最后一天")
CHANGED = marked("轮次刚有变化,请按新的名单再确认一次。")
NOBODY = marked("没有可以安排的:没有人排队,或没有空位")
HEADS = (marked("房号"), marked("免费轮次"), marked("收费轮次"), marked("最近一轮到"), marked("排队自"))


def book(site: Site, connection: Connection, picture: Picture, id: str) -> Book | None:
    known = registry_preview.entries(connection, picture.community)
    plan = known.get(("plan", id))
    if not isinstance(plan, ParkingPlan):
        return None
    return Book(
        plan=plan,
        turns=tuple(one for one in known.values() if isinstance(one, PlanTurn) and one.plan == id),
        permits={one.plate: one for one in known.values() if isinstance(one, Permit)},
        places=picture.registry.places,
        now_ms=picture.now_ms,
        zone=ZoneInfo(site.deps.installation.timezone),
    )


def _next_day(found: Book) -> str:
    """When the next turns begin: after the last one that is held, else tomorrow."""
    ends = [one.until_date for one in found.turns if holds(found, one)]
    day = date.fromisoformat(max(ends)) + timedelta(days=1) if ends else _today(found) + timedelta(days=1)
    free, paid = left(found, _today(found).isoformat(), _today(found).isoformat())
    if free + paid:
        day = _today(found)
    return min(max(day.isoformat(), found.plan.from_date), found.plan.until_date)


def _today(found: Book) -> date:
    return date.fromordinal(local_day(found.zone, found.now_ms))


@router.get("/plans")
def plans_page(request: Request, site: OurSite) -> HTMLResponse:
    return _plans(request, site, site.visitor(request, Right.PERMITS))


def _plans(
    request: Request,
    site: Site,
    visitor: Visitor,
    *,
    typed: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
    refused: str = "",
    status: int = 200,
) -> HTMLResponse:
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        places = picture.registry.places
        known = registry_preview.entries(connection, picture.community)
        found = [one for key, one in known.items() if isinstance(one, ParkingPlan)]
        books = [one for plan in found if (one := book(site, connection, picture, plan.id)) is not None]
    views = []
    for one in sorted(books, key=lambda one: one.plan.until_date, reverse=True):
        today = _today(one).isoformat()
        state = "soon" if today < one.plan.from_date else "over" if today > one.plan.until_date else "stands"
        now = [turn for turn in one.turns if holds(one, turn) and turn.from_date <= today]
        waiting = sum(1 for permit in one.permits.values() if applied(permit, one.plan.id))
        views.append((one.plan, state, len(now), waiting))
    return site.page(
        request,
        "plans.html",
        status=status,
        tab="parking",
        part="plans",
        visitor=visitor,
        plans=views,
        areas=[one for one in places.values() if one.kind is PlaceKind.AREA],
        fresh=f"plan-{secrets.token_hex(3)}",
        typed=typed or {},
        wrong=wrong or {},
        refused=refused,
        picture=picture,
    )


@router.post("/plans")
async def add_plan(request: Request, site: OurSite) -> Response:
    visitor, filled = await sent_form(request, site, Right.REGISTRY)
    names = ("name", "zone", "free", "paid", "from_date", "until_date", "turn_days", "first_floors")
    typed = {name: filled.text(name, 80) for name in names}
    from_date, until_date = filled.day("from_date"), filled.day("until_date")
    figures = {name: filled.number(name, 0, 366) for name in ("free", "paid", "turn_days", "first_floors")}
    if not typed["name"]:
        filled.mistakes.append(("name", NAME_NEEDED))
    if not (from_date and until_date):
        filled.mistakes.append(("from_date", DATES_NEEDED))
    fresh = filled.text("fresh", 40)
    plan = ParkingPlan(
        id=fresh if fresh.startswith("plan-") else f"plan-{secrets.token_hex(3)}",
        name=typed["name"],
        zone=typed["zone"],
        free=figures["free"] or 0,
        paid=figures["paid"] or 0,
        from_date=from_date,
        until_date=until_date,
        turn_days=figures["turn_days"] or 7,
        first_floors=figures["first_floors"] or 0,
    )
    refused = ""
    if not filled.mistakes:
        answer = await site.await_command(site.community(request), PutPlan(actor=visitor.actor, plan=plan))
        if not answer.refused:
            return to_page(request, "/plan", answer, id=plan.id)
        refused = answer.refused
    return await run_in_threadpool(
        lambda: _plans(
            request, site, visitor, typed=typed, wrong=filled.wrong, refused=refused, status=409 if refused else 422
        )
    )


@router.get("/plan")
def plan_page(request: Request, site: OurSite, id: Id = "", day: Id = "") -> HTMLResponse:
    return _plan(request, site, site.visitor(request, Right.PERMITS), id, day=day)


def _plan(
    request: Request,
    site: Site,
    visitor: Visitor,
    id: str,
    *,
    day: str = "",
    typed: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
    refused: str = "",
    status: int = 200,
) -> HTMLResponse:
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        found = book(site, connection, picture, id)
        homes = homes_of(site, picture, visitor)
    if found is None:
        return site.plain(request, status=404, title=GONE[0], text=GONE[1])
    if visitor.may(Right.PLATES) and found.turns:
        site.note_look(visitor.label, "plate", picture.community, 0)
    today = _today(found).isoformat()
    begins = day if _is_day(day) else _next_day(found)
    held = sorted((one for one in found.turns if holds(found, one)), key=lambda one: (one.from_date, one.id))
    free, paid = left(found, today, today)
    return site.page(
        request,
        "plan.html",
        status=status,
        tab="parking",
        part="plans",
        visitor=visitor,
        plan=found.plan,
        zone=picture.places.name(found.plan.zone) if found.plan.zone else "",
        now=[one for one in held if one.from_date <= today],
        coming=[one for one in held if one.from_date > today],
        proposed=proposals(found, begins),
        begins=begins,
        free=free,
        paid=paid,
        shares=shares(found),
        homes=homes,
        home=lambda place: picture.places.shown(place, visitor.sees(site.deps.roles), picture.language),
        shown=lambda plate: plate_for(visitor, plate),
        typed=typed or {},
        wrong=wrong or {},
        refused=refused,
        picture=picture,
    )


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


@router.post("/plan/apply")
async def apply(request: Request, site: OurSite, id: Id = "") -> Response:
    """Put a household's car into the queue."""
    visitor, filled = await sent_form(request, site, Right.REGISTRY)
    typed = {"plate": filled.text("plate", 30), "home": filled.text("home", 80)}
    plate, now_ms = plates.normalised(typed["plate"]), site.deps.now_ms()

    def look() -> tuple[Permit | None, bool]:
        with site.deps.reader() as connection:
            picture = site.picture(request, connection)
            found, home = book(site, connection, picture, id), picture.registry.places.get(typed["home"])
        old = found.permits.get(plate) if found else None
        return old, home is not None and home.kind is PlaceKind.HOME

    old, is_home = await run_in_threadpool(look)
    if (mistake := plate_mistake(plate)) != "":
        filled.mistakes.append(("plate", mistake))
    if not is_home:
        filled.mistakes.append(("home", NO_HOME))
    if old is not None and old.kind is PermitKind.DENIED:
        filled.mistakes.append(("plate", DENIED_CAR))
    elif old is not None and state_of(old, now_ms) != "over":
        filled.mistakes.append(("plate", HAS_ONE))
    command = PutPermit(actor=visitor.actor, permit=application(id, typed["home"], plate, now_ms))
    return await _do(request, site, visitor, id, [command], filled, typed)


@router.post("/plan/turns")
async def give_turns(request: Request, site: OurSite, id: Id = "") -> Response:
    """Give the turns that were shown; if somebody else changed the queue, show the new list first."""
    visitor, filled = await sent_form(request, site, Right.REGISTRY)
    day, shown = filled.day("day"), filled.texts("turn")

    def look() -> list[PlanTurn]:
        with site.deps.reader() as connection:
            found = book(site, connection, site.picture(request, connection), id)
        return proposals(found, day) if found and day else []

    turns = await run_in_threadpool(look)
    if [f"{one.id} {one.plate} {one.paid}" for one in turns] != shown or not turns:
        text = translated(chosen(request)[0], CHANGED if turns else NOBODY)
        return await run_in_threadpool(lambda: _plan(request, site, visitor, id, day=day, refused=text, status=409))
    return await _do(request, site, visitor, id, [PutTurn(actor=visitor.actor, turn=one) for one in turns], filled)


@router.post("/plan/end")
async def end_turn(request: Request, site: OurSite, id: Id = "") -> Response:
    """End a turn early, or leave the queue: the permit goes, the ledger stays."""
    visitor, filled = await sent_form(request, site, Right.REGISTRY)
    command = Remove(actor=visitor.actor, what="permit", id=plates.normalised(filled.text("plate", 30)))
    return await _do(request, site, visitor, id, [command], filled)


async def _do(
    request: Request,
    site: Site,
    visitor: Visitor,
    id: str,
    commands: list[AnyCommand],
    filled: Filled,
    typed: Mapping[str, str] | None = None,
) -> Response:
    refused = ""
    if not filled.mistakes:
        answers = await site.await_commands(site.community(request), commands)
        refused = " ".join(one.refused for one in answers if one.refused)
        if not refused:
            return to_page(request, "/plan", answers[-1], id=id)
    return await run_in_threadpool(
        lambda: _plan(
            request, site, visitor, id, typed=typed, wrong=filled.wrong, refused=refused, status=409 if refused else 422
        )
    )


@router.get("/plan.csv")
def plan_csv(request: Request, site: OurSite, id: Id = "") -> Response:
    """The fairness table; no plates."""
    visitor = site.visitor(request, Right.PERMITS)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        found = book(site, connection, picture, id)
    if found is None:
        return site.plain(request, status=404, title=GONE[0], text=GONE[1])
    sees = visitor.sees(site.deps.roles)
    lines = [[translated(picture.language, head) for head in HEADS]]
    for one in shares(found):
        since = "" if one.applied_ms is None else date.fromordinal(local_day(found.zone, one.applied_ms)).isoformat()
        home = picture.places.shown(one.place, sees, picture.language)
        lines.append([home, str(one.free), str(one.paid), one.last, since])
    headers = {"content-disposition": 'attachment; filename="plan.csv"'}
    return Response(csv_bytes(lines), media_type="text/csv; charset=utf-8", headers=headers)
