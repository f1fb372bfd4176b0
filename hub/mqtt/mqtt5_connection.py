"""One connection in MQTT 5: bytes in, messages into the inbox, acks out. The hot path: about 1 us a message of our own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, cast

import mqtt5

from hub.errors import TransportError
from hub.model import RawMessage
from hub.mqtt.endpoint import explain, refusal
from hub.mqtt.inbox import Inbox
from hub.mqtt.lane import MAX_PACKET_BYTES, TAKEN_OVER, SessionSetup
from hub.mqtt.wire import PUBLISH, QOS2, frame_length, pubacks, read_loosely

Read = Callable[[memoryview], tuple[Any, int]]
# The codec's packets are a union of fifteen classes; the first byte told which one it is, so here they pass as Any.


class Mqtt5Connection(asyncio.Protocol):
    """From CONNECT until the connection is lost; `lost` then holds why."""

    def __init__(
        self,
        setup: SessionSetup,
        inbox: Inbox,
        dropped_topics: Callable[[], frozenset[str]],
        on_pong: Callable[[], None],
    ) -> None:
        loop = asyncio.get_running_loop()
        self.connack: asyncio.Future[mqtt5.ConnAckPacket] = loop.create_future()
        self.lost: asyncio.Future[TransportError] = loop.create_future()
        self.subscribed = False
        """Reading rests only from here on: the SUBACK comes behind the backlog, and nobody takes before it."""
        self._loop = loop
        self._setup = setup
        self._inbox = inbox
        self._dropped_topics = dropped_topics
        self._on_pong = on_pong
        self._transport: asyncio.Transport | None = None
        self._rest = bytearray()
        self._needed = 0
        self._read: Read = mqtt5.read
        self._answers: dict[int, asyncio.Future[list[int]]] = {}
        self._reason: TransportError | None = None
        self._heard_at = loop.time()
        self._pings = 0
        self._paused = False
        self._keepalive: asyncio.TimerHandle | None = None

    # ── asyncio.Protocol ────────────────────────────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        setup = self._setup
        self._transport = cast(asyncio.Transport, transport)
        self._inbox.connected()
        self._inbox.on_room = self._resume
        will = setup.will
        packet = mqtt5.ConnectPacket(
            setup.client_id,
            username=setup.endpoint.username or None,
            password=setup.endpoint.password.encode() if setup.endpoint.password else None,
            clean_start=False,
            will=mqtt5.Will(will.topic, payload=will.payload, qos=mqtt5.QoS(will.qos), retain=will.retain)
            if will
            else None,
            keep_alive=setup.keepalive_s,
            session_expiry_interval=setup.session_expiry_s,
            receive_max=setup.receive_maximum,
            max_packet_size=MAX_PACKET_BYTES,
        )
        self._transport.write(packet.write())

    def data_received(self, data: bytes) -> None:
        """Read every whole packet in order; long on purpose, each step in it is paid once a message."""
        now_ms = int(time.time() * 1000)
        self._heard_at = self._loop.time()
        buffer: bytes | bytearray = data
        if self._rest:
            self._rest += data
            if len(self._rest) < self._needed:
                return
            buffer, self._rest = self._rest, bytearray()
        source, read, dropped = self._setup.source, self._read, self._dropped_topics()
        messages: list[RawMessage] = []
        tokens: list[int] = []
        free: list[int] = []
        view = memoryview(buffer)
        at, end = 0, len(buffer)
        while at < end:
            head = buffer[at]
            try:
                packet, size = read(view[at:])
            except IndexError:
                self._keep(buffer, at)
                break
            except ValueError as exc:
                self._malformed(str(exc), buffer[at : at + 4])
                break
            except BaseException as exc:
                if type(exc).__name__ != "PanicException":  # pyo3 derives its panics from BaseException
                    raise
                if read is read_loosely:
                    self._malformed("text that is not UTF-8")
                    break
                self._read = read = read_loosely
                continue
            at += size
            if head & 0xF0 != PUBLISH:
                self._control(packet)
                continue
            topic = packet.topic
            token = packet.packet_id or 0
            if head & 0x04:
                token |= QOS2
            if topic in dropped:
                if token and self._inbox.drop(token, tokens):
                    free.append(token)
                continue
            messages.append(RawMessage(source, topic, packet.payload, now_ms, head & 1 == 1, head & 8 == 8))
            tokens.append(token)
        if free:
            self.send_acks(free)
        if messages and self._inbox.put(messages, tokens, at):
            self._rest_now()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._keepalive is not None:
            self._keepalive.cancel()
        endpoint = self._setup.endpoint
        if self._reason is None:
            self._reason = explain(exc, endpoint) if exc else TransportError(f"The broker at {endpoint.name} hung up.")
        waited: list[asyncio.Future[Any]] = [self.connack, *self._answers.values()]
        for answer in waited:
            if not answer.done():
                answer.set_exception(self._reason)
                answer.exception()  # or asyncio complains when nobody waits for it
        if not self.lost.done():
            self.lost.set_result(self._reason)
        self._transport = None

    # ── what the session does over it ───────────────────────────────────────────────────────────────────────────────

    def send_acks(self, tokens: Sequence[int]) -> None:
        if self._transport is not None:
            self._transport.write(pubacks(tokens))

    def ping(self, *, anyway: bool = False) -> None:
        """Send a PINGREQ unless one is under way; the answer comes behind everything the broker may send us now."""
        if self._transport is not None and (anyway or not self._pings):
            self._pings += 1
            self._inbox.probe_sent()
            self._transport.write(mqtt5.PingReqPacket().write())

    def keep_alive(self, seconds: int) -> None:
        """From now on ping twice in this time, and give up when nothing was heard for one and a half times as long."""
        if seconds and self._transport is not None:
            self._keepalive = self._loop.call_later(seconds / 2, self._tick, seconds)

    def _tick(self, seconds: int) -> None:
        if not self._paused and self._loop.time() - self._heard_at > 1.5 * seconds:
            self.drop(f"The broker at {self._setup.endpoint.name} has been silent for {1.5 * seconds:.0f} s.")
            return
        self.ping(anyway=True)
        self.keep_alive(seconds)

    async def ask(self, packet: mqtt5.SubscribePacket | mqtt5.UnsubscribePacket) -> list[int]:
        """Send SUBSCRIBE or UNSUBSCRIBE and wait for the reason codes."""
        if self._transport is None:
            raise await self.lost
        answer: asyncio.Future[list[int]] = self._loop.create_future()
        self._answers[packet.packet_id] = answer
        self._transport.write(packet.write())
        return await answer

    def hang_up(self) -> None:
        """Disconnect cleanly; the broker keeps the session and publishes no will."""
        if self._transport is not None:
            self._transport.write(mqtt5.DisconnectPacket().write())
            self._transport.close()

    def drop(self, reason: str) -> None:
        """Cut the connection and say why."""
        self._reason = self._reason or TransportError(reason)
        if self._transport is not None:
            self._transport.abort()

    # ── the rest ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _rest_now(self) -> None:
        if self.subscribed and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()

    def _resume(self) -> None:
        if self._paused and self._transport is not None and not self._transport.is_closing():
            self._paused = False
            self._heard_at = self._loop.time()
            self._transport.resume_reading()

    def _keep(self, buffer: bytes | bytearray, at: int) -> None:
        """Put the start of a packet aside, unless it announces more than we take."""
        self._rest = bytearray(memoryview(buffer)[at:])
        try:
            length = frame_length(self._rest[:5])
        except ValueError as exc:
            self._malformed(str(exc))
            return
        self._needed = length or 0
        if self._needed > MAX_PACKET_BYTES:
            self._malformed(f"a packet of {length} bytes, more than the {MAX_PACKET_BYTES} that we take")

    def _malformed(self, what: str, head: bytes | bytearray = b"") -> None:
        self._rest = bytearray()
        if head[:2] == b"\x20\x02" and len(head) == 4 and not self.connack.done():
            # A broker that knows only MQTT 3.1.1 refuses in its own words.
            self._reason = refusal(head[3], f"code {head[3]}", self._setup.endpoint)
        self.drop(f"The broker at {self._setup.endpoint.name} sent what is not MQTT 5: {what}.")

    def _control(self, packet: mqtt5.Packet) -> None:
        match packet:
            case mqtt5.PingRespPacket():
                self._pings -= 1
                if not self._pings:
                    self._on_pong()
            case mqtt5.SubAckPacket() | mqtt5.UnsubAckPacket():
                answer = self._answers.pop(packet.packet_id, None)
                if answer is not None and not answer.done():
                    answer.set_result([int(code) for code in packet.reason_codes])
            case mqtt5.ConnAckPacket():
                self._connected(packet)
            case mqtt5.PubRelPacket():
                if self._transport is not None:
                    self._transport.write(mqtt5.PubCompPacket(packet.packet_id).write())
            case mqtt5.DisconnectPacket():
                taken_over = packet.reason_code is mqtt5.DisconnectReasonCode.SESSION_TAKEN_OVER
                said = packet.reason_str or packet.reason_code.name.replace("_", " ").lower()
                where = self._setup.endpoint.name
                self.drop(TAKEN_OVER if taken_over else f"The broker at {where} ended the connection: {said}.")
            case _:
                self._malformed(f"a {type(packet).__name__} that a server may not send")

    def _connected(self, packet: mqtt5.ConnAckPacket) -> None:
        if self.connack.done():
            self._malformed("a second CONNACK")
        elif packet.reason_code is mqtt5.ConnAckReasonCode.SUCCESS:
            self.connack.set_result(packet)
        else:
            name = packet.reason_str or packet.reason_code.name.replace("_", " ").lower()
            self._reason = refusal(int(packet.reason_code), name, self._setup.endpoint)
            self.drop(str(self._reason))
