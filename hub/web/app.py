"""The web application: routes, security headers, and every refusal in plain words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.web import api, api_office, api_parking, api_timeline, ingest
from hub.web.language import marked
from hub.web.pages import (
    answer,
    calendars,
    desk,
    door,
    drills,
    duty,
    households,
    inbox,
    incident,
    looks,
    office,
    parking,
    parking_census,
    parking_gates,
    parking_hotspots,
    parking_table,
    parking_visits,
    people,
    permit_import,
    permits,
    photos,
    plans,
    push,
    reach,
    receipts,
    registry,
    rota,
    silences,
    wall,
)
from hub.web.pages.answer import LinkRefused
from hub.web.port import WebDeps
from hub.web.site import HERE, NotAllowed, SignInNeeded, Site, site_of

LARGEST_FORM = 64 * 1024
PARKING = (parking, parking_census, parking_gates, parking_hotspots, parking_table, parking_visits)
OFFICE = (
    people,
    duty,
    calendars,
    rota,
    silences,
    drills,
    looks,
    reach,
    registry,
    households,
    permits,
    permit_import,
    plans,
)

SECURITY = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",  # a personal link is a secret that stands in the address
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
}


def create_app(deps: WebDeps) -> FastAPI:
    """The whole web of one installation; ``app.state.site.pulse.stop()`` ends its live streams."""
    site = Site(deps)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        site.pulse.stop()

    app = FastAPI(
        title=deps.installation.name,
        version="1",
        docs_url=None,  # their scripts come from a CDN
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        max_body_size=LARGEST_FORM,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        lifespan=lifespan,
    )
    app.state.site = site
    for page in (answer, inbox, photos, push, receipts, wall, door, desk, incident, office, *OFFICE, *PARKING):
        app.include_router(page.router)
    app.include_router(api.router)
    app.include_router(api_timeline.router)
    app.include_router(api_office.router)
    app.include_router(api_parking.router)
    app.include_router(api.machine)
    app.include_router(ingest.router)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    app.add_middleware(SecurityHeaders)
    _refusals(app)
    return app


def _refusals(app: FastAPI) -> None:
    """Each error as a page in plain words, or as JSON under /api."""

    @app.exception_handler(SignInNeeded)
    def sign_in_needed(request: Request, _: Exception) -> Response:
        if _is_api(request):
            return _problem(401, "sign in, or send a bearer token", {"www-authenticate": "Bearer"})
        if request.url.path.startswith(("/fragments/", "/live")):
            return _problem(401, "sign in again")
        return site_of(request).to_login(request)

    @app.exception_handler(NotAllowed)
    def not_allowed(request: Request, _: Exception) -> Response:
        text = marked("这一页或这个操作不属于你的角色,或页面开得太久。请返回刷新后再试。")
        return _said(request, 403, marked("不能这样做"), text)

    @app.exception_handler(LinkRefused)
    def link_refused(request: Request, refused: Exception) -> Response:
        assert isinstance(refused, LinkRefused)
        return _said(request, refused.status, refused.title, refused.text)

    @app.exception_handler(SQLAlchemyError)
    def store_down(request: Request, _: Exception) -> Response:
        text = marked("现在读不到记录。真有险情请立即打119,再打物业电话。本页会自动重试。")
        response = _said(request, 503, marked("系统暂时读不到数据"), text)
        response.headers["refresh"] = "5"
        return response

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, wrong: Exception) -> Response:
        assert isinstance(wrong, RequestValidationError)
        fields = ", ".join(".".join(str(part) for part in one["loc"]) for one in wrong.errors())
        if _is_api(request):
            return JSONResponse(
                {"detail": [{k: one[k] for k in ("loc", "msg", "type")} for one in wrong.errors()]}, 422
            )
        return _said(request, 422, marked("填写有误"), fields)

    @app.exception_handler(HTTPException)
    def other(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if _is_api(request) or error.status_code != 404:
            return _problem(error.status_code, str(error.detail), dict(error.headers or {}))
        return _said(request, 404, marked("没有这一页"), marked("地址可能不完整。请从消息或首页重新打开。"))


def _is_api(request: Request) -> bool:
    return request.url.path.startswith(
        ("/api/", "/ingest/", "/receipts/", "/answers/", "/healthz", "/metrics", "/static/")
    )


def _problem(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"detail": detail}, status_code=status, headers=headers)


def _said(request: Request, status: int, title: str, text: str) -> Response:
    if _is_api(request) or request.url.path.startswith("/fragments/"):
        return _problem(status, title)
    return site_of(request).plain(request, status=status, title=title, text=text)


class SecurityHeaders:
    """Puts the headers on every response; a page is never kept by a cache, a static file is asked for again."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        cache = b"no-cache" if scope["path"].startswith("/static/") else b"no-store"

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                names = {name.lower() for name, _ in message["headers"]}
                extra = [(name.encode(), value.encode()) for name, value in SECURITY.items()]
                if b"cache-control" not in names:
                    extra.append((b"cache-control", cache))
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        await self.app(scope, receive, with_headers)


__all__ = ["WebDeps", "create_app"]
