"""An installation in a directory of its own: the shipped config, a store with a small compound, a real broker."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge.installation import Installation
from tests.servers import Mosquitto


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """English at the terminal, and no proxy between a test and its own servers."""
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        made = Installation(tmp_path, web_port=sock.getsockname()[1])
    yield made
    made.close()


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path / "mosquitto")
    yield broker
    broker.stop()
