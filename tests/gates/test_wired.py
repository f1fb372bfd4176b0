"""A whole hub gives a camera its list: a permit that is registered arrives at the gate, and leaves it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hub.app.hub import Hub, open_hub
from hub.core.commands import AnyCommand, PutDevice, PutGateLane, PutPermit, PutPlace, Remove
from hub.demo import demo_config
from hub.model import Device, GateLane, Kind, Permit, Place, PlaceKind
from hub.simulate.guihuayuan import COMMUNITY
from tests.gates.camera import TOPIC, Camera

PLATE = "沪Z00001"
SITE: list[AnyCommand] = [
    PutPlace(actor="system", place=Place(id="gate-east", kind=PlaceKind.GATE, name="东门")),
    PutDevice(actor="system", device=Device(id="cam-1", kind=Kind.LPR, place="gate-east")),
]
LANE = GateLane(id="east-in", gate="gate-east", devices=("cam-1",), list_topic=TOPIC)


async def story(data: Path) -> list[str]:
    async with open_hub(demo_config(data, port=0), "test", {COMMUNITY: SITE}) as hub:
        ready = asyncio.Event()
        running = asyncio.create_task(hub.run(ready.set))
        try:
            async with asyncio.timeout(60):
                await ready.wait()
                return await given_and_taken(hub)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def given_and_taken(hub: Hub) -> list[str]:
    async def told(command: AnyCommand) -> None:
        await asyncio.to_thread(hub.write_command, COMMUNITY, command)

    broker = hub.broker.endpoint
    async with Camera().standing(broker.port, broker.username or None, broker.password or None) as camera:
        await told(PutGateLane(actor="engineer", lane=LANE))
        await told(PutPermit(actor="engineer", permit=Permit(plate=PLATE)))
        await camera.until(lambda one: list(one.list) == [PLATE])
        await told(Remove(actor="engineer", what="permit", id=PLATE))
        await camera.until(lambda one: not one.list)
        return [str(command["name"]) for command in camera.commands]


def test_a_permit_arrives_at_the_gate_and_leaves_it(tmp_path: Path) -> None:
    assert asyncio.run(story(tmp_path)) == ["white_list_operator"] * 2
