"""A broker as our child: it outlives a crash of the hub and the next hub takes it up again."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from hub.errors import ConfigError
from hub.mqtt.mosquitto_conf import write_private

ANSWER_WITHIN_S = 15.0
STOP_WITHIN_S = 20.0
"""mosquitto writes its queue when it stops; a long one takes seconds."""

_CHILDREN: dict[int, subprocess.Popen[bytes]] = {}
"""Those that this process started: they must be waited for, or they stay as zombies."""


class ChildRecord(msgspec.Struct, frozen=True):
    """What ``broker/child.json`` tells the next hub."""

    pid: int
    host: str
    port: int
    kind: str
    marker: str
    """Stands in the child's command line: a recycled pid is not ours."""
    settings: str
    """Digest of what it runs with; another software version may bring others."""


def recorded(directory: Path) -> ChildRecord | None:
    """The child that an earlier hub left, alive or not."""
    try:
        return msgspec.json.decode((directory / "child.json").read_bytes(), type=ChildRecord)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def alive(record: ChildRecord) -> bool:
    """Whether this very child still runs."""
    child = _CHILDREN.get(record.pid)
    if child is not None:
        return child.poll() is None
    try:
        os.kill(record.pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    try:
        line = Path(f"/proc/{record.pid}/cmdline").read_bytes()
    except OSError:
        return not Path("/proc/self").exists()  # without /proc the pid must do
    return record.marker.encode() in line


def reach(host: str) -> str:
    """Where to reach what listens on this host."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


def answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((reach(host), port), timeout=1.0):
            return True
    except OSError:
        return False


def start(directory: Path, command: Sequence[str], record: ChildRecord) -> ChildRecord:
    """Start the child in a session of its own, wait until it listens, and note it for the next hub."""
    log = directory / "broker.log"
    with log.open("wb") as out:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
    _CHILDREN[child.pid] = child
    deadline = time.monotonic() + ANSWER_WITHIN_S
    while not answers(record.host, record.port):
        if child.poll() is not None or time.monotonic() > deadline:
            stop(msgspec.structs.replace(record, pid=child.pid))
            last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:] or ["no message"]
            raise ConfigError(
                f"The broker {command[0]} did not start ({last[0]}).",
                where="broker.listen",
                todo=f"Read {log}, or set broker.address to a broker of yours.",
            )
        time.sleep(0.02)
    noted = msgspec.structs.replace(record, pid=child.pid)
    write_private(directory / "child.json", msgspec.json.encode(noted).decode())
    return noted


def stop(record: ChildRecord) -> None:
    """Ask the child to stop, wait, and kill it when it does not."""
    for how, seconds in ((signal.SIGTERM, STOP_WITHIN_S), (signal.SIGKILL, STOP_WITHIN_S)):
        if not alive(record):
            break
        os.kill(record.pid, how)
        deadline = time.monotonic() + seconds
        while alive(record) and time.monotonic() < deadline:
            time.sleep(0.02)
    _CHILDREN.pop(record.pid, None)


def free_port(host: str, wanted: int) -> int:
    """The wanted port when nobody has it; 0 picks a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, wanted))
        except (OSError, OverflowError) as exc:
            raise ConfigError(
                f"The broker cannot listen on {host}:{wanted} ({exc}).",
                where="broker.listen",
                todo="Stop what listens there, write it as broker.address, or set another port; 0 picks a free one.",
            ) from exc
        port: int = sock.getsockname()[1]
        return port
