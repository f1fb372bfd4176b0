"""Gates, wired: each community's lists of permits, over one connection that is opened when the first lane takes a list."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import structlog

from hub.core.commands import LaneObserved
from hub.errors import TransportError
from hub.gates.lists import Lists
from hub.mqtt.bus import MqttBus
from hub.store.port import Commit

if TYPE_CHECKING:
    from hub.app.hub import Hub

log = structlog.get_logger("gates")

AGAIN_S = 60.0


class Gates:
    """What the hub tells its gates."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._asked = asyncio.Event()

    def tasks(self) -> dict[str, Coroutine[object, object, None]]:
        """Name -> what to run beside the hub's other tasks."""
        self._hub.on_commit.append(self._committed)
        self._look()
        return {"gates": self._run()}

    def _committed(self, commit: Commit) -> None:
        if commit.changes.gate_lanes:
            self._look()

    def _look(self) -> None:
        states = (owner.keeper.core.state for owner in self._hub.owners.values())
        if any(lane.list_topic for state in states for lane in state.gate_lanes.values()):
            self._asked.set()

    async def _run(self) -> None:
        """What no gate can be told costs its list, never the hub."""
        await self._asked.wait()
        while True:
            try:
                await self._serve()
            except* TransportError as failed:
                log.error("no list can be given to a gate", error=str(failed.exceptions[0]))
            await asyncio.sleep(AGAIN_S)

    async def _serve(self) -> None:
        hub = self._hub
        bus = MqttBus(hub.broker.endpoint, f"{hub.installation_id}-lists")
        listed = [self._lists(community, bus) for community in hub.owners]
        listeners = [one.committed for one in listed]
        hub.on_commit += listeners
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(bus.run(), name="lists' bus")
                for one in listed:
                    group.create_task(one.run(), name="lists")
        finally:
            for listener in listeners:
                hub.on_commit.remove(listener)

    def _lists(self, community: str, bus: MqttBus) -> Lists:
        hub = self._hub
        return Lists(
            community,
            hub.store,
            bus,
            now_ms=hub.clock.now_ms,
            zone=ZoneInfo(hub.config.installation.timezone),
            observe=lambda found: _written(hub, community, found),
        )


def _written(hub: Hub, community: str, found: LaneObserved) -> None:
    hub.write_command(community, found)
