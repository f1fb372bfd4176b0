"""Poison: the one message of a batch that the store cannot keep is found by halves, and something that it can keep stands in."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec
import structlog

from hub.core.commands import EndSilence
from hub.core.inputs import Commanded, Input, Received
from hub.errors import StoreError
from hub.model import Undecodable, Undecoded

Whole = TypeVar("Whole")
log = structlog.get_logger("keeping")

TRIES = 2
"""How often a message must fail alone, right after the store took something harmless, before it is poison."""


class Piece(msgspec.Struct, Generic[Whole]):
    """Part of a batch that is taken apart."""

    inputs: list[Input]
    ends: Whole | None
    """The batch that is done with this piece."""
    tries: int = 0
    harmless: bool = False
    """When this fails too, it is the store after all."""
    stands_in_for: Input | None = None
    """What could not be kept."""


def smaller(piece: Piece[Whole], exc: StoreError) -> list[Piece[Whole]]:
    """What to try in place of a piece that failed while the store took others."""
    inputs = piece.inputs
    if len(inputs) > 1:
        middle = len(inputs) // 2
        return [Piece(inputs[:middle], None), Piece(inputs[middle:], piece.ends)]
    suspect = inputs[0]
    if piece.tries < TRIES:
        # An outage that ends just now must not make poison of what came before: the store shows first that it works.
        return [
            Piece([_harmless(suspect.now_ms)], None, harmless=True),
            Piece(inputs, piece.ends, tries=piece.tries + 1),
        ]
    log.error("poison", input=type(suspect).__name__, error=str(exc))
    return [Piece([_stand_in(suspect, str(exc)[:500])], piece.ends, harmless=True, stands_in_for=suspect)]


def _stand_in(poison: Input, why: str) -> Input:
    """A message is quarantined; a command is refused; whatever else the store cannot keep is left out."""
    if isinstance(poison, Received) and poison.undecodable is None:
        # Without its device: the device's row may be what the store refuses.
        return Received(poison.raw, (), Undecodable(Undecoded.POISON, why))
    return _harmless(poison.now_ms, poison.row if isinstance(poison, Commanded) else 0)


def _harmless(now_ms: int, row: int = 0) -> Input:
    """There is no silence 0: this command changes nothing and is refused, and its row with it."""
    return Commanded(now_ms, EndSilence(actor="system", silence=0), row)
