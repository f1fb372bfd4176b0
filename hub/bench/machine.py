"""What the machine says about a process and a disk. I/O: /proc and one small file; Linux only."""

from __future__ import annotations

import os
import socket
import statistics
import time
from pathlib import Path

from hub.errors import HubError

_TICKS = os.sysconf("SC_CLK_TCK")
FSYNC_TRIES = 50
FSYNC_BYTES = 4096


def cpu_s(pid: int) -> float:
    """CPU seconds of a process, all its threads, user and system; children not counted."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError as exc:
        raise HubError(
            f"/proc/{pid}/stat cannot be read; the bench needs Linux and a process that still runs."
        ) from exc
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def peak_rss_mb(pid: int) -> float:
    """Most memory that a process has had resident."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0


def fsync_ms(directory: Path) -> float:
    """Median time that this disk takes to make 4 KiB durable."""
    path = directory / "fsync-probe"
    times = []
    file = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        for n in range(FSYNC_TRIES):
            os.pwrite(file, os.urandom(FSYNC_BYTES), n * FSYNC_BYTES)
            began = time.perf_counter()
            os.fdatasync(file)
            times.append(time.perf_counter() - began)
    finally:
        os.close(file)
        path.unlink()
    return round(statistics.median(times) * 1000, 3)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
