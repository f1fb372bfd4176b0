"""A world in a temp dir, the web on a real port, and Chromium."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright

from hub.web.app import create_app
from hub.web.live import Pulse
from hub.web.site import Site
from tests.web.owner import Owner
from tests.web.story import settle
from tests.web.world import World

CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Served:
    """The web on a free loopback port, in a thread of its own."""

    def __init__(self, world: World) -> None:
        app = create_app(world.deps)
        site = app.state.site
        assert isinstance(site, Site)
        self._site = site
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen(64)  # who comes before the server has started waits
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2))
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="web", daemon=True)
        self._thread.start()
        httpx.get(self.url + "/healthz", timeout=20).raise_for_status()

    def drop_streams(self) -> None:
        """End every live stream under way, as a server that goes away does; the next ones are served again."""
        self._site.pulse.stop()
        self._site.pulse = Pulse(self._site.deps)

    def stop(self) -> None:
        self._site.pulse.stop()
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    settle(made)
    yield made
    made.close()


@pytest.fixture
def owner(world: World) -> Iterator[Owner]:
    with Owner(world) as running:
        yield running


@pytest.fixture
def served(world: World) -> Iterator[Served]:
    running = Served(world)
    yield running
    running.stop()


@pytest.fixture
def http(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url, follow_redirects=False) as client:
        yield client


@pytest.fixture(scope="module")  # while it is open its event loop runs in this thread: no asyncio.run beside it
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield chromium
        chromium.close()
