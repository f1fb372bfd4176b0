"""The bus of actions, on a real mosquitto: a command is acknowledged, a device's answer is heard, an old one is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiomqtt
import pytest

from hub.errors import TransportError
from hub.mqtt.bus import MqttBus
from hub.mqtt.endpoint import Endpoint
from hub.mqtt.publish import running
from tests.mqtt.talk import DEADLINE_S, Pauses, run
from tests.servers import Mosquitto


def bus_of(broker: Mosquitto) -> MqttBus:
    return MqttBus(Endpoint(host="127.0.0.1", port=broker.port), "actions", sleep=Pauses())


async def device(broker: Mosquitto, listens: asyncio.Event) -> None:
    """A siren: answers each command once."""
    async with aiomqtt.Client("127.0.0.1", broker.port) as client:
        await client.subscribe("siren/set", 1)
        listens.set()
        async for message in client.messages:
            await client.publish("siren/state", b"did " + bytes(message.payload), 1)


async def first_of(answers: AsyncIterator[bytes]) -> bytes:
    async with asyncio.timeout(DEADLINE_S):
        return await anext(answers)


def test_a_command_is_published_and_the_devices_answer_is_heard(broker: Mosquitto) -> None:
    async def talk() -> bytes:
        listens = asyncio.Event()
        siren = asyncio.create_task(device(broker, listens))
        async with asyncio.timeout(DEADLINE_S):
            await listens.wait()
        async with running(bus_of(broker)) as bus, bus.listen("siren/state") as answers:
            await bus.publish("siren/set", b"on")
            heard = await first_of(answers)
        siren.cancel()
        await asyncio.gather(siren, return_exceptions=True)
        return heard

    assert run(talk()) == b"did on"


def test_what_was_retained_before_is_no_answer(broker: Mosquitto) -> None:
    async def talk() -> bytes:
        async with running(bus_of(broker)) as bus:
            await bus.publish("siren/state", b"old", retain=True)
            async with bus.listen("siren/state") as answers:
                await bus.publish("siren/state", b"new", retain=True)
                return await first_of(answers)

    assert run(talk()) == b"new"


def test_wildcards_and_several_listeners(broker: Mosquitto) -> None:
    async def talk() -> list[bytes]:
        async with (
            running(bus_of(broker)) as bus,
            bus.listen("+/state") as all_of_them,
            bus.listen("gate/state") as gate,
        ):
            await bus.publish("siren/state", b"1")
            await bus.publish("gate/state", b"2")
            return [await first_of(all_of_them), await first_of(all_of_them), await first_of(gate)]

    assert run(talk()) == [b"1", b"2", b"2"]


def test_who_listens_is_told_when_the_connection_breaks_and_may_ask_again(broker: Mosquitto) -> None:
    async def talk() -> tuple[list[bytes], bytes]:
        async with running(bus_of(broker)) as bus:
            async with bus.listen("siren/state") as answers:
                await asyncio.to_thread(broker.kill)
                async with asyncio.timeout(DEADLINE_S):
                    heard = [one async for one in answers]
            await asyncio.to_thread(broker.start_again)
            async with bus.listen("siren/state") as answers:
                await bus.publish("siren/state", b"again")
                return heard, await first_of(answers)

    assert run(talk()) == ([], b"again")


@pytest.mark.parametrize("topic", ["", "siren/#", "a/+/b"])
def test_what_can_be_no_topic_is_refused_before_the_broker_hangs_up(broker: Mosquitto, topic: str) -> None:
    async def talk() -> None:
        async with running(bus_of(broker)) as bus:
            await bus.publish(topic, b"x")

    with pytest.raises(TransportError, match="no topic"):
        run(talk())
