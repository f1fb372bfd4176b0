"""The hub as users start it: a process of its own, whose words are read and which ends by a signal."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import httpx

ROOT = Path(__file__).parents[2]
DEADLINE_S = 30.0
LOOK_EVERY_S = 0.02

T = TypeVar("T")


def until(look: Callable[[], T], what: str, *, within_s: float = DEADLINE_S) -> T:
    """Look again and again until there is something to see, and give it."""
    deadline = time.monotonic() + within_s
    while not (seen := look()):
        assert time.monotonic() < deadline, f"did not come true within {within_s:.0f} s: {what}"
        time.sleep(LOOK_EVERY_S)  # a poll with a deadline, not a wait for luck
    return seen


class HubChild:
    """``python -m hub WORDS``. `said` grows by what it writes to standard output, `complained` by standard error."""

    def __init__(self, words: Sequence[str], environment: Mapping[str, str] | None = None, *, before: str = "") -> None:
        """``before`` is Python that runs first, to stand for another machine."""
        child_environment = {**os.environ, **(environment or {})}
        child_environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self.process = subprocess.Popen(
            [
                sys.executable,
                *(["-c", f"{before}\nfrom hub.cli import main\nmain()"] if before else ["-m", "hub"]),
                *words,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env=child_environment,
        )
        self.said: list[str] = []
        self.complained: list[str] = []
        self._readers = [
            threading.Thread(target=self._read, args=(stream, lines), daemon=True)
            for stream, lines in ((self.process.stdout, self.said), (self.process.stderr, self.complained))
        ]
        for reader in self._readers:
            reader.start()

    @staticmethod
    def _read(stream: object, lines: list[str]) -> None:
        for line in stream:  # type: ignore[attr-defined]
            lines.append(line.decode("utf-8", "replace").rstrip("\n"))

    @property
    def words(self) -> str:
        """Everything it wrote, for messages of failed tests."""
        return "\n".join([*self.said, *self.complained])

    def wait_ready(self) -> HubChild:
        """Until it says that all its sessions stand."""
        until(lambda: "ready" in self.said or self.process.poll() is not None, f"ready\n{self.words}")
        assert self.process.poll() is None, self.words
        return self

    def end(self, within_s: float = DEADLINE_S) -> int:
        """Wait for its end and give its exit code."""
        try:
            code = self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"it did not end within {within_s:.0f} s:\n{self.words}") from None
        self._hear_out()
        return code

    def stop(self) -> int:
        """SIGTERM, as systemd and Docker stop it."""
        self.process.send_signal(signal.SIGTERM)
        return self.end(15)

    def kill(self) -> None:
        """kill -9; harmless when it has ended."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(DEADLINE_S)
        self._hear_out()

    def _hear_out(self) -> None:
        for reader in self._readers:
            reader.join(DEADLINE_S)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def limit_files(self, size: int) -> None:
        """As on a full disk: from now on no write of this process goes beyond this offset of any file."""
        _, hard = resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (size, hard))

    def unlimit_files(self) -> None:
        _, hard = resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (hard, hard))


def health(port: int) -> dict[str, object]:
    """What `/healthz` says, whatever its status."""
    answer = httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=DEADLINE_S)
    found: dict[str, object] = json.loads(answer.content)
    assert (answer.status_code == 200) is (found.get("ok") is True), found
    return found
