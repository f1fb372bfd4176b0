"""The hub's own MQTT broker as actions need it: publish a command, hear the device's answer. Types only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol


class Bus(Protocol):
    """Implemented by `hub.mqtt.bus.MqttBus`."""

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Returns after the PUBACK of QoS 1; raises TransportError when there was none."""

    def listen(self, topic: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Payloads on ``topic`` from the moment the block is entered (the broker has confirmed the subscription by
        then); what it had retained before that is left out. Raises TransportError."""
