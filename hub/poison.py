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

TRIES = 3
"""How often a message fails alone, while the store takes others, before it is poison."""


class Piece(msgspec.Struct, Generic[Whole]):
    """Part of a batch that is taken apart."""

    inputs: list[Input]
    ends: Whole | None
    """The batch that is done with this piece."""
    tries: int = 0
    stands_in_for: Input | None = None


def smaller(piece: Piece[Whole], exc: StoreError) -> list[Piece[Whole]]:
    """What to try in place of a piece that failed while the store took others."""
    inputs = piece.inputs
    if len(inputs) > 1:
        middle = len(inputs) // 2
        return [Piece(inputs[:middle], None), Piece(inputs[middle:], piece.ends)]
    if piece.tries + 1 < TRIES:
        piece.tries += 1
        return [piece]
    if piece.stands_in_for is not None:  # what is harmless fails too: it was not the message
        return [Piece([piece.stands_in_for], piece.ends)]
    poison = inputs[0]
    log.error("poison", input=type(poison).__name__, error=str(exc))
    return [Piece([_stand_in(poison, str(exc)[:500])], piece.ends, stands_in_for=poison)]


def _stand_in(poison: Input, why: str) -> Input:
    """A message is quarantined; a command is refused; whatever else the store cannot keep is left out."""
    if isinstance(poison, Received) and poison.undecodable is None:
        device = poison.readings[0].device if poison.readings else ""
        return Received(poison.raw, (), Undecodable(Undecoded.POISON, why, device))
    row = poison.row if isinstance(poison, Commanded) else 0
    # There is no silence 0: this command is refused, and with it the row of the one that it stands for.
    return Commanded(poison.now_ms, EndSilence(actor="system", silence=0), row)
