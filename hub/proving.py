"""The prover inside the hub: proves reach anew whenever what it rests on has changed, and says when it no longer holds.

Task: takes the hint that the registry or a contact's health changed (`changed`, `committed`); gives the ``proof`` row and an
`Observe` of `REACH_GAP`. It works on a copy in a thread, so that no alert waits for it; a hint that is lost costs a day at
most. What goes wrong in here is logged and tried again: a proof must never stop the hub.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import tzinfo

import msgspec
import structlog
from sqlalchemy import Connection, select

from hub.config import Text
from hub.core.commands import Observe
from hub.core.decisions import RegistryChanged
from hub.core.localtime import DAY_MS, local_day, moment
from hub.core.policies import Settings
from hub.core.reach import DAYS, Proof, Registry, prove, registry_of
from hub.core.reach_proof import BROKEN_AFTER
from hub.core.rules import REACH_GAP
from hub.core.state import State
from hub.model import nature
from hub.reach_words import Names, gap_words
from hub.store.dialect import upsert
from hub.store.port import Commit
from hub.store.schema import proof as proof_table

log = structlog.get_logger("prover")

SUBJECT = "self:reach"
QUIET_S = 2.0
"""Nothing has changed for so long: an import of a thousand people is proved once."""
PATIENCE_S = 30.0
"""Changes that never pause are proved this often all the same."""
DAILY_S = 86_400.0
AGAIN_S = 60.0
"""After a failure, of the store most likely."""


class Prover:
    """Proves one community until it is cancelled."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        *,
        look: Callable[[], State],
        writer: Callable[[], AbstractContextManager[Connection]],
        observe: Callable[[Observe], object],
        now_ms: Callable[[], int],
        roles: dict[str, Text] | None = None,
        days: int = DAYS,
        quiet_s: float = QUIET_S,
        daily_s: float = DAILY_S,
        again_s: float = AGAIN_S,
        first_s: float = 0.0,
    ) -> None:
        """``settings``: with the calendar of today's years; ``look``: the community's state, read in the event loop;
        ``writer``: a transaction on the store; ``observe``: queue a command, called in a thread; ``first_s``: how long
        after the start, which has enough to do."""
        self._settings = settings
        self._look = look
        self._writer = writer
        self._observe = observe
        self._now_ms = now_ms
        self._roles = roles or {}
        self._days = days
        self._quiet_s = quiet_s
        self._daily_s = daily_s
        self._again_s = again_s
        self._first_s = first_s
        self._hint = asyncio.Event()
        self._broken: set[str] = set()
        self._said: str | None = None
        """What was new about the proof that was said last; None: not known yet."""
        self.proof: Proof | None = None
        """The last one."""

    def changed(self) -> None:
        """Something that the proof rests on has changed. Call it in the event loop."""
        self._hint.set()

    def committed(self, commit: Commit) -> None:
        """The registry changed, or a contact broke or works again. Call it in the event loop, for this community."""
        for key, health in commit.changes.health.items():
            broken = health is not None and health.failures >= BROKEN_AFTER
            if broken is not (key in self._broken):
                (self._broken.add if broken else self._broken.discard)(key)
                self._hint.set()
        if any(type(decision) is RegistryChanged for decision in commit.decisions):
            self._hint.set()

    async def run(self) -> None:
        """Prove first, then at each change, and once a day."""
        await asyncio.sleep(self._first_s)
        while True:
            pause = self._daily_s
            try:
                await self.prove_now()
            except Exception:  # the outermost loop: a hub that cannot prove anything still tells people
                log.exception("nothing is proved")
                pause = self._again_s
            try:
                async with asyncio.timeout(pause):
                    await self._hint.wait()
            except TimeoutError:
                continue
            await self._settle()

    async def prove_now(self) -> Proof:
        """One proof of how things stand now, kept, and said if it says something new."""
        self._hint.clear()
        settings = self._settings()
        state = self._look()
        registry = registry_of(state, settings.restdays)
        self._broken = set(registry.broken)
        self.proof = await asyncio.to_thread(self._prove, registry, settings)
        return self.proof

    async def _settle(self) -> None:
        """Wait until nothing has changed for a while."""
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE_S
        while self._hint.is_set() and loop.time() < until:
            self._hint.clear()
            try:
                async with asyncio.timeout(self._quiet_s):
                    await self._hint.wait()
            except TimeoutError:
                return

    # ── in a thread ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _prove(self, registry: Registry, settings: Settings) -> Proof:
        proof = prove(registry, settings, self._now_ms(), self._days)
        news = _news(proof, settings.zone)
        if self._said is None:
            with self._writer() as connection:
                known = last_proof(connection, settings.community)
            self._said = None if known is None else _news(known, settings.zone)
        # Said before it is kept: a hub that dies in between says it twice rather than never.
        if news != self._said and _is_set_up(registry):
            detail = self._words(proof, registry, settings)
            self._observe(Observe(actor="system", rule=REACH_GAP, subject=SUBJECT, met=not proof.proved, detail=detail))
            self._said = news
            log.info("reach", community=settings.community, proved=proof.proved, gaps=len(proof.gaps) + proof.more)
        with self._writer() as connection:
            _keep(connection, settings.community, proof)
        return proof

    def _words(self, proof: Proof, registry: Registry, settings: Settings) -> str:
        """The first gap, without anybody's name: the alert about it leaves over third parties. "": proved."""
        if not proof.gaps:
            return ""
        names = Names(
            zone=settings.zone,
            people=None,
            places={place.id: place.name for place in registry.places.values()},
            roles=self._roles,
            from_ms=proof.at_ms,
            until_ms=proof.at_ms + proof.days * DAY_MS,
            all_rules=len(proof.rules),
        )
        words = gap_words(proof.gaps[0], names)
        return f"{words.zh} · {words.en}"


def _is_set_up(registry: Registry) -> bool:
    """Somebody has a contact that counts: before that everything is a gap, which the doctor says, and nobody is told."""
    return any(nature(contact.url).counts for person in registry.people.values() for contact in person.contacts)


def _news(proof: Proof, zone: tzinfo) -> str:
    """What is new about a proof when it changes: not that time goes on through the same gap. "": proved."""
    if not proof.gaps:
        return ""
    gap = proof.gaps[0]
    lasts = gap.until_ms >= proof.at_ms + proof.days * DAY_MS
    ends_ms = None if lasts else gap.until_ms - moment(zone, local_day(zone, gap.until_ms), 0)
    return repr((gap.rules, gap.places, gap.people, gap.providers, gap.unseen, ends_ms))


def last_proof(connection: Connection, community: str) -> Proof | None:
    """The last proof that was kept; None: never, or by another version of the hub."""
    row = connection.execute(select(proof_table.c.body).where(proof_table.c.community == community)).first()
    if row is None:
        return None
    try:
        return msgspec.json.decode(row.body, type=Proof)
    except msgspec.MsgspecError:
        return None


def _keep(connection: Connection, community: str, proof: Proof) -> None:
    body = msgspec.json.encode(proof).decode()
    row = {"community": community, "at_ms": proof.at_ms, "proved": proof.proved, "body": body}
    connection.execute(upsert(connection.dialect.name, proof_table), row)
