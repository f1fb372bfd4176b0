"""An action all the way: the sender, the bus, a real mosquitto, a siren that answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import aiomqtt
import pytest

from hub.delivery.channels.action import CHANNEL
from hub.delivery.port import Accepted
from hub.delivery.tools import Tools
from hub.errors import DeliveryError
from hub.model import Purpose, Stage
from hub.mqtt.bus import MqttBus
from hub.mqtt.endpoint import Endpoint
from hub.mqtt.publish import running
from tests.delivery.notices import NOW_MS
from tests.delivery.test_action import action, told
from tests.servers import Mosquitto

SIREN = action(topic="siren/set", payload='{"on": true}', confirm_topic="siren/state", confirm="done")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    server = Mosquitto(tmp_path / "mosquitto")
    server.start()
    yield server
    server.stop()


async def siren(port: int, listens: asyncio.Event, heard: list[bytes]) -> None:
    async with aiomqtt.Client("127.0.0.1", port) as client:
        await client.subscribe("siren/set", 1)
        listens.set()
        async for message in client.messages:
            assert isinstance(message.payload, bytes)
            heard.append(message.payload)
            await client.publish("siren/state", b"done", 1)


def test_a_siren_sounds_answers_and_is_silenced_at_the_end(broker: Mosquitto) -> None:
    heard: list[bytes] = []

    async def talk() -> list[Accepted]:
        listens = asyncio.Event()
        device = asyncio.create_task(siren(broker.port, listens, heard))
        await listens.wait()
        async with running(MqttBus(Endpoint(host="127.0.0.1", port=broker.port), "hub-actions")) as bus:
            tools = Tools(now_ms=lambda: NOW_MS, actions={"siren": SIREN}, bus=bus)
            sender = CHANNEL.open("action://siren", tools).sender
            accepted = [await sender.send(told()), await sender.send(told(purpose=Purpose.ENDED))]
            await tools.close()
        device.cancel()
        await asyncio.gather(device, return_exceptions=True)
        return accepted

    async def in_time() -> list[Accepted]:
        async with asyncio.timeout(20):
            return await talk()

    assert asyncio.run(in_time()) == [Accepted(code="confirmed", stage=Stage.DELIVERED)] * 2
    assert heard == [b'{"on": true}', b'{"on": false, "id": "guihua-7-siren-undo"}']


def test_a_broker_that_dies_while_the_device_is_waited_for_is_no_receipt(broker: Mosquitto) -> None:
    async def talk() -> None:
        async with running(MqttBus(Endpoint(host="127.0.0.1", port=broker.port), "hub-actions")) as bus:
            tools = Tools(now_ms=lambda: NOW_MS, actions={"siren": SIREN}, bus=bus)
            async with bus.listen("siren/set") as commands:
                sending = asyncio.create_task(CHANNEL.open("action://siren", tools).sender.send(told()))
                await anext(commands)
            await asyncio.to_thread(broker.kill)
            await sending

    async def in_time() -> None:
        async with asyncio.timeout(20):
            await talk()

    with pytest.raises(DeliveryError, match="broker"):
        asyncio.run(in_time())
