"""What goes wrong: the hub is killed between any two steps, the store is away, a commit fails, a message is poison."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Protocol, TypeVar

from hub.core.inputs import Received
from hub.errors import StoreError
from hub.simulate.world.trace import Trace
from hub.simulate.world.virtual import Dead, VirtualLoop
from hub.store.port import Commit

T = TypeVar("T")


class Process(Protocol):
    """One life of the hub, as the faults see it."""

    number: int
    alive: bool

    def die(self, where: str) -> None: ...


class Faults:
    """Decides by the seed; after `heal` nothing goes wrong any more."""

    def __init__(self, trace: Trace, random: Random, loop: VirtualLoop) -> None:
        self.trace = trace
        self.random = random
        self.healed = False
        self.poison: set[bytes] = set()
        self.crashes = 0
        self.down_until_s = -1.0
        self.full_until_s = -1.0
        """The disk has room for a small write, and for no batch."""
        self._loop = loop
        self._lives = random.choice((0, 1, 2, 4, 8))
        self._crash_chance = random.choice((0.0, 0.003, 0.01, 0.03))
        self._fail_chance = random.choice((0.0, 0.0, 0.005, 0.02))
        self._doubt_chance = random.choice((0.0, 0.0, 0.005, 0.02))

    def heal(self) -> None:
        self.healed = True
        self.down_until_s = self.full_until_s = -1.0
        self.trace.note("healed")

    def crash_here(self, where: str, process: Process) -> bool:
        """Kill the process here, when the seed says so; True when it is dead."""
        if not process.alive:
            return True
        if self.healed or self._lives <= 0 or self.random.random() >= self._crash_chance:
            return False
        self._lives -= 1
        self.kill(where, process)
        return True

    def kill(self, where: str, process: Process) -> None:
        self.crashes += 1
        process.die(where)

    def store_is_down(self) -> bool:
        return self._loop.time() < self.down_until_s

    def around(self, what: str, process: Process, call: Callable[[], T]) -> T:
        """One call of the store, with what may happen before, instead of and after it."""
        if self.crash_here(f"before {what}", process):
            raise Dead
        self.refuse(what)
        result = call()
        if self.crash_here(f"after {what}", process):
            raise Dead
        return result

    def refuse(self, what: str) -> None:
        if self.store_is_down():
            raise StoreError(f"The store is away ({what}).")
        if what in ("commit", "checkpoint") and self._loop.time() < self.full_until_s:
            raise StoreError(f"The disk is full ({what}).")

    def around_commit(self, process: Process, commit: Commit, call: Callable[[], None]) -> None:
        """As `around`; a commit may also fail once, fail on poison, or be done and be reported as failed."""

        def guarded() -> None:
            if self.poison and any(
                type(i) is Received and i.undecodable is None and i.raw.payload in self.poison for i in commit.inputs
            ):
                self.trace.note("poisoned")
                raise StoreError("The store chokes on this batch.")
            if not self.healed and self.random.random() < self._fail_chance:
                self.trace.note("commit_failed")
                raise StoreError("The store did not take this one.")
            call()
            if not self.healed and self.random.random() < self._doubt_chance:
                self.trace.note("commit_in_doubt")
                raise StoreError("The connection broke after the commit.")

        self.around("commit", process, guarded)
