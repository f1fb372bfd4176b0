"""What a broker that is not ours would lose, measured: `hub doctor` asks, this answers in plain sentences."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator

import mqtt5

from hub.errors import TransportError
from hub.mqtt.broker import Broker
from hub.mqtt.endpoint import Endpoint, ProtocolRefused, explain, refusal, tls_context
from hub.mqtt.lane import RECEIVE_MAXIMUM, SESSION_EXPIRY_S
from hub.mqtt.mosquitto_conf import MESSAGE_SIZE_LIMIT
from hub.mqtt.wire import pubacks

WITHIN_S = 10.0
QUEUED = 1500
"""Messages put into the queue of a client that is away: stock mosquitto keeps 1000."""
VERSION_WITHIN_S = 2.0


class Talk:
    """One conversation in MQTT 5: packets out, packets in."""

    def __init__(self, endpoint: Endpoint, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._endpoint = endpoint
        self._reader = reader
        self._writer = writer
        self._rest = b""

    def say(self, *data: bytes) -> None:
        self._writer.write(b"".join(data))

    async def hear(self) -> mqtt5.Packet:
        """The next packet."""
        while True:
            try:
                packet, size = mqtt5.read(memoryview(self._rest))
            except IndexError:
                more = await self._reader.read(65536)
                if not more:
                    raise TransportError(f"The broker at {self._endpoint.name} hung up.") from None
                self._rest += more
            except ValueError as exc:
                if self._rest[:2] == b"\x20\x02":
                    raise refusal(self._rest[3], f"code {self._rest[3]}", self._endpoint) from None
                raise TransportError(f"The broker at {self._endpoint.name} sent what is not MQTT 5: {exc}.") from None
            else:
                self._rest = self._rest[size:]
                return packet

    async def connect(self, client_id: str, *, clean: bool, expiry_s: int) -> mqtt5.ConnAckPacket:
        endpoint = self._endpoint
        packet = mqtt5.ConnectPacket(
            client_id,
            username=endpoint.username or None,
            password=endpoint.password.encode() if endpoint.password else None,
            clean_start=clean,
            session_expiry_interval=expiry_s,
            receive_max=RECEIVE_MAXIMUM,
        )
        self.say(packet.write())
        answer = await self.hear()
        if not isinstance(answer, mqtt5.ConnAckPacket):
            raise TransportError(f"The broker at {endpoint.name} answered CONNECT with {type(answer).__name__}.")
        if answer.reason_code is not mqtt5.ConnAckReasonCode.SUCCESS:
            raise refusal(int(answer.reason_code), answer.reason_code.name.lower(), endpoint)
        return answer

    async def subscribe(self, topic: str) -> bool:
        self.say(mqtt5.SubscribePacket(1, [mqtt5.TopicFilter(topic, max_qos=mqtt5.QoS.AT_LEAST_ONCE)]).write())
        while True:
            packet = await self.hear()
            if isinstance(packet, mqtt5.SubAckPacket):
                return int(packet.reason_codes[0]) < 0x80


@contextlib.asynccontextmanager
async def _talk(endpoint: Endpoint) -> AsyncIterator[Talk]:
    context = await asyncio.to_thread(tls_context, endpoint)
    try:
        reader, writer = await asyncio.open_connection(endpoint.host, endpoint.port, ssl=context)
    except OSError as exc:
        raise explain(exc, endpoint) from exc
    try:
        yield Talk(endpoint, reader, writer)
        with contextlib.suppress(OSError):  # the block may have said good-bye itself
            writer.write(mqtt5.DisconnectPacket().write())
            await writer.drain()
    except OSError as exc:
        raise explain(exc, endpoint) from exc
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def probe(broker: Broker, *, queued: int = QUEUED) -> list[str]:
    """What can be found out about a broker, one sentence each; what it would lose begins with ``LOSS:``.

    Needs the right to publish and subscribe ``hub/probe/#``; leaves nothing behind.
    """
    endpoint = broker.endpoint
    try:
        async with asyncio.timeout(3 * WITHIN_S):
            told = await _properties(endpoint)
            return told + await _queue(endpoint, queued)
    except ProtocolRefused:
        return [
            "The broker speaks MQTT 3.1.1 only; the hub uses aiomqtt with it.",
            "LOSS: how much it queues while the hub is away cannot be measured in 3.1.1; read its settings.",
        ]
    except TransportError as exc:
        return [str(exc)]
    except TimeoutError:
        return [f"The broker at {endpoint.name} did not answer in time."]


async def _properties(endpoint: Endpoint) -> list[str]:
    """What CONNACK and $SYS say."""
    async with _talk(endpoint) as talk:
        connack = await talk.connect(f"hub-probe-{secrets.token_hex(4)}", clean=True, expiry_s=SESSION_EXPIRY_S)
        told = [f"The broker is {await _version(talk)}."]
        talk.say(mqtt5.DisconnectPacket(session_expiry_interval=0).write())
    expiry_s = connack.session_expiry_interval
    if expiry_s is not None and expiry_s < SESSION_EXPIRY_S:
        told.append(f"LOSS: it forgets us after {expiry_s} s away; the hub asks for {SESSION_EXPIRY_S} s.")
    if connack.max_qos is mqtt5.QoS.AT_MOST_ONCE:
        told.append("LOSS: it knows QoS 0 only, so every interruption loses messages.")
    if not connack.retain_available:
        told.append("It keeps no retained messages: the last state of a device is unknown after a start.")
    if not connack.wildcard_subscription_available:
        told.append("It refuses wildcards: list exact topics in sources.")
    if connack.max_packet_size is not None and connack.max_packet_size < MESSAGE_SIZE_LIMIT:
        told.append(f"It refuses packets over {connack.max_packet_size} bytes.")
    return told


async def _version(talk: Talk) -> str:
    unknown = "of an unknown make (it tells no $SYS/broker/version)"
    if not await talk.subscribe("$SYS/broker/version"):
        return unknown
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(VERSION_WITHIN_S):
            while True:
                packet = await talk.hear()
                if isinstance(packet, mqtt5.PublishPacket):
                    if packet.packet_id is not None:
                        talk.say(pubacks([packet.packet_id]))
                    return packet.payload.decode("utf-8", "replace")
    return unknown


async def _queue(endpoint: Endpoint, queued: int) -> list[str]:
    """Leave a subscriber away, publish, come back and count."""
    name = f"hub-probe-{secrets.token_hex(4)}"
    topic = f"hub/probe/{name}"
    async with _talk(endpoint) as talk:
        await talk.connect(name, clean=True, expiry_s=300)
        if not await talk.subscribe(topic):
            return [f"LOSS: unknown; this user may not subscribe {topic}, so the queue could not be measured."]
    async with _talk(endpoint) as talk:
        connack = await talk.connect(f"{name}-out", clean=True, expiry_s=0)
        if not await _fill(talk, topic, queued, connack.receive_max):
            return [f"LOSS: unknown; this user may not publish {topic}, so the queue could not be measured."]
    async with _talk(endpoint) as talk:
        connack = await talk.connect(name, clean=False, expiry_s=300)
        kept, kept_qos0 = await _drain(talk) if connack.session_present else (0, 0)
        talk.say(mqtt5.DisconnectPacket(session_expiry_interval=0).write())
    told = []
    if kept < queued:
        told.append(
            f"LOSS: of {queued} messages sent while the hub was away it kept {kept}; "
            "set max_queued_messages 0 (mosquitto) or what your broker calls it."
        )
    else:
        told.append(f"It kept {kept} of {queued} messages while the hub was away.")
    if not kept_qos0:
        told.append(
            "LOSS: QoS 0 messages sent while the hub is away are dropped (mosquitto: queue_qos0_messages true)."
        )
    return told


async def _fill(talk: Talk, topic: str, queued: int, window: int) -> bool:
    """Publish one QoS 0 message and ``queued`` of QoS 1, at most ``window`` unacknowledged."""
    talk.say(mqtt5.PublishPacket(topic, b"qos0").write())
    acked = 0
    for first in range(0, queued, window):
        numbers = range(first, min(first + window, queued))
        talk.say(*[mqtt5.PublishPacket(topic, b"%d" % n, qos=mqtt5.QoS(1), packet_id=n + 1).write() for n in numbers])
        while acked < numbers.stop:
            packet = await talk.hear()
            if isinstance(packet, mqtt5.PubAckPacket):
                acked += 1
                if packet.reason_code is mqtt5.PubAckReasonCode.NOT_AUTHORIZED:
                    return False
    return True


async def _drain(talk: Talk) -> tuple[int, int]:
    """Take and acknowledge until the broker has answered two pings with nothing before them."""
    seen: set[bytes] = set()
    qos0 = fresh = empty = 0
    talk.say(mqtt5.PingReqPacket().write())
    while True:
        packet = await talk.hear()
        if isinstance(packet, mqtt5.PublishPacket):
            fresh += 1
            if packet.payload == b"qos0":
                qos0 = 1
            else:
                seen.add(packet.payload)
            if packet.packet_id is not None:
                talk.say(pubacks([packet.packet_id]))
        elif isinstance(packet, mqtt5.PingRespPacket):
            empty = 0 if fresh else empty + 1
            if empty == 2:
                return len(seen), qos0
            fresh = 0
            talk.say(mqtt5.PingReqPacket().write())
