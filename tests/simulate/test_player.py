"""The player keeps order and time; simulated people answer as a phone would."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import httpx
import pytest
from fastapi import FastAPI, Form
from fastapi.responses import RedirectResponse

from hub.simulate.agenda import Timed
from hub.simulate.people import AnswerPage, Timeline, Told, respond
from hub.simulate.player import play


class Shelf:
    """A publisher that keeps what it was given, and a clock that only sleeping moves."""

    def __init__(self) -> None:
        self.kept: list[tuple[int, str, bytes, int, bool]] = []
        self.ms = 50_000.0

    async def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        self.kept.append((self.now_ms(), topic, payload, qos, retain))

    def now_ms(self) -> int:
        return round(self.ms)

    async def sleep(self, seconds: float) -> None:
        self.ms += seconds * 1000


EVENTS = [Timed(1000, "a", b"1"), Timed(1500, "b", b"2", qos=0), Timed(3000, "c", b"3", retain=True)]


def test_events_are_published_at_their_moment() -> None:
    shelf = Shelf()
    count = asyncio.run(play(EVENTS, shelf, start_ms=1000, now_ms=shelf.now_ms, sleep=shelf.sleep))
    assert count == 3
    assert shelf.kept == [(50_000, "a", b"1", 1, False), (50_500, "b", b"2", 0, False), (52_000, "c", b"3", 1, True)]


def test_speed_shortens_the_waits() -> None:
    shelf = Shelf()
    asyncio.run(play(EVENTS, shelf, start_ms=0, speed=10, now_ms=shelf.now_ms, sleep=shelf.sleep))
    assert [at for at, *_ in shelf.kept] == [50_100, 50_150, 50_300]


def test_it_stops_before_what_is_later_and_says_what_it_sent() -> None:
    shelf = Shelf()
    said: list[tuple[str, int]] = []
    count = asyncio.run(
        play(
            EVENTS,
            shelf,
            start_ms=1000,
            until_ms=1500,
            published=lambda timed, ms: said.append((timed.topic, ms)),
            now_ms=shelf.now_ms,
            sleep=shelf.sleep,
        )
    )
    assert count == 2
    assert said == [("a", 50_000), ("b", 50_500)]


def answering(forms: list[dict[str, str]]) -> httpx.AsyncClient:
    app = FastAPI()

    @app.post("/a/{token}")
    async def act(token: str, do: str = Form(), outcome: str = Form(""), cause: str = Form("")) -> RedirectResponse:
        forms.append({"token": token, "do": do, "outcome": outcome, "cause": cause})
        return RedirectResponse(f"/a/{token}", status_code=303)

    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://hub")


def test_somebody_goes_arrives_and_closes() -> None:
    forms: list[dict[str, str]] = []
    clock = Shelf()
    looks = 0

    async def look() -> Sequence[Told]:
        nonlocal looks
        looks += 1
        return [] if looks < 3 else [Told(7, "/a/token-7")]

    async def story() -> int:
        async with answering(forms) as client:
            done = await respond(look, AnswerPage(client), Timeline(), sleep=clock.sleep)
        return done.incident

    assert asyncio.run(story()) == 7
    assert [form["do"] for form in forms] == ["accept", "arrive", "close"]
    assert {form["token"] for form in forms} == {"token-7"}
    assert (forms[2]["outcome"], forms[2]["cause"]) == ("false", "做饭油烟")
    assert clock.now_ms() == 50_000 + 2 * 250 + 9000


def test_an_answer_that_is_refused_is_not_hidden() -> None:
    async def story() -> None:
        async with answering([]) as client:
            await AnswerPage(client)("/nowhere", {"do": "accept"})

    with pytest.raises(httpx.HTTPStatusError):
        asyncio.run(story())
