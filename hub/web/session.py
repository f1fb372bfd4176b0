"""Cookies: who is signed in, the wall's own cookie, and the token that every form carries against forgery."""

from __future__ import annotations

import hmac
import secrets

from itsdangerous import BadSignature, URLSafeSerializer, URLSafeTimedSerializer
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from hub.web.access import Role, Visitor
from hub.web.accounts import Account, find_account
from hub.web.keys import API_TOKEN_HASH, WALL_TOKEN, digest, same, setting_value

SESSION = "hub_session"
WALL = "hub_wall"
BROWSER = "hub_browser"
BEARER = "api"
SESSION_S = 14 * 24 * 3600
WALL_S = 365 * 24 * 3600


class Sessions:
    """Makes and reads the cookies of one installation."""

    def __init__(self, key: str, *, secure: bool) -> None:
        self._key = key.encode()
        self._signer = URLSafeTimedSerializer(key, salt="session")
        self._wall_signer = URLSafeSerializer(key, salt="wall")
        self._form_signer = URLSafeSerializer(key, salt="form")
        self._secure = secure

    def sign_in(self, response: Response, account: Account) -> None:
        self._set(response, SESSION, self._signer.dumps([account.name, account.stamp]), SESSION_S)

    def sign_out(self, response: Response) -> None:
        response.delete_cookie(SESSION)
        response.delete_cookie(WALL)

    def sign_in_wall(self, response: Response, wall_token: str) -> None:
        self._set(response, WALL, self._wall_signer.dumps(digest(wall_token)), WALL_S)

    def visitor(self, request: Request, connection: Connection) -> Visitor | None:
        """Whoever the cookies say, if the account still exists with that password; an account wins over a wall."""
        account = self._account(request, connection)
        if account:
            return Visitor(account=account.name, role=account.role, person=account.person)
        if self._is_wall(request, connection):
            return Visitor(account="wall", role=Role.WALL)
        return None

    def bearer(self, request: Request, connection: Connection) -> Visitor | None:
        """The API client with ``Authorization: Bearer``, which acts as property does."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return None
        if not same(digest(token.strip()), setting_value(connection, API_TOKEN_HASH)):
            return None
        return Visitor(account=BEARER, role=Role.PROPERTY)

    def form_token(self, request: Request, response_cookies: dict[str, str]) -> str:
        """What this browser's forms must carry; puts the browser's own cookie into ``response_cookies`` if new."""
        browser = request.cookies.get(BROWSER, "") or response_cookies.get(BROWSER, "")
        if not browser:
            browser = secrets.token_urlsafe(16)
            response_cookies[BROWSER] = browser
        token = self._form_signer.dumps(browser)
        return token if isinstance(token, str) else token.decode()

    def form_fits(self, request: Request, token: str) -> bool:
        browser = request.cookies.get(BROWSER, "")
        try:
            return bool(browser) and same(browser, str(self._form_signer.loads(token)))
        except BadSignature:
            return False

    def alias(self, text: str) -> str:
        """A name for an id that says nothing about it: ids of people are made of their names."""
        return hmac.new(self._key, text.encode(), "sha256").hexdigest()[:20]

    def keep(self, response: Response, cookies: dict[str, str]) -> None:
        """Set what a page collected while it was made."""
        for name, value in cookies.items():
            self._set(response, name, value, WALL_S)

    def _account(self, request: Request, connection: Connection) -> Account | None:
        try:
            name, stamp = self._signer.loads(request.cookies.get(SESSION, ""), max_age=SESSION_S)
        except (BadSignature, ValueError, TypeError):
            return None
        found = find_account(connection, str(name))
        return found if found and same(str(stamp), found.stamp) else None

    def _is_wall(self, request: Request, connection: Connection) -> bool:
        try:
            claimed = str(self._wall_signer.loads(request.cookies.get(WALL, "")))
        except BadSignature:
            return False
        token = setting_value(connection, WALL_TOKEN)
        return bool(token) and same(claimed, digest(token))

    def _set(self, response: Response, name: str, value: str | bytes, max_age: int) -> None:
        text = value if isinstance(value, str) else value.decode()
        response.set_cookie(name, text, max_age=max_age, httponly=True, samesite="lax", secure=self._secure)
