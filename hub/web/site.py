"""What every page shares: the templates in both languages, who is asking, forms, and commands that wait for their answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec
from fastapi import Depends
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import Connection, insert
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from hub.core.commands import AnyCommand
from hub.delivery.links import LinkClaim
from hub.model import FACTS, Fact
from hub.store.schema import look
from hub.web import rows
from hub.web.access import Right, Visitor
from hub.web.fact_words import FACT
from hub.web.keys import SESSION_KEY, ensure_setting
from hub.web.language import COOKIE, LANGUAGES, chosen, marked, translated
from hub.web.live import Pulse
from hub.web.port import WebDeps
from hub.web.session import SESSION, Sessions
from hub.web.throttle import Throttle
from hub.web.uploads import Uploads
from hub.web.view import Picture
from hub.web.words import (
    CHANNEL,
    HANDLING,
    KIND,
    OUTCOME,
    PURPOSE,
    REASONS,
    RECEIPT,
    ROLE,
    SEVERITY,
    STAGE,
    STATE,
    UNDECODED,
    word,
)

HERE = Path(__file__).parent
ANSWER_WITHIN_MS = 3_000
LOOK_AGAIN_MS = 3_600_000
YES, NO = marked("是"), marked("否")
WORDS = {
    "severity": SEVERITY,
    "handling": HANDLING,
    "outcome": OUTCOME,
    "kind": KIND,
    "role": ROLE,
    "state": STATE,
    "purpose": PURPOSE,
    "undecoded": UNDECODED,
    "receipt": RECEIPT,
    "reason": REASONS,
    "channel": CHANNEL,
    "stage": STAGE,
}


CLEAN = r"^[^\x00]*$"
"""What a form may hold: PostgreSQL keeps no NUL."""


class SignInNeeded(Exception):
    """Nobody is signed in: pages lead to the login, the API says 401."""


class NotAllowed(Exception):
    """Somebody is signed in, but this is not theirs to see or do: 403."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a command within the time we wait."""

    row: int
    done: bool
    """The community's owner has stepped it."""
    refused: str | None = None
    """Why not, when it was refused."""

    @property
    def said(self) -> str:
        """For the address of the page that comes next, "" when there is nothing to say."""
        return "refused" if self.refused else "" if self.done else "pending"


