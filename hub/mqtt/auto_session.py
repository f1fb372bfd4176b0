"""`mqtt.client: auto`: MQTT 5 where the broker speaks it, aiomqtt with MQTT 3.1.1 where it does not."""

from __future__ import annotations

import asyncio
import random

from hub.mqtt.aiomqtt_session import AiomqttSession
from hub.mqtt.backoff import Sleep
from hub.mqtt.endpoint import ProtocolRefused
from hub.mqtt.lane import LaneSession, OnStanding, SessionSetup
from hub.mqtt.mqtt5_session import Mqtt5Session
from hub.mqtt.port import Batch


class AutoSession:
    """Tries MQTT 5 first; both clients share one inbox, so nothing is lost by the change."""

    def __init__(self, setup: SessionSetup, *, rng: random.Random | None = None, sleep: Sleep = asyncio.sleep) -> None:
        self.source = setup.source
        self.lane = setup.lane
        self.client_id = setup.client_id
        self._rng = rng
        self._sleep = sleep
        first = Mqtt5Session(setup, rng=rng, sleep=sleep)
        first.may_doubt = True
        self._inner: LaneSession = first

    async def run(self) -> None:
        try:
            await self._inner.run()
        except ProtocolRefused:
            self._fall_back()
            await self._inner.run()

    def _fall_back(self) -> None:
        first = self._inner
        second = AiomqttSession(first.setup, rng=self._rng, sleep=self._sleep, inbox=first.inbox)
        second.on_standing = first.on_standing
        second.drop(first.wanted_drops, resumed=False)
        self._inner = second

    async def take(self, limit: int = 1000) -> Batch:
        return await self._inner.take(limit)

    def ready(self) -> int:
        return self._inner.ready()

    def ack(self, batch: Batch) -> None:
        self._inner.ack(batch)

    @property
    def connected(self) -> bool:
        return self._inner.connected

    @property
    def drained_at_ms(self) -> int | None:
        return self._inner.drained_at_ms

    @property
    def status(self) -> str:
        return self._inner.status

    async def close(self) -> None:
        await self._inner.close()

    @property
    def on_standing(self) -> OnStanding | None:
        return self._inner.on_standing

    @on_standing.setter
    def on_standing(self, told: OnStanding | None) -> None:
        self._inner.on_standing = told

    def drop(self, topics: frozenset[str], *, resumed: bool) -> None:
        self._inner.drop(topics, resumed=resumed)

    def go_after(self, head_start: asyncio.Event) -> None:
        self._inner.go_after(head_start)
