"""The load generator, a process of its own: ``python -m hub.simulate.load --port 1883 --messages 300000``. I/O: one MQTT 5 connection.

Takes a broker, a mix and a rate; gives lines of JSON on standard output: ``{"ready": true}`` once its packets are made,
``{"fire": n, "detector": name, "published_ns": ...}`` for each alarm, at the end `LoadReport`. Publishes QoS 1 with at most
``--window`` messages unacknowledged; what counts as published is what the broker acknowledged.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import sys
import time
from typing import cast

import mqtt5
import msgspec

from hub.simulate.packets import PacketSource, fire_detector, fire_packet

CHUNK = 200
TICK_S = 0.004
PUBACK = 0x40
NO_MATCHING_SUBSCRIBERS = 0x10


class LoadReport(msgspec.Struct):
    """What one run published, and what it cost the generator."""

    sent: int
    acked: int
    unmatched: int
    """Acknowledged with "no matching subscribers": nobody could have kept them."""
    fires: int
    began_ns: int
    last_ack_ns: int
    cpu_us: float
    """CPU per message of the generator, making of the packets not counted."""
    ahead: int = 0
    """Most messages that were acknowledged and not yet kept, as far as it was told."""


class LoadArgs(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line asks for. ``rate`` 0 is as fast as the window allows."""

    host: str = "127.0.0.1"
    port: int
    messages: int
    devices: int = 5_000
    window: int = 2_000
    rate: int = 0
    fire_every_s: float = 0.0
    fire_after_s: float = 2.0
    fires: int = 0
    seed: int = 1
    wait: bool = False
    backlog: int = 0
    """Most messages ahead of what the hub has kept, told on standard input as ``kept N``; 0: not asked about."""
    backlog_per_s: int = 0
    """By how much that bound grows, once it was reached."""
    seconds: float = 0.0
    """Stop that long after the bound was reached first; 0: only ``messages`` ends the run."""
    kind: str = ""
    """Only devices of this kind."""


class Connection(asyncio.Protocol):
    """Counts PUBACKs; writes what it is given."""

    def __init__(self) -> None:
        self.acked = 0
        self.unmatched = 0
        self.last_ack_ns = 0
        self.connected: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.moved = asyncio.Event()
        self.lost = False
        self._rest = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own, which is none by inheritance
        self._transport.write(mqtt5.ConnectPacket(client_id=f"load-{time.time_ns():x}", clean_start=True).write())

    def data_received(self, data: bytes) -> None:
        if not self.connected.done():
            packet, used = mqtt5.read(memoryview(data))
            if not isinstance(packet, mqtt5.ConnAckPacket) or packet.reason_code != mqtt5.ConnAckReasonCode.SUCCESS:
                self.connected.set_exception(ConnectionError(f"the broker refused the load generator: {packet!r}"))
                return
            self.connected.set_result(None)
            data = data[used:]
        self._count(self._rest + data if self._rest else data)
        self.last_ack_ns = time.time_ns()
        self.moved.set()

    def _count(self, data: bytes) -> None:
        whole = len(data) // 4
        plain = whole * 4 == len(data) and data[::4].count(PUBACK) == whole and data[1::4].count(2) == whole
        if plain:  # nearly always: four bytes each, no reason code
            self.acked += whole
            self._rest = b""
            return
        at = 0
        while at + 2 <= len(data) and at + 2 + data[at + 1] <= len(data):  # replies are shorter than 128 bytes
            if data[at] == PUBACK:
                self.acked += 1
                self.unmatched += data[at + 1] > 2 and data[at + 4] == NO_MATCHING_SUBSCRIBERS
            at += 2 + data[at + 1]
        self._rest = data[at:]

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self.lost = True
        if not self.connected.done():
            self.connected.set_exception(ConnectionError("the broker closed the connection"))
        self.moved.set()

    def write(self, data: bytes | bytearray) -> None:
        assert self._transport is not None
        self._transport.write(data)

    def close(self) -> None:
        assert self._transport is not None
        self._transport.write(mqtt5.DisconnectPacket().write())
        self._transport.close()


