"""What the web needs from whoever starts it. Types only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager

import msgspec
from sqlalchemy import Connection

from hub.config import (
    CommunityConfig,
    InstallationConfig,
    PolicyConfig,
    RoleConfig,
    RuleConfig,
)
from hub.core.commands import AnyCommand
from hub.delivery.links import Links

Ingest = Callable[[str, bytes, Mapping[str, str], Mapping[str, str]], Awaitable[tuple[int, bytes]]]
"""``(source, body, headers, query) -> (status, body)``; returns after the commit. A GET (address verification) comes
with an empty body and ``:method: GET`` among the headers, whose names are lower case."""

Reports = Callable[[str, bytes, Mapping[str, str]], Awaitable[tuple[int, bytes]]]
"""``(provider, body, headers) -> (status, body)``: what a provider of calls and SMS says later, its key presses too. Header
names are lower case; the token in the address has been checked."""

Callback = Callable[[str, Mapping[str, str], bytes], Awaitable[tuple[int, bytes]]]
"""``(method, query, body) -> (status, body)``: WeCom calls an app's address, GET to verify it and POST with an answer."""

Health = Callable[[], Mapping[str, object]]
"""A flat JSON object with at least ``ok: bool``."""


async def no_reports(_provider: str, _body: bytes, _headers: Mapping[str, str]) -> tuple[int, bytes]:
    """No provider reports to this hub."""
    return 404, b"no provider reports here"


async def no_callback(_method: str, _query: Mapping[str, str], _body: bytes) -> tuple[int, bytes]:
    """No WeCom app answers to this hub."""
    return 404, b"no app is configured"


class WebDeps(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the pages touch; all of it works across processes but ingest, metrics and health."""

    reader: Callable[[], AbstractContextManager[Connection]]
    """A connection for reading, given back at the end of the block."""
    writer: Callable[[], AbstractContextManager[Connection]]
    """A connection in a transaction, committed at the end of the block: only for the web's own tables."""
    write_command: Callable[[str, AnyCommand], int]
    """Queue a command for a community; gives its row in ``command``."""
    links: Links
    installation: InstallationConfig
    communities: Mapping[str, CommunityConfig]
    roles: Mapping[str, RoleConfig]
    policies: Mapping[str, PolicyConfig]
    rules: Mapping[str, RuleConfig]
    ingest: Ingest
    metrics: Callable[[], str]
    health: Health
    now_ms: Callable[[], int]
    secure_cookies: bool = False
    """The pages are served over TLS."""
    reports: Reports = no_reports
    receipts_token: str = ""
    """What providers carry as ``?token=`` (``accounts.voice_token``); "" takes no reports."""
    wecom_callback: Callback = no_callback
    vapid_public: Callable[[], str] = lambda: ""
    """Public key for web push, base64url as browsers want it; "" offers none."""
