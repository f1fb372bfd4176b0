"""Simulated people: somebody sees an open incident, goes, arrives, and closes it with an outcome. I/O: the answer page.

Takes a way to find what a person was told of and a way to answer; gives what they did and when. An answer
that is not taken raises: the demo must show it, not hide it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import httpx
import msgspec

from hub.model import Outcome

LOOK_EVERY_S = 0.25


class Told(msgspec.Struct, frozen=True):
    """An open incident that a person was told of, with their signed link to the answer page (``…/a/{token}``)."""

    incident: int
    link: str


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """How fast somebody is, in seconds, each step counted from the one before."""

    accept_s: float = 3.0
    arrive_s: float = 3.0
    close_s: float = 3.0
    outcome: Outcome = Outcome.FALSE
    cause: str = "做饭油烟"


class Answered(msgspec.Struct, frozen=True):
    """What one person did about one incident."""

    incident: int
    accepted_ms: int
    arrived_ms: int
    closed_ms: int


Look = Callable[[], Awaitable[Sequence[Told]]]
"""Open incidents that this person was told of, oldest first."""
Answer = Callable[[str, dict[str, str]], Awaitable[None]]
"""Sends one answer to one link; raises `httpx.HTTPError` when it was not taken."""


class AnswerPage:
    """The page behind a signed link, as a phone's browser uses it: GET shows, POST acts."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def __call__(self, link: str, form: dict[str, str]) -> None:
        response = await self._client.post(link, data=form, follow_redirects=False)
        if not response.is_redirect:
            response.raise_for_status()


async def respond(
    look: Look, answer: Answer, timeline: Timeline, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> Answered:
    """One person, one incident: wait until told, accept, arrive, close."""
    while not (told := await look()):
        await sleep(LOOK_EVERY_S)
    first = told[0]
    await sleep(timeline.accept_s)
    await answer(first.link, {"do": "accept"})
    accepted_ms = _now_ms()
    await sleep(timeline.arrive_s)
    await answer(first.link, {"do": "arrive"})
    arrived_ms = _now_ms()
    await sleep(timeline.close_s)
    await answer(first.link, {"do": "close", "outcome": timeline.outcome, "cause": timeline.cause})
    return Answered(first.incident, accepted_ms, arrived_ms, _now_ms())


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
