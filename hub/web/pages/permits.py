"""The permits desk: which cars may enter, for whom and until when; a visitor let in today; a car denied, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Query
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from hub import plates
from hub.core.commands import PutPermit, Remove
from hub.core.localtime import local_day, moment
from hub.core.parking.plans import applied
from hub.model import Permit, PermitKind, PlaceKind
from hub.web import registry_preview
from hub.web.access import Right, Visitor
from hub.web.forms import NO_TIME, Filled, moment_text, sent_form
from hub.web.language import chosen, marked, translated
from hub.web.pages.people import to_page
from hub.web.permit_search import fits, nearly
from hub.web.permit_sheet import (
    BACKWARDS,
    HOME_MISSING,
    HOME_NEEDED,
    KIND,
    LONGEST_REASON,
    NO_HOME,
    NO_KIND,
    NO_PERSON,
    NO_SPACE,
    PAST,
    REASON_MISSING,
    UNTIL_MISSING,
    Words,
    plate_mistake,
    text_of,
)
from hub.web.site import CLEAN, OurSite, Site
from hub.web.view import Picture

router = APIRouter(include_in_schema=False)

SHOWN = 200
Text = Annotated[str, Query(max_length=60, pattern=CLEAN)]

GONE = marked("没有这张通行证"), marked("可能已被移除,或住户信息已删除。")
CHANGED = marked("这张通行证刚被别人改过。请核对后再保存一次。")
HAS_ONE = marked("这辆车已经有通行证:请先查到它,再改")
DENIED_CAR = marked("这辆车禁止入内:要放行,请物业先解除")
STATES: Mapping[str, str] = {
    "stands": marked("有效"),
    "soon": marked("未开始"),
    "over": marked("已到期"),
    "waits": marked("排队中"),
    "denied": marked("禁止"),
}


class PermitView(msgspec.Struct, frozen=True, kw_only=True):
    """One permit as this reader may see it."""

    permit: Permit
    plate: str
    kind: str
    home: str
    person: str
    state: str
    """Key of `STATES`."""
    spaces: str
    until: str
    """Its last day, or the last day and time."""


def permits_of(connection: Connection, community: str) -> dict[str, Permit]:
    known = registry_preview.entries(connection, community)
    return {one.plate: one for one in known.values() if isinstance(one, Permit)}


def state_of(permit: Permit, now_ms: int) -> str:
    if permit.kind is PermitKind.DENIED:
        return "denied"
    if applied(permit, permit.plan):
        return "waits"
    if permit.until_ms is not None and permit.until_ms <= now_ms:
        return "over"
    return "stands" if permit.stands(now_ms) else "soon"


def plate_for(visitor: Visitor, plate: str) -> str:
    return plate if visitor.may(Right.PLATES) else plates.masked(plate)


def _view(site: Site, picture: Picture, visitor: Visitor, words: Words, one: Permit) -> PermitView:
    sees = visitor.sees(site.deps.roles)
    return PermitView(
        permit=one,
        plate=plate_for(visitor, one.plate),
        kind=picture.word(KIND, one.kind),
        home=picture.places.shown(one.place, sees, picture.language) if one.place else "",
        person=picture.person_name(one.person) if one.person and visitor.may(Right.NAMES) else "",
        state=state_of(one, picture.now_ms),
        spaces="、".join(words.space(id) for id in one.spaces),
        until=text_of(one.until_ms, ZoneInfo(site.deps.installation.timezone), last=True),
    )


def homes_of(site: Site, picture: Picture, visitor: Visitor) -> dict[str, str]:
    sees = visitor.sees(site.deps.roles)
    found = [one.id for one in picture.registry.places.values() if one.kind is PlaceKind.HOME]
    return {id: picture.places.shown(id, sees, picture.language) for id in found}


def _list(
    request: Request,
    site: Site,
    visitor: Visitor,
    *,
    q: str = "",
    kind: str = "",
    state: str = "",
    home: str = "",
    typed: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
    refused: str = "",
    status: int = 200,
) -> HTMLResponse:
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        permits = permits_of(connection, picture.community)
        registry = picture.registry
        words = Words(registry.places, registry.people)
        views = [_view(site, picture, visitor, words, one) for one in permits.values()]
        homes = homes_of(site, picture, visitor)
    counts = {name: sum(1 for one in views if one.state == name) for name in STATES}
    found = [
        one
        for one in views
        if (not q or fits(one.plate, (one.home, one.person, one.spaces, one.permit.reason), q))
        and (not kind or one.permit.kind == kind)
        and (not state or one.state == state)
        and (not home or one.permit.place == home)
    ]
    near: list[str] = []
    if q and not found and visitor.may(Right.PLATES):  # whoever sees plates masked is told of no other one either
        near = nearly(q, permits)
    found.sort(key=lambda one: (one.permit.kind is not PermitKind.VISITOR, one.state == "over", one.home, one.plate))
    if (found or near) and visitor.may(Right.PLATES):
        site.note_look(visitor.label, "plate", picture.community, 0)
    return site.page(
        request,
        "permits.html",
        status=status,
        tab="parking",
        part="permits",
        visitor=visitor,
        permits=found[:SHOWN],
        near=near,
        more=max(0, len(found) - SHOWN),
        total=len(found),
        counts={name: (translated(picture.language, STATES[name]), n) for name, n in counts.items()},
        states={name: translated(picture.language, text) for name, text in STATES.items()},
        kinds={name: picture.word(KIND, name) for name in KIND},
        homes=homes,
        q=q,
        kind=kind,
        state=state,
        home=home,
        typed=typed or {"until": _end_of_today(site)},
        wrong=wrong or {},
        refused=refused,
        picture=picture,
    )


def _end_of_today(site: Site) -> str:
    zone, now_ms = ZoneInfo(site.deps.installation.timezone), site.deps.now_ms()
    return moment_text(moment(zone, local_day(zone, now_ms), 23 * 60 + 59), zone)


@router.get("/permits")
def permits_page(
    request: Request, site: OurSite, q: Text = "", kind: Text = "", state: Text = "", home: Text = ""
) -> HTMLResponse:
    visitor = site.visitor(request, Right.PERMITS)
    return _list(request, site, visitor, q=q.strip(), kind=kind, state=state, home=home)


@router.post("/permits/visitor")
async def let_visitor_in(request: Request, site: OurSite) -> Response:
    """A visitor of today: plate, home, until. Never turns a resident's permit or a denial into a visit."""
    visitor, filled = await sent_form(request, site, Right.VISITORS)
    zone, now_ms = ZoneInfo(site.deps.installation.timezone), site.deps.now_ms()
    typed = {name: filled.text(name, 60) for name in ("plate", "home", "until")}
    typed["reason"] = filled.text("reason", LONGEST_REASON)
    plate, until_ms = plates.normalised(typed["plate"]), filled.moment("until", zone)
    if (mistake := plate_mistake(plate)) != "":
        filled.mistakes.append(("plate", mistake))
    if until_ms is None:
        filled.mistakes.append(("until", UNTIL_MISSING if not typed["until"] else NO_TIME))
    elif until_ms <= now_ms:
        filled.mistakes.append(("until", PAST))
    old = await run_in_threadpool(_known, request, site, plate)
    if old is not None and old.kind is PermitKind.DENIED:
        filled.mistakes.append(("plate", DENIED_CAR))
    elif old is not None and old.kind is not PermitKind.VISITOR and state_of(old, now_ms) != "over":
        filled.mistakes.append(("plate", HAS_ONE))
    if not await run_in_threadpool(_is_home, request, site, typed["home"]):
        filled.mistakes.append(("home", NO_HOME))

    def again(refused: str = "") -> HTMLResponse:
        status = 409 if refused else 422
        return _list(request, site, visitor, typed=typed, wrong=filled.wrong, refused=refused, status=status)

    if filled.mistakes:
        return await run_in_threadpool(again)
    permit = Permit(
        plate=plate,
        kind=PermitKind.VISITOR,
        place=typed["home"],
        from_ms=now_ms,
        until_ms=until_ms,
        reason=typed["reason"],
    )
    answer = await site.await_command(site.community(request), PutPermit(actor=visitor.actor, permit=permit))
    if answer.refused:
        text = answer.refused
        return await run_in_threadpool(lambda: again(text))
    return to_page(request, "/permits", answer)


