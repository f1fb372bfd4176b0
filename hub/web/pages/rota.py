"""The rota: this week and next, covers and swaps, the calendar of rest days, and calendars in and out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from hashlib import blake2s
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from hub.core.commands import AnyCommand, PutCalendarDay, PutOverride, Remove
from hub.core.localtime import DAY_MS, local_day
from hub.model import CalendarDay, Override
from hub.web.access import Right, Visitor
from hub.web.calendar_links import calendar_key
from hub.web.forms import Filled, sent_form
from hub.web.language import chosen, marked, translated
from hub.web.pages.people import to_page
from hub.web.rota import roster_of
from hub.web.rota_grid import grid
from hub.web.site import OurSite, Site
from hub.web.view import Picture

router = APIRouter(include_in_schema=False)

DAYS = 14
AHEAD_MS = 120 * DAY_MS

BOTH_ENDS = marked("开始和结束都要填")
WHO = marked("请选人")
TWO = marked("请选两个人")
WHICH_DAY = marked("请选日期")


class OddDay(msgspec.Struct, frozen=True, kw_only=True):
    """A day that is not as its weekday says."""

    date: str
    rest: bool
    name: str
    site: bool
    """By the site's own word; else by the country's calendar."""


def odd_days(picture: Picture, rests: dict[int, bool], from_day: int, days: int) -> list[OddDay]:
    found: list[OddDay] = []
    for day in range(from_day, from_day + days):
        text = date.fromordinal(day).isoformat()
        site = picture.registry.calendar.get(text)
        weekend = (day - 1) % 7 >= 5
        if site is not None:
            found.append(OddDay(date=text, rest=site.rest, name=site.name, site=True))
        elif day in rests and rests[day] != weekend:
            found.append(OddDay(date=text, rest=rests[day], name="", site=False))
    return found


def rota_page_of(
    request: Request,
    site: Site,
    visitor: Visitor,
    *,
    week: int = 0,
    filled: Filled | None = None,
    form: str = "",
    typed: dict[str, str] | None = None,
    refused: Sequence[str] = (),
    status: int = 200,
) -> HTMLResponse:
    """``form``: which of the forms was refused, with what was typed into it."""
    names = visitor.may(Right.NAMES)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        registry, now_ms = picture.registry, picture.now_ms
        roster = roster_of(registry, site.deps.installation, now_ms)
        zone = ZoneInfo(site.deps.installation.timezone)
        today = local_day(zone, now_ms)
        monday = today - (today - 1) % 7 + 7 * week
        roles = sorted({*site.deps.roles, *roster.duties, *roster.overrides})
        shown = grid(
            roster,
            now_ms,
            monday,
            DAYS,
            roles=roles,
            policies=site.deps.policies,
            names={one.date: one.name for one in registry.calendar.values()},
        )
        return site.page(
            request,
            "rota.html",
            status=status,
            tab="people",
            part="rota",
            visitor=visitor,
            names=names,
            grid=shown,
            weeks=[shown.days[n : n + 7] for n in range(0, DAYS, 7)],
            week=week,
            roles=roles,
            role_title=picture.role_title,
            place_name=picture.places.name,
            person_name=picture.person_name if names else lambda _: "",
            people=list(registry.people.values()) if names else [],
            places=[one for one in registry.places.values() if not picture.places.has_room(one.id)],
            overrides=sorted(
                (one for one in registry.overrides.values() if one.until_ms > now_ms), key=lambda one: one.from_ms
            ),
            odd=odd_days(picture, dict(roster.rests), today, 150),
            holidays=site.deps.installation.holidays,
            calendar=f"/rota.ics?key={calendar_key(site, picture.community, '')}" if names else "",
            wrong=filled.wrong if filled else {},
            typed=typed or {},
            form=form,
            refused=refused,
            picture=picture,
        )


@router.get("/rota")
def rota_page(request: Request, site: OurSite, week: Annotated[int, Query(ge=-60, le=60)] = 0) -> HTMLResponse:
    return rota_page_of(request, site, site.visitor(request, Right.PEOPLE), week=week)


def _override(role: str, person: str, instead_of: str, place: str, from_ms: int, until_ms: int) -> Override:
    """Named by what it says, so that a form that is sent twice makes one."""
    said = "\0".join((role, person, instead_of, place, str(from_ms), str(until_ms)))
    return Override(
        id=f"o-{blake2s(said.encode(), digest_size=6).hexdigest()}",
        role=role,
        person=person,
        from_ms=from_ms,
        until_ms=until_ms,
        place=place,
        instead_of=instead_of,
    )


@router.post("/rota/override")
async def cover(request: Request, site: OurSite) -> Response:
    """Somebody stands in for somebody, or is added for a while."""
    visitor, filled = await sent_form(request, site, Right.REGISTRY)
    zone = ZoneInfo(site.deps.installation.timezone)
    typed = {name: filled.text(name) for name in ("role", "person", "instead_of", "place", "from", "until")}
    from_ms, until_ms = filled.moment("from", zone), filled.moment("until", zone)
    if not typed["person"]:
        filled.mistakes.append(("person", WHO))
    if from_ms is None or until_ms is None:
        filled.mistakes.append(("from", BOTH_ENDS))
        from_ms = until_ms = 0
    one = _override(typed["role"], typed["person"], typed["instead_of"], typed["place"], from_ms, until_ms)
    return await _do(request, site, visitor, filled, [PutOverride(actor=visitor.actor, override=one)], "cover", typed)


@router.post("/rota/swap")
async def swap(request: Request, site: OurSite) -> Response:
    """Two people take each other's shifts, each in a stretch of its own: two overrides."""
    visitor, filled = await sent_form(request, site, Right.REGISTRY)
    zone = ZoneInfo(site.deps.installation.timezone)
    names = ("role", "one", "other", "one-from", "one-until", "other-from", "other-until")
    typed = {name: filled.text(name) for name in names}
    moments = [filled.moment(name, zone) for name in names[3:]]
    if not typed["one"] or not typed["other"] or typed["one"] == typed["other"]:
        filled.mistakes.append(("one", TWO))
    if None in moments:
        filled.mistakes.append(("one-from", BOTH_ENDS))
    times = [at_ms or 0 for at_ms in moments]
    commands: list[AnyCommand] = [
        PutOverride(
            actor=visitor.actor, override=_override(typed["role"], typed["other"], typed["one"], "", *times[:2])
        ),
        PutOverride(
            actor=visitor.actor, override=_override(typed["role"], typed["one"], typed["other"], "", *times[2:])
        ),
    ]
    return await _do(request, site, visitor, filled, commands, "swap", typed)


