"""A lane over MQTT 5 through the `mqtt5` codec and asyncio (uvloop or not): persistent session, acks by the owner."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import mqtt5

from hub.errors import TransportError
from hub.mqtt.endpoint import ProtocolRefused, tls_context
from hub.mqtt.lane import QOS0_ONLY, LaneSession
from hub.mqtt.mqtt5_connection import Mqtt5Connection

CONNECT_WITHIN_S = 10.0
"""For TCP, TLS, CONNACK and each SUBACK."""
FILTERS_PER_PACKET = 200
"""A lane with exact topics of 100,000 detectors subscribes in many packets; brokers limit the size of one."""


class Mqtt5Session(LaneSession):
    """The fast client."""

    may_doubt = False
    """Whether a broker that twice did not answer CONNECT counts as one that does not speak MQTT 5."""
    _connection: Mqtt5Connection | None = None
    _unanswered = 0

    async def _serve(self) -> None:
        setup, endpoint = self.setup, self.setup.endpoint
        loop = asyncio.get_running_loop()
        context = await asyncio.to_thread(tls_context, endpoint)
        connection = Mqtt5Connection(setup, self.inbox, lambda: self.dropped_topics, self._probed)
        async with asyncio.timeout(CONNECT_WITHIN_S):
            await loop.create_connection(
                lambda: connection,
                endpoint.host,
                endpoint.port,
                ssl=context,
                server_hostname=endpoint.host if context else None,
            )
        self._connection = connection
        try:
            present = await self._open(connection)
            granted = await self._subscribe(connection)
            connection.subscribed = True
            self._came_up(present, granted)
            raise await connection.lost
        finally:
            self._connection = None
            connection.drop("The session was stopped.")

    async def _open(self, connection: Mqtt5Connection) -> bool:
        """Wait for the CONNACK; True when the broker kept our session."""
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                connack = await connection.connack
        except (TransportError, TimeoutError) as exc:
            self._doubt(exc)
            raise
        keepalive_s = self.setup.keepalive_s if connack.server_keep_alive is None else connack.server_keep_alive
        connection.keep_alive(keepalive_s)
        return connack.session_present

    def _doubt(self, exc: TransportError | TimeoutError) -> None:
        """Some old brokers do not refuse MQTT 5 but hang up or wait for ever; `auto` then tries MQTT 3.1.1."""
        self._unanswered += 1
        if self.may_doubt and not self.succeeded and self._unanswered >= 2 and not getattr(exc, "permanent", False):
            raise ProtocolRefused(f"{self.setup.endpoint.name} does not answer MQTT 5.", permanent=True) from exc

    async def _subscribe(self, connection: Mqtt5Connection) -> frozenset[str]:
        """Unsubscribe what is gone, subscribe what is wanted, and give what was granted."""
        setup = self.setup
        packet_id = 0
        for patterns in portions(setup.forget):
            packet_id += 1
            async with asyncio.timeout(CONNECT_WITHIN_S):
                await connection.ask(mqtt5.UnsubscribePacket(packet_id, patterns))
        granted: set[str] = set()
        self.refused = {}
        for patterns in portions(setup.topics):
            packet_id += 1
            filters = [
                mqtt5.TopicFilter(
                    pattern,
                    max_qos=mqtt5.QoS.AT_LEAST_ONCE,
                    retain_as_published=False,
                    retain_handling=mqtt5.RetainHandling.SEND_IF_SUBSCRIPTION_NOT_EXISTS,
                )
                for pattern in patterns
            ]
            async with asyncio.timeout(CONNECT_WITHIN_S):
                codes = await connection.ask(mqtt5.SubscribePacket(packet_id, filters))
            if len(codes) != len(patterns):
                raise TransportError("The broker answered fewer subscriptions than we asked for.")
            for pattern, code in zip(patterns, codes, strict=True):
                if code >= 0x80:
                    self.refused[pattern] = mqtt5.SubAckReasonCode(code).name.replace("_", " ").lower()
                elif code == 0:
                    self.refused[pattern] = QOS0_ONLY
                else:
                    granted.add(pattern)
        return frozenset(granted)

    async def _hang_up(self) -> None:
        connection = self._connection
        if connection is not None:
            connection.hang_up()
            await asyncio.wait([connection.lost], timeout=CONNECT_WITHIN_S)

    def _send_acks(self, tokens: Sequence[int]) -> None:
        if self._connection is not None:
            self._connection.send_acks(tokens)

    def _probe(self) -> None:
        if self._connection is not None:
            self._connection.ping()


def portions(patterns: Sequence[str]) -> list[list[str]]:
    return [list(patterns[at : at + FILTERS_PER_PACKET]) for at in range(0, len(patterns), FILTERS_PER_PACKET)]
