"""What the rest of the hub may ask of an MQTT session; both clients implement it. Types only."""

from __future__ import annotations

from typing import Protocol

import msgspec

from hub.model import RawMessage


class Batch(msgspec.Struct, gc=False):
    """What the broker had ready, at most 1000 messages, in its order."""

    lane: str
    messages: list[RawMessage]
    tokens: list[int]
    """What `Session.ack` needs for each message; 0 for QoS 0."""
    connection: int
    """Number of the connection it came over: an ack for an older connection is dropped, the broker redelivers."""


class Session(Protocol):
    """One lane of one source: a persistent MQTT session with manual acks.

    Runs as one task (`run`), reconnects by itself with full jitter, and gives batches through `take`.
    """

    source: str
    lane: str

    async def run(self) -> None:
        """Connect, subscribe (Retain Handling 1, filters that are gone unsubscribed), read; for ever. Raises
        TransportError(permanent=True) for what trying again cannot mend (wrong password, bad certificate) only before
        the first success; afterwards it keeps trying and says so in `status`."""

    async def take(self, limit: int = 1000) -> Batch:
        """Wait for messages and give what is ready. Backpressure: the session stops reading its socket while more than
        ``2 * receive_maximum`` messages wait."""

    def ready(self) -> int:
        """How many messages wait."""

    def ack(self, batch: Batch) -> None:
        """Acknowledge in order. Call after the commit."""

    @property
    def connected(self) -> bool: ...

    @property
    def drained_at_ms(self) -> int | None:
        """Since when the session is connected and had nothing waiting; None while that is not so."""

    @property
    def status(self) -> str:
        """One plain sentence for `hub doctor` and the logs."""

    async def close(self) -> None:
        """Disconnect cleanly; the broker keeps the session."""


class Publisher(Protocol):
    """Publishing: the simulator, displays, commands to devices."""

    async def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Returns after the PUBACK for QoS 1."""
