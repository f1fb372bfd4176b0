"""Contacts as the office sees them: which channel, how healthy, and never the secret in their address."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from hub.model import ContactHealth, Notification, NotificationState, Person
from hub.model.channels import nature
from hub.web.told import failures_today
from hub.web.words import CHANNEL, word

URL = re.compile(r"[a-z][a-z0-9+.-]*://\S+")
_OPEN = re.compile(r"(\$\{\w+\}[/?&=@:]*)+")
TEST_WAITS_MS = 60_000


class ContactView(msgspec.Struct, frozen=True, kw_only=True):
    """One contact of one person, and what is known of it."""

    id: str
    channel: str
    shown: str
    """Its address without the secret."""
    convenience: bool
    failures: int
    """Today."""
    code: str
    """What the provider said when it refused last."""
    sent_ms: int | None
    failed_ms: int | None
    proven_ms: int | None
    test: str
    """Of the last 【测试】 over it: "", waiting, sent, failed."""


def scheme(url: str) -> str:
    return url.partition(":")[0].lower()


def channel_word(url: str, language: str) -> str:
    return word(language, CHANNEL, scheme(url))


def masked(url: str) -> str:
    """wecom://…a1b2. A name of a secret (``${NAME}``) is none itself, and an inbox has none."""
    kind, separator, rest = url.partition("://")
    if not separator or kind == "inbox" or _OPEN.fullmatch(rest):
        return url
    return f"{kind}://…{rest[-4:] if len(rest) > 8 else ''}"


def contact_views(
    person: Person,
    health: Mapping[tuple[str, str], ContactHealth],
    *,
    now_ms: int,
    timezone: str,
    language: str,
    test: Notification | None = None,
) -> list[ContactView]:
    """In the order of the ladder; ``test`` is the person's newest test message."""
    found: list[ContactView] = []
    for contact in person.contacts:
        known = health.get((person.id, contact.id))
        found.append(
            ContactView(
                id=contact.id,
                channel=channel_word(contact.url, language),
                shown=masked(contact.url),
                convenience=not nature(contact.url).counts,
                failures=failures_today(known, now_ms, timezone),
                code=known.code if known else "",
                sent_ms=known.sent_ms if known else None,
                failed_ms=known.failed_ms if known else None,
                proven_ms=known.proven_ms if known else None,
                test=_test_state(test, contact.id, now_ms),
            )
        )
    return found


def _test_state(test: Notification | None, contact: str, now_ms: int) -> str:
    if test is None or test.contact != contact or now_ms - test.created_ms > 10 * TEST_WAITS_MS:
        return ""
    if test.sent_ms is not None:
        return "sent"
    if test.state is NotificationState.DUE and now_ms - test.created_ms < TEST_WAITS_MS:
        return "waiting"
    return "failed"
