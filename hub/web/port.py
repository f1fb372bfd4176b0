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

Health = Callable[[], Mapping[str, object]]
"""A flat JSON object with at least ``ok: bool``."""


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
