"""Stage 6's way through: claimed outbox rows -> senders -> receipts. Decides nothing, retries nothing.

Laws:
1. Every claimed row ends in exactly one `Receipt`, or stays claimed because the hub stops; then the next start claims it
   again, so a crash may double one send and loses none.
2. Each send is a task of its own with its own deadline. What is not critical may have only so many sends under way for
   each provider; what is critical waits for nothing: no slot, no budget, no other row.
3. A row is sent even when the core's deadline for it has passed (the hub was down): late is better than never.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Protocol

import structlog

from hub.core.decisions import NotificationDue
from hub.delivery.answers import Answer
from hub.delivery.budgets import Budgets
from hub.delivery.port import Message, limits_of
from hub.delivery.tools import Opened
from hub.delivery.wording import Wording
from hub.errors import ConfigError, DeliveryError, StoreError
from hub.model import Receipt, Severity, Stage
from hub.store.port import Outgoing

log = structlog.get_logger(__name__)


class Outbox(Protocol):
    """The part of `hub.store.port.Store` that delivery needs."""

    def claim(self, by: str, now_ms: int, limit: int) -> list[Outgoing]: ...

    def take_budget(self, provider: str, window_ms: int, cost: int, limit: int) -> bool: ...

    def record_receipt(self, community: str, receipt: Receipt) -> None: ...


class Contacts(Protocol):
    """The part of `hub.delivery.senders.Senders` that delivery needs."""

    def open(self, url: str) -> Opened: ...


def thread_pool(size: int, name: str) -> Executor:
    """Threads; the simulated world has another kind."""
    return ThreadPoolExecutor(max_workers=size, thread_name_prefix=name)


class Dispatcher:
    """Carries out what the outbox holds. `run` is one named task; `wake` after each commit that wrote outbox rows."""

    def __init__(
        self,
        store: Outbox,
        senders: Contacts,
        wording: Wording,
        on_receipt: Callable[[str, Receipt], None],
        *,
        by: str,
        now_ms: Callable[[], int],
        receipt_within: timedelta = timedelta(seconds=10),
        look_every: timedelta = timedelta(seconds=5),
        per_provider: int = 8,
        claim_limit: int = 200,
        pool: Callable[[int, str], Executor] = thread_pool,
    ) -> None:
        """``by`` must differ at every start of the process: rows of another claimer are claimed again.
        ``on_receipt(community, receipt)`` is called in the event loop once the receipt is recorded."""
        self._store = store
        self._senders = senders
        self._wording = wording
        self._on_receipt = on_receipt
        self._by = by
        self._now_ms = now_ms
        self._within = receipt_within.total_seconds()
        self._look_every = look_every.total_seconds()
        self._per_provider = per_provider
        self._claim_limit = claim_limit
        self._woken = asyncio.Event()
        self._stopping = False
        self._tasks: dict[asyncio.Task[None], None] = {}  # in order: a seed must give the same world again
        self._handed: set[asyncio.Task[None]] = set()
        self._slots: dict[str, asyncio.Semaphore] = {}
        self._unrecorded: dict[tuple[str, int, int], asyncio.Future[Receipt]] = {}
        """What went out without a row: when its row comes at last, it has its answer already."""
        # Lanes into the store: no claim stands behind a receipt, no critical receipt behind another.
        self._claims = pool(1, "outbox-claim")
        self._first = pool(1, "outbox-first")
        self._rest = pool(1, "outbox-rest")
        self._openers = pool(4, "outbox-open")
        self._opened: dict[str, asyncio.Future[Opened]] = {}
        self._budgets = Budgets(store.take_budget, now_ms)

    def wake(self) -> None:
        """There may be rows: call it in the event loop after a commit."""
        self._woken.set()

    def hand(self, rows: Iterable[Outgoing]) -> None:
        """Rows that a commit wrote, claimed by us from birth. Call it in the event loop after the commit."""
        if not self._stopping:
            for row in rows:
                self._start(row)

    def _start(self, row: Outgoing) -> None:
        task = asyncio.create_task(self._deliver(row), name=f"deliver-{row.due.notification}")
        self._tasks[task] = None
        task.add_done_callback(self._forget)

    def send_unrecorded(self, row: Outgoing) -> None:
        """The store is down and this cannot wait: send it without a row. Call it in the event loop."""
        answer: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._unrecorded[row.community, row.due.notification, row.due.attempt] = answer
        task = asyncio.create_task(self._deliver_unrecorded(row, answer), name=f"unrecorded-{row.due.notification}")
        self._tasks[task] = None
        task.add_done_callback(self._forget)

    async def _deliver_unrecorded(self, row: Outgoing, answer: asyncio.Future[Receipt]) -> None:
        try:
            receipt = await self._attempted(row)
        except asyncio.CancelledError:
            answer.cancel()
            raise
        answer.set_result(receipt)
        self._on_receipt(row.community, receipt)

    def stop(self) -> None:
        """Claim nothing more; `run` returns when what was handed over has its answer or its deadline."""
        self._stopping = True
        self._woken.set()
        self._leave()

    async def run(self) -> None:
        """Until `stop`, or at once when cancelled. What was not handed over yet stays claimed."""
        try:
            while not self._stopping:
                self._woken.clear()
                await self._claim()
                if not self._stopping:
                    await self._wait()
            await self._finish()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            for pool in (self._claims, self._first, self._rest, self._openers):
                pool.shutdown(wait=False)

    async def _wait(self) -> None:
        """For a wake, or until it is time to look anyway: another process may have died with rows claimed."""
        try:
            async with asyncio.timeout(self._look_every):
                await self._woken.wait()
        except TimeoutError:
            return

    def _leave(self) -> None:
        """Give up what was not handed over yet: its rows stay claimed."""
        for task in self._tasks:
            if task not in self._handed:
                task.cancel()

    async def _finish(self) -> None:
        self._leave()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _claim(self) -> None:
        """Everything there is, most severe first; each row becomes a task."""
        loop = asyncio.get_running_loop()
        while not self._stopping:
            try:
                rows = await loop.run_in_executor(
                    self._claims, self._store.claim, self._by, self._now_ms(), self._claim_limit
                )
            except StoreError as exc:
                log.warning("outbox not claimed", error=str(exc))
                return
            for row in rows:
                self._start(row)
            if len(rows) < self._claim_limit:
                return

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task, None)
        self._handed.discard(task)

    async def _deliver(self, row: Outgoing) -> None:
        """One row, from claim to receipt."""
        went = self._unrecorded.pop((row.community, row.due.notification, row.due.attempt), None)
        receipt = await (went if went is not None else self._attempted(row))
        pool = self._first if row.due.severity is Severity.CRITICAL else self._rest
        try:
            await asyncio.get_running_loop().run_in_executor(pool, self._store.record_receipt, row.community, receipt)
        except StoreError as exc:
            # The owner steps it all the same: its commit keeps it, or the row is claimed again after a restart.
            log.warning("receipt not recorded", notification=receipt.notification, error=str(exc))
        self._on_receipt(row.community, receipt)

    async def _attempted(self, row: Outgoing) -> Receipt:
        """Send it and give the receipt, whatever a sender does."""
        try:
            return await self._attempt(row)
        except Exception as exc:  # outermost loop of this task: a bug in a sender must not cost the receipt
            # No traceback: a renderer that prints locals would print names, rooms and keys.
            where = traceback.extract_tb(exc.__traceback__)[-1]
            log.error(
                "sender failed",
                notification=row.due.notification,
                error=type(exc).__name__,
                where=f"{where.filename}:{where.lineno}",
            )
            return self._receipt(row.due, Answer.FAULT, code=type(exc).__name__)

    async def _attempt(self, row: Outgoing) -> Receipt:
        due = row.due
        try:
            opened = await self._open(row.url)
        except ConfigError as exc:
            return self._receipt(due, Answer.BAD_CONTACT, code=exc.what, permanent=True)
        if due.scheme and row.url.partition(":")[0] != due.scheme:
            # The office gave the contact another kind of address after the words were chosen: they may not go there.
            return self._receipt(due, Answer.BAD_CONTACT, code="changed")
        sender = opened.sender
        message = self._wording.message(row.community, due, by_number=opened.by_number, third_party=opened.third_party)
        if due.severity is Severity.CRITICAL:
            if sender.per_minute:
                limits = limits_of(sender)
                self._rest.submit(self._budgets.count_critical, sender.provider, sender.per_minute, limits)
            return await self._send(due, opened, message)
        if sender.per_minute:
            take = partial(self._budgets.take, sender.provider, sender.per_minute, limits_of(sender))
            wait_ms = await asyncio.get_running_loop().run_in_executor(self._rest, take)
            if wait_ms:
                return self._receipt(due, Answer.RATE_LIMITED, code="budget", retry_after_ms=wait_ms)
        async with self._slots.setdefault(sender.provider, asyncio.Semaphore(self._per_provider)):
            return await self._send(due, opened, message)

    async def _open(self, url: str) -> Opened:
        """One opening per contact, in a thread; all its rows wait for the same one, so they keep their order."""
        opening = self._opened.get(url)
        if opening is None:
            loop = asyncio.get_running_loop()
            opening = self._opened[url] = loop.run_in_executor(self._openers, self._senders.open, url)
        try:
            return await asyncio.shield(opening)
        except ConfigError:
            self._opened.pop(url, None)  # a secret may be set, a contact mended: the next row looks again
            raise

    async def _send(self, due: NotificationDue, opened: Opened, message: Message) -> Receipt:
        """Hand over, and wait for the provider's word until the deadline."""
        task = asyncio.current_task()
        if task is not None:
            self._handed.add(task)
        try:
            async with asyncio.timeout(self._within):
                accepted = await opened.sender.send(message)
        except TimeoutError:
            return self._receipt(due, Answer.TIMEOUT)
        except DeliveryError as exc:
            after = None if exc.retry_after is None else round(exc.retry_after * 1000)
            return self._receipt(due, exc.reason, code=exc.code, permanent=exc.permanent, retry_after_ms=after)
        return self._receipt(
            due, Answer.ACCEPTED, code=accepted.code, stage=accepted.stage, message_id=accepted.message_id
        )

    def _receipt(
        self,
        due: NotificationDue,
        reason: str,
        *,
        code: str = "",
        permanent: bool = False,
        retry_after_ms: int | None = None,
        stage: Stage = Stage.ACCEPTED,
        message_id: str = "",
    ) -> Receipt:
        return Receipt(
            notification=due.notification,
            contact=due.contact,
            attempt=due.attempt,
            at_ms=self._now_ms(),
            sent=reason == Answer.ACCEPTED,
            reason=str(reason),
            code=code,
            permanent=permanent,
            retry_after_ms=retry_after_ms,
            stage=stage,
            message_id=message_id,
        )
