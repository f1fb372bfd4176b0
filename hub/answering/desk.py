"""The desk: takes one answer, finds the person, writes the command, waits until it was stepped, says what was noted.

Whatever the provider delivers twice is answered twice and written once.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from typing import TypeVar

import msgspec
import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from hub.answering import answers, rows
from hub.answering.answers import Matter
from hub.answering.port import Answered, Incoming
from hub.answering.words import Act, Said, read_choice, read_words
from hub.config import RoleConfig, RuleConfig
from hub.core.commands import AnyCommand
from hub.delivery.links import Links
from hub.delivery.live import read_key
from hub.errors import HubError

ANSWER_WITHIN_MS = 2_000
"""Feishu wants its answer within 3 s, WeCom within 5."""
REMEMBERED = 10_000
"""Message keys and lists that are kept in memory; after a restart the incident itself says what is so already."""

VIA = {
    "wecombot": "wecom",
    "wecomapp": "wecom",
    "dingtalkapp": "dingtalk",
    "feishuapp": "feishu",
    "ntfy": "push",
    "webpush": "push",
    "modem": "sms",
}
"""Channel -> how the answer came, as `hub.core.commands.Answering.via` has it."""

Ask = Callable[[str, AnyCommand], Awaitable["Outcome"]]

log = structlog.get_logger("answering")


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a command within the time we wait."""

    done: bool
    refused: str | None = None


