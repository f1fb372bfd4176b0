"""Fixtures of this room."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.answering.compound import Compound
from tests.delivery.small_store import open_engine


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The providers of these tests are on this machine; a proxy of the machine's environment must not carry them."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def compound(tmp_path: Path) -> Iterator[Compound]:
    engine = open_engine(tmp_path / "hub.sqlite")
    yield Compound(engine)
    engine.dispose()
    gc.collect()
