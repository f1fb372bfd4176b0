"""People: somebody accepts, arrives and closes now and then, sometimes nobody; they write command rows, as the pages do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random

from hub.core.commands import AnyCommand, Close
from hub.core.state import State
from hub.errors import StoreError
from hub.model import Outcome
from hub.simulate.world.compound import COMMUNITY
from hub.simulate.world.life import Life, Surroundings
from hub.simulate.world.wishes import about, of_oneself, of_the_desk


class People:
    """Looks at what is open in the hub that runs, and does something about it."""

    def __init__(self, around: Surroundings, random: Random, life: Callable[[], Life | None]) -> None:
        self._around = around
        self._random = random
        self._life = life
        self._every_s = random.choice((60.0, 200.0, 400.0, 2000.0, 100_000.0))
        self._lively = random.random() < 0.6
        """They change their minds about when they may be told."""

    async def live(self) -> None:
        while True:
            await asyncio.sleep(self._random.expovariate(1 / self._every_s))
            life = self._life()
            if life is not None and life.ready and life.alive:
                for command in self._wish(life.state()):
                    self.write(command)

    def write(self, command: AnyCommand) -> None:
        """One row through a page, which may find the store away."""
        life = self._life()
        if life is None or not life.alive or self._around.faults.store_is_down():
            return
        try:
            row = life.store.write_command(COMMUNITY, command, life.clock.now_ms())
        except StoreError:
            return
        self._around.trace.note("wished", row, type(command).__name__)
        if self._random.random() < 0.9:  # a page in another process wakes nobody
            life.owner.wake_commands()

    def close_everything(self) -> None:
        """The control room ends what is open, over and over, when the world is healed."""
        life = self._life()
        if life is None or not life.alive or not life.ready:
            return
        for incident in life.state().incidents.values():
            if incident.closed_ms is None:
                self.write(Close(actor="console", incident=incident.id, outcome=Outcome.FALSE))
        life.owner.wake_commands()

    def _wish(self, state: State) -> list[AnyCommand]:
        random = self._random
        open_ids = [i.id for i in state.incidents.values() if i.closed_ms is None]
        wishes = [about(random, state.incidents[random.choice(open_ids)])] if open_ids else []
        if random.random() < 0.3:
            wishes.append(of_the_desk(random, state))
        if self._lively and random.random() < 0.3:
            wishes.append(of_oneself(random, state))
        return wishes
