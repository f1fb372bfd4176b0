"""A lane through `aiomqtt` over `paho-mqtt`: MQTT 3.1.1 brokers and clouds, amqtt, and MQTT 5 where it is asked for.

paho sends PUBREC by itself, so a broker that ignores our maximum QoS of 1 could lose a QoS 2 message here. MQTT 3.1.1
knows no Retain Handling: retained messages come again whenever we subscribe, so within one run of the hub a resumed
session is not subscribed again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from typing import Any, Literal, TypeVar

import aiomqtt
from aiomqtt.exceptions import MqttCodeError, MqttConnectError
from paho.mqtt.client import MQTT_CLEAN_START_FIRST_ONLY, Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from hub.errors import TransportError
from hub.model import RawMessage
from hub.mqtt.endpoint import Endpoint, explain, refusal, tls_context
from hub.mqtt.lane import MAX_PACKET_BYTES, QOS0_ONLY, TAKEN_OVER, LaneSession, SessionSetup
from hub.mqtt.mqtt5_session import CONNECT_WITHIN_S, portions
from hub.mqtt.wire import QOS2

SETTLE_S = 1.0
"""Quiet time after which the broker's window would have been full again, had it anything left."""

T = TypeVar("T")
MqttVersion = Literal["3.1.1", "5"]


class PahoEar(logging.Logger):
    """paho tells socket errors (a refused certificate, for example) to its logger alone: keep the last one."""

    def __init__(self) -> None:
        super().__init__("hub.mqtt.paho", logging.ERROR)
        self.heard: OSError | None = None

    def handle(self, record: logging.LogRecord) -> None:
        for arg in record.args if isinstance(record.args, tuple) else ():
            if isinstance(arg, OSError):
                self.heard = arg


