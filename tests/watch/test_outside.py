"""Heartbeat and twin against a real HTTP peer."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from queue import Queue

from hub.core.commands import Observe
from hub.watch.heartbeat import Heartbeat, Twin
from tests.delivery.peers import Answered, Reply, Request, Reset, provider


def observed(task: Coroutine[object, object, None], said: asyncio.Queue[Observe], count: int) -> list[tuple[str, bool]]:
    """The first findings while the task runs."""

    async def run() -> list[tuple[str, bool]]:
        running = asyncio.create_task(task)
        async with asyncio.timeout(20):
            found = [await said.get() for _ in range(count)]
        running.cancel()
        return [(one.detail, one.met) for one in found]

    return asyncio.run(run())


def test_a_heartbeat_that_fails_three_times_is_told_and_so_is_its_return() -> None:
    replies: list[Reply] = [Answered(status=500), Reset(), Answered(status=404), Answered(status=200)]
    said: asyncio.Queue[Observe] = asyncio.Queue()
    with provider(lambda _: replies.pop(0) if replies else Answered()) as outside:
        beat = Heartbeat(outside.url(), 0.01, well=lambda: True, observe=said.put_nowait)
        assert observed(beat.run(), said, 2) == [("HTTP 404", True), ("", False)]


def test_no_heartbeat_while_anything_is_overdue() -> None:
    asked: Queue[bool] = Queue()
    answers = iter([False, False, True])

    def well() -> bool:
        answer = next(answers, True)
        asked.put(answer)
        return answer

    said: asyncio.Queue[Observe] = asyncio.Queue()
    with provider(lambda _: Answered()) as outside:
        observed(Heartbeat(outside.url(), 0.01, well=well, observe=said.put_nowait).run(), said, 1)
        assert [asked.get(timeout=5) for _ in range(3)] == [False, False, True]


def test_a_twin_that_does_not_answer_is_down_and_comes_back() -> None:
    states: list[Reply] = [Answered(), Answered(status=503), Answered(status=503), Answered(status=503)]

    def answer(request: Request) -> Reply:
        assert request.path == "/healthz"
        return states.pop(0) if states else Answered()

    said: asyncio.Queue[Observe] = asyncio.Queue()
    with provider(answer) as other:
        twin = Twin(f"{other.url()}/", 0.0, observe=said.put_nowait, every_s=0.01)
        assert observed(twin.run(), said, 3) == [("", False), ("HTTP 503", True), ("", False)]