@router.post("/rota/day")
async def calendar_day(request: Request, site: OurSite) -> Response:
    """The site's own word on one day."""
    visitor, filled = await sent_form(request, site, Right.REGISTRY)
    typed = {name: filled.text(name, 100) for name in ("date", "kind", "name")}
    day = filled.day("date")
    if not day and not filled.mistakes:
        filled.mistakes.append(("date", WHICH_DAY))
    one = CalendarDay(date=day, rest=typed["kind"] != "work", name=typed["name"])
    return await _do(request, site, visitor, filled, [PutCalendarDay(actor=visitor.actor, day=one)], "day", typed)


@router.post("/rota/remove")
async def remove_entry(request: Request, site: OurSite) -> Response:
    """An override or a day of the site's."""
    visitor, filled = await sent_form(request, site, Right.REGISTRY)
    what, _, id = filled.text("entry").partition(":")
    wanted = what if what in ("override", "calendar_day") else ""
    return await _do(request, site, visitor, filled, [Remove(actor=visitor.actor, what=wanted, id=id)], "", {})


async def _do(
    request: Request,
    site: Site,
    visitor: Visitor,
    filled: Filled,
    commands: Sequence[AnyCommand],
    form: str,
    typed: dict[str, str],
) -> Response:
    """All of a form's commands; the first refusal takes back what of a swap was already done."""
    refused: list[str] = []
    if not filled.mistakes:
        answers = await site.await_commands(site.community(request), commands)
        refused = [one.refused for one in answers if one.refused]
        if not refused:
            return to_page(request, "/rota", answers[-1])
        done = [
            Remove(actor=visitor.actor, what="override", id=command.override.id)
            for command, answer in zip(commands, answers, strict=True)
            if isinstance(command, PutOverride) and answer.done and not answer.refused
        ]
        await site.await_commands(site.community(request), done)
    if not form and refused:
        refused = [translated(chosen(request)[0], marked("它已经不在了")), *refused]
    return await run_in_threadpool(
        lambda: rota_page_of(
            request,
            site,
            visitor,
            filled=filled,
            form=form,
            typed=typed,
            refused=refused,
            status=409 if refused else 422,
        )
    )
