"""A real mosquitto on a free loopback port, for every test that needs a broker."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

DEADLINE_S = 10.0


class Mosquitto:
    """One mosquitto child in a directory of its own; the port stays the same over restarts."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = 0
        self._lines: tuple[str, ...] = ()
        self._child: subprocess.Popen[bytes] | None = None

    def start(self, config_lines: Sequence[str] = ("allow_anonymous true",), *, listener: bool = True) -> int:
        """Start with these lines beside a listener on a free port, wait until it answers, and give the port."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self._lines = tuple(config_lines)
        self.port = self.port or _free_port()
        head = [f"listener {self.port} 127.0.0.1"] if listener else []
        tail = ["user root"] if _is_root() else []
        text = "\n".join([*head, *(line.replace("{port}", str(self.port)) for line in self._lines), *tail])
        config = self.directory / "mosquitto.conf"
        config.write_text(text + "\n")
        with (self.directory / "mosquitto.log").open("ab") as log:
            self._child = subprocess.Popen([_program(), "-c", str(config)], stdout=log, stderr=log)
        self._wait_until_it_answers()
        return self.port

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    def kill(self) -> None:
        """kill -9: it saves nothing."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Stop gracefully; with persistence it saves its queues. Harmless when it is not running."""
        self._end(signal.SIGTERM)

    def restart(self) -> int:
        """Stop gracefully and start again on the same port with the same lines."""
        self.stop()
        return self.start_again()

    def start_again(self) -> int:
        """Start on the same port with the same lines, after `kill` or `stop`."""
        config = self.directory / "mosquitto.conf"
        with (self.directory / "mosquitto.log").open("ab") as log:
            self._child = subprocess.Popen([_program(), "-c", str(config)], stdout=log, stderr=log)
        self._wait_until_it_answers()
        return self.port

    def _end(self, how: signal.Signals) -> None:
        if self._child is not None:
            self._child.send_signal(how)
            self._child.wait(DEADLINE_S)
            self._child = None

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            assert self._child is not None
            assert self._child.poll() is None, (self.directory / "mosquitto.log").read_text()
            with socket.socket() as sock:
                if sock.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.01)  # a poll with a deadline, not a wait for luck
        raise AssertionError("mosquitto does not answer")


def _program() -> str:
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    assert found is not None, "mosquitto is not installed"
    return found


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def _is_root() -> bool:
    return os.getuid() == 0
