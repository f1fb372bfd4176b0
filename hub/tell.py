"""``hub tell PERSON``: send 【测试】 straight over a person's contacts and print what each provider answered.

Goes past the outbox on purpose: an engineer at a new contact wants the provider's own word, now.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, select

from hub.config import AccountsConfig, Config
from hub.core.decisions import Notice, NotificationDue, Reason
from hub.delivery.answers import Answer
from hub.delivery.channels.inbox import inbox_writer
from hub.delivery.links import Links
from hub.delivery.port import Message
from hub.delivery.senders import Senders
from hub.delivery.tools import Opened, Tools
from hub.delivery.wording import Wording, rule_texts
from hub.errors import ConfigError, DeliveryError, HubError
from hub.model import Contact, Kind, Person, Purpose, Severity
from hub.phrases import RECEIPTS
from hub.store.schema import registry


class Told(msgspec.Struct, frozen=True):
    """What came of one contact."""

    contact: str
    reason: str
    code: str
    took_ms: int
    detail: str = ""

    @property
    def sent(self) -> bool:
        return self.reason == Answer.ACCEPTED

    def line(self) -> str:
        """For the terminal, zh and en."""
        phrase = RECEIPTS[self.reason]
        code = f" [{self.code}]" if self.code else ""
        detail = f"\n    {self.detail}" if self.detail else ""
        mark = "✓" if self.sent else "✗"
        return f"{mark} {self.contact}: {phrase.zh} · {phrase.en}{code} ({self.took_ms} ms){detail}"


class Rows(Protocol):
    """The part of `hub.store.sql.SqlStore` that this command needs."""

    def reader(self) -> AbstractContextManager[Connection]: ...

    def writer(self) -> AbstractContextManager[Connection]: ...


def find_person(store: Rows, person: str) -> tuple[str, Person] | None:
    """Community and person, as the registry has them; by id."""
    query = select(registry.c.community, registry.c.body).where(registry.c.what == "person", registry.c.id == person)
    with store.reader() as connection:
        row = connection.execute(query.order_by(registry.c.community)).first()
    return None if row is None else (row.community, msgspec.json.decode(row.body, type=Person))


async def tell_contacts(
    person: Person,
    contacts: list[Contact],
    *,
    community: str,
    community_name: str,
    senders: Senders,
    wording: Wording,
    within: timedelta,
    now_ms: Callable[[], int],
) -> list[Told]:
    """Try every contact once, in the order of the ladder."""
    told = []
    for n, contact in enumerate(contacts):
        due = _test_due(person, contact, community_name, now_ms(), n)
        started = time.monotonic()
        reason, code, detail = await _try(senders, wording, community, due, contact.url, within)
        took_ms = round((time.monotonic() - started) * 1000)
        told.append(Told(contact.id, reason, code, took_ms, detail))
    return told


async def _try(
    senders: Senders, wording: Wording, community: str, due: NotificationDue, url: str, within: timedelta
) -> tuple[str, str, str]:
    """(reason, code, detail) of one send."""
    try:
        opened: Opened = senders.open(url)
        message: Message = wording.message(community, due)
        async with asyncio.timeout(within.total_seconds()):
            accepted = await opened.sender.send(message)
    except TimeoutError:
        return Answer.TIMEOUT, "", ""
    except ConfigError as exc:
        return Answer.BAD_CONTACT, "", f"{exc.what} {exc.todo}"
    except DeliveryError as exc:
        return exc.reason, exc.code, ""
    return Answer.ACCEPTED, accepted.code, ""


def _test_due(person: Person, contact: Contact, community_name: str, now_ms: int, n: int) -> NotificationDue:
    """The ``n``-th send of this test. Ids that the core makes are positive, so a negative one collides with none."""
    notice = Notice(
        incident=0,
        purpose=Purpose.TEST,
        severity=Severity.INFO,
        rule="",
        kind=Kind.UNKNOWN,
        at_ms=now_ms,
        language=person.language,
        community=community_name,
        group=contact.group,
        test=True,
    )
    return NotificationDue(
        seq=0,
        at_ms=now_ms,
        reason=Reason.PERSON_ASKED,
        notification=-(now_ms * 100 + n),
        attempt=1,
        incident=0,
        person=person.id,
        contact=contact.id,
        purpose=Purpose.TEST,
        severity=Severity.INFO,
        notice=notice,
        deadline_ms=now_ms,
    )


def run_tell(person: str, config_path: Path, contact: str = "") -> int:
    """The command: 0 only when every contact that was tried gave a positive receipt."""
    from hub.config_file import load_config  # type: ignore[import-not-found,unused-ignore]
    from hub.store.open import open_store  # type: ignore[import-not-found,unused-ignore]

    def say(line: str) -> None:
        sys.stdout.write(line + "\n")

    try:
        config: Config = load_config(config_path)
        store = open_store(config.store.url.get_secret_value(), config.installation.data_dir)
    except HubError as exc:
        say(str(exc))
        return 1
    try:
        return tell(
            store,
            person,
            contact,
            names={key: community.name for key, community in config.communities.items()},
            wording=Wording(rule_texts(config.rules), zone=ZoneInfo(config.installation.timezone), links=Links("", "")),
            secrets=os.environ,
            endpoints=config.delivery.endpoints,
            accounts=config.accounts,
            within=config.delivery.receipt_within,
            say=say,
        )
    finally:
        store.close()


def tell(
    store: Rows,
    person: str,
    contact: str,
    *,
    names: Mapping[str, str],
    wording: Wording,
    secrets: Mapping[str, str],
    endpoints: Mapping[str, str],
    accounts: AccountsConfig | None = None,
    within: timedelta,
    say: Callable[[str], None],
) -> int:
    """0 only when every contact that was tried gave a positive receipt. ``names``: community -> its name."""
    found = find_person(store, person)
    if found is None:
        say(f"没有登记 {person} · nobody is registered as {person}")
        return 1
    community, known = found
    contacts = [one for one in known.contacts if contact in ("", one.id)]
    if not contacts:
        say(f"{person} 没有这样的联系方式 · {person} has no such contact {contact}".rstrip())
        return 1

    async def talk() -> list[Told]:
        tools = Tools(
            now_ms=_now_ms,
            write_inbox=inbox_writer(store.writer),
            endpoints=endpoints,
            blocking_s=within.total_seconds(),
            accounts=accounts,
        )
        senders = Senders(secrets, tools)
        try:
            return await tell_contacts(
                known,
                contacts,
                community=community,
                community_name=names.get(community, ""),
                senders=senders,
                wording=wording,
                within=within,
                now_ms=_now_ms,
            )
        finally:
            await senders.close()

    told = asyncio.run(talk())
    for one in told:
        say(one.line())
    return 0 if all(one.sent for one in told) else 1


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