class PausableClient(aiomqtt.Client):
    """`aiomqtt.Client` with paho's own messages, manual acks, and reading that can rest."""

    session_present = False
    _resting = False

    def listen(self, on_message: Any) -> None:
        self._client.manual_ack_set(True)
        self._client.on_message = on_message

    def send_ack(self, packet_id: int, qos: int) -> None:
        self._client.ack(packet_id, qos)

    def rest(self) -> None:
        sock = self._client.socket()
        if sock is not None and not self._resting:
            self._resting = True
            self._loop.remove_reader(sock.fileno())

    def resume(self) -> None:
        sock = self._client.socket()
        if sock is not None and self._resting:
            self._resting = False
            self._loop.add_reader(sock.fileno(), self._read)
            self._loop.call_soon(self._read)  # TLS may hold decrypted bytes that the socket no longer shows

    def cut(self) -> None:
        """Close the socket whatever state the client is in; aiomqtt leaves it open after some errors."""
        self._client._sock_close()
        for waited in (self._connected, self._disconnected):
            if not waited.done():
                waited.set_exception(aiomqtt.MqttError("we hung up"))
                waited.exception()  # or asyncio complains when nobody waits for it

    async def unless_lost(self, work: Coroutine[Any, Any, T]) -> T:
        """Do this, but not longer than the connection stands; aiomqtt would wait for its timeout."""
        task = asyncio.ensure_future(work)
        try:
            both: list[asyncio.Future[Any]] = [task, self._disconnected]
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                self._disconnected.result()
                raise aiomqtt.MqttError("it ended the connection")
            return task.result()
        finally:
            task.cancel()

    async def lost(self) -> None:
        """Wait for the end of the connection; raises why."""
        await asyncio.shield(self._disconnected)

    def _read(self) -> None:
        try:
            self._client.loop_read()
            while not self._resting and getattr(self._client.socket(), "pending", int)() > 0:
                self._client.loop_read()
        except Exception as exc:  # paho's parser lets struct.error, IndexError and more through: a foreign codec
            self._broke(exc)

    def _write(self) -> None:
        try:
            self._client.loop_write()
        except Exception as exc:  # as in _read
            self._broke(exc)

    def _broke(self, exc: Exception) -> None:
        if not self._disconnected.done():
            self._disconnected.set_exception(exc)
            self._disconnected.exception()
        self.cut()

    def _on_connect(
        self,
        client: Client,
        userdata: Any,
        flags: ConnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        self.session_present = flags.session_present
        super()._on_connect(client, userdata, flags, reason_code, properties)

    def _on_disconnect(
        self,
        client: Client,
        userdata: Any,
        flags: DisconnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        if not self._connected.done():  # aiomqtt would wait for its timeout
            unanswered = aiomqtt.MqttError("it hung up before it answered")
            unanswered.__cause__ = getattr(self._logger, "heard", None)
            self._connected.set_exception(unanswered)
        super()._on_disconnect(client, userdata, flags, reason_code, properties)

    def _on_socket_open(self, client: Client, userdata: Any, sock: Any) -> None:  # noqa: ARG002
        """As in aiomqtt, with a reader that can rest; runs in the thread that connects."""

        def watch() -> None:
            if sock.fileno() >= 0:
                self._loop.add_reader(sock.fileno(), self._read)
                self._misc_task = self._loop.create_task(self._misc_loop())

        self._loop.call_soon_threadsafe(watch)

    def _on_socket_register_write(self, client: Client, userdata: Any, sock: Any) -> None:  # noqa: ARG002
        """As in aiomqtt, but a socket that was closed in the meantime is let be."""

        def watch() -> None:
            if sock.fileno() >= 0:
                self._loop.add_writer(sock.fileno(), self._write)

        self._loop.call_soon_threadsafe(watch)


class AiomqttSession(LaneSession):
    """The client for every other broker."""

    version: MqttVersion = "3.1.1"
    settle_s: float = SETTLE_S
    _client: PausableClient | None = None
    _probing: asyncio.TimerHandle | None = None
    _subscribed_once = False

    async def _serve(self) -> None:
        endpoint = self.setup.endpoint
        client = _client(self.setup, self.version, await asyncio.to_thread(tls_context, endpoint))
        client.listen(self._receive)
        self.inbox.connected()
        self.inbox.on_room = client.resume
        self._client = client
        try:
            await client.__aenter__()
            self._came_up(client.session_present, await client.unless_lost(self._subscribe(client)))
            await client.lost()
        except Exception as exc:  # translated here, at the edge; paho lets errors of its parser through
            raise explain_aiomqtt(exc, endpoint) from exc
        finally:
            self._client = None
            if self._probing is not None:
                self._probing.cancel()
                self._probing = None
            client.cut()

    async def _subscribe(self, client: PausableClient) -> frozenset[str]:
        """Unsubscribe what is gone, subscribe what is wanted, and give what was granted."""
        setup = self.setup
        for patterns in portions(setup.forget):
            await client.unsubscribe(patterns)
        if self.version == "3.1.1" and self._subscribed_once and client.session_present:
            return self._granted
        granted: set[str] = set()
        self.refused = {}
        for patterns in portions(setup.topics):
            if self.version == "5":
                options = SubscribeOptions(qos=1, retainAsPublished=False, retainHandling=1)
                codes = await client.subscribe([(pattern, options) for pattern in patterns])
            else:
                codes = await client.subscribe([(pattern, 1) for pattern in patterns])
            for pattern, code in zip(patterns, codes, strict=True):
                value = int(getattr(code, "value", 0))
                if value >= 0x80:
                    self.refused[pattern] = str(code).lower()
                elif value == 0:
                    self.refused[pattern] = QOS0_ONLY
                else:
                    granted.add(pattern)
        self._subscribed_once = True
        return frozenset(granted)

    def _receive(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        """paho's callback for one message."""
        topic = message._topic.decode("utf-8", "surrogateescape")  # .topic raises on what is not UTF-8
        token = message.mid | (QOS2 if message.qos == 2 else 0) if message.qos else 0
        client = self._client
        if topic in self.dropped_topics:
            if token and client is not None and self.inbox.drop(token, []):
                self._send_acks([token])
            return
        raw = RawMessage(
            self.source, topic, bytes(message.payload), int(self._clock() * 1000), bool(message.retain), message.dup
        )
        if self.inbox.put([raw], [token], len(raw.payload)) and client is not None and self._connected:
            client.rest()

    async def _hang_up(self) -> None:
        client = self._client
        if client is not None and self._connected:
            await client.__aexit__(None, None, None)
        elif client is not None:
            client.cut()

    def _send_acks(self, tokens: Sequence[int]) -> None:
        client = self._client
        if client is not None:
            for token in tokens:
                client.send_ack(token & 0xFFFF, 2 if token >= QOS2 else 1)

    def _probe(self) -> None:
        if self._client is not None and self._probing is None:
            self.inbox.probe_sent()
            self._probing = asyncio.get_running_loop().call_later(self.settle_s, self._settled)

    def _settled(self) -> None:
        self._probing = None
        if self._connected:
            self._probed(exact=False)


def explain_aiomqtt(exc: Exception, endpoint: Endpoint) -> TransportError:
    """aiomqtt's and paho's errors in our words."""
    if isinstance(exc, MqttConnectError) and isinstance(exc.rc, ReasonCode):
        return refusal(exc.rc.value, str(exc.rc).lower(), endpoint)
    if isinstance(exc, MqttCodeError):
        if isinstance(exc.rc, ReasonCode) and exc.rc.value == 142:
            return TransportError(TAKEN_OVER)
        return TransportError(f"The connection to {endpoint.name} ended ({str(exc.rc).lower()}).")
    if isinstance(exc, aiomqtt.MqttError):
        for cause in (exc.__cause__, exc.__context__):  # aiomqtt hides the OSError in the context
            if isinstance(cause, OSError):
                return explain(cause, endpoint)
        return TransportError(f"The broker at {endpoint.name} failed: {exc}.")
    if isinstance(exc, TransportError | OSError):
        return explain(exc, endpoint)
    return TransportError(f"The broker at {endpoint.name} sent what is not MQTT: {type(exc).__name__} {exc}.")


def _client(setup: SessionSetup, version: MqttVersion, context: Any) -> PausableClient:
    endpoint, will, five = setup.endpoint, setup.will, version == "5"
    properties = None
    if five:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = setup.session_expiry_s
        properties.ReceiveMaximum = setup.receive_maximum
        properties.MaximumPacketSize = MAX_PACKET_BYTES
    return PausableClient(
        endpoint.host,
        endpoint.port,
        username=endpoint.username or None,
        password=endpoint.password or None,
        logger=PahoEar(),
        identifier=setup.client_id,
        protocol=aiomqtt.ProtocolVersion.V5 if five else aiomqtt.ProtocolVersion.V311,
        clean_session=None if five else False,
        clean_start=False if five else MQTT_CLEAN_START_FIRST_ONLY,
        properties=properties,
        will=aiomqtt.Will(will.topic, will.payload, will.qos, will.retain) if will else None,
        timeout=CONNECT_WITHIN_S,
        keepalive=setup.keepalive_s,
        tls_context=context,
    )
