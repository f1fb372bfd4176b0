"""Secrets the hub makes for itself, kept in ``setting``: link key, session key, wall token, setup token, API token."""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from hub.store.schema import account, setting

LINK_KEY = "link_key"
SESSION_KEY = "session_key"
WALL_TOKEN = "wall_token"
SETUP_TOKEN_HASH = "setup_token_hash"
API_TOKEN_HASH = "api_token_hash"


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """What the starter of a hub needs to know."""

    link_key: str
    session_key: str
    wall_token: str
    setup_token: str
    """Plain, to be printed once; "" when an account exists already. Only its hash is kept."""


def ensure_keys(connection: Connection) -> Keys:
    """Make what is missing. Every start without an account makes a new setup token and forgets the one before."""
    setup_token = ""
    if connection.execute(select(account.c.name).limit(1)).first() is None:
        setup_token = secrets.token_urlsafe(16)
        put_setting(connection, SETUP_TOKEN_HASH, digest(setup_token))
    return Keys(
        link_key=ensure_setting(connection, LINK_KEY),
        session_key=ensure_setting(connection, SESSION_KEY),
        wall_token=ensure_setting(connection, WALL_TOKEN),
        setup_token=setup_token,
    )


def ensure_setting(connection: Connection, name: str) -> str:
    """The secret, made when it is missing."""
    value = setting_value(connection, name)
    if not value:
        value = secrets.token_urlsafe(32)
        put_setting(connection, name, value)
    return value


def setting_value(connection: Connection, name: str) -> str:
    """The value, "" when it was never set."""
    value = connection.execute(select(setting.c.value).where(setting.c.name == name)).scalar()
    return value if isinstance(value, str) else ""


def put_setting(connection: Connection, name: str, value: str) -> None:
    changed = connection.execute(update(setting).where(setting.c.name == name).values(value=value))
    if changed.rowcount == 0:
        connection.execute(insert(setting).values(name=name, value=value))


def drop_setting(connection: Connection, name: str) -> bool:
    """True when it was there: of two who race, one gets True."""
    return connection.execute(delete(setting).where(setting.c.name == name)).rowcount > 0


def digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def same(token: str, expected: str) -> bool:
    """Constant time; an empty secret matches nothing."""
    return bool(expected) and hmac.compare_digest(token.encode(), expected.encode())
