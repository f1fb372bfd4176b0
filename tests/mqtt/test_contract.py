"""What every client promises, against a real mosquitto."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from hub.errors import TransportError
from hub.mqtt.broker import LOSSES, Broker, BrokerKind
from hub.mqtt.endpoint import Endpoint
from hub.mqtt.lane import Will
from hub.mqtt.mosquitto_conf import MOSQUITTO_SETTINGS
from hub.mqtt.probe import probe
from tests.mqtt.talk import (
    Pauses,
    make,
    numbered,
    payloads,
    publish,
    receive,
    run,
    running,
    setup_of,
    until,
)
from tests.servers import Mosquitto

ROOT = Path(__file__).parents[2]


def test_unacked_messages_come_again_in_order_and_marked_duplicate(client: str, broker: Mosquitto) -> None:
    async def story() -> None:
        first = make(client, setup_of(broker.port))
        async with running(first, clean=False):
            await publish(broker.port, numbered(20))
            got = await receive(first, 20, ack=False)
            assert payloads(got) == [b"%d" % n for n in range(20)]
            assert not any(message.duplicate for message in got)
        second = make(client, setup_of(broker.port))
        async with running(second):
            again = await receive(second, 20)
            assert payloads(again) == payloads(got)
            assert all(message.duplicate for message in again)

    run(story())


def test_acked_messages_never_come_again_and_the_others_do(client: str, broker: Mosquitto) -> None:
    async def story() -> None:
        first = make(client, setup_of(broker.port))
        async with running(first):
            await publish(broker.port, numbered(30))
            batch = await first.take(10)
            rest = await receive(first, 30 - len(batch.messages), ack=False)
            first.ack(batch)
        second = make(client, setup_of(broker.port))
        async with running(second):
            assert payloads(await receive(second, len(rest))) == payloads(rest)
        await publish(broker.port, [("t/x", b"after")])
        third = make(client, setup_of(broker.port))
        async with running(third):
            assert payloads(await receive(third, 1)) == [b"after"]

    run(story())


def test_order_is_kept_over_many_batches(client: str, broker: Mosquitto) -> None:
    async def story() -> None:
        session = make(client, setup_of(broker.port))
        async with running(session):
            await publish(broker.port, numbered(3000))
            assert payloads(await receive(session, 3000)) == [b"%d" % n for n in range(3000)]
            await until(lambda: session.drained_at_ms is not None, "drained")

    run(story())


def test_an_ack_for_an_older_connection_is_dropped(client: str, broker: Mosquitto) -> None:
    async def story() -> None:
        session = make(client, setup_of(broker.port))
        async with running(session):
            await publish(broker.port, numbered(1))
            old = await session.take()
            await asyncio.to_thread(broker.restart)
            again = await session.take()
            assert payloads(again.messages) == payloads(old.messages)
            assert again.connection > old.connection
            assert again.messages[0].duplicate
            session.ack(old)
            assert session.inbox.outstanding == 1
            session.ack(again)
            assert session.inbox.outstanding == 0

    run(story())


def test_what_waited_when_the_connection_broke_is_still_given(client: str, broker: Mosquitto) -> None:
    async def story() -> None:
        session = make(client, setup_of(broker.port))
        async with running(session):
            await publish(broker.port, numbered(3))
            await until(lambda: session.ready() == 3)
            broker.kill()  # within its first second: nothing is saved, only we have them
            await until(lambda: not session.connected)
            assert payloads(await receive(session, 3)) == [b"0", b"1", b"2"]
            await asyncio.to_thread(broker.start_again)

    run(story())


def test_a_killed_broker_that_is_back_is_used_again(client: str, broker: Mosquitto) -> None:
    async def story() -> None:
        session = make(client, setup_of(broker.port))
        async with running(session):
            broker.kill()
            await until(lambda: "Nothing listens" in session.status)
            await asyncio.to_thread(broker.start_again)
            await until(lambda: session.connected)
            await publish(broker.port, [("t/x", b"back")])
            assert payloads(await receive(session, 1)) == [b"back"]

    run(story())


def test_a_queue_survives_a_graceful_restart_of_the_broker(client: str, broker: Mosquitto) -> None:
    async def story() -> None:
        async with running(make(client, setup_of(broker.port))):
            pass
        await publish(broker.port, numbered(200))
        await asyncio.to_thread(broker.restart)
        session = make(client, setup_of(broker.port))
        async with running(session):
            assert payloads(await receive(session, 200)) == [b"%d" % n for n in range(200)]

    run(story())


def test_a_killed_hub_loses_nothing(client: str, broker: Mosquitto) -> None:
    async def story() -> None:
        async with running(make(client, setup_of(broker.port))):
            pass
        await publish(broker.port, numbered(300))
        command = [sys.executable, "-m", "tests.mqtt.hub_that_never_acks", client, str(broker.port), "300"]
        hub = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
        assert hub.stdout is not None
        assert (await hub.stdout.readline()).strip() == b"took 300"
        hub.kill()
        await hub.wait()
        session = make(client, setup_of(broker.port))
        async with running(session):
            again = await receive(session, 300)
            assert payloads(again) == [b"%d" % n for n in range(300)]
            assert all(message.duplicate for message in again)

    run(story())


def test_a_small_queue_loses_the_newest_and_the_probe_says_so(mosquitto: Mosquitto, client: str) -> None:
    port = mosquitto.start(["allow_anonymous true", "max_queued_messages 40", "max_inflight_messages 10"])

    async def story() -> None:
        async with running(make(client, setup_of(port))):
            pass
        await publish(port, numbered(100))
        session = make(client, setup_of(port))
        async with running(session):
            await publish(port, [("t/x", b"end")])
            got: list[bytes] = []
            while b"end" not in got:
                got += payloads(await receive(session, 1))
            kept = len(got) - 1
            assert kept < 100
            assert got[:-1] == [b"%d" % n for n in range(kept)]
        foreign = Broker(BrokerKind.EXTERNAL, Endpoint(host="127.0.0.1", port=port))
        told = await probe(foreign, queued=100)
        assert told[0] == "The broker is mosquitto version 2.0.11." or told[0].startswith("The broker is mosquitto")
        assert any(
            line.startswith(f"LOSS: of 100 messages sent while the hub was away it kept {kept}") for line in told
        )
        assert any("QoS 0" in line for line in told)
        assert LOSSES[foreign.kind]

    run(story())


def test_with_our_settings_five_thousand_wait_and_none_is_lost(mosquitto: Mosquitto, client: str) -> None:
    settings = MOSQUITTO_SETTINGS.replace("allow_anonymous false", "allow_anonymous true").splitlines()
    port = mosquitto.start([*settings, f"persistence_location {mosquitto.directory}/"])

    async def story() -> None:
        async with running(make(client, setup_of(port))):
            pass
        await publish(port, [("t/zero", b"qos0")], qos=0)
        await publish(port, numbered(5000))
        session = make(client, setup_of(port))
        async with running(session):
            got = payloads(await receive(session, 5001))
            assert sorted(got) == sorted([b"qos0", *[b"%d" % n for n in range(5000)]])
            assert [data for data in got if data != b"qos0"] == [b"%d" % n for n in range(5000)]
        told = await probe(Broker(BrokerKind.EXTERNAL, Endpoint(host="127.0.0.1", port=port)))
        assert not any(line.startswith("LOSS") for line in told), told

    run(story())


def test_filters_that_are_gone_are_unsubscribed(client: str, broker: Mosquitto) -> None:
    async def story() -> None:
        async with running(make(client, setup_of(broker.port, ["a/#", "b/#"]))):
            pass
        session = make(client, setup_of(broker.port, ["a/#"], forget=("b/#",)))
        async with running(session):
            await publish(broker.port, [("b/1", b"gone")])
            await publish(broker.port, [("a/1", b"wanted")])
            assert payloads(await receive(session, 1)) == [b"wanted"]

    run(story())


def test_a_retained_message_is_marked_and_comes_once_per_subscription(client: str, broker: Mosquitto) -> None:
    async def story() -> None:
        await publish(broker.port, [("t/state", b"old")], retain=True)
        session = make(client, setup_of(broker.port))
        async with running(session):
            (old,) = await receive(session, 1)
            assert old.retained
            await publish(broker.port, [("t/state", b"live")], retain=True)
            (live,) = await receive(session, 1)
            assert not live.retained
            await until(lambda: session.drained_at_ms is not None, "drained")
            before = session.inbox.connection
            await asyncio.to_thread(broker.restart)
            await until(lambda: session.connected and session.inbox.connection > before, "reconnected")
            await publish(broker.port, [("t/x", b"marker")])
            assert payloads(await receive(session, 1)) == [b"marker"]

    run(story())


def test_two_hubs_with_one_client_id_do_not_chase_each_other(client: str, broker: Mosquitto) -> None:
    async def story() -> None:
        pauses = Pauses()
        first, second = make(client, setup_of(broker.port), pauses), make(client, setup_of(broker.port), pauses)
        async with running(first, clean=False):
            rival = asyncio.create_task(second.run())
            said: set[str] = set()

            def enough() -> bool:
                said.update((first.status, second.status))
                return first._backoff.attempt >= 4 and second._backoff.attempt >= 4

            await until(enough)
            assert min(first._backoff.ceiling_s(), second._backoff.ceiling_s()) >= 8.0
            assert any("client id" in status for status in said), said
            rival.cancel()
            await asyncio.wait([rival])

    run(story())


def test_a_wrong_password_ends_the_session_with_a_clear_sentence(client: str, mosquitto: Mosquitto) -> None:
    passwords = mosquitto.directory / "passwords"
    mosquitto.directory.mkdir()
    passwords.write_text("")
    passwords.chmod(0o600)
    port = mosquitto.start(["allow_anonymous false", f"password_file {passwords}"])
    endpoint = Endpoint(host="127.0.0.1", port=port, username="hub", password="wrong")

    async def story() -> None:
        session = make(client, setup_of(port, endpoint=endpoint))
        with pytest.raises(TransportError, match=r"broker\.username and broker\.password") as caught:
            async with running(session):
                pass
        assert caught.value.permanent
        assert "wrong" not in str(caught.value)
        assert session.status == str(caught.value)

    run(story())


def test_sixteen_megabytes_and_nul_bytes_arrive_whole(client: str, broker: Mosquitto) -> None:
    async def story() -> None:
        session = make(client, setup_of(broker.port))
        async with running(session):
            large = b"\x00x" * (8 * 1024 * 1024)
            await publish(broker.port, [("t/large", large)])
            await publish(broker.port, [("t/nul", b"a\x00b"), ("t/empty", b"")])
            got = await receive(session, 3)
            assert got[0].payload == large
            assert payloads(got[1:]) == [b"a\x00b", b""]

    run(story())


def test_messages_of_every_qos_arrive(client: str, broker: Mosquitto) -> None:
    async def story() -> None:
        session = make(client, setup_of(broker.port))
        async with running(session):
            for qos in (0, 1, 2):
                await publish(broker.port, [("t/x", b"%d" % qos)], qos=qos)
            assert payloads(await receive(session, 3)) == [b"0", b"1", b"2"]

    run(story())


def test_the_will_is_published_after_a_crash_and_not_after_a_clean_close(client: str, broker: Mosquitto) -> None:
    async def story() -> None:
        watcher = make("mqtt5", setup_of(broker.port, ["w/#"], client_id="watcher"))
        async with running(watcher):
            will = Will("w/hub", b"gone", retain=False)
            async with running(make(client, setup_of(broker.port, will=will))):
                pass
            await publish(broker.port, [("w/marker", b"1")])
            assert payloads(await receive(watcher, 1)) == [b"1"]
            async with running(make(client, setup_of(broker.port, will=will)), clean=False):
                pass
            assert payloads(await receive(watcher, 1)) == [b"gone"]

    run(story())


def test_the_fast_client_also_runs_without_uvloop(broker: Mosquitto) -> None:
    async def story() -> None:
        session = make("mqtt5", setup_of(broker.port))
        async with running(session):
            await publish(broker.port, numbered(100))
            assert len(await receive(session, 100)) == 100

    asyncio.run(story())
