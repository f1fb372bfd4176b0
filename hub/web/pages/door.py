"""The door: first start with the setup token, sign in, sign out, one's own password."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from hub.web.access import Right, Role
from hub.web.accounts import (
    SHORTEST_PASSWORD,
    find_account,
    make_first_admin,
    password_fits,
    set_password,
    setup_token_fits,
)
from hub.web.language import marked
from hub.web.site import CLEAN, OurSite, Site

router = APIRouter(include_in_schema=False)

Name = Annotated[str, Form(max_length=80, pattern=CLEAN)]
Password = Annotated[str, Form(max_length=200, pattern=CLEAN)]
FormToken = Annotated[str, Form(max_length=300)]

TOO_SHORT = marked("密码至少8个字符")
NAME_MISSING = marked("请填写账号名")
WRONG_SIGN_IN = marked("账号或密码不对")
TOO_OFTEN = marked("试的次数太多,请5分钟后再试")
WRONG_OLD = marked("原密码不对")
PASSWORD_SET = marked("密码已更改")
ANYBODY = "*"


def _used(site: Site, request: Request) -> HTMLResponse:
    return site.plain(
        request,
        status=403,
        title=marked("设置口令无效"),
        text=marked("这个一次性口令不对或已经用过。还没有账号时,重新启动系统会打印一个新的口令。"),
    )


@router.get("/setup")
def setup_page(request: Request, site: OurSite, token: Annotated[str, Query(max_length=200)] = "") -> Response:
    with site.deps.reader() as connection:
        fits = setup_token_fits(connection, token)
    return site.page(request, "setup.html", token=token, wrong="") if fits else _used(site, request)


@router.post("/setup")
def set_up(
    request: Request, site: OurSite, token: Name = "", name: Name = "", password: Password = "", form: FormToken = ""
) -> Response:
    site.check_form(request, form)
    name = name.strip()
    wrong = NAME_MISSING if not name else TOO_SHORT if len(password) < SHORTEST_PASSWORD else ""
    if wrong:
        return site.page(request, "setup.html", status=422, token=token, wrong=wrong)
    with site.deps.writer() as connection:
        made = make_first_admin(connection, token=token, name=name, password=password, now_ms=site.deps.now_ms())
        account = find_account(connection, name) if made else None
    if account is None:
        return _used(site, request)
    response = RedirectResponse("/", status_code=303)
    site.sessions.sign_in(response, account)
    return response


@router.get("/login")
def login_page(request: Request, site: OurSite, next: Annotated[str, Query(max_length=300)] = "/") -> HTMLResponse:
    return site.page(request, "login.html", next=_inside(next), wrong="")


@router.post("/login")
def sign_in(
    request: Request,
    site: OurSite,
    name: Name = "",
    password: Password = "",
    form: FormToken = "",
    next: Annotated[str, Form(max_length=300)] = "/",
) -> Response:
    site.check_form(request, form)
    now_ms, caller = site.deps.now_ms(), request.client.host if request.client else ""
    # Per name and caller, so that nobody can lock a guard out from another phone; and per name from anywhere, wider.
    keys = (f"{name}@{caller}", f"{name}{ANYBODY}")
    if site.sign_ins.refuses(keys[0], now_ms) or site.sign_ins_anywhere.refuses(keys[1], now_ms):
        return site.page(request, "login.html", status=429, next=_inside(next), wrong=TOO_OFTEN)
    with site.deps.reader() as connection:
        account = find_account(connection, name.strip())
    if not password_fits(account, password) or account is None:
        site.sign_ins.failed(keys[0], now_ms)
        site.sign_ins_anywhere.failed(keys[1], now_ms)
        return site.page(request, "login.html", status=401, next=_inside(next), wrong=WRONG_SIGN_IN)
    site.sign_ins.succeeded(keys[0])
    home = "/wall" if account.role is Role.WALL else _inside(next)
    response = RedirectResponse(home, status_code=303)
    site.sessions.sign_in(response, account)
    return response


@router.post("/logout")
def sign_out(request: Request, site: OurSite, form: FormToken = "") -> Response:
    site.check_form(request, form)
    response = RedirectResponse("/login", status_code=303)
    site.sessions.sign_out(response)
    return response


@router.get("/password")
def password_page(request: Request, site: OurSite) -> HTMLResponse:
    visitor = site.visitor(request, Right.COUNTS)
    return site.page(request, "password.html", visitor=visitor, wrong="", done="")


@router.post("/password")
def change_password(
    request: Request, site: OurSite, old: Password = "", password: Password = "", form: FormToken = ""
) -> Response:
    visitor = site.visitor(request, Right.COUNTS)
    site.check_form(request, form)
    with site.deps.reader() as connection:
        account = find_account(connection, visitor.account)
    wrong = "" if len(password) >= SHORTEST_PASSWORD else TOO_SHORT
    if not password_fits(account, old):
        wrong = WRONG_OLD
    if wrong or account is None:
        return site.page(request, "password.html", status=422, visitor=visitor, wrong=wrong, done="")
    with site.deps.writer() as connection:
        set_password(connection, account.name, password)
        changed = find_account(connection, account.name)
    response = site.page(request, "password.html", visitor=visitor, wrong="", done=PASSWORD_SET)
    if changed:
        site.sessions.sign_in(response, changed)  # the change ended every session of this account, this one too
    return response


def _inside(address: str) -> str:
    """Only a path of ours: never another site, however it is spelled."""
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) else "/"