class DeskDeps(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the desk touches; all of it works across processes."""

    reader: Callable[[], AbstractContextManager[Connection]]
    ask: Ask
    """Write a command's row and wait for it: `asking` makes one."""
    links: Links
    hub: str
    """Name of this installation: all that a stranger learns."""
    communities: tuple[str, ...]
    rules: Mapping[str, RuleConfig]
    roles: Mapping[str, RoleConfig]


def asking(
    reader: Callable[[], AbstractContextManager[Connection]],
    write_command: Callable[[str, AnyCommand], int],
    within_ms: int = ANSWER_WITHIN_MS,
) -> Ask:
    """Writes the row, then watches it until it was stepped or the time is over: written it stays, whatever we saw."""

    def seen(row: int) -> tuple[bool, str | None]:
        with reader() as connection:
            return rows.stepped(connection, row)

    async def ask(community: str, command: AnyCommand) -> Outcome:
        row = await asyncio.to_thread(write_command, community, command)
        waited_ms, pause_ms = 0, 15
        while waited_ms < within_ms:
            done, refused = await asyncio.to_thread(seen, row)
            if done:
                return Outcome(done=True, refused=refused)
            await asyncio.sleep(pause_ms / 1000)
            waited_ms += pause_ms
            pause_ms = min(200, pause_ms * 2)
        return Outcome(done=False)

    return ask


class Asked(msgspec.Struct, frozen=True):
    """Who answers, and what waits for them, the newest first."""

    people: tuple[rows.Member, ...]
    open: tuple[Matter, ...]
    named: Matter | None
    """The incident that a button or a token named."""
    lost: bool = False
    """One was named and is not there: nothing else may stand in for it."""

    @property
    def language(self) -> str:
        return self.people[0].person.language

    def person_in(self, community: str) -> str:
        return next(one.person.id for one in self.people if one.community == community)


class Desk:
    """One for all channels."""

    def __init__(self, deps: DeskDeps) -> None:
        self._deps = deps
        self._titles = rows.Titles(rules=deps.rules, roles=deps.roles)
        self._answers: OrderedDict[tuple[str, str], asyncio.Task[Answered]] = OrderedDict()
        self._listed: OrderedDict[tuple[str, str], tuple[int, ...]] = OrderedDict()
        self._said_false: OrderedDict[tuple[str, int, str], None] = OrderedDict()

    async def answer(self, incoming: Incoming) -> Answered:
        """Never raises for what somebody wrote; the same message key gives the same answer."""
        key = (incoming.channel, incoming.message_key)
        task = self._answers.get(key)
        if task is None:
            task = asyncio.create_task(self._answer(incoming))
            if incoming.message_key:
                _remember(self._answers, key, task)
                task.add_done_callback(lambda ended: self._forget_failed(key, ended))
        # Shielded: a connection that breaks in between must not undo what is being written.
        return await asyncio.shield(task)

    def _forget_failed(self, key: tuple[str, str], task: asyncio.Task[Answered]) -> None:
        """So that the provider's second delivery tries again."""
        if task.cancelled() or task.exception() is not None:
            self._answers.pop(key, None)

    async def _answer(self, incoming: Incoming) -> Answered:
        try:
            asked = await asyncio.to_thread(self._look, incoming)
            if not asked.people:
                log.info("an answer came from a stranger", channel=incoming.channel)
                return answers.plain("unknown", "zh", hub=self._deps.hub)
            return await self._act(incoming, asked)
        except (HubError, SQLAlchemyError) as exc:
            # Forgotten, so that the provider's second delivery tries again.
            self._answers.pop((incoming.channel, incoming.message_key), None)
            log.error("an answer was not written", channel=incoming.channel, error=type(exc).__name__)
            return answers.plain("refused", "zh")

    async def _act(self, incoming: Incoming, asked: Asked) -> Answered:
        said = read_choice(incoming.choice) if incoming.choice else read_words(incoming.text)
        if said is None:
            self._list(asked, [one for one in asked.open if not one.answered])
            return answers.how_to(asked.open, asked.language)
        if asked.lost:
            return answers.plain("not_yours", asked.language)
        matter = asked.named or answers.choose(said, asked.open, self._list_of(asked))
        if matter is None:
            key = "no_such" if said.which and asked.open else "none_open"
            return answers.plain(key, asked.language, n=said.which)
        if matter.closed or not matter.told:
            return answers.plain("closed" if matter.closed else "not_yours", asked.language)
        return await self._write(incoming, asked, said, matter)

    async def _write(self, incoming: Incoming, asked: Asked, said: Said, matter: Matter) -> Answered:
        person = asked.person_in(matter.community)
        false_key = (matter.community, matter.incident, person)
        if answers.is_so(said.act, matter) or (said.act is Act.SAY_FALSE and false_key in self._said_false):
            return answers.reply(said.act, matter, asked.language, before=True)
        command = answers.command_of(said.act, matter.incident, person, VIA.get(incoming.channel, incoming.channel))
        outcome = await self._deps.ask(matter.community, command)
        if not outcome.done:
            return answers.plain("pending", asked.language)
        if outcome.refused:
            return answers.plain("refused", asked.language)
        if said.act is Act.SAY_FALSE:
            _remember(self._said_false, false_key, None)
        after = await asyncio.to_thread(self._look, incoming)
        now = await asyncio.to_thread(self._matter, asked, matter)
        waiting = [one for one in after.open if not one.answered and one.incident != matter.incident]
        self._list(asked, waiting)
        return answers.reply(said.act, now, asked.language, before=False, waiting=waiting)

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _look(self, incoming: Incoming) -> Asked:
        pressed = read_key(incoming.choice)
        token = incoming.token or pressed.token
        claim = self._deps.links.read(token) if token else None
        if claim is not None and claim.community not in self._deps.communities:
            claim = None
        community = incoming.community or pressed.community
        number = incoming.incident or pressed.incident
        if claim is not None and claim.incident:
            community, number = claim.community, claim.incident
        with self._deps.reader() as connection:
            if incoming.member:
                people = rows.members(connection, self._deps.communities, incoming.channel, incoming.member)
            elif claim is not None and (person := rows.person_of(connection, claim.community, claim.person)):
                people = [rows.Member(claim.community, person)]
            else:
                people = []
            found = self._open(connection, people)
            named = self._named(connection, people, community, number) if number else None
        return Asked(tuple(people), tuple(found), named, lost=number > 0 and named is None)

    def _open(self, connection: Connection, people: list[rows.Member]) -> list[Matter]:
        found = [
            (incident.opened_ms, rows.matter(connection, one.community, incident, one.person, self._titles))
            for one in people
            for incident in rows.open_incidents(connection, one.community, one.person.id)
        ]
        return [matter for _, matter in sorted(found, key=lambda pair: -pair[0])]

    def _named(self, connection: Connection, people: list[rows.Member], community: str, number: int) -> Matter | None:
        for one in people:
            if not community or one.community == community:
                incident = rows.incident_of(connection, one.community, number)
                if incident is not None:
                    return rows.matter(connection, one.community, incident, one.person, self._titles)
        return None

    def _matter(self, asked: Asked, matter: Matter) -> Matter:
        """As it is now, after the command."""
        with self._deps.reader() as connection:
            here = [one for one in asked.people if one.community == matter.community]
            return self._named(connection, here, matter.community, matter.incident) or matter

    # ── lists that people were shown ─────────────────────────────────────────────────────────────────────────────────

    def _list(self, asked: Asked, waiting: list[Matter]) -> None:
        key = (asked.people[0].community, asked.people[0].person.id)
        if waiting:
            _remember(self._listed, key, tuple(one.incident for one in waiting))
        else:
            self._listed.pop(key, None)

    def _list_of(self, asked: Asked) -> tuple[int, ...]:
        return self._listed.get((asked.people[0].community, asked.people[0].person.id), ())

    async def close(self) -> None:
        """Let what is being written end."""
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*(task for task in self._answers.values() if not task.done()), return_exceptions=True)


K = TypeVar("K")
V = TypeVar("V")


def _remember(kept: OrderedDict[K, V], key: K, value: V) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > REMEMBERED:
        kept.popitem(last=False)
