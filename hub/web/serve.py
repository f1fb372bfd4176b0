"""Serves the web application on its port until cancelled: inside the hub, or as a process of its own."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from hub.config import WebConfig
from hub.web.site import Site

PARTING_S = 2


def bind(config: WebConfig) -> socket.socket:
    """Take the port before anything else starts: OSError when somebody has it."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    bound = socket.socket(family)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((config.host, config.port))
    except OSError:
        bound.close()
        raise
    return bound


async def serve(
    app: FastAPI, bound: socket.socket, config: WebConfig, *, started: Callable[[], None] = lambda: None
) -> None:
    """Run until cancelled; live streams end first, so that a stop takes no longer than the requests under way."""
    server = _Quiet(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="on",
            server_header=False,
            timeout_graceful_shutdown=PARTING_S,
            ssl_certfile=config.tls_cert_file,
            ssl_keyfile=config.tls_key_file,
        )
    )
    running = asyncio.create_task(server.serve([bound]), name="web-server")
    try:
        while not server.started and not running.done():  # noqa: ASYNC110 uvicorn gives no event to wait on
            await asyncio.sleep(0.02)
        started()
        await asyncio.shield(running)
    except asyncio.CancelledError:
        site = app.state.site
        assert isinstance(site, Site)
        site.pulse.stop()
        server.should_exit = True
        await running
        raise


class _Quiet(uvicorn.Server):
    """Leaves the signals to whoever runs the hub."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