class Load:
    """One run over one connection."""

    def __init__(self, args: LoadArgs, source: PacketSource, connection: Connection) -> None:
        self._args = args
        self._source = source
        self._connection = connection
        self._sent = 0
        self._fires = 0
        self._began_ns = 0
        self._kept = 0
        self._ahead = 0
        self._full_ns = 0
        """Since when the load is as far ahead as it may be."""

    async def heed(self) -> None:
        """Read how many messages the hub has kept, for ever."""
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            self._kept = int(line.split()[1])
            self._ahead = max(self._ahead, self._connection.acked - self._kept)
            self._connection.moved.set()

    async def run(self) -> LoadReport:
        args, connection = self._args, self._connection
        cpu = _cpu_s()
        self._began_ns = time.time_ns()
        if args.rate:
            await self._paced()
        else:
            await self._flat_out()
        while connection.acked < self._sent and not connection.lost:
            connection.moved.clear()
            await connection.moved.wait()
        spent = _cpu_s() - cpu
        return LoadReport(
            sent=self._sent,
            acked=connection.acked,
            unmatched=connection.unmatched,
            fires=self._fires,
            began_ns=self._began_ns,
            last_ack_ns=connection.last_ack_ns,
            cpu_us=round(spent / max(self._sent, 1) * 1e6, 2),
            ahead=self._ahead,
        )

    async def _flat_out(self) -> None:
        while self._sent < self._args.messages and not self._connection.lost and not self._over():
            await self._room(CHUNK)
            self._publish(min(CHUNK, self._args.messages - self._sent))

    async def _paced(self) -> None:
        """``rate`` messages a second in small ticks; a tick that the window held up is caught up."""
        args = self._args
        bulk = 0
        while bulk < args.messages and not self._connection.lost:
            elapsed_s = (time.time_ns() - self._began_ns) / 1e9
            self._fire_if_due(elapsed_s)
            due = min(int(elapsed_s * args.rate), args.messages) - bulk
            if due > 0:
                part = min(due, CHUNK)
                await self._room(part)
                self._publish(part)
                bulk += part
            if due <= CHUNK:
                await asyncio.sleep(TICK_S)

    def _publish(self, count: int) -> None:
        self._connection.write(self._source.take(count, time.time_ns() // 1_000_000))
        self._sent += count

    def _fire_if_due(self, elapsed_s: float) -> None:
        args = self._args
        first = self._fires
        packets = bytearray()
        while self._fires < args.fires and elapsed_s >= args.fire_after_s + self._fires * args.fire_every_s:
            packets += fire_packet(self._fires)
            self._fires += 1
        if not packets:
            return
        published_ns = time.time_ns()
        self._connection.write(packets)
        self._sent += self._fires - first
        for n in range(first, self._fires):
            say({"fire": n, "detector": fire_detector(n), "published_ns": published_ns})

    async def _room(self, count: int) -> None:
        connection, args = self._connection, self._args
        while not connection.lost and (
            self._sent + count - connection.acked > args.window
            or (args.backlog and self._sent + count - self._kept > self._bound())
        ):
            if args.backlog and not self._full_ns and self._sent + count - self._kept > args.backlog:
                self._full_ns = time.time_ns()
                say({"full_ns": self._full_ns})
            connection.moved.clear()
            await connection.moved.wait()

    def _since_full_s(self) -> float:
        return (time.time_ns() - self._full_ns) / 1e9 if self._full_ns else 0.0

    def _bound(self) -> int:
        return self._args.backlog + int(self._since_full_s() * self._args.backlog_per_s)

    def _over(self) -> bool:
        return 0 < self._args.seconds < self._since_full_s()


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def say(line: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.buffer.flush()


async def publish_load(args: LoadArgs) -> LoadReport:
    """Connect, publish, wait for the last PUBACK."""
    source = PacketSource(args.devices, args.seed, args.kind)
    _, connection = await asyncio.get_running_loop().create_connection(Connection, args.host, args.port)
    await connection.connected
    say({"ready": True})
    if args.wait:
        await asyncio.to_thread(sys.stdin.readline)
    load = Load(args, source, connection)
    heeding = asyncio.create_task(load.heed()) if args.backlog else None
    report = await load.run()
    if heeding is not None:
        heeding.cancel()
    connection.close()
    return report


def parse(argv: list[str]) -> LoadArgs:
    """The command line as `LoadArgs`."""
    parser = argparse.ArgumentParser(prog="python -m hub.simulate.load", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--messages", type=int, required=True, help="how many, alarms not counted")
    parser.add_argument("--devices", type=int, default=5_000)
    parser.add_argument("--window", type=int, default=2_000, help="most messages without their PUBACK")
    parser.add_argument("--rate", type=int, default=0, help="messages a second; 0: as fast as the window allows")
    parser.add_argument("--fire-every", dest="fire_every_s", type=float, default=0.0, help="seconds; needs --rate")
    parser.add_argument("--fire-after", dest="fire_after_s", type=float, default=2.0, help="seconds before the first")
    parser.add_argument("--fires", type=int, default=0, help="how many alarms, each on a detector of its own")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--backlog", type=int, default=0, help="most messages ahead of `kept N` on standard input")
    parser.add_argument("--backlog-per-s", dest="backlog_per_s", type=int, default=0, help="growth of that bound")
    parser.add_argument("--seconds", type=float, default=0.0, help="stop that long after --backlog was reached")
    parser.add_argument("--kind", default="", help="only devices of this kind: smoke, parking, plate")
    parser.add_argument("--wait", action="store_true", help="start on a line on standard input")
    return msgspec.convert(vars(parser.parse_args(argv)), LoadArgs)


def main() -> None:
    import uvloop

    say(uvloop.run(publish_load(parse(sys.argv[1:]))))


if __name__ == "__main__":
    main()
