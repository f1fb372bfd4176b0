"""What the tests of this stage share: running sessions, waiting on conditions, a peer that speaks raw bytes."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

import uvloop

from hub.model import RawMessage
from hub.mqtt.aiomqtt_session import AiomqttSession
from hub.mqtt.endpoint import Endpoint
from hub.mqtt.lane import LaneSession, RunningSession, SessionSetup
from hub.mqtt.mqtt5_session import Mqtt5Session
from hub.mqtt.publish import open_publisher

DEADLINE_S = 15.0
CLIENTS = ("mqtt5", "aiomqtt", "aiomqtt5")
KEEPING = (
    "allow_anonymous true",
    "persistence true",
    "persistence_location {directory}/",
    "autosave_interval 1",
    "max_queued_messages 0",
    "max_inflight_messages 2000",
)

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run on uvloop, as the hub does."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


async def until(holds: Callable[[], object], what: str = "") -> None:
    """Wait until a condition holds, or fail."""
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline, f"did not come true in time: {what}"
        await asyncio.sleep(0.005)


class Pauses:
    """Stands in for asyncio.sleep between connections: notes how long it should have been, waits a moment."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        await asyncio.sleep(0.01)


def setup_of(port: int, topics: Sequence[str] = ("t/#",), **other: Any) -> SessionSetup:
    endpoint = other.pop("endpoint", Endpoint(host="127.0.0.1", port=port))
    values: dict[str, Any] = {"source": "src", "lane": "bulk", "client_id": "hub-test"} | other
    return SessionSetup(topics=tuple(topics), endpoint=endpoint, **values)


def make(client: str, setup: SessionSetup, pauses: Pauses | None = None) -> LaneSession:
    """One session over the client under test."""
    sleep = pauses or Pauses()
    if client == "mqtt5":
        return Mqtt5Session(setup, sleep=sleep)
    session = AiomqttSession(setup, sleep=sleep)
    session.version = "5" if client == "aiomqtt5" else "3.1.1"
    session.settle_s = 0.05
    return session


@contextlib.asynccontextmanager
async def running(session: RunningSession | LaneSession, *, clean: bool = True) -> AsyncIterator[None]:
    """Run a session, connected, for the length of a block; not clean: its connection is cut as by a crash."""
    task = asyncio.create_task(session.run())

    def came_up_or_ended() -> bool:
        return session.connected or task.done() or getattr(session, "succeeded", False)

    try:
        await until(came_up_or_ended, "connected")
        if task.done():
            task.result()
        yield
        if clean:
            await session.close()
            await task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def receive(session: RunningSession | LaneSession, count: int, *, ack: bool = True) -> list[RawMessage]:
    """Take until there are ``count`` messages."""
    got: list[RawMessage] = []
    async with asyncio.timeout(DEADLINE_S):
        while len(got) < count:
            batch = await session.take(count - len(got))
            got += batch.messages
            if ack:
                session.ack(batch)
    return got


async def publish(port: int, messages: Sequence[tuple[str, bytes]], *, qos: int = 1, retain: bool = False) -> None:
    """Publish in order and wait for every PUBACK."""
    async with open_publisher(Endpoint(host="127.0.0.1", port=port), "tester") as publisher:
        await asyncio.gather(*[publisher.publish(topic, data, qos=qos, retain=retain) for topic, data in messages])


def numbered(count: int, topic: str = "t/x") -> list[tuple[str, bytes]]:
    return [(topic, b"%d" % number) for number in range(count)]


def payloads(messages: Sequence[RawMessage]) -> list[bytes]:
    return [message.payload for message in messages]


Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def peer(script: Script) -> AsyncIterator[int]:
    """A server that runs this script for every connection."""
    open_writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_writers.append(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await script(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in open_writers:
            writer.close()
        await server.wait_closed()


async def packet(reader: asyncio.StreamReader) -> bytes:
    """The next whole packet that a client sent, pings aside (all of ours in these tests are shorter than 16 kB)."""
    while True:
        head = await reader.readexactly(2)
        length = head[1]
        if length & 0x80:
            more = await reader.readexactly(1)
            length = (length & 0x7F) | more[0] << 7
            head += more
        whole = head + await reader.readexactly(length)
        if whole[0] != 0xC0:
            return whole


async def welcome(client: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer CONNECT and SUBSCRIBE as a broker would."""
    five = client != "aiomqtt"
    await packet(reader)
    writer.write(b"\x20\x03\x00\x00\x00" if five else b"\x20\x02\x00\x00")
    subscribe = await packet(reader)
    assert subscribe[0] == 0x82
    at = 2
    writer.write(
        (b"\x90\x04" + subscribe[at : at + 2] + b"\x00\x01") if five else b"\x90\x03" + subscribe[at : at + 2] + b"\x01"
    )


def raw_publish(client: str, topic: bytes, payload: bytes, *, head: int = 0x32, packet_id: int = 1) -> bytes:
    """A PUBLISH as bytes, also one that no codec would write."""
    body = len(topic).to_bytes(2, "big") + topic
    if head & 0x06:
        body += packet_id.to_bytes(2, "big")
    if client != "aiomqtt":
        body += b"\x00"
    body += payload
    assert len(body) < 128
    return bytes([head, len(body)]) + body
