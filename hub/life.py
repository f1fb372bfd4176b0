"""The life of a process: one event loop, stopped by a signal, with what went wrong said in a line. I/O."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path

import structlog

from hub.app import open_hub
from hub.config_file import config_digest, load_config
from hub.config_words import ConfigMistakes
from hub.errors import HubError
from hub.greeting import run_greeting

M_ARENA_MAX = -8
"""From malloc.h."""
STOP = (signal.SIGTERM, signal.SIGINT)
Main = Callable[[], Coroutine[object, object, None]]


def run_async(main: Main) -> None:
    """One event loop, uvloop where there is one."""
    _one_arena()
    try:
        import uvloop
    except ImportError:
        asyncio.run(main())
    else:
        uvloop.run(main())


def _one_arena() -> None:
    """glibc gives every thread a heap of its own and keeps what they free: 30 MB in a hub with ten threads."""
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError, OSError):  # another libc has no such knob
            ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)


async def until_stopped(life: asyncio.Task[None]) -> None:
    """Run one task until it ends or a signal asks to stop; a stop is no error."""
    loop = asyncio.get_running_loop()
    for number in STOP:
        loop.add_signal_handler(number, life.cancel)
    try:
        await life
    except asyncio.CancelledError:
        return
    finally:
        for number in STOP:
            loop.remove_signal_handler(number)


def run_hub(config_path: Path) -> int:
    """`hub run`: 0 after a clean stop, 1 when something is wrong with the config or the surroundings, 2 for the rest."""
    try:
        config = load_config(config_path)
        digest = config_digest(config_path)
    except ConfigMistakes as exc:
        sys.stderr.write(f"{exc}\n")
        return 1

    async def main() -> None:
        async with open_hub(config, digest) as opened:
            print(run_greeting(opened), flush=True)  # noqa: T201
            life = asyncio.create_task(opened.run(lambda: print("ready", flush=True)))  # noqa: T201
            await until_stopped(life)

    return exit_code(main)


def exit_code(main: Main) -> int:
    """Run it; what is wrong is said in one line each, and never as a traceback where it is the surroundings'."""
    failed = 0
    # Standard output is for what was asked for: the address, `ready`, the demo's JSON.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        run_async(main)
    except* HubError as errors:
        failed = 1
        for error in _leaves(errors):
            sys.stderr.write(f"{error}\n")
    return failed


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    leaves: list[BaseException] = []
    for error in group.exceptions:
        leaves += _leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return leaves