def _known(request: Request, site: Site, plate: str) -> Permit | None:
    with site.deps.reader() as connection:
        return permits_of(connection, site.community(request)).get(plate)


def _is_home(request: Request, site: Site, id: str) -> bool:
    with site.deps.reader() as connection:
        place = site.picture(request, connection).registry.places.get(id)
    return place is not None and place.kind is PlaceKind.HOME


# ── one permit ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _typed(permit: Permit | None, words: Words, zone: ZoneInfo) -> dict[str, str]:
    if permit is None:
        return {"plate": "", "kind": "resident", "home": "", "person": "", "from": "", "until": "", "spaces": "", "reason": ""}  # fmt: skip
    return {
        "plate": permit.plate,
        "kind": permit.kind.value,
        "home": permit.place,
        "person": permit.person,
        "from": "" if permit.from_ms is None else moment_text(permit.from_ms, zone),
        "until": "" if permit.until_ms is None else moment_text(permit.until_ms, zone),
        "spaces": "、".join(words.space(one) for one in permit.spaces),
        "reason": permit.reason,
    }


def _form(
    request: Request,
    site: Site,
    visitor: Visitor,
    plate: str,
    *,
    typed: dict[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
    refused: str = "",
    status: int = 200,
) -> HTMLResponse:
    zone = ZoneInfo(site.deps.installation.timezone)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        known = permits_of(connection, picture.community).get(plate)
        registry = picture.registry
        homes = homes_of(site, picture, visitor)
    if plate and known is None:
        return site.plain(request, status=404, title=GONE[0], text=GONE[1])
    if known is not None:
        site.note_look(visitor.label, "plate", picture.community, 0)
    words = Words(registry.places, registry.people)
    return site.page(
        request,
        "permit.html",
        status=status,
        tab="parking",
        part="permits",
        visitor=visitor,
        known=known,
        version=_version(known),
        typed=typed or _typed(known, words, zone),
        kinds={name: picture.word(KIND, name) for name in KIND},
        homes=homes,
        people=list(registry.people.values()),
        wrong=wrong or {},
        refused=refused,
        picture=picture,
    )


def _version(permit: Permit | None) -> str:
    return "" if permit is None else registry_preview.stamp({("permit", permit.plate): permit})


@router.get("/permit")
def permit_page(request: Request, site: OurSite, plate: Text = "") -> HTMLResponse:
    return _form(request, site, site.visitor(request, Right.REGISTRY), plates.normalised(plate))


@router.post("/permit")
async def save_permit(request: Request, site: OurSite, plate: Text = "") -> Response:
    visitor, filled = await sent_form(request, site, Right.REGISTRY)
    plate = plates.normalised(plate)
    known = await run_in_threadpool(_known, request, site, plate) if plate else None
    if plate and known is None:
        return site.plain(request, status=404, title=GONE[0], text=GONE[1])
    names = ("plate", "kind", "home", "person", "from", "until", "spaces")
    typed = {name: filled.text(name, 200) for name in names} | {"reason": filled.text("reason", LONGEST_REASON)}
    permit = await run_in_threadpool(_permit_from, request, site, filled, typed, known)
    other = await run_in_threadpool(_known, request, site, permit.plate) if known is None else None
    if other not in (None, permit):  # the very same form sent twice is no mistake
        filled.mistakes.append(("plate", HAS_ONE))
    stale = known is not None and filled.text("version", 60) != _version(known)

    def again(refused: str = "") -> HTMLResponse:
        status = 409 if refused else 422
        return _form(request, site, visitor, plate, typed=typed, wrong=filled.wrong, refused=refused, status=status)

    if filled.mistakes or stale:
        return await run_in_threadpool(again, translated(chosen(request)[0], CHANGED) if stale else "")
    answer = await site.await_command(site.community(request), PutPermit(actor=visitor.actor, permit=permit))
    if answer.refused:
        return await run_in_threadpool(again, answer.refused)
    return to_page(request, "/permits", answer)


def _permit_from(
    request: Request, site: Site, filled: Filled, typed: Mapping[str, str], known: Permit | None
) -> Permit:
    """What the form means; what it cannot mean is among ``filled.mistakes``."""
    zone, now_ms = ZoneInfo(site.deps.installation.timezone), site.deps.now_ms()
    with site.deps.reader() as connection:
        registry = site.picture(request, connection).registry
    words = Words(registry.places, registry.people)
    plate = known.plate if known else plates.normalised(typed["plate"])
    kind = PermitKind(typed["kind"]) if typed["kind"] in list(PermitKind) else None
    from_ms, until_ms = filled.moment("from", zone), filled.moment("until", zone)
    home = registry.places.get(typed["home"])
    said = [one for one in typed["spaces"].replace(",", "、").replace("\uff0c", "、").split("、") if one.strip()]
    spaces = [words.spaces.get("".join(one.split()).lower(), set()) for one in said]
    wrong = {
        "plate": plate_mistake(plate),
        "kind": "" if kind else NO_KIND,
        "home": NO_HOME if typed["home"] and (home is None or home.kind is not PlaceKind.HOME) else "",
        "person": NO_PERSON if typed["person"] and typed["person"] not in registry.people else "",
        "spaces": NO_SPACE if any(len(one) != 1 for one in spaces) else "",
        "reason": REASON_MISSING if kind is PermitKind.DENIED and not typed["reason"] else "",
    }
    if kind in HOME_NEEDED and not typed["home"]:
        wrong["home"] = HOME_MISSING
    if kind is PermitKind.VISITOR and not typed["until"]:
        wrong["until"] = UNTIL_MISSING
    elif until_ms is not None and from_ms is not None and until_ms <= from_ms:
        wrong["until"] = BACKWARDS
    elif until_ms is not None and until_ms <= now_ms:
        wrong["until"] = PAST
    filled.mistakes += [(name, text) for name, text in wrong.items() if text]
    return Permit(
        plate=plate,
        kind=kind or PermitKind.RESIDENT,
        place=typed["home"],
        person=typed["person"],
        from_ms=from_ms,
        until_ms=until_ms,
        reason=typed["reason"],
        spaces=tuple(next(iter(one)) for one in spaces if len(one) == 1),
        plan=known.plan if known and kind is PermitKind.TEMPORARY else "",
    )


@router.post("/permit/remove")
async def remove_permit(request: Request, site: OurSite) -> Response:
    visitor, filled = await sent_form(request, site, Right.REGISTRY)
    plate = plates.normalised(filled.text("plate", 60))
    answer = await site.await_command(site.community(request), Remove(actor=visitor.actor, what="permit", id=plate))
    if answer.refused:
        text = answer.refused
        return await run_in_threadpool(lambda: _list(request, site, visitor, refused=text, status=409))
    return to_page(request, "/permits", answer)
