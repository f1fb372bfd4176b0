"""The hub's log is silent in worlds that crash by design."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog

from hub.simulate.world.world import be_quiet


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    before = structlog.get_config()
    be_quiet()
    yield
    structlog.configure(**before)
