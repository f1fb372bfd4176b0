"""The web as a process of its own: nothing but the database is shared with the hub. Prints its port."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from hub.config import WebConfig
from hub.delivery.links import Links
from hub.web.app import create_app
from hub.web.keys import ensure_keys
from hub.web.serve import bind, serve
from tests.web.world import NIGHT_MS, Clock, deps_of, open_store, refuse_pushes


async def main(database: Path) -> None:
    engine = open_store(database)
    with engine.begin() as connection:
        keys = ensure_keys(connection)
    config = WebConfig(host="127.0.0.1", port=0)
    bound = bind(config)
    app = create_app(deps_of(engine, Links(keys.link_key, "http://hub.test"), Clock(NIGHT_MS), refuse_pushes))
    port = bound.getsockname()[1]
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await serve(app, bound, config)


asyncio.run(main(Path(sys.argv[1])))
