"""Telling people: can each contact be opened, does each role have somebody, is there an hour in which nobody is on duty."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from hub.calendar import restdays_around
from hub.config import AccountsConfig, Config
from hub.core.roster import Roster
from hub.core.state import Changes
from hub.delivery.senders import open_channel
from hub.delivery.tools import Tools
from hub.doctor.finding import Finding, bad, note, ok, warn
from hub.errors import ConfigError
from hub.looking import Looking
from hub.model import CalendarDay, Duty, Override, Person, Severity
from hub.store.entities import read_entities

WEEK_HOURS = 7 * 24


class Registry(msgspec.Struct, frozen=True):
    """Who there is, and who has which duty, with the covers and the calendar."""

    people: dict[str, Person]
    duties: tuple[Duty, ...]
    overrides: tuple[Override, ...] = ()
    calendar: dict[str, CalendarDay] = {}


class Reach(msgspec.Struct, frozen=True):
    """Over which providers one person can be reached; empty: not at all."""

    providers: frozenset[str]
    broken: tuple[str, ...]
    """What is wrong with the others, a sentence each."""


def look_at_people(config: Config, looking: Looking, secrets: Mapping[str, str], now_ms: int) -> Iterator[Finding]:
    """Each community's people, policies and rota."""
    if not looking.exists:
        yield note("还没有登记任何人,首次启动后再看", "Nobody is registered yet; look again after the first start")
        return
    for name in config.communities:
        with looking.read() as connection:
            registry = _registry(read_entities(connection, name))
        reach = asyncio.run(_reach_all(list(registry.people.values()), secrets, config.accounts))
        yield from _contacts(name, registry, reach)
        yield from _policies(config, name, registry, reach, now_ms)


def _registry(read: Changes) -> Registry:
    people = {person.id: person for person in read.people.values() if person is not None}
    return Registry(
        people,
        tuple(duty for duty in read.duties.values() if duty is not None),
        tuple(override for override in read.overrides.values() if override is not None),
        {date: day for date, day in read.calendar.items() if day is not None},
    )


def _roster(config: Config, registry: Registry, now_ms: int) -> Roster:
    zone = ZoneInfo(config.installation.timezone)
    return Roster(
        people=registry.people,
        duties=registry.duties,
        overrides=registry.overrides,
        calendar=registry.calendar,
        restdays=restdays_around(config.installation.holidays, now_ms, zone),
        zone=zone,
    )


async def _reach_all(people: list[Person], secrets: Mapping[str, str], accounts: AccountsConfig) -> dict[str, Reach]:
    tools = Tools(now_ms=lambda: 0, accounts=accounts)
    try:
        return {person.id: await _reach(person, secrets, tools) for person in people}
    finally:
        await tools.close()


async def _reach(person: Person, secrets: Mapping[str, str], tools: Tools) -> Reach:
    providers: set[str] = set()
    broken: list[str] = []
    for contact in person.contacts:
        try:
            sender = open_channel(contact.url, secrets, tools).sender
        except ConfigError as exc:  # names the contact, never its URL: that holds keys
            broken.append(f"{contact.id}: {exc.what} {exc.todo}")
        else:
            providers.add(contact.url.partition(":")[0].lower())
            await sender.close()
    return Reach(frozenset(providers), tuple(broken))


def _contacts(name: str, registry: Registry, reach: dict[str, Reach]) -> Iterator[Finding]:
    for person_id, ways in sorted(reach.items()):
        for sentence in ways.broken:
            yield warn(
                f"小区 {name}:{person_id} 的联系方式打不开:{sentence}(密钥按现在的环境变量查)",
                f"Community {name}: a contact of {person_id} cannot be opened: {sentence} (secrets as set here)",
            )
    silent = sorted(person_id for person_id, ways in reach.items() if not ways.providers)
    if silent:
        listed = ", ".join(silent)
        yield warn(
            f"小区 {name}:没有可用联系方式的人:{listed}",
            f"Community {name}: people without any usable contact: {listed}",
        )
    total = len(registry.people)
    words = (
        f"小区 {name}:{total} 人,{total - len(silent)} 人联系得上",
        f"Community {name}: {total} people, {total - len(silent)} of them reachable",
    )
    yield ok(*words) if total > len(silent) else warn(*words)


def _policies(config: Config, name: str, registry: Registry, reach: dict[str, Reach], now_ms: int) -> Iterator[Finding]:
    """Empty roles of every policy in use; for those of critical rules also whether they reach anybody at any hour."""
    used = {rule.policy or rule.severity.value for rule in config.rules.values()}
    critical = {r.policy or r.severity.value for r in config.rules.values() if r.severity is Severity.CRITICAL}
    for policy in sorted(used):
        roles = list(dict.fromkeys(role for step in config.policies[policy].steps for role in step.roles))
        held = {duty.role for duty in registry.duties if duty.person in registry.people}
        held |= {override.role for override in registry.overrides if override.until_ms > now_ms}
        empty = [role for role in roles if role not in held]
        if empty:
            listed = ", ".join(empty)
            yield warn(
                f"小区 {name}:通知顺序 {policy} 里没人担任的角色:{listed}",
                f"Community {name}: nobody holds these roles of policy {policy}: {listed}",
            )
        if policy in critical:
            yield from _critical(config, name, policy, set(roles), registry, reach, now_ms)


def _critical(
    config: Config, name: str, policy: str, roles: set[str], registry: Registry, reach: dict[str, Reach], now_ms: int
) -> Iterator[Finding]:
    named = {id for duty in registry.duties if duty.role in roles for id in (duty.person, *duty.rotation)}
    named |= {override.person for override in registry.overrides if override.role in roles}
    people = {id for id in named if id in reach and reach[id].providers and registry.people[id].agreed}
    if not people:
        yield bad(
            f"小区 {name}:紧急告警({policy})通知不到任何人",
            f"Community {name}: a critical alert ({policy}) reaches nobody",
        )
        return
    roster = _roster(config, registry, now_ms)
    hour_ms = 3_600_000
    for hour in range(WEEK_HOURS):
        at_ms = (now_ms // hour_ms + hour) * hour_ms
        if not any(person.id in people for role in roles for person in roster.on_duty(role, at_ms)):
            when = f"{datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(roster.zone):%m-%d %H:%M}"
            yield bad(
                f"小区 {name}:{when} 起紧急告警({policy})没有值班的人",
                f"Community {name}: from {when} nobody is on duty for a critical alert ({policy})",
            )
            break
    providers = frozenset[str]().union(*(reach[person].providers for person in people))
    counts = (len(people), ", ".join(sorted(providers)))
    words = (
        f"小区 {name}:紧急告警({policy})能通知 {counts[0]} 人,经 {counts[1]}",
        f"Community {name}: a critical alert ({policy}) reaches {counts[0]} people over {counts[1]}",
    )
    if providers == {"inbox"}:
        yield warn(f"{words[0]}:只有网页收件箱,手机不会响", f"{words[1]}: the inbox page alone, no phone rings")
    elif len(people) < 2 or len(providers) < 2:
        yield warn(f"{words[0]}:最好两个人、两家服务商", f"{words[1]}: better two people over two providers")
    else:
        yield ok(*words)
    within = config.delivery.receipt_within
    if within > timedelta(minutes=1):
        yield warn(
            f"换下一个联系方式要等 {within.total_seconds():.0f} 秒",
            f"The next contact waits {within.total_seconds():.0f} s",
        )
