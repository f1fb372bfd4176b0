"""Virtual time: an event loop whose waiting costs nothing, executors that are late by the seed, and the wall clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Executor, Future
from contextvars import Context, ContextVar
from random import Random
from typing import ParamSpec, TypeVar

from hub.clock import JUMP_MS, Clock

P = ParamSpec("P")
T = TypeVar("T")

START_MS = 1_800_000_000_000
"""2027-01-15 16:00 in Shanghai, a Friday."""
STEPS = 100_000
"""Turns of the loop after which a world counts as running in circles."""


LIFE: ContextVar[int] = ContextVar("LIFE", default=0)
"""Number of the life that a task belongs to; 0 is the world itself."""


class Circles(BaseException):
    """The world goes on without ever coming to rest, or waits for nothing."""


class Dead(BaseException):
    """The process was killed here: nobody hears the end of what it was doing."""


class _NoSockets:
    """Stands where a selector would: it waits by moving the time."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.turns = 0
        self.ends = False

    def select(self, timeout: float | None) -> list[object]:
        if self.ends:
            return []
        self.turns += 1
        if timeout is None:
            raise Circles("everybody waits and nothing is to come")
        if self.turns > STEPS:
            raise Circles(f"{STEPS} turns of the event loop")
        self.now_s += timeout
        return []


class VirtualLoop(asyncio.BaseEventLoop):
    """Runs callbacks in order; nothing real can wake it."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = _NoSockets()
        self._born: dict[asyncio.Task[object], int] = {}
        self.set_task_factory(self._make_task)

    def _make_task(
        self,
        loop: asyncio.AbstractEventLoop,
        coro: Coroutine[object, object, T] | Generator[asyncio.Future[object] | None, None, T],
        context: Context | None = None,
    ) -> asyncio.Task[T]:
        task = asyncio.Task(coro, loop=loop, context=context)
        life = LIFE.get()
        if life:
            self._born[task] = life
            task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[T]) -> None:
        self._born.pop(task, None)

    def tasks_of(self, life: int) -> list[asyncio.Task[object]]:
        """Everything that this life has under way, in the order in which it began."""
        return [task for task, born in self._born.items() if born == life]

    def bury_everything(self) -> None:
        """Cancel what is left, whoever it belongs to, and close."""
        self._selector.ends = True
        left = sorted(asyncio.all_tasks(self), key=lambda task: task.get_name())
        for task in left:
            task.cancel()
        if left:
            self.run_until_complete(asyncio.wait(left))
        self.close()

    def time(self) -> float:
        return self._selector.now_s

    def _process_events(self, event_list: list[object]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody is outside to be woken from."""


class WallClock:
    """The wall clock of the machine: virtual time and the jumps it made."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self.jumped_ms = 0

    def now_ms(self) -> int:
        return START_MS + round(self._loop.time() * 1000) + self.jumped_ms


class WorldClock(Clock):
    """`hub.clock.Clock` of one life, on the world's time."""

    def __init__(self, wall: WallClock) -> None:
        self._wall = wall
        self._known_ms = wall.jumped_ms

    def now_ms(self) -> int:
        return self._wall.now_ms()

    def jumped(self) -> int:
        jump = self._wall.jumped_ms - self._known_ms
        if abs(jump) < JUMP_MS:
            return 0
        self._known_ms = self._wall.jumped_ms
        return jump


class LateExecutor(Executor):
    """Does its work in order, in the loop's own thread, some virtual milliseconds after it was asked."""

    def __init__(self, loop: VirtualLoop, random: Random, alive: Callable[[], bool]) -> None:
        self._loop = loop
        self._random = random
        self._alive = alive
        self._free_at = 0.0

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        slow = self._random.random() < 0.01
        takes = self._random.uniform(0.5, 3.0) if slow else self._random.uniform(0.0, 0.02)
        self._free_at = max(self._free_at, self._loop.time()) + takes

        def work() -> None:
            if not self._alive():
                return
            try:
                result = fn(*args, **kwargs)
            except Dead:
                return
            except Exception as exc:  # carried over to the caller, as any executor does
                future.set_exception(exc)
            else:
                future.set_result(result)

        self._loop.call_at(self._free_at, work)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """There is no thread to end."""
