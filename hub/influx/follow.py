"""The follower: one task per community that carries the journal to InfluxDB, at its own pace."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec
import structlog

from hub.errors import StoreError
from hub.influx.gauges import Gauges, gauge_lines
from hub.influx.post import BadLine, Later, Post
from hub.influx.recent import JournalLines, Rendered

MOST_LINES = 5000
"""Lines in one request, as InfluxDB recommends."""
_log = structlog.get_logger("hub.influx")


class Progress(msgspec.Struct, frozen=True):
    """What one pass did: whether there is more to do at once, and else how long to wait at most."""

    more: bool
    wait_s: float


class Follower:
    """Follows the journal of one community. `run` is the task; `wake` tells it of a commit; `lag_ms` and `status` are for
    `hub doctor` and the metrics. ``gauges`` and ``quarantine`` are called in a thread, one at a time."""

    def __init__(
        self,
        journal: JournalLines,
        post: Post,
        *,
        clock: Callable[[], int],
        gauges: Callable[[], Gauges | None] = lambda: None,
        quarantine: Callable[[BadLine], None] = lambda _: None,
        name: str = "influx",
        gauges_every_s: float = 10.0,
        cursor_every_s: float = 1.0,
        idle_s: float = 5.0,
        first_wait_s: float = 1.0,
        longest_wait_s: float = 60.0,
    ) -> None:
        self._journal = journal
        self._community = journal.community
        self._post = post
        self._clock = clock
        self._gauges = gauges
        self._quarantine = quarantine
        self._name = name
        self._gauges_every_ms = round(gauges_every_s * 1000)
        self._cursor_every_ms = round(cursor_every_s * 1000)
        self._idle_s = idle_s
        self._first_wait_s = first_wait_s
        self._longest_wait_s = longest_wait_s
        self._cursor: int | None = None
        self._kept_cursor = 0
        self._kept_at_ms = 0
        self._failures = 0
        self._behind_since_ms: int | None = None
        self._gauges_due_ms = 0
        self._woken = asyncio.Event()
        self.written = 0
        """Lines that the server took since the start."""
        self.bad = 0
        """Lines that it never will."""
        self.status = "not started"

    @property
    def lag_ms(self) -> int:
        """Since when there is something in the journal that InfluxDB has not."""
        return 0 if self._behind_since_ms is None else max(0, self._clock() - self._behind_since_ms)

    def wake(self) -> None:
        """Something was committed. Call it in the event loop's thread."""
        self._woken.set()

    async def run(self) -> None:
        """Follow for ever; only cancellation ends it."""
        while True:
            self._woken.clear()
            try:
                progress = await asyncio.to_thread(self.follow_once)
                await asyncio.to_thread(self.write_gauges)
            except Exception:  # a task's outermost loop: the hub must not fall with its copy
                _log.exception("influx_follower_failed", community=self._community)
                progress = self._wait_after(Later("internal error"))
            if progress.more:
                continue
            if self._failures:
                await asyncio.sleep(progress.wait_s)  # a wake-up must not turn a backoff into a storm
                continue
            wait_s = min(progress.wait_s, max(0.05, (self._gauges_due_ms - self._clock()) / 1000))
            try:
                async with asyncio.timeout(wait_s):
                    await self._woken.wait()
            except TimeoutError:
                pass

    def follow_once(self) -> Progress:
        """Carry the next blocks over: read, write, and only then move the cursor. Blocks; runs in a thread."""
        try:
            if self._cursor is None:
                self._cursor = self._kept_cursor = self._journal.cursor(self._name)
            wait_s = self._keep_cursor()
            blocks = self._journal.after(self._cursor)
            if not blocks:
                self._recovered()
                self._behind_since_ms = None
                self.status = "up to date"
                return Progress(more=False, wait_s=min(self._idle_s, wait_s))
            if self._behind_since_ms is None:
                self._behind_since_ms = self._clock()
            self._carry(blocks)
        except Later as exc:
            return self._wait_after(exc)
        except StoreError as exc:
            self._cursor = None  # what the store kept is what counts
            return self._wait_after(Later(str(exc)))
        self._recovered()
        return Progress(more=True, wait_s=0.0)

    def write_gauges(self) -> None:
        """Write the gauges when they are due. They are only of now: what cannot be written is not kept. Blocks; runs in a
        thread."""
        now_ms = self._clock()
        if now_ms < self._gauges_due_ms:
            return
        self._gauges_due_ms = now_ms + self._gauges_every_ms
        if self._failures:
            return  # the server is known to be away; the journal's own attempts find out when it is back
        gauges = self._gauges()
        if gauges is None:
            return
        try:
            for bad in self._post.post(gauge_lines(gauges, now_ms, self.lag_ms)):
                self._refuse(bad)
        except Later as exc:
            self.status = f"gauges not written: {exc.said}"

    def _carry(self, blocks: list[Rendered]) -> None:
        """Post the lines in requests of at most `MOST_LINES`; the cursor moves to the last block that is over whole."""
        waiting: list[str] = []
        read_to = 0
        for block in blocks:
            lines = block.lines
            if waiting and len(waiting) + len(lines) > MOST_LINES:
                self._deliver(waiting)
                self._cursor = read_to
                waiting = []
            waiting += lines
            read_to = block.last_seq
            if lines and lines[-1].startswith("alert,"):
                self._gauges_due_ms = 0  # the wall shall not wait for what people run for
        self._deliver(waiting)
        self._cursor = read_to

    def _keep_cursor(self) -> float:
        """Write down how far the copy goes, once a second: a commit for each request would hold up the hub's own. After a
        crash a second is written once more, over the same points. Gives the seconds until it is due."""
        if self._cursor is None or self._cursor == self._kept_cursor:
            return self._idle_s
        since_ms = self._clock() - self._kept_at_ms
        if 0 <= since_ms < self._cursor_every_ms:
            return (self._cursor_every_ms - since_ms) / 1000
        self._journal.move_cursor(self._name, self._cursor)
        self._kept_cursor, self._kept_at_ms = self._cursor, self._clock()
        return self._idle_s

    def _deliver(self, lines: list[str]) -> None:
        for start in range(0, len(lines), MOST_LINES):
            part = lines[start : start + MOST_LINES]
            bad = self._post.post(part)
            self.written += len(part) - len(bad)
            for line in bad:
                self._refuse(line)

    def _refuse(self, bad: BadLine) -> None:
        self.bad += 1
        _log.warning("influx_line_refused", community=self._community, said=bad.said[:200])
        self._quarantine(bad)

    def _wait_after(self, later: Later) -> Progress:
        if not self._failures:
            _log.warning("influx_behind", community=self._community, said=later.said)
        wait_s = min(self._longest_wait_s, self._first_wait_s * 2.0 ** min(self._failures, 16))
        self._failures += 1
        self.status = f"waiting: {later.said}"
        if later.retry_after is not None:
            wait_s = later.retry_after
        return Progress(more=False, wait_s=wait_s)

    def _recovered(self) -> None:
        if self._failures:
            _log.info("influx_caught_up_again", community=self._community, attempts=self._failures)
        self._failures = 0
        self.status = "following"
