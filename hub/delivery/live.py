"""Connections that the hub keeps open and may send through, and the buttons of their cards.

The connections themselves are of a later stage (answering); whoever starts the hub registers them in `Tools.links`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec


class Button(msgspec.Struct, frozen=True):
    """One button under a message; pressed, its ``key`` comes back."""

    key: str
    text: str


class LiveLink(Protocol):
    """A connection that stands, or does not."""

    async def send(self, member: str, text: str, buttons: Sequence[Button] = ()) -> str:
        """The provider's id of the message, on its positive receipt only. Raises DeliveryError; not connected is
        ``unreachable``. The caller holds the deadline."""


class Pressed(msgspec.Struct, frozen=True, kw_only=True):
    """What a button's key says."""

    choice: str
    """accept, decline, say_false, arrive, ask_help; or what was typed in its place: 1, 2, 3."""
    community: str = ""
    incident: int = 0
    token: str = ""


def answer_key(choice: str, community: str, incident: int) -> str:
    """``accept/guihua/17``: no secret, because the provider says who pressed it."""
    return f"{choice}/{community}/{incident}"


def read_key(key: str) -> Pressed:
    """An `answer_key`, or ``CHOICE:TOKEN`` where only the signed token says who answers what, or a bare choice."""
    choice, colon, token = key.partition(":")
    if colon:
        return Pressed(choice=choice.strip(), token=token.strip())
    parts = key.split("/")
    # A number of 15 digits is longer than any id, and short enough for every database.
    if len(parts) == 3 and parts[2].isascii() and parts[2].isdecimal() and len(parts[2]) <= 15:
        return Pressed(choice=parts[0], community=parts[1], incident=int(parts[2]))
    return Pressed(choice=key.strip())
