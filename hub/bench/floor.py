"""The floor: an MQTT 5 consumer that only acknowledges, ``python -m hub.bench.floor --port P --messages N``. I/O.

Nothing that keeps messages can be faster on this machine and this broker. Says ``ready`` when it is subscribed, and one
line of JSON when it has acknowledged N messages.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import time
from typing import cast

import mqtt5
import uvloop

from hub.bench.report import FloorReport
from hub.simulate.load import say

RECEIVE_MAX = 2_000


class Floor(asyncio.Protocol):
    """Reads packets, writes acks, counts."""

    def __init__(self, messages: int, done: asyncio.Future[FloorReport]) -> None:
        self._messages = messages
        self._done = done
        self._seen = 0
        self._cpu = 0.0
        self._rest = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own, which is none by inheritance
        connect = mqtt5.ConnectPacket(client_id="floor", session_expiry_interval=60, receive_max=RECEIVE_MAX)
        self._transport.write(connect.write())

    def data_received(self, data: bytes) -> None:
        """One loop without calls, as in the hub's own session."""
        rest = self._rest
        rest += data
        acks: list[bytes] = []
        at, end, seen, read = 0, len(rest), self._seen, mqtt5.read
        view = memoryview(rest)
        try:
            while at < end:
                try:
                    packet, used = read(view[at:])
                except IndexError:  # the rest of this packet has not come yet
                    break
                at += used
                if isinstance(packet, mqtt5.PublishPacket):
                    assert packet.packet_id is not None
                    acks.append(mqtt5.PubAckPacket(packet.packet_id).write())
                    seen += 1
                else:
                    self._other(packet)
        finally:
            view.release()
        del rest[:at]
        if acks:
            self._count(seen, acks)

    def _count(self, seen: int, acks: list[bytes]) -> None:
        assert self._transport is not None
        if self._seen == 0:
            self._cpu = _cpu_s()
        self._transport.write(b"".join(acks))
        self._seen = seen
        if seen >= self._messages and not self._done.done():
            cpu_us = round((_cpu_s() - self._cpu) / seen * 1e6, 2)
            self._done.set_result(FloorReport(messages=seen, done_ns=time.time_ns(), cpu_us=cpu_us))

    def _other(self, packet: object) -> None:
        assert self._transport is not None
        if isinstance(packet, mqtt5.ConnAckPacket):
            everything = mqtt5.TopicFilter("#", max_qos=mqtt5.QoS.AT_LEAST_ONCE)
            self._transport.write(mqtt5.SubscribePacket(1, [everything]).write())
        elif isinstance(packet, mqtt5.SubAckPacket):
            print("ready", flush=True)  # noqa: T201 (what the bench waits for)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(ConnectionError(f"the broker closed the connection: {exc}"))


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def consume(port: int, messages: int) -> FloorReport:
    loop = asyncio.get_running_loop()
    done: asyncio.Future[FloorReport] = loop.create_future()
    await loop.create_connection(lambda: Floor(messages, done), "127.0.0.1", port)
    return await done


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m hub.bench.floor", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--messages", type=int, required=True)
    args = parser.parse_args()
    say(uvloop.run(consume(args.port, args.messages)))


if __name__ == "__main__":
    main()
