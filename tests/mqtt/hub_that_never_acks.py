"""A process of its own that takes messages, says how many, and acknowledges none: to be killed by a test."""

from __future__ import annotations

import sys

import structlog

from tests.mqtt.talk import make, receive, run, running, setup_of, until


async def main(client: str, port: int, count: int) -> None:
    session = make(client, setup_of(port))
    async with running(session):
        got = await receive(session, count, ack=False)
        sys.stdout.write(f"took {len(got)}\n")
        sys.stdout.flush()
        await until(lambda: False)


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
