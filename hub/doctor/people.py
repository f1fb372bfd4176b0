"""Telling people: can each contact be opened, does each role have somebody, and is everybody reached at every minute to come."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from datetime import timedelta

import msgspec

from hub.config import AccountsConfig, Config
from hub.config_words import both
from hub.core.reach import prove
from hub.core.state import Changes
from hub.delivery.senders import open_channel
from hub.delivery.tools import Tools
from hub.doctor.finding import Finding, age, bad, note, ok, warn
from hub.errors import ConfigError
from hub.looking import Looking
from hub.model import Duty, Override, Person, Severity
from hub.prove import names_of, registered
from hub.proving import last_proof
from hub.reach_words import gap_words, proof_words
from hub.settings import settings_of
from hub.store.entities import read_entities

GAPS = 3
"""Gaps that are said; `hub prove` says them all."""


class Registry(msgspec.Struct, frozen=True):
    """Who there is, and who has which duty, with the covers."""

    people: dict[str, Person]
    duties: tuple[Duty, ...]
    overrides: tuple[Override, ...] = ()


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
        yield from _proof(config, name, looking, now_ms)


def _registry(read: Changes) -> Registry:
    people = {person.id: person for person in read.people.values() if person is not None}
    return Registry(
        people,
        tuple(duty for duty in read.duties.values() if duty is not None),
        tuple(override for override in read.overrides.values() if override is not None),
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
            yield from _critical(config, name, policy, set(roles), registry, reach)


def _proof(config: Config, name: str, looking: Looking, now_ms: int) -> Iterator[Finding]:
    """The reach of the days to come, proved here and now, and what the running hub proved last."""
    registry = registered(config, looking, name, now_ms)
    if registry is None:
        return
    proof = prove(registry, settings_of(config, name, now_ms), now_ms)
    words = proof_words(proof)
    if proof.proved:
        yield ok(f"小区 {name}:{words.zh}", f"Community {name}: {words.en}")
    names = names_of(config, registry, proof)
    for gap in sorted(proof.gaps, key=lambda gap: not gap.unseen)[:GAPS]:
        said = gap_words(gap, names)
        # Told over what does not count, an inbox page, is still told: nobody at all is what the exit code is for.
        found = bad if gap.unseen else warn
        yield found(f"小区 {name}:紧急告警的空档:{said.zh}", f"Community {name}: a gap for critical alerts: {said.en}")
    more = len(proof.gaps) + proof.more - GAPS
    if more > 0:
        yield note(f"小区 {name}:另有 {more} 处空档,见 hub prove", f"Community {name}: {more} more gaps: see hub prove")
    with looking.read() as connection:
        last = last_proof(connection, name)
    if last is not None:
        since = age(now_ms - last.at_ms)
        result = both("已证明", "proved") if last.proved else both("有空档", "there are gaps")
        yield note(
            f"小区 {name}:运行中的中枢 {since.zh} 证明过:{result.zh}",
            f"Community {name}: the running hub proved it {since.en}: {result.en}",
        )


def _critical(
    config: Config, name: str, policy: str, roles: set[str], registry: Registry, reach: dict[str, Reach]
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
