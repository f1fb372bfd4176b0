"""Pauses and works: what is held back now, for how long, by whom and why; begin one, end one early."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Form
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from hub.core.commands import AnyCommand, EndSilence, EndWorks, StartSilence, StartWorks
from hub.model import MAX_WORKS_MS, Kind, PlaceKind, Sees, Silence
from hub.web import rows
from hub.web.access import Right, Visitor
from hub.web.forms import sent_form
from hub.web.pages.desk import HOUR_MS, LONGEST_SILENCE_H, FormToken, Number
from hub.web.pages.people import to_page
from hub.web.site import CLEAN, OurSite, Site
from hub.web.view import Picture
from hub.web.words import KIND

router = APIRouter(include_in_schema=False)

LONGEST_WORKS_H = MAX_WORKS_MS // HOUR_MS
SHORTEST_WORKS_MINUTES = 15

Typed = Annotated[str, Form(max_length=200, pattern=CLEAN)]


class SilenceView(msgspec.Struct, frozen=True, kw_only=True):
    """One pause, its selectors as words."""

    id: int
    reason: str
    where: str
    what: list[str]
    owner: str
    from_ms: int
    until_ms: int
    reminded: bool


class WorksView(msgspec.Struct, frozen=True, kw_only=True):
    """Works in one home."""

    id: int
    reason: str
    home: str
    person: str
    owner: str
    until_ms: int


def _silence_view(picture: Picture, one: Silence, *, names: bool, sees: Sees) -> SilenceView:
    what = [picture.rule_title(one.rule)] if one.rule else []
    if one.kind:
        what.append(picture.word(KIND, one.kind))
    if one.device:
        what.append(one.device)
    return SilenceView(
        id=one.id,
        reason=one.reason,
        where=picture.places.shown(one.place, sees, picture.language) if one.place else "",
        what=what,
        owner=_owner(picture, one.owner, names=names),
        from_ms=one.from_ms,
        until_ms=one.until_ms,
        reminded=one.reminded,
    )


def _owner(picture: Picture, owner: str, *, names: bool) -> str:
    return picture.person_name(owner) if names or owner not in picture.registry.people else ""


def _page(
    request: Request,
    site: Site,
    visitor: Visitor,
    *,
    typed: dict[str, str] | None = None,
    refused: str = "",
    form: str = "",
    status: int = 200,
) -> HTMLResponse:
    """``form``: which of the two was refused, with what was typed into it."""
    names, sees = visitor.may(Right.NAMES), visitor.sees(site.deps.roles)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        registry = picture.registry
        homes = [one for one in registry.places.values() if one.kind is PlaceKind.HOME]
        return site.page(
            request,
            "silences.html",
            status=status,
            tab="silences",
            visitor=visitor,
            names=names,
            silences=[
                _silence_view(picture, one, names=names, sees=sees)
                for one in rows.open_silences(connection, picture.community, picture.now_ms)
            ],
            works=[
                WorksView(
                    id=one.id,
                    reason=one.reason,
                    home=picture.places.shown(one.place, sees, picture.language),
                    person=_owner(picture, one.person, names=names),
                    owner=_owner(picture, one.owner, names=names),
                    until_ms=one.until_ms,
                )
                for one in rows.open_works(connection, picture.community, picture.now_ms)
            ],
            places=[one for one in registry.places.values() if not picture.places.has_room(one.id)],
            homes={one.id: picture.places.shown(one.id, sees, picture.language) for one in homes},
            people=list(registry.people.values()) if names else [],
            rules={name: picture.rule_title(name) for name in site.deps.rules},
            kinds=[kind.value for kind in Kind if kind is not Kind.UNKNOWN],
            longest_works_h=LONGEST_WORKS_H,
            typed=typed or {},
            refused=refused,
            refused_form=form,
            picture=picture,
        )


@router.get("/silences")
def silences_page(request: Request, site: OurSite) -> HTMLResponse:
    return _page(request, site, site.visitor(request, Right.SILENCE))


@router.post("/silences")
async def start_silence(
    request: Request,
    site: OurSite,
    hours: Annotated[int, Form(ge=1, le=LONGEST_SILENCE_H)],
    reason: Annotated[str, Form(min_length=1, max_length=200, pattern=CLEAN)],
    place: Typed = "",
    kind: Typed = "",
    rule: Typed = "",
    device: Typed = "",
    form: FormToken = "",
) -> Response:
    visitor = await run_in_threadpool(site.visitor, request, Right.SILENCE)
    site.check_form(request, form)
    command = StartSilence(
        actor=visitor.actor,
        until_ms=site.deps.now_ms() + hours * HOUR_MS,
        reason=reason.strip(),
        place=place,
        kind=kind,
        rule=rule,
        device=device.strip(),
    )
    typed = {"hours": str(hours), "reason": reason, "place": place, "kind": kind, "rule": rule, "device": device}
    return await _do(request, site, visitor, command, typed, "silence")


@router.post("/silences/{number}/end")
async def end_silence(request: Request, site: OurSite, number: Number, form: FormToken = "") -> Response:
    visitor = await run_in_threadpool(site.visitor, request, Right.SILENCE)
    site.check_form(request, form)
    return await _do(request, site, visitor, EndSilence(actor=visitor.actor, silence=number), {}, "end")


@router.post("/works")
async def start_works(request: Request, site: OurSite) -> Response:
    """Only whoever may see names: the person on site is named."""
    visitor, filled = await sent_form(request, site, Right.NAMES)
    minutes = filled.number("minutes", SHORTEST_WORKS_MINUTES, LONGEST_WORKS_H * 60) or 120
    typed = {name: filled.text(name, 200) for name in ("home", "person", "why", "minutes")}
    command = StartWorks(
        actor=visitor.actor,
        place=typed["home"],
        until_ms=site.deps.now_ms() + minutes * 60_000,
        person=typed["person"],
        reason=typed["why"],
    )
    return await _do(request, site, visitor, command, typed, "works")


@router.post("/works/{number}/end")
async def end_works(request: Request, site: OurSite, number: Number, form: FormToken = "") -> Response:
    visitor = await run_in_threadpool(site.visitor, request, Right.SILENCE)
    site.check_form(request, form)
    return await _do(request, site, visitor, EndWorks(actor=visitor.actor, works=number), {}, "end")


async def _do(
    request: Request, site: Site, visitor: Visitor, command: AnyCommand, typed: dict[str, str], form: str
) -> Response:
    answer = await site.await_command(site.community(request), command)
    if answer.refused:
        text = answer.refused
        return await run_in_threadpool(
            lambda: _page(request, site, visitor, typed=typed, refused=text, form=form, status=409)
        )
    return to_page(request, "/silences", answer)
