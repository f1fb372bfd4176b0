"""Inputs: everything that can move the core. Each carries its own time; the core assigns the sequence. Pure."""

from __future__ import annotations

import msgspec

from hub.core.commands import AnyCommand
from hub.model import RawMessage, Reading, Receipt, Undecodable


class Received(msgspec.Struct, frozen=True, array_like=True, tag="m", gc=False):
    """One raw message with what `decode` made of it: readings, or why not."""

    raw: RawMessage
    readings: tuple[Reading, ...]
    undecodable: Undecodable | None = None

    @property
    def now_ms(self) -> int:
        return self.raw.received_ms


class Commanded(msgspec.Struct, frozen=True, array_like=True, tag="c"):
    """One row of the command table."""

    now_ms: int
    command: AnyCommand
    row: int = 0
    """Id of the command row, 0 when there is none (seed, config)."""


class Receipted(msgspec.Struct, frozen=True, array_like=True, tag="r"):
    """A provider's answer to one attempt."""

    now_ms: int
    receipt: Receipt


class TimePassed(msgspec.Struct, frozen=True, array_like=True, tag="t"):
    """The clock moved. ``drained``: the hub is connected and has read what the broker had queued."""

    now_ms: int
    drained: bool
    jumped_ms: int = 0
    """How far the wall clock jumped against the monotonic one, when that was over 60 s: deadlines are rebased."""
    away: bool = False
    """The hub was not there until now: what fell due meanwhile is due now, once."""


class SourceChanged(msgspec.Struct, frozen=True, array_like=True, tag="s"):
    """An MQTT session came up or went down."""

    now_ms: int
    source: str
    connected: bool


class Configured(msgspec.Struct, frozen=True, array_like=True, tag="g"):
    """The hub started, or read another config.yaml; ``digest`` is its SHA-256."""

    now_ms: int
    digest: str
    software: str


Input = Received | Commanded | Receipted | TimePassed | SourceChanged | Configured
