"""What a channel is: one file each in hub/delivery/channels/. Types only."""

from __future__ import annotations

from typing import Protocol

import msgspec

from hub.core.decisions import Notice
from hub.model import Stage


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What one contact is sent: worded, in the reader's language, at most 2048 bytes of UTF-8."""

    text: str
    title: str
    """First line, for channels that have one."""
    link: str = ""
    """Personal answer link; "" without `public_url`, for groups and for ends."""
    token: str = ""
    """The link's own word, for buttons that answer without a page; "" for groups and for ends."""
    notice: Notice
    community: str
    person: str
    notification: int
    attempt: int
    contact: str = ""
    """Which of the person's contacts this goes to: what the provider reports later is a receipt of this one."""
    updates: str = ""
    """The provider's id of a message to change instead of sending another; a channel that cannot sends another."""
    quiet: bool = False
    """No sound: progress on a card that is there."""


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """The provider took it, and said so."""

    code: str = ""
    message_id: str = ""
    """The provider's id of the message, where it can be updated or reported on later."""
    stage: Stage = Stage.ACCEPTED
    """A channel that knows more at once says so: an action confirmed by its device was delivered."""


class Sender(Protocol):
    """One object per contact."""

    provider: str
    """Key of the budget: one robot, one account, one callee."""
    per_minute: int
    """The provider's limit; 0 is none. A sender may also have ``limits``: see `limits_of`."""

    async def send(self, message: Message) -> Accepted:
        """Returns only on a positive receipt; raises DeliveryError(reason, permanent, retry_after, code) otherwise.
        The caller holds the deadline."""

    async def close(self) -> None: ...


def limits_of(sender: Sender) -> tuple[tuple[int, int], ...]:
    """The provider's limits beyond the minute, as (window in ms, messages): a voice callee has an hour's and a day's."""
    limits: tuple[tuple[int, int], ...] = getattr(sender, "limits", ())
    return limits
