"""What an answer is, and what takes answers. Types only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec

from hub.delivery.live import Button


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that one member of one provider said or pressed."""

    channel: str
    """Scheme of the contacts it belongs to: wecombot, wecomapp, dingtalkapp, feishuapp; ntfy and modem."""
    member: str = ""
    """Who, in the provider's words or as a phone number; "" where only ``token`` says it."""
    text: str = ""
    choice: str = ""
    """Key of the pressed button: see `hub.delivery.live.answer_key`."""
    incident: int = 0
    community: str = ""
    token: str = ""
    """Signed link token that came with it."""
    at_ms: int
    message_key: str
    """The provider's own id: what is delivered twice has the same."""


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What to say back."""

    text: str
    buttons: tuple[Button, ...] = ()
    """What this person may do next about the same incident."""


Answer = Callable[[Incoming], Awaitable[Answered]]
"""`hub.answering.desk.Desk.answer`: returns once the command row is written, and stepped or late."""


class Answerer(Protocol):
    """One connection over which answers come."""

    name: str
    """As the account is called in config.yaml, or ``ntfy:HOST``."""

    @property
    def connected(self) -> bool: ...

    @property
    def why_not(self) -> str:
        """Why it is not connected, in a few words and with the provider's code; "" while it is."""

    async def run(self) -> None:
        """Connect, and connect again, until cancelled."""
