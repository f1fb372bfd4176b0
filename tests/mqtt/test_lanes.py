"""The safety lane and the bulk lane of one source: plans, and dropping without loss."""

from __future__ import annotations

import asyncio

from hub.mqtt.open import SessionPlan, open_sessions, tie
from tests.mqtt.talk import make, numbered, payloads, publish, receive, run, running, setup_of, until
from tests.servers import Mosquitto

SMOKE = "t/smoke/1"


def test_the_bulk_lane_drops_and_acks_what_the_safety_lane_carries(client: str, broker: Mosquitto) -> None:
    async def story() -> None:
        safety = make(client, setup_of(broker.port, [SMOKE], lane="safety", client_id="safety"))
        bulk = make(client, setup_of(broker.port, client_id="bulk"))
        tie(safety, bulk)
        async with running(safety), running(bulk):
            await until(lambda: bulk.dropped_topics == {SMOKE}, "dropping")
            await publish(broker.port, [("t/a", b"1"), (SMOKE, b"fire"), ("t/a", b"2")])
            assert payloads(await receive(safety, 1)) == [b"fire"]
            assert payloads(await receive(bulk, 2)) == [b"1", b"2"]
        again = make(client, setup_of(broker.port, client_id="bulk"))
        async with running(again):
            await publish(broker.port, [("t/a", b"3")])
            assert payloads(await receive(again, 1)) == [b"3"]  # the dropped one was acked

    run(story())


def test_a_backlog_from_before_the_safety_subscription_is_not_dropped(client: str, broker: Mosquitto) -> None:
    async def story() -> None:
        async with running(make(client, setup_of(broker.port, client_id="bulk"))):
            pass
        await publish(broker.port, [*numbered(50), (SMOKE, b"fire"), *numbered(50)])
        safety = make(client, setup_of(broker.port, [SMOKE], lane="safety", client_id="safety"))
        bulk = make(client, setup_of(broker.port, client_id="bulk", receive_maximum=20))
        tie(safety, bulk)
        async with running(safety), running(bulk):
            assert b"fire" in payloads(await receive(bulk, 101))
            await until(lambda: bulk.dropped_topics == {SMOKE}, "dropping")

    run(story())


def test_the_bulk_lane_takes_over_while_the_safety_lane_is_down(broker: Mosquitto) -> None:
    async def story() -> None:
        safety = make("mqtt5", setup_of(broker.port, [SMOKE], lane="safety", client_id="safety"))
        bulk = make("mqtt5", setup_of(broker.port, client_id="bulk"))
        tie(safety, bulk)
        async with running(safety), running(bulk):
            await until(lambda: bulk.dropped_topics == {SMOKE})
            await safety.close()
            await until(lambda: bulk.dropped_topics == frozenset())
            await publish(broker.port, [(SMOKE, b"fire")])
            assert payloads(await receive(bulk, 1)) == [b"fire"]

    run(story())


def test_a_resumed_safety_session_drops_at_once(broker: Mosquitto) -> None:
    async def story() -> None:
        plans = [
            SessionPlan("c", "src", "safety", (SMOKE,)),
            SessionPlan("c", "src", "bulk", ("t/#",), frozenset({SMOKE})),
        ]
        endpoint = setup_of(broker.port).endpoint
        safety, bulk = open_sessions(plans, endpoint, installation_id="i")
        async with running(safety), running(bulk):
            pass
        await publish(broker.port, [("t/a", b"1"), (SMOKE, b"fire"), ("t/a", b"2")])
        remembered = {safety.client_id: [SMOKE], bulk.client_id: ["t/#", "gone/#"]}
        safety, bulk = open_sessions(plans, endpoint, installation_id="i", remembered=remembered)
        async with running(safety), running(bulk):
            assert payloads(await receive(safety, 1)) == [b"fire"]
            assert payloads(await receive(bulk, 2)) == [b"1", b"2"]

    run(story())


def test_bulk_lingers_for_a_full_batch_and_safety_does_not(broker: Mosquitto) -> None:
    async def story() -> None:
        bulk = make("mqtt5", setup_of(broker.port, linger_s=30.0))
        async with running(bulk):
            taking = asyncio.create_task(bulk.take(10))
            await publish(broker.port, numbered(9))
            await until(lambda: bulk.ready() == 9)
            assert not taking.done()
            await publish(broker.port, numbered(1))
            assert len((await taking).messages) == 10

    run(story())
