"""What the tests of the modem share: a sender on a pseudo-terminal, quick timing, a deadline for everything."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

import msgspec

from hub.delivery.channels.modemring import CHANNEL as RING
from hub.delivery.channels.modemsms import CHANNEL as SMS
from hub.delivery.modem import Modems, Timing
from hub.delivery.port import Accepted, Message
from hub.delivery.tools import Tools
from tests.delivery.modem_peer import ModemPeer
from tests.delivery.notices import NOW_MS, message, notice

T = TypeVar("T")
PHONE = "13800000000"
QUICK = Timing(poll_s=0.005, heard_s=0.01, ring_s=0.05, short_ring_s=0.02, talk_s=0.01, reopen_s=0.01)
IMPATIENT = Timing(answer_s=0.1, poll_s=0.005, heard_s=0.01, ring_s=0.05, talk_s=0.01)


def run(work: Coroutine[object, object, T]) -> T:
    async def in_time() -> T:
        async with asyncio.timeout(20):
            return await work

    return asyncio.run(in_time())


def tools_of(timing: Timing = QUICK, came: list[tuple[str, str]] | None = None) -> Tools:
    heard: list[tuple[str, str]] = [] if came is None else came
    return Tools(now_ms=lambda: NOW_MS, modems=Modems(lambda number, text: heard.append((number, text)), timing))


async def send(
    peer: ModemPeer, kind: str = "modemsms", said: Message | None = None, tools: Tools | None = None
) -> Accepted:
    """One message through a sender of its own, which closes the modem afterwards."""
    used = tools or tools_of()
    channel = SMS if kind == "modemsms" else RING
    sender = channel.open(f"{kind}://{peer.path}?to={PHONE}", used).sender
    try:
        return await sender.send(said or message())
    finally:
        await used.close()


def with_purpose(**changes: object) -> Message:
    return msgspec.structs.replace(message(), notice=notice(**changes))
