"""Child processes of the bench: started in its temporary directory, watched, ended by their own pid. I/O."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from hub.bench.machine import free_port
from hub.errors import HubError

START_S = 60.0
STOP_S = 20.0
MOSQUITTO_CONF = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {directory}/
autosave_interval 1
autosave_on_changes false
max_queued_messages 0
max_queued_bytes 2000000000
max_inflight_messages 2000
upgrade_outgoing_qos true
queue_qos0_messages true
log_type error
{user}
"""


class Child:
    """One process, its lines of output, and its last words."""

    def __init__(self, name: str, child: asyncio.subprocess.Process) -> None:
        self.name = name
        self.pid = child.pid
        self._child = child
        self._said: deque[str] = deque(maxlen=40)
        self._errors = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        if self._child.stderr is not None:
            async for line in self._child.stderr:
                self._said.append(line.decode("utf-8", "replace").rstrip())

    async def line(self, within_s: float = START_S) -> str:
        """Its next line of standard output; HubError with its last words when it ends or stays silent."""
        assert self._child.stdout is not None
        try:
            raw = await asyncio.wait_for(self._child.stdout.readline(), within_s)
        except TimeoutError as exc:
            raise self.fault(f"said nothing for {within_s:.0f} s") from exc
        if not raw:
            await self._child.wait()
            await self._errors
            raise self.fault(f"ended with code {self._child.returncode}")
        return raw.decode("utf-8", "replace").rstrip()

    async def until(self, word: str, within_s: float = START_S) -> None:
        """Read lines until one is ``word``; what comes before counts as its last words."""
        deadline = asyncio.get_running_loop().time() + within_s
        while True:
            line = await self.line(max(0.1, deadline - asyncio.get_running_loop().time()))
            if line.strip() == word:
                return
            self._said.append(line)

    async def drain(self) -> None:
        """Read and drop what it says from now on, so that its pipe never fills."""
        assert self._child.stdout is not None
        async for line in self._child.stdout:
            self._said.append(line.decode("utf-8", "replace").rstrip())

    def fault(self, what: str) -> HubError:
        words = "\n  ".join(self._said) or "(it said nothing)"
        return HubError(f"{self.name} {what}. Its last words:\n  {words}")

    def tell(self, line: str) -> None:
        assert self._child.stdin is not None
        self._child.stdin.write(line.encode() + b"\n")

    @property
    def running(self) -> bool:
        return self._child.returncode is None

    async def stop(self) -> None:
        """SIGTERM, and SIGKILL when that is not heard in time."""
        if self.running:
            self._child.terminate()
            try:
                await asyncio.wait_for(self._child.wait(), STOP_S)
            except TimeoutError:
                self._child.kill()
                await self._child.wait()
        self._errors.cancel()


@asynccontextmanager
async def child(name: str, argv: Sequence[str], *, cwd: Path | None = None) -> AsyncIterator[Child]:
    """A child process for as long as the block runs."""
    pipe = asyncio.subprocess.PIPE
    started = Child(name, await asyncio.create_subprocess_exec(*argv, stdin=pipe, stdout=pipe, stderr=pipe, cwd=cwd))
    try:
        yield started
    finally:
        await started.stop()


def python(module: str, *args: str) -> list[str]:
    """Command line of one of our modules, in this same interpreter."""
    return [sys.executable, "-m", module, *args]


async def _listens(process: Child, port: int) -> None:
    deadline = asyncio.get_running_loop().time() + START_S
    while asyncio.get_running_loop().time() < deadline:
        if not process.running:
            raise process.fault("ended while it started")
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        await writer.wait_closed()
        return
    raise process.fault(f"does not listen on port {port}")


def _tool(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@asynccontextmanager
async def mosquitto(directory: Path) -> AsyncIterator[int]:
    """A broker of our own with the shipped settings; gives its port."""
    binary = _tool("mosquitto")
    if binary is None:
        raise HubError("mosquitto was not found; the bench measures against it. Install it (apt install mosquitto).")
    port = free_port()
    home = directory / f"broker-{port}"
    home.mkdir()
    # Started by root it would drop to an account that cannot write into our directory.
    user = "user root" if os.geteuid() == 0 else ""
    conf = home / "mosquitto.conf"
    conf.write_text(MOSQUITTO_CONF.format(port=port, directory=home, user=user))
    async with child("mosquitto", [binary, "-c", str(conf)]) as broker:
        await _listens(broker, port)
        yield port


@asynccontextmanager
async def victoria_metrics(directory: Path) -> AsyncIterator[str | None]:
    """A real time series store for the InfluxDB follower, when one is installed; gives its address."""
    binary = _tool("victoria-metrics") or _tool("victoria-metrics-prod")
    if binary is None:
        yield None
        return
    port = free_port()
    argv = [binary, f"-storageDataPath={directory / 'series'}", f"-httpListenAddr=127.0.0.1:{port}"]
    async with child("victoria-metrics", [*argv, "-loggerLevel=ERROR"]) as store:
        await _listens(store, port)
        yield f"http://127.0.0.1:{port}"
