"""Publishing through aiomqtt: the simulator, displays, commands to devices."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Coroutine
from typing import Any, TypeVar

import aiomqtt

from hub.errors import TransportError
from hub.mqtt.aiomqtt_session import PahoEar, explain_aiomqtt
from hub.mqtt.backoff import Backoff, Sleep
from hub.mqtt.endpoint import Endpoint, tls_context
from hub.mqtt.lane import KEEPALIVE_S, RECEIVE_MAXIMUM

CONNECTED_WITHIN_S = 10.0
ACKED_WITHIN_S = 30.0


class Publisher:
    """Publishes with QoS 0 or 1 over one connection that comes back by itself.

    `publish` may be called from many tasks at once; a message whose PUBACK did not come raises TransportError and may
    or may not have arrived: whoever needs it sends it again.
    """

    def __init__(
        self, endpoint: Endpoint, client_id: str, *, rng: random.Random | None = None, sleep: Sleep = asyncio.sleep
    ) -> None:
        self._endpoint = endpoint
        self._client_id = client_id
        self._backoff = Backoff(rng, sleep)
        self._client: aiomqtt.Client | None = None
        self._up = asyncio.Event()
        self._failure: TransportError | None = None
        self.status = "not started"

    async def run(self) -> None:
        """Stay connected, for ever; raises TransportError(permanent=True) for what trying again cannot mend."""
        loop = asyncio.get_running_loop()
        succeeded = False
        while True:
            began = loop.time()
            try:
                context = await asyncio.to_thread(tls_context, self._endpoint)
                async with self._connect(context) as client:
                    succeeded, self._failure = True, None
                    self._client, self.status = client, f"connected to {self._endpoint.name}"
                    self._up.set()
                    await self._serve(client)
            except (aiomqtt.MqttError, TransportError, OSError) as exc:
                self._failure = explain_aiomqtt(exc, self._endpoint)
                self.status = str(self._failure)
            held_s = loop.time() - began if self._up.is_set() else 0.0
            self._client = None
            self._up.clear()
            if self._failure is not None and self._failure.permanent and not succeeded:
                raise self._failure
            await self._backoff.wait(held_s)

    async def _serve(self, client: aiomqtt.Client) -> None:
        """While the connection lasts; raises what ended it."""
        await asyncio.shield(client._disconnected)  # aiomqtt has no public way to wait for the end

    def _connect(self, context: object) -> aiomqtt.Client:
        endpoint = self._endpoint
        client = aiomqtt.Client(
            endpoint.host,
            endpoint.port,
            username=endpoint.username or None,
            password=endpoint.password or None,
            identifier=self._client_id,
            logger=PahoEar(),
            keepalive=KEEPALIVE_S,
            max_inflight_messages=RECEIVE_MAXIMUM,
            tls_context=context,  # type: ignore[arg-type]
        )
        client.pending_calls_threshold = 10 * RECEIVE_MAXIMUM
        return client

    async def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Returns after the PUBACK for QoS 1; waits a few seconds for a connection that is coming back."""
        client = await self._connected()
        await self._asked(client, client.publish(topic, payload, qos, retain, timeout=ACKED_WITHIN_S))

    async def _connected(self) -> aiomqtt.Client:
        try:
            async with asyncio.timeout(CONNECTED_WITHIN_S):
                await self._up.wait()
        except TimeoutError:
            raise TransportError(f"Not connected to {self._endpoint.name}: {self.status}") from self._failure
        if self._client is None:
            raise TransportError(f"The connection to {self._endpoint.name} has just been lost.")
        return self._client

    async def _asked(self, client: aiomqtt.Client, asked: Coroutine[Any, Any, Any]) -> None:
        """Wait for the broker's answer, or for the end of the connection."""
        sending: asyncio.Future[Any] = asyncio.ensure_future(asked)
        try:
            await asyncio.wait([sending, client._disconnected], return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not sending.done():
                sending.cancel()
        if sending.cancelled() or not sending.done():
            raise TransportError(f"The connection to {self._endpoint.name} was lost before the acknowledgement.")
        try:
            sending.result()
        except (aiomqtt.MqttError, OSError) as exc:
            raise explain_aiomqtt(exc, self._endpoint) from exc


@contextlib.asynccontextmanager
async def open_publisher(endpoint: Endpoint, client_id: str) -> AsyncIterator[Publisher]:
    """A connected publisher for the length of a block; raises TransportError when the first connection fails for good."""
    async with running(Publisher(endpoint, client_id)) as publisher:
        yield publisher


P = TypeVar("P", bound=Publisher)


@contextlib.asynccontextmanager
async def running(publisher: P) -> AsyncIterator[P]:
    """Run it for the length of a block, connected from the start where that is possible."""
    task = asyncio.create_task(publisher.run(), name=f"publisher {publisher._client_id}")
    up = asyncio.create_task(publisher._up.wait())
    try:
        await asyncio.wait([task, up], timeout=CONNECTED_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
        yield publisher
    finally:
        up.cancel()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, TransportError):
            await task
