"""People: who can be told, how well that works, and the form of one person."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from hub.core.commands import AnyCommand, ErasePerson, PutPerson, Remove, TellTest
from hub.core.decisions import Reason
from hub.core.roster import Roster
from hub.core.willing import unwilling_at
from hub.model import Person, Severity
from hub.web import kept, rows
from hub.web.access import Right, Visitor
from hub.web.calendar_links import calendar_key
from hub.web.contacts import ContactView, contact_views
from hub.web.forms import Filled, sent_form
from hub.web.language import chosen, marked, translated
from hub.web.person_sheet import PersonSheet, person_from, sheet_of, typed, version_of, with_spares
from hub.web.rota import roster_of
from hub.web.site import CLEAN, Answer, OurSite, Site
from hub.web.view import Picture

router = APIRouter(include_in_schema=False)

PersonId = Annotated[str, Query(max_length=200, pattern=CLEAN)]

CHANGED = marked("这个人的资料刚被别人改过。请核对后再保存一次。")
TAKEN = marked("这个编号已经有人用了")
CONFIRM = marked("请勾选确认")
GONE = marked("没有这个人"), marked("可能已被移除,或个人信息已删除。")

REACHABLE: Mapping[str, str] = {
    "": marked("可以通知"),
    "home": marked("在家,可以叫"),
    Reason.REFUSED: marked("不接收通知"),
    Reason.ON_LEAVE: marked("请假中"),
    Reason.OFF_HOURS: marked("不在接收时段"),
    Reason.ASLEEP: marked("休息中"),
}


class PersonView(msgspec.Struct, frozen=True, kw_only=True):
    """One person as the list shows them."""

    person: Person
    roles: list[str]
    """Titles of what they hold now."""
    state: str
    """Key of `REACHABLE`."""
    state_text: str
    until_ms: int | None
    contacts: list[ContactView]

    @property
    def failing(self) -> bool:
        return any(one.failures for one in self.contacts)


def _views(picture: Picture, roster: Roster) -> list[PersonView]:
    zone, now_ms = ZoneInfo(picture.deps.installation.timezone), picture.now_ms
    health = rows.contact_health(picture.connection, picture.community)
    held: dict[str, list[str]] = {}
    for role in roster.duties.keys() | roster.overrides.keys():
        for one in roster.on_duty(role, now_ms):
            held.setdefault(one.id, []).append(picture.role_title(role))
    found: list[PersonView] = []
    for person in picture.registry.people.values():
        state, until_ms = _state(person, zone, now_ms)
        contacts = contact_views(
            person, health, now_ms=now_ms, timezone=picture.deps.installation.timezone, language=picture.language
        )
        found.append(
            PersonView(
                person=person,
                roles=sorted(held.get(person.id, [])),
                state=state,
                state_text=translated(picture.language, REACHABLE[state]),
                until_ms=until_ms,
                contacts=contacts,
            )
        )
    return sorted(found, key=lambda one: not one.failing)


def _state(person: Person, zone: ZoneInfo, now_ms: int) -> tuple[str, int | None]:
    """For the least severe thing: whoever may be told of that may be told of everything."""
    why = unwilling_at(zone, person, Severity.INFO, now_ms)
    if why is not None:
        return why.reason.value, why.until_ms
    if person.home_until_ms > now_ms:
        return "home", person.home_until_ms
    return "", None


@router.get("/people")
def people_page(request: Request, site: OurSite) -> HTMLResponse:
    visitor = site.visitor(request, Right.PEOPLE)
    names = visitor.may(Right.NAMES)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        roster = roster_of(picture.registry, site.deps.installation, picture.now_ms)
        views = _views(picture, roster)
        roles = sorted({*site.deps.roles, *roster.duties, *roster.overrides})
        return site.page(
            request,
            "people.html",
            tab="people",
            part="people",
            visitor=visitor,
            names=names,
            people=views if names else [],
            total=len(views),
            failing=sum(1 for one in views if one.failing),
            now={role: len(roster.on_duty(role, picture.now_ms)) for role in roles},
            role_title=picture.role_title,
            picture=picture,
        )


def _form(
    request: Request,
    site: Site,
    visitor: Visitor,
    id: str,
    *,
    sheet: PersonSheet | None = None,
    wrong: dict[str, str] | None = None,
    refused: str = "",
    status: int = 200,
) -> HTMLResponse:
    """The form of a person, or with no id of a new one."""
    zone = ZoneInfo(site.deps.installation.timezone)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        person = picture.registry.people.get(id)
        if id and person is None:
            return site.plain(request, status=404, title=GONE[0], text=GONE[1])
        test = kept.last_test(connection, picture.community, id) if id else None
        contacts = (
            contact_views(
                person,
                rows.contact_health(connection, picture.community),
                now_ms=picture.now_ms,
                timezone=site.deps.installation.timezone,
                language=picture.language,
                test=test,
            )
            if person
            else []
        )
        duties = [one for one in picture.registry.duties.values() if id and id in (one.person, *one.rotation)]
        overrides = [one for one in picture.registry.overrides.values() if id and id in (one.person, one.instead_of)]
        if person:
            site.note_look(visitor.label, "person", picture.community, 0)
        return site.page(
            request,
            "person.html",
            status=status,
            tab="people",
            part="people",
            visitor=visitor,
            person=person,
            fresh=f"p-{secrets.token_hex(4)}",
            sheet=with_spares(sheet or (sheet_of(person, zone) if person else PersonSheet())),
            wrong=wrong or {},
            refused=refused,
            contacts=contacts,
            waiting=any(one.test == "waiting" for one in contacts),
            duties=duties,
            overrides=overrides,
            role_title=picture.role_title,
            severities=list(Severity),
            calendar=f"/rota.ics?{urlencode({'person': id, 'key': calendar_key(site, picture.community, id)})}",
            picture=picture,
        )


@router.get("/person")
def person_page(request: Request, site: OurSite, id: PersonId = "") -> HTMLResponse:
    return _form(request, site, site.visitor(request, Right.REGISTRY), id)


@router.post("/person")
async def save_person(request: Request, site: OurSite, id: PersonId = "") -> Response:
    visitor, filled = await sent_form(request, site, Right.REGISTRY)
    known = await run_in_threadpool(_known, request, site, id)
    if id and known is None:
        return site.plain(request, status=404, title=GONE[0], text=GONE[1])
    sheet = typed(filled, known)
    person = person_from(filled, sheet, known, ZoneInfo(site.deps.installation.timezone))
    other = None if known else await run_in_threadpool(_known, request, site, person.id)
    if other not in (None, person):  # the very same form sent twice is no mistake
        filled.mistakes.append(("id", TAKEN))
    if filled.mistakes:
        return await _again(request, site, visitor, id, sheet, filled)
    if known and sheet.version != version_of(known):
        again = msgspec.structs.replace(sheet, version=version_of(known))
        return await _again(request, site, visitor, id, again, filled, translated(chosen(request)[0], CHANGED))
    answer = await site.await_command(site.community(request), PutPerson(actor=visitor.actor, person=person))
    if answer.refused:
        return await _again(request, site, visitor, id, sheet, filled, answer.refused)
    return to_page(request, "/person", answer, id=person.id)


def _known(request: Request, site: Site, id: str) -> Person | None:
    with site.deps.reader() as connection:
        return site.picture(request, connection).registry.people.get(id)


async def _again(
    request: Request,
    site: Site,
    visitor: Visitor,
    id: str,
    sheet: PersonSheet,
    filled: Filled,
    refused: str = "",
) -> HTMLResponse:
    def show() -> HTMLResponse:
        return _form(
            request, site, visitor, id, sheet=sheet, wrong=filled.wrong, refused=refused, status=409 if refused else 422
        )

    return await run_in_threadpool(show)


@router.post("/person/test")
async def test_contact(request: Request, site: OurSite) -> Response:
    """Send 【测试】 over one contact; the page shows what came of it."""
    visitor, filled = await sent_form(request, site, Right.NAMES)
    person = filled.text("person")
    return await _do(
        request, site, visitor, person, TellTest(actor=visitor.actor, person=person, contact=filled.text("contact"))
    )


@router.post("/person/remove")
async def remove_person(request: Request, site: OurSite) -> Response:
    visitor, filled = await sent_form(request, site, Right.REGISTRY)
    person = filled.text("person")
    return await _do(
        request, site, visitor, person, Remove(actor=visitor.actor, what="person", id=person), leads="/people"
    )


@router.post("/person/erase")
async def erase_person(request: Request, site: OurSite) -> Response:
    """Only with the box ticked: it cannot be undone."""
    visitor, filled = await sent_form(request, site, Right.REGISTRY)
    person = filled.text("person")
    if not filled.ticked("sure"):
        return await run_in_threadpool(
            lambda: _form(request, site, visitor, person, wrong={"sure": CONFIRM}, status=422)
        )
    return await _do(request, site, visitor, person, ErasePerson(actor=visitor.actor, person=person), leads="/people")


async def _do(
    request: Request, site: Site, visitor: Visitor, person: str, command: AnyCommand, *, leads: str = "/person"
) -> Response:
    """Carry it out; a refusal is shown where the button stood."""
    answer = await site.await_command(site.community(request), command)
    if answer.refused:
        text = answer.refused
        return await run_in_threadpool(lambda: _form(request, site, visitor, person, refused=text, status=409))
    return to_page(request, leads, answer, **({"id": person} if leads == "/person" else {}))


def to_page(request: Request, path: str, answer: Answer, **query: str) -> RedirectResponse:
    """To the page that shows what became of it."""
    kept_query = {name: request.query_params[name] for name in ("community",) if name in request.query_params}
    address = f"{path}?{urlencode({**kept_query, **query, 'said': answer.said or 'saved'})}"
    return RedirectResponse(address, status_code=303)
