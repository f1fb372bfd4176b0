"""The hub's broker as actions use it: a publisher that also hears the devices' answers, over the same connection."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import aiomqtt

from hub.errors import TransportError
from hub.mqtt.backoff import Sleep
from hub.mqtt.endpoint import Endpoint
from hub.mqtt.publish import Publisher

MOST_WAITING = 1000
"""Answers of one listener: a topic that floods must not fill the memory."""


class Ear:
    """One who listens on one topic; None in the queue is the end of the connection."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.heard: asyncio.Queue[bytes | None] = asyncio.Queue(MOST_WAITING)

    def hear(self, payload: bytes | None) -> None:
        if self.heard.full():
            self.heard.get_nowait()
        self.heard.put_nowait(payload)

    async def payloads(self) -> AsyncIterator[bytes]:
        while (payload := await self.heard.get()) is not None:
            yield payload


class MqttBus(Publisher):
    """`hub.delivery.bus.Bus`. Runs as one task (`run`); the connection comes back by itself.

    Whoever listens when it breaks is told the end of what they hear: an answer may have been missed, so they ask again.
    A topic once listened to stays subscribed as long as the connection lasts: there are as many as there are actions.
    """

    def __init__(self, endpoint: Endpoint, client_id: str, *, sleep: Sleep = asyncio.sleep) -> None:
        super().__init__(endpoint, client_id, sleep=sleep)
        self._ears: list[Ear] = []

    async def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """See `Publisher.publish`. What can be no topic would end the connection."""
        if not topic or any(one in topic for one in "+#\0"):
            raise TransportError(f"{topic!r} is no topic to publish to.", permanent=True)
        await super().publish(topic, payload, qos=qos, retain=retain)

    async def _serve(self, client: aiomqtt.Client) -> None:
        try:
            async for message in client.messages:
                self._hear(message)
        finally:
            for ear in self._ears:
                ear.hear(None)

    def _hear(self, message: aiomqtt.Message) -> None:
        """To each who listens. What was retained before they came is old news; a command's answer comes unretained."""
        if message.retain or not isinstance(message.payload, bytes | bytearray):
            return
        for ear in self._ears:
            if message.topic.matches(ear.topic):
                ear.hear(bytes(message.payload))

    @contextlib.asynccontextmanager
    async def listen(self, topic: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """See `hub.delivery.bus.Bus.listen`."""
        client = await self._connected()
        ear = Ear(topic)
        self._ears.append(ear)
        try:
            await self._asked(client, client.subscribe(topic, 1))
            yield ear.payloads()
        finally:
            self._ears.remove(ear)
