"""The demo's last resort: amqtt, a broker in pure Python, as a child of its own. This file runs as a script.

It speaks MQTT 3.1.1 only, keeps nothing over a restart and knows no accounts here, so it listens on loopback only.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys

from amqtt.broker import Broker  # type: ignore[import-untyped]


async def serve(host: str, port: int) -> None:
    """Serve until SIGTERM."""
    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"{host}:{port}", "max_connections": 100}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
    )
    stopping = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, stopping.set)
    await broker.start()
    await stopping.wait()
    await broker.shutdown()


def main() -> None:
    logging.basicConfig(level=logging.WARNING)
    host, port = sys.argv[1], int(sys.argv[2])
    asyncio.run(serve(host, port))


if __name__ == "__main__":
    main()
