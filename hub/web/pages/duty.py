"""The form of one shift: who has a role, when, and who takes turns."""

from __future__ import annotations

import secrets
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from hub.calendar import unknown_zone
from hub.core.commands import PutDuty, Remove
from hub.model import Days, Duty
from hub.web.access import Right, Visitor
from hub.web.forms import Filled, clock_text, sent_form
from hub.web.language import marked
from hub.web.pages.people import to_page
from hub.web.site import CLEAN, OurSite, Site

router = APIRouter(include_in_schema=False)

DutyId = Annotated[str, Query(max_length=200, pattern=CLEAN)]
TURNS = 6
WHO = marked("请选人")
WHICH_DAYS = marked("至少选一天")
BAD_ZONE = marked("没有这个时区,例如 Asia/Shanghai")
GONE = marked("没有这个班次"), marked("可能已被移除。")


class DutySheet(msgspec.Struct, kw_only=True):
    """All fields as texts."""

    role: str = ""
    person: str = ""
    place: str = ""
    begin: str = "00:00"
    end: str = "00:00"
    weekdays: list[str] = msgspec.field(default_factory=lambda: [str(day) for day in range(7)])
    days: str = Days.EVERY.value
    rotation: list[str] = []
    turn_days: str = "7"
    from_date: str = ""
    until_date: str = ""
    zone: str = ""


def sheet_of(duty: Duty) -> DutySheet:
    return DutySheet(
        role=duty.role,
        person=duty.person,
        place=duty.place,
        begin=clock_text(duty.from_minute),
        end=clock_text(duty.to_minute),
        weekdays=[str(day) for day in duty.weekdays],
        days=duty.days.value,
        rotation=list(duty.rotation),
        turn_days=str(duty.turn_days),
        from_date=duty.from_date,
        until_date=duty.until_date,
        zone=duty.zone,
    )


def typed(filled: Filled) -> DutySheet:
    return DutySheet(
        role=filled.text("role"),
        person=filled.text("person"),
        place=filled.text("place"),
        begin=filled.text("from", 8),
        end=filled.text("to", 8),
        weekdays=filled.texts("weekday"),
        days=filled.text("days", 20),
        rotation=[person for person in filled.texts("turn") if person],
        turn_days=filled.text("turn_days", 4),
        from_date=filled.text("from_date", 12),
        until_date=filled.text("until_date", 12),
        zone=filled.text("zone", 60),
    )


def duty_from(filled: Filled, sheet: DutySheet, id: str) -> Duty:
    """What the form means; what it cannot mean is among ``filled.mistakes``."""
    if not sheet.person:
        filled.mistakes.append(("person", WHO))
    weekdays = tuple(sorted({int(day) for day in sheet.weekdays if day in "0123456" and len(day) == 1}))
    if not weekdays:
        filled.mistakes.append(("weekday", WHICH_DAYS))
    if unknown_zone(sheet.zone):
        filled.mistakes.append(("zone", BAD_ZONE))
    return Duty(
        id=id or f"d-{secrets.token_hex(4)}",
        role=sheet.role,
        person=sheet.person,
        place=sheet.place,
        from_minute=filled.minute("from") or 0,
        to_minute=filled.minute("to") or 0,
        weekdays=weekdays,
        days=Days(sheet.days) if sheet.days in list(Days) else Days.EVERY,
        rotation=tuple(sheet.rotation),
        turn_days=filled.number("turn_days", 1, 366) or 7,
        from_date=filled.day("from_date"),
        until_date=filled.day("until_date"),
        zone=sheet.zone,
    )


def _form(
    request: Request,
    site: Site,
    visitor: Visitor,
    id: str,
    *,
    sheet: DutySheet | None = None,
    wrong: dict[str, str] | None = None,
    refused: str = "",
    status: int = 200,
) -> HTMLResponse:
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        registry = picture.registry
        duty = registry.duties.get(id)
        if id and duty is None:
            return site.plain(request, status=404, title=GONE[0], text=GONE[1])
        shown = sheet or (sheet_of(duty) if duty else DutySheet())
        return site.page(
            request,
            "duty.html",
            status=status,
            tab="people",
            part="rota",
            visitor=visitor,
            duty=duty,
            sheet=shown,
            turns=[*shown.rotation, *[""] * max(2, TURNS - len(shown.rotation))],
            roles=sorted({*site.deps.roles, *(one.role for one in registry.duties.values())}),
            role_title=picture.role_title,
            people=list(registry.people.values()),
            places=[one for one in registry.places.values() if not picture.places.has_room(one.id)],
            fresh=f"d-{secrets.token_hex(4)}",
            wrong=wrong or {},
            refused=refused,
            picture=picture,
        )


@router.get("/rota/duty")
def duty_page(request: Request, site: OurSite, id: DutyId = "") -> HTMLResponse:
    return _form(request, site, site.visitor(request, Right.REGISTRY), id)


@router.post("/rota/duty")
async def save_duty(request: Request, site: OurSite, id: DutyId = "") -> Response:
    visitor, filled = await sent_form(request, site, Right.REGISTRY)
    sheet = typed(filled)
    # The page makes the id of a new shift, so that a form that is sent twice makes one.
    fresh = filled.text("fresh", 40)
    duty = duty_from(filled, sheet, id or (fresh if fresh.startswith("d-") else ""))
    refused = ""
    if not filled.mistakes:
        answer = await site.await_command(site.community(request), PutDuty(actor=visitor.actor, duty=duty))
        if not answer.refused:
            return to_page(request, "/rota", answer)
        refused = answer.refused
    return await run_in_threadpool(
        lambda: _form(
            request,
            site,
            visitor,
            id,
            sheet=sheet,
            wrong=filled.wrong,
            refused=refused,
            status=409 if refused else 422,
        )
    )


@router.post("/rota/duty/remove")
async def remove_duty(request: Request, site: OurSite) -> Response:
    visitor, filled = await sent_form(request, site, Right.REGISTRY)
    id = filled.text("duty")
    answer = await site.await_command(site.community(request), Remove(actor=visitor.actor, what="duty", id=id))
    return to_page(request, "/rota", answer)