class Site:
    """One web application: built once, shared by every request."""

    def __init__(self, deps: WebDeps) -> None:
        self.deps = deps
        self.pulse = Pulse(deps)
        self.uploads = Uploads()
        self.sign_ins = Throttle(limit=5, window_ms=300_000)
        self.sign_ins_anywhere = Throttle(limit=50, window_ms=300_000)
        self.wrong_tokens = Throttle(limit=20, window_ms=60_000)
        self._looks: dict[tuple[str, str, str, int], int] = {}
        self._opened: set[tuple[LinkClaim, int, int]] = set()
        self._templates = {language: self._environment(language) for language in LANGUAGES}

    @cached_property
    def sessions(self) -> Sessions:
        with self.deps.writer() as connection:
            key = ensure_setting(connection, SESSION_KEY)
        return Sessions(key, secure=self.deps.secure_cookies)

    # ── who is asking ────────────────────────────────────────────────────────────────────────────────────────────────

    def community(self, request: Request) -> str:
        """``?community=``, else the first of config.yaml."""
        asked = request.query_params.get("community", "")
        return asked if asked in self.deps.communities else next(iter(self.deps.communities), "")

    def visitor(self, request: Request, right: Right) -> Visitor:
        """Whoever is signed in, if they have the right; raises SignInNeeded or NotAllowed."""
        with self.deps.reader() as connection:
            visitor = self.sessions.visitor(request, connection)
        if visitor is None:
            raise SignInNeeded
        if not visitor.may(right):
            raise NotAllowed
        return visitor

    def check_form(self, request: Request, token: str) -> None:
        """Raises NotAllowed when the form did not come from one of our pages in this browser."""
        if not self.sessions.form_fits(request, token):
            raise NotAllowed

    # ── pages ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def picture(self, request: Request, connection: Connection, community: str = "") -> Picture:
        return Picture(self.deps, connection, community or self.community(request), chosen(request)[0])

    def page(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        visitor: Visitor | None = None,
        picture: Picture | None = None,
        **shown: object,
    ) -> HTMLResponse:
        """One template with what every template may use; sets the cookies it needs."""
        language, said = chosen(request)
        cookies: dict[str, str] = {}
        form = self.sessions.form_token(request, cookies)
        if said:
            cookies[COOKIE] = language
        body = (
            self._templates[language]
            .get_template(template)
            .render(
                lang=language,
                lang_links={name: str(request.url.include_query_params(lang=name).query) for name in LANGUAGES},
                path=request.url.path,
                form_token=form,
                visitor=visitor,
                may={right.value: visitor is not None and visitor.may(right) for right in Right},
                installation=self.deps.installation.name,
                community=picture.community if picture else "",
                community_name=picture.community_name if picture else self.deps.installation.name,
                now_ms=self.deps.now_ms(),
                said=request.query_params.get("said", ""),
                timezone=self.deps.installation.timezone,
                **shown,
            )
        )
        response = HTMLResponse(body, status_code=status)
        self.sessions.keep(response, cookies)
        return response

    def plain(self, request: Request, *, status: int, title: str, text: str) -> HTMLResponse:
        """A page that says one thing in plain words."""
        # Translated here and escaped there: gettext in a template takes its text for safe, and this one may quote.
        language = chosen(request)[0]
        title, text = translated(language, title), translated(language, text)
        return self.page(request, "plain.html", status=status, title=title, text=text)

    def to_login(self, request: Request) -> RedirectResponse:
        wanted = quote(request.url.path)
        response = RedirectResponse(f"/login?next={wanted}", status_code=303)
        if SESSION in request.cookies:
            response.delete_cookie(SESSION)
        return response

    def note_look(self, who: str, what: str, community: str, incident: int) -> None:
        """Log that somebody was shown something personal; a live page that shows it on is one look an hour."""
        key, now_ms = (who, what, community, incident), self.deps.now_ms()
        if now_ms - self._looks.get(key, -LOOK_AGAIN_MS) < LOOK_AGAIN_MS:
            return
        if len(self._looks) > 50_000:
            self._looks.clear()
        self._looks[key] = now_ms
        with self.deps.writer() as connection:
            connection.execute(
                insert(look).values(community=community, at_ms=now_ms, who=who, what=what, incident=incident)
            )

    def opened_first(self, claim: LinkClaim, notification: int, incident: int) -> bool:
        """True the first time that this person is seen to open this message since the start."""
        key = (claim, notification, incident)
        if key in self._opened:
            return False
        if len(self._opened) > 50_000:
            self._opened.clear()
        self._opened.add(key)
        return True

    # ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def await_command(self, community: str, command: AnyCommand) -> Answer:
        """Write the row, then watch it until it was stepped or 3 s have passed: written it stays, whatever we saw."""
        return await self.await_row(await run_in_threadpool(self.deps.write_command, community, command))

    async def await_row(self, row: int) -> Answer:
        """Watch a command that is written."""
        waited_ms, pause_ms = 0, 15
        while waited_ms < ANSWER_WITHIN_MS:
            done, refused = await run_in_threadpool(self._answered, row)
            if done:
                return Answer(row=row, done=True, refused=refused)
            await asyncio.sleep(pause_ms / 1000)
            waited_ms += pause_ms
            pause_ms = min(200, pause_ms * 2)
        return Answer(row=row, done=False)

    async def await_commands(self, community: str, commands: Sequence[AnyCommand]) -> list[Answer]:
        """All of them written first, in order; then as `await_command` for each, with a longer patience in all."""

        def write() -> list[int]:
            return [self.deps.write_command(community, command) for command in commands]

        numbers = await run_in_threadpool(write)
        found: list[Answer] = []
        patience_ms, pause_ms = ANSWER_WITHIN_MS + 20 * len(numbers), 15
        for row in numbers:
            done, refused = await run_in_threadpool(self._answered, row)
            while not done and patience_ms > 0:
                await asyncio.sleep(pause_ms / 1000)
                patience_ms -= pause_ms
                pause_ms = min(200, pause_ms * 2)
                done, refused = await run_in_threadpool(self._answered, row)
            found.append(Answer(row=row, done=done, refused=refused))
        return found

    def _answered(self, row: int) -> tuple[bool, str | None]:
        with self.deps.reader() as connection:
            return rows.answered(connection, row)

    # ── templates ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _environment(self, language: str) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
        )
        zone = ZoneInfo(self.deps.installation.timezone)

        def text(message: str) -> str:
            return translated(language, message)

        def clock(ms: int | None, form: str = "%H:%M") -> str:
            return datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone).strftime(form) if ms is not None else "–"

        def moment(ms: int | None) -> str:
            """12:03:07 today, 05-11 12:03 on another day."""
            today = clock(self.deps.now_ms(), "%Y-%m-%d") == clock(ms, "%Y-%m-%d")
            return clock(ms, "%H:%M:%S" if today else "%m-%d %H:%M")

        def spoken(value: str, which: str) -> str:
            return word(language, WORDS[which], value)

        environment.install_gettext_callables(  # type: ignore[attr-defined]
            text, lambda one, many, n: text(one if n == 1 else many), newstyle=True
        )

        def fact(value: Fact, name: str) -> str:
            said = text(YES if value else NO) if isinstance(value, bool) else str(value)
            unit = FACTS[name][1] if name in FACTS else ""
            return f"{word(language, FACT, name)} {said}{' ' if unit[:1].isalpha() else ''}{unit}"

        environment.filters.update(clock=clock, moment=moment, word=spoken, fact=fact)
        return environment


def site_of(request: Request) -> Site:
    site = request.app.state.site
    assert isinstance(site, Site)
    return site


OurSite = Annotated[Site, Depends(site_of)]
"""For the signature of a page."""
