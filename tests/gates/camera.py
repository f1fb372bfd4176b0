"""A camera at a gate as it behaves on MQTT: keeps a list of plates, answers each command, or does not, as the test wishes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiomqtt
import msgspec

TOPIC = "device/cam-1/message/down/white_list_operator"


class Camera:
    """``answers`` gives what it says to a command, each part a message of its own; by default that it is done."""

    def __init__(self, topic: str = TOPIC) -> None:
        self.topic = topic
        self.list: dict[str, dict[str, object]] = {}
        self.commands: list[dict[str, object]] = []
        self.answers: Callable[[str, str], list[bytes]] = lambda id, _: [done(id)]
        self.changed = asyncio.Condition()

    async def until(self, true: Callable[[Camera], bool]) -> None:
        async with asyncio.timeout(20), self.changed:
            await self.changed.wait_for(lambda: true(self))

    @asynccontextmanager
    async def standing(
        self, port: int, username: str | None = None, password: str | None = None
    ) -> AsyncIterator[Camera]:
        listens = asyncio.Event()
        task = asyncio.create_task(
            self._run(aiomqtt.Client("127.0.0.1", port, username=username, password=password), listens)
        )
        async with asyncio.timeout(20):
            await listens.wait()
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self, peer: aiomqtt.Client, listens: asyncio.Event) -> None:
        async with peer as client:
            await client.subscribe(self.topic, 1)
            listens.set()
            async for message in client.messages:
                assert isinstance(message.payload, bytes)
                for answer in self._carry_out(message.payload):
                    await client.publish(f"{self.topic}/reply", answer, 1)
                async with self.changed:
                    self.changed.notify_all()

    def _carry_out(self, payload: bytes) -> list[bytes]:
        command = msgspec.json.decode(payload, type=dict[str, object])
        body = msgspec.convert(command["payload"], dict[str, object])["body"]
        given = msgspec.convert(body, dict[str, object])
        record = msgspec.convert(given.get("dldb_rec", {}), dict[str, object])
        plate = str(record.get("plate") or given.get("plate") or "")
        assert plate, "an empty plate deletes every plate"
        self.commands.append(command)
        answers = self.answers(str(command["id"]), plate)
        if any(b'"code":200' in one for one in answers):
            if given["operator_type"] == "delete":
                self.list.pop(plate, None)
            else:
                self.list[plate] = record
        return answers


def done(id: str) -> bytes:
    return answered(id, 200)


def answered(id: str, code: int) -> bytes:
    return msgspec.json.encode({"id": id, "sn": "cam-1", "name": "white_list_operator", "code": code, "payload": None})
