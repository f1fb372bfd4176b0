"""Channels that behave as providers do: they accept, refuse, answer late, hang, are out, lie, and report later; and
remember every send."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from random import Random

from hub.delivery.answers import Answer
from hub.delivery.port import Accepted, Message
from hub.delivery.tools import Opened
from hub.errors import ConfigError, DeliveryError
from hub.model import Purpose, Receipt, Stage
from hub.simulate.world.disclosure import leak
from hub.simulate.world.faults import Faults, Process
from hub.simulate.world.trace import Trace

MOODS: dict[str, tuple[int, ...]] = {
    "good": (20, 1, 1, 3, 1, 0),
    "bad": (4, 1, 6, 3, 4, 1),
    "dead": (0, 1, 6, 0, 6, 0),
}
"""Weights of: accepts, refuses for good, refuses for now, is late, hangs, fails in our own code."""

REPORTS: dict[str, tuple[tuple[Stage, ...] | None, ...]] = {
    "silent": ((),),
    "honest": ((Stage.DELIVERED,), (Stage.DELIVERED, Stage.OPENED), (Stage.DELIVERED, Stage.DELIVERED)),
    "liar": ((), (Stage.DELIVERED,), None, None),
}
"""What comes after a positive answer, one of: stages in some order, or None: it was not delivered after all."""


class Provider:
    """One contact's provider, outside the hub: it outlives every crash."""

    def __init__(self, name: str, random: Random) -> None:
        self.name = name
        self.mood = MOODS[random.choices(("good", "bad", "dead"), (8, 3, 1))[0]]
        self.per_minute = random.choice((0, 0, 6))
        self.reports = REPORTS[random.choices(("silent", "honest", "liar"), (6, 2, 1))[0]]
        self.out_at_s = random.uniform(0, 20000)
        self.out_until_s = self.out_at_s + random.choice((0, 300, 3000))

    def what(self, random: Random, now_s: float, healed: bool) -> str:
        if healed:
            return "accepts"
        if self.out_at_s <= now_s < self.out_until_s:
            return "out"
        kinds = ("accepts", "refuses", "busy", "late", "hangs", "fails")
        return random.choices(kinds, self.mood)[0]


class Providers:
    """All of them, and what they were sent."""

    def __init__(self, trace: Trace, random: Random) -> None:
        self.trace = trace
        self.random = random
        self.known: dict[str, Provider] = {}
        self.sends: Counter[tuple[int, int, int]] = Counter()
        """(notification, attempt, life) -> how often it left the hub."""
        self.leaks: list[str] = []
        """What somebody was told who may not know it."""
        self.acted: dict[tuple[str, int], bool] = {}
        """(action, incident) -> it is on."""
        self.report: Callable[[Receipt], None] = lambda _receipt: None
        """To the life that there is when the report comes."""

    def at(self, url: str) -> Provider:
        if url not in self.known:
            self.known[url] = Provider(url, self.random)
        return self.known[url]


class WorldSenders:
    """What `hub.delivery.senders.Senders` is to the dispatcher, in one life of the hub."""

    def __init__(self, providers: Providers, faults: Faults, process: Process) -> None:
        self._providers = providers
        self._faults = faults
        self._process = process
        self._opened: dict[str, Opened] = {}

    def open(self, url: str) -> Opened:
        if not url:
            raise ConfigError("the contact is gone.", where="contact", todo="Put it back.")
        if url not in self._opened:
            sender = WorldSender(self._providers, self._providers.at(url), self._faults, self._process)
            self._opened[url] = Opened(sender)
        return self._opened[url]


class WorldSender:
    """`hub.delivery.port.Sender` of one contact."""

    def __init__(self, providers: Providers, to: Provider, faults: Faults, process: Process) -> None:
        self.provider = to.name
        self.per_minute = to.per_minute
        self._providers = providers
        self._to = to
        self._faults = faults
        self._process = process

    async def send(self, message: Message) -> Accepted:
        providers = self._providers
        if self._faults.crash_here("before send", self._process):
            await asyncio.Event().wait()
        now_s = asyncio.get_running_loop().time()
        what = self._to.what(providers.random, now_s, self._faults.healed)
        found = leak(self._to.name, message)
        if found:
            providers.leaks.append(found)
        if what != "out":
            providers.sends[message.notification, message.attempt, self._process.number] += 1
            if self._to.name.startswith("action://") and what in ("accepts", "late", "hangs"):
                providers.acted[self._to.name, message.notice.incident] = message.notice.purpose is not Purpose.ENDED
        providers.trace.note("sent", message.notification, message.attempt, self._to.name, what)
        if self._faults.crash_here("after send", self._process):
            await asyncio.Event().wait()
        await asyncio.sleep(providers.random.uniform(0.01, 0.5))
        match what:
            case "refuses":
                raise DeliveryError(Answer.REFUSED, permanent=True, code="40001")
            case "busy":
                after = providers.random.choice((None, 5.0, 90.0))
                raise DeliveryError(Answer.RATE_LIMITED, permanent=False, retry_after=after, code="45009")
            case "out":
                raise DeliveryError(Answer.UNREACHABLE, permanent=False)
            case "late":
                await asyncio.sleep(providers.random.uniform(1.0, 9.0))
            case "hangs":
                await asyncio.sleep(providers.random.uniform(11.0, 500.0))
            case "fails":
                raise RuntimeError("a bug in a sender")
        self._report_later(message)
        return Accepted(message_id=f"m{message.notification}" if providers.random.random() < 0.5 else "")

    def _report_later(self, message: Message) -> None:
        """What the provider finds out later; some of it comes twice, out of order, or to a hub that is dead by then."""
        random = self._providers.random
        if self._faults.healed:
            return
        stages = random.choice(self._to.reports)
        loop = asyncio.get_running_loop()
        for stage in (None,) if stages is None else stages:
            after_s = random.choice((0.5, 8.0, 12.0, 300.0))
            receipt = Receipt(
                notification=message.notification,
                contact=message.contact,
                attempt=message.attempt,
                at_ms=0,
                sent=stage is not None,
                reason="accepted" if stage is not None else "undelivered",
                stage=stage or Stage.ACCEPTED,
            )
            loop.call_later(after_s, self._providers.report, receipt)

    async def close(self) -> None:
        """Nothing is open."""
