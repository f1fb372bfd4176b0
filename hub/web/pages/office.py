"""The engineer's corner of the desk: what could not be understood, accounts, the wall's link, the API token."""

from __future__ import annotations

import secrets
from typing import Annotated

import msgspec
from fastapi import APIRouter, Form, Path
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from hub.core.commands import ReplayQuarantined
from hub.web import rows
from hub.web.access import Right, Role
from hub.web.accounts import SHORTEST_PASSWORD, add_account, all_accounts, remove_account
from hub.web.keys import API_TOKEN_HASH, WALL_TOKEN, digest, put_setting, setting_value
from hub.web.language import marked
from hub.web.pages.desk import back
from hub.web.pages.door import NAME_MISSING, TOO_SHORT, FormToken, Name, Password
from hub.web.site import OurSite, Site

router = APIRouter(include_in_schema=False)

SHOWN = 100
TAKEN = marked("这个账号名已经有了")


class Puzzle(msgspec.Struct, frozen=True, kw_only=True):
    """One quarantined message as the screen shows it: text where it is text, else hex."""

    row: rows.Quarantined
    topic: str
    preview: str
    is_text: bool


def puzzle(row: rows.Quarantined) -> Puzzle:
    text = _text_of(row)
    return Puzzle(
        row=row, topic=row.topic.decode("utf-8", "replace"), preview=text or row.head.hex(" "), is_text=bool(text)
    )


def _text_of(row: rows.Quarantined) -> str:
    """The head as text, "" when it is none; a character that the cut fell into does not count."""
    try:
        text = row.head.decode()
    except UnicodeDecodeError as error:
        if row.size == len(row.head) or error.start < len(row.head) - 3:
            return ""
        text = row.head[: error.start].decode()
    return text if all(letter.isprintable() or letter in "\r\n\t" for letter in text) else ""


@router.get("/quarantine")
def quarantine_page(request: Request, site: OurSite) -> HTMLResponse:
    visitor = site.visitor(request, Right.QUARANTINE)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        shown = [puzzle(row) for row in rows.quarantined(connection, picture.community, SHOWN)]
    return site.page(
        request,
        "quarantine.html",
        tab="quarantine",
        visitor=visitor,
        puzzles=shown,
        picture=picture,
    )


@router.post("/quarantine/{seq}/replay")
async def replay(
    request: Request, site: OurSite, seq: Annotated[int, Path(ge=0, le=2**53)], form: FormToken = ""
) -> Response:
    visitor = await run_in_threadpool(site.visitor, request, Right.QUARANTINE)
    site.check_form(request, form)
    command = ReplayQuarantined(actor=visitor.actor, seq=seq)
    return back(request, "/quarantine", await site.await_command(site.community(request), command))


def _accounts(request: Request, site: Site, *, wrong: str = "", api_token: str = "", status: int = 200) -> HTMLResponse:
    visitor = site.visitor(request, Right.ACCOUNTS)
    with site.deps.reader() as connection:
        picture = site.picture(request, connection)
        wall = setting_value(connection, WALL_TOKEN)
        return site.page(
            request,
            "accounts.html",
            status=status,
            tab="accounts",
            visitor=visitor,
            accounts=all_accounts(connection),
            people=list(picture.registry.people.values()),
            roles=[role.value for role in Role],
            wall_link=f"/wall?token={wall}" if wall else "",
            api_token=api_token,
            wrong=wrong,
            picture=picture,
        )


@router.get("/accounts")
def accounts_page(request: Request, site: OurSite) -> HTMLResponse:
    return _accounts(request, site)


@router.post("/accounts")
def new_account(
    request: Request,
    site: OurSite,
    role: Annotated[Role, Form()],
    name: Name = "",
    password: Password = "",
    person: Name = "",
    form: FormToken = "",
) -> Response:
    site.visitor(request, Right.ACCOUNTS)
    site.check_form(request, form)
    name = name.strip()
    wrong = NAME_MISSING if not name else TOO_SHORT if len(password) < SHORTEST_PASSWORD else ""
    if not wrong:
        with site.deps.writer() as connection:
            now_ms = site.deps.now_ms()
            made = add_account(connection, name=name, role=role, password=password, person=person, now_ms=now_ms)
        wrong = "" if made else TAKEN
    return _accounts(request, site, wrong=wrong, status=422) if wrong else RedirectResponse("/accounts", 303)


@router.post("/accounts/remove")
def drop_account(request: Request, site: OurSite, name: Name = "", form: FormToken = "") -> Response:
    """Nobody removes themselves: the last administrator would be gone."""
    visitor = site.visitor(request, Right.ACCOUNTS)
    site.check_form(request, form)
    if name != visitor.account:
        with site.deps.writer() as connection:
            remove_account(connection, name)
    return RedirectResponse("/accounts", status_code=303)


@router.post("/accounts/api-token")
def new_api_token(request: Request, site: OurSite, form: FormToken = "") -> Response:
    """Shown this once; the one before stops working."""
    site.visitor(request, Right.ACCOUNTS)
    site.check_form(request, form)
    token = secrets.token_urlsafe(32)
    with site.deps.writer() as connection:
        put_setting(connection, API_TOKEN_HASH, digest(token))
    return _accounts(request, site, api_token=token)


@router.post("/accounts/wall-token")
def new_wall_token(request: Request, site: OurSite, form: FormToken = "") -> Response:
    """Every wall that was opened with the old link is signed out."""
    site.visitor(request, Right.ACCOUNTS)
    site.check_form(request, form)
    with site.deps.writer() as connection:
        put_setting(connection, WALL_TOKEN, secrets.token_urlsafe(32))
    return RedirectResponse("/accounts", status_code=303)
