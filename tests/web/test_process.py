"""The web runs as a process of its own: it reads rows and writes command rows, which the owner here steps."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hub.config import WebConfig
from hub.core.commands import Accept
from hub.delivery.links import LinkClaim
from hub.web.app import create_app
from hub.web.serve import bind, serve
from tests.web.story import FIRE, kitchen_fire
from tests.web.world import HERE, World

ROOT = Path(__file__).parents[2]


@pytest.fixture
def address(world: World) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.web.own_process", str(world.path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        yield f"http://127.0.0.1:{child.stdout.readline().strip()}"
        child.terminate()


@pytest.mark.usefixtures("owner")
def test_an_answer_given_in_another_process_is_stepped_here(world: World, address: str) -> None:
    kitchen_fire(world)
    link = f"{address}/a/{world.links.token(LinkClaim(HERE, FIRE, 'li'))}"
    assert "6号楼 12层" in httpx.get(link, timeout=20).text
    httpx.post(link, data={"do": "accept"}, timeout=20)
    assert world.commands() == [Accept(actor="li", incident=FIRE, via="link")]
    assert "已记录:你去" in httpx.get(link).text


def test_serving_stops_though_somebody_listens(world: World) -> None:
    async def scene() -> None:
        config = WebConfig(host="127.0.0.1", port=0)
        bound = bind(config)
        up = asyncio.Event()
        app = create_app(world.deps)
        server = asyncio.create_task(serve(app, bound, config, started=up.set))
        await asyncio.wait_for(up.wait(), 10)
        token = world.links.token(LinkClaim(HERE, 0, "li"))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}/inbox/{token}/live"
        async with httpx.AsyncClient() as client, client.stream("GET", url) as stream:
            lines = stream.aiter_lines()
            assert await anext(lines) == "event: changed"
            server.cancel()
            async for _ in lines:
                pass
        with pytest.raises(asyncio.CancelledError):
            await server
        bound.close()

    asyncio.run(asyncio.wait_for(scene(), 15))
