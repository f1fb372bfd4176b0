"""Nobody watches the watchman, wired: auditor, heartbeat, twin, and what the hub announces."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Coroutine
from typing import TYPE_CHECKING

import structlog

from hub.app.delivery import make_tools
from hub.core.commands import Observe
from hub.core.state import State
from hub.errors import TransportError
from hub.model import Severity
from hub.mqtt.publish import Publisher, open_publisher
from hub.watch.announce import Announcer
from hub.watch.audit import RowLook, Vitals
from hub.watch.auditor import Auditor, Reader, readers
from hub.watch.display import Display
from hub.watch.heartbeat import Heartbeat, Twin

if TYPE_CHECKING:
    from hub.app.hub import Hub

log = structlog.get_logger("watch")

BEAT_S = 1.0


class Watch:
    """Everything that watches one hub, and what it says of itself."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._beat_ms = hub.clock.now_ms()
        self._readers: dict[str, tuple[Reader, ...]] = {}
        self.auditor = Auditor(
            Vitals(
                loop_beat_ms=lambda: self._beat_ms,
                next_due_ms=lambda: [owner.keeper.core.next_due_ms() for owner in hub.owners.values()],
                store_down_ms=lambda: max((o.keeper.failing_ms for o in hub.owners.values()), default=0),
                rows=RowLook(hub.store.reader, self._beat_ms),
            ),
            readers=lambda: [one for found in self._readers.values() for one in found],
            secrets=os.environ,
            make_tools=lambda: make_tools(hub, elsewhere=True),
            now_ms=hub.clock.now_ms,
        )

    def registry_changed(self, community: str, state: State) -> None:
        """Who is told when the hub itself is in trouble: those with a duty in the roles of the policy for `major`."""
        steps = self._hub.config.policies[Severity.MAJOR].steps
        roles = frozenset(role for step in steps for role in step.roles)
        self._readers[community] = readers(community, self._hub.config.communities[community].name, state, roles)

    def tasks(self) -> dict[str, Coroutine[object, object, None]]:
        """Name -> what to run beside the hub's other tasks."""
        watch = self._hub.config.watch
        found: dict[str, Coroutine[object, object, None]] = {"beat": self._beat()}
        if url := watch.heartbeat_url.get_secret_value():
            every_s = watch.heartbeat_every.total_seconds()
            found["heartbeat"] = Heartbeat(url, every_s, well=lambda: self.auditor.well, observe=self._observe).run()
        if watch.twin_url:
            found["twin"] = Twin(watch.twin_url, watch.twin_after.total_seconds(), observe=self._observe).run()
        if watch.announce:
            found["announce"] = self._announce()
        return found

    @contextlib.asynccontextmanager
    async def auditing(self) -> AsyncIterator[None]:
        """The auditor's thread, for the length of a block."""
        self.auditor.start()
        try:
            yield
        finally:
            await asyncio.to_thread(self.auditor.stop)

    async def _beat(self) -> None:
        while True:
            self._beat_ms = self._hub.clock.now_ms()
            await asyncio.sleep(BEAT_S)

    async def _announce(self) -> None:
        """What cannot be announced costs a display, never an alert: so nothing of it ends the hub."""
        try:
            await self._announce_all()
        except* TransportError as failed:
            log.warning("nothing is announced", error=str(failed.exceptions[0]))

    async def _announce_all(self) -> None:
        hub = self._hub
        async with (
            open_publisher(hub.broker.endpoint, f"{hub.installation_id}-announce") as to,
            asyncio.TaskGroup() as group,
        ):
            for community in hub.owners:
                announcer = self._announcer(community, to)
                hub.on_commit.append(announcer.committed)
                group.create_task(announcer.run(), name=f"announce {community}")
                display = self._display(community, to)
                hub.on_commit.append(display.committed)
                group.create_task(display.run(), name=f"display {community}")

    def _announcer(self, community: str, to: Publisher) -> Announcer:
        owner = self._hub.owners[community]
        home_assistant = self._hub.config.watch.home_assistant
        return Announcer(community, lambda: owner.keeper.core.state, to, home_assistant=home_assistant)

    def _display(self, community: str, to: Publisher) -> Display:
        owner = self._hub.owners[community]
        home_assistant = self._hub.config.watch.home_assistant
        return Display(community, lambda: owner.keeper.core.state, to, home_assistant=home_assistant)

    def _observe(self, found: Observe) -> None:
        """Said to every community: each has its own people to tell."""
        for community in self._hub.owners:
            self._hub.write_command(community, found)
