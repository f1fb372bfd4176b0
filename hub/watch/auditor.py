"""The auditor: a thread with a loop and senders of its own, so that it can still shout when the hub cannot.

Law: it says something when nothing due may be late and something is, once, again every ten minutes while it lasts, and
once when all is well again. It goes to everybody who has a duty in the roles of the policy for `major`, over every one of
their contacts, past every budget: a hub that stands still is worse than a message too many.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence

import msgspec
import structlog

from hub.core.decisions import Notice
from hub.core.state import State
from hub.delivery.answers import Answer
from hub.delivery.port import Message
from hub.delivery.senders import Senders
from hub.delivery.tools import Tools
from hub.errors import ConfigError, DeliveryError
from hub.model import Kind, Person, Purpose, Severity, nature
from hub.phrases import Phrase
from hub.watch.audit import Finding, Vitals, overdue

log = structlog.get_logger("auditor")

LOOK_EVERY_S = 1.0
AGAIN_MS = 600_000
SENT_WITHIN_S = 10.0

_SHOUT = Phrase(
    "【紧急】{name}的告警中枢自己出了问题:{what},已{s}秒。告警可能发不出来,请立即派人值守巡查,并通知维护人员。",
    "[CRITICAL] The alert hub of {name} is in trouble: {what}, for {s} s. Alarms may not get through: patrol now, and call whoever maintains it.",
)
_WELL = Phrase("【解除】{name}的告警中枢恢复正常。", "[All clear] The alert hub of {name} works again.")


class Reader(msgspec.Struct, frozen=True):
    """Somebody who is told."""

    community: str
    community_name: str
    person: Person


def readers(community: str, name: str, state: State, roles: frozenset[str]) -> tuple[Reader, ...]:
    """Everybody who has a duty in one of these roles, now or at any other time."""
    ids = {duty.person for duty in state.duties.values() if duty.role in roles}
    return tuple(Reader(community, name, person) for person in state.people.values() if person.id in ids)


class Auditor:
    """Watches one hub. `start` and `stop` it in the hub's thread."""

    def __init__(
        self,
        vitals: Vitals,
        *,
        readers: Callable[[], Sequence[Reader]],
        secrets: Mapping[str, str],
        make_tools: Callable[[], Tools],
        now_ms: Callable[[], int],
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        """``readers``: who is told; called in the auditor's thread. ``make_tools``: called there too, for its own loop."""
        self._vitals = vitals
        self._readers = readers
        self._secrets = secrets
        self._make_tools = make_tools
        self._now_ms = now_ms
        self._every_s = look_every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="auditor", daemon=True)
        self._shouted_ms: int | None = None
        self.findings: list[Finding] = []
        """What was overdue at the last look."""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when a look that is under way is over."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=SENT_WITHIN_S + 1)

    @property
    def well(self) -> bool:
        return not self.findings

    def _run(self) -> None:
        while not self._stop.wait(self._every_s):
            self.findings = overdue(self._vitals, self._now_ms())
            said = self._due_words()
            if said is not None:
                asyncio.run(self._shout(said))

    def _due_words(self) -> Phrase | None:
        """What there is to say now, if anything."""
        now_ms = self._now_ms()
        if self.findings:
            if self._shouted_ms is not None and now_ms - self._shouted_ms < AGAIN_MS:
                return None
            self._shouted_ms = now_ms
            worst = self.findings[0]
            log.error("overdue", what=worst.what.en, by_ms=worst.by_ms)
            seconds = str(worst.by_ms // 1000)
            return Phrase(
                _SHOUT.zh.replace("{what}", worst.what.zh).replace("{s}", seconds),
                _SHOUT.en.replace("{what}", worst.what.en).replace("{s}", seconds),
            )
        if self._shouted_ms is None:
            return None
        self._shouted_ms = None
        log.info("nothing is overdue any more")
        return _WELL

    async def _shout(self, said: Phrase) -> None:
        """Every contact once, all at the same time; two people with one contact are one message."""
        senders = Senders(self._secrets, self._make_tools())
        urls: dict[str, Reader] = {}
        for reader in self._readers():
            for contact in reader.person.contacts:
                if nature(contact.url).person:
                    urls.setdefault(contact.url, reader)
        try:
            await asyncio.gather(*(self._send(senders, url, reader, said) for url, reader in urls.items()))
        finally:
            await senders.close()

    async def _send(self, senders: Senders, url: str, reader: Reader, said: Phrase) -> None:
        text = said.said(reader.person.language).replace("{name}", reader.community_name)
        try:
            sender = senders.open(url).sender
            async with asyncio.timeout(SENT_WITHIN_S):
                await sender.send(_message(text, reader, self._now_ms()))
        except (DeliveryError, ConfigError, TimeoutError) as exc:
            reason = exc.reason if isinstance(exc, DeliveryError) else Answer.TIMEOUT
            log.warning("shout not taken", reason=str(reason))


def _message(text: str, reader: Reader, now_ms: int) -> Message:
    notice = Notice(
        incident=0,
        purpose=Purpose.RAISED,
        severity=Severity.CRITICAL,
        rule="",
        kind=Kind.UNKNOWN,
        at_ms=now_ms,
        language=reader.person.language,
        note=text,
    )
    # The number only tells two shouts apart in the inbox, where (notification, attempt) is sent once.
    return Message(
        text=text,
        title=text,
        notice=notice,
        community=reader.community,
        person=reader.person.id,
        notification=-now_ms,
        attempt=1,
    )
