"""Threads for senders that block. One per send, bounded per provider, never joined.

A pool would do, but for one thing: a blocking send cannot be taken back. When its deadline has passed its thread is still
stuck in a socket, and a shared pool would fill up with one dead server's threads and delay everybody else.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from hub.delivery.answers import Answer
from hub.errors import DeliveryError

T = TypeVar("T")

PER_PROVIDER = 32
"""Threads that one provider may hold, stuck ones included."""


class SendThreads:
    """Runs blocking sends, each in a daemon thread of its own (starting one takes about 0.1 ms)."""

    def __init__(self, per_provider: int = PER_PROVIDER) -> None:
        self._per_provider = per_provider
        self._held: Counter[str] = Counter()

    async def run(self, provider: str, send: Callable[[], T]) -> T:
        """The result of ``send``; a cancelled caller leaves its thread to end by itself."""
        if self._held[provider] >= self._per_provider:
            # All stuck: one more would only wait behind them.
            raise DeliveryError(Answer.UNREACHABLE, permanent=False, retry_after=10, code="stuck")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def settle(result: T | None, failure: BaseException | None) -> None:
            self._held[provider] -= 1
            if done.done():
                return
            if failure is not None:
                done.set_exception(failure)
            else:
                done.set_result(result)  # type: ignore[arg-type]  # T may itself be None

        def work() -> None:
            result: T | None = None
            failure: BaseException | None = None
            try:
                result = send()
            except BaseException as exc:  # carried over to the caller, who decides
                failure = exc
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(settle, result, failure)

        self._held[provider] += 1
        threading.Thread(target=work, name=f"send-{provider}", daemon=True).start()
        return await done
