"""`broker: auto`: the child, its accounts, and what outlives what."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from pydantic import SecretStr

from hub.config import BrokerConfig
from hub.errors import ConfigError, TransportError
from hub.mqtt import broker as broker_module
from hub.mqtt import child
from hub.mqtt.broker import LOSSES, Broker, BrokerKind, ensure_broker
from hub.mqtt.endpoint import Endpoint
from hub.mqtt.open import SessionPlan, open_session
from hub.mqtt.probe import probe
from hub.mqtt.publish import Publisher, open_publisher
from tests.mqtt.talk import Pauses, make, numbered, payloads, publish, receive, run, running, setup_of, until

ANY_PORT = BrokerConfig(listen="127.0.0.1:0")


@asynccontextmanager
async def started(config: BrokerConfig, data_dir: Path) -> AsyncIterator[Broker]:
    broker = await ensure_broker(config, data_dir)
    try:
        yield broker
    finally:
        await broker.stop()


def devices_endpoint(broker: Broker) -> Endpoint:
    return msgspec.structs.replace(broker.endpoint, username=broker.device_username, password=broker.device_password)


def test_a_configured_address_starts_nothing(tmp_path: Path) -> None:
    config = BrokerConfig(address="mqtts://broker.example:8884", username="hub", password=SecretStr("x"))
    broker = run(ensure_broker(config, tmp_path))
    assert (broker.kind, broker.host, broker.port, broker.username) == ("external", "broker.example", 8884, "hub")
    assert broker.endpoint.tls
    assert LOSSES[broker.kind]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("address", ["http://x", "mqtt://", "host:notaport", "host:99999"])
def test_a_bad_address_is_said_with_what_to_do(address: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"broker\.address.*host:port"):
        run(ensure_broker(BrokerConfig(address=address), tmp_path))


def test_devices_publish_and_the_hub_receives(tmp_path: Path) -> None:
    async def story() -> None:
        async with started(ANY_PORT, tmp_path) as broker:
            assert broker.kind is BrokerKind.MOSQUITTO
            session = make("mqtt5", setup_of(broker.port, endpoint=broker.endpoint))
            spy = make("mqtt5", setup_of(broker.port, endpoint=devices_endpoint(broker), client_id="spy"))
            async with running(session), running(spy):
                async with open_publisher(devices_endpoint(broker), "sensor") as publisher:
                    await publisher.publish("t/x", b"reading")
                assert payloads(await receive(session, 1)) == [b"reading"]
                assert not spy.ready()  # the devices' account may publish, not listen
            nobody = make("mqtt5", setup_of(broker.port))
            with pytest.raises(TransportError, match="does not let this user in"):
                async with running(nobody):
                    pass
            assert not [line for line in await probe(broker, queued=50) if line.startswith("LOSS")]
            assert any("2 seconds" in line for line in LOSSES[broker.kind])

    run(story())


def test_passwords_are_random_and_private(tmp_path: Path) -> None:
    async def story() -> None:
        async with started(ANY_PORT, tmp_path) as broker:
            assert len(broker.password) >= 24
            assert broker.password != broker.device_password
            for path in (tmp_path / "broker").iterdir():
                if path.name in ("passwords.json", "accounts", "acl", "mosquitto.conf", "child.json"):
                    assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
            assert stat.S_IMODE((tmp_path / "broker").stat().st_mode) == 0o700

    run(story())


def test_the_child_outlives_the_hub_and_the_next_hub_takes_it_up(tmp_path: Path) -> None:
    async def story() -> None:
        first = await ensure_broker(ANY_PORT, tmp_path)
        second = await ensure_broker(ANY_PORT, tmp_path)  # the first hub never stopped it
        assert second.reattached
        assert (second.pid, second.port, second.password) == (first.pid, first.port, first.password)
        assert second.pid is not None
        assert os.getsid(second.pid) == second.pid  # Ctrl-C in the hub's terminal does not reach it
        await second.stop()
        assert not child.answers("127.0.0.1", second.port)
        async with started(ANY_PORT, tmp_path) as third:
            assert not third.reattached
            assert (third.port, third.password) == (first.port, first.password)

    run(story())


def test_a_queue_survives_stop_and_start_of_the_child(tmp_path: Path) -> None:
    async def story() -> None:
        async with started(ANY_PORT, tmp_path) as broker:
            async with running(make("mqtt5", setup_of(0, endpoint=broker.endpoint))):
                pass
            async with open_publisher(devices_endpoint(broker), "sensor") as publisher:
                await publisher.publish("t/x", b"while away")
        async with started(ANY_PORT, tmp_path) as broker:
            session = make("mqtt5", setup_of(0, endpoint=broker.endpoint))
            async with running(session):
                assert payloads(await receive(session, 1)) == [b"while away"]

    run(story())


def test_a_child_that_dies_is_started_again_on_the_same_port(tmp_path: Path) -> None:
    async def story() -> None:
        async with started(ANY_PORT, tmp_path) as broker:
            watching = asyncio.create_task(broker.watch(Pauses()))
            old, port = broker.pid, broker.port
            assert old is not None
            os.kill(old, signal.SIGKILL)
            await until(lambda: broker.pid != old)
            assert child.answers("127.0.0.1", port)
            watching.cancel()
            await asyncio.wait([watching])

    run(story())


def test_other_settings_replace_the_running_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        first = await ensure_broker(ANY_PORT, tmp_path)
        monkeypatch.setattr(broker_module, "MOSQUITTO_SETTINGS", "another version of the hub")
        async with started(ANY_PORT, tmp_path) as second:
            assert not second.reattached
            assert second.port == first.port
            assert second.pid != first.pid

    run(story())


def test_a_taken_port_is_said_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"cannot listen on 127.0.0.1:{port}") as caught:
            run(ensure_broker(BrokerConfig(listen=f"127.0.0.1:{port}"), tmp_path))
    assert caught.value.where == "broker.listen"
    assert "0 picks a free one" in caught.value.todo


@pytest.mark.parametrize("listen", ["1883", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000"])
def test_a_bad_listen_is_said(listen: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not host:port"):
        run(ensure_broker(BrokerConfig(listen=listen), tmp_path))


def test_a_data_directory_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"installation\.data_dir"):
        run(ensure_broker(ANY_PORT, tmp_path / "file"))


@pytest.fixture
def no_mosquitto(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_module, "find_mosquitto", lambda: None)


@pytest.mark.usefixtures("no_mosquitto")
def test_without_mosquitto_amqtt_carries_the_demo(tmp_path: Path) -> None:
    async def story() -> None:
        async with started(ANY_PORT, tmp_path) as broker:
            assert broker.kind is BrokerKind.AMQTT
            assert any("demo only" in line for line in LOSSES[broker.kind])
            plan = SessionPlan("c", "src", "bulk", ("t/#",))
            session = open_session(plan, broker.endpoint, installation_id="i", sleep=Pauses())
            async with running(session):
                async with open_publisher(broker.endpoint, "sensor") as publisher:
                    await publisher.publish("t/x", b"a\x00b")
                    await publisher.publish("t/x", b"second")
                assert payloads(await receive(session, 2)) == [b"a\x00b", b"second"]
            assert any("MQTT 3.1.1 only" in line for line in await probe(broker))

    run(story())


@pytest.mark.usefixtures("no_mosquitto")
def test_amqtt_keeps_the_order(tmp_path: Path) -> None:
    async def story() -> None:
        async with started(ANY_PORT, tmp_path) as broker:
            session = make("aiomqtt", setup_of(0, endpoint=broker.endpoint))
            async with running(session):
                await publish(broker.port, numbered(100))
                assert payloads(await receive(session, 100)) == [b"%d" % number for number in range(100)]

    run(story())


@pytest.mark.usefixtures("no_mosquitto")
def test_amqtt_is_refused_on_an_open_address(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Install mosquitto"):
        run(ensure_broker(BrokerConfig(listen="0.0.0.0:0"), tmp_path))


def test_the_publisher_comes_back_and_says_when_it_cannot(tmp_path: Path) -> None:
    async def story() -> None:
        async with started(ANY_PORT, tmp_path) as broker:
            publisher = Publisher(devices_endpoint(broker), "sensor", sleep=Pauses())
            task = asyncio.create_task(publisher.run())
            await publisher.publish("t/x", b"1")
            async with asyncio.TaskGroup() as group:
                for number in range(200):
                    group.create_task(publisher.publish("t/x", b"%d" % number))
            assert publisher.status.startswith("connected")
            await broker.stop()
            await until(lambda: not publisher.status.startswith("connected"))
            async with started(ANY_PORT, tmp_path):
                await publisher.publish("t/x", b"2")
            task.cancel()
            await asyncio.wait([task])
            wrong = msgspec.structs.replace(broker.endpoint, password="wrong")
        async with started(ANY_PORT, tmp_path):
            with pytest.raises(TransportError, match=r"broker\.password"):
                async with open_publisher(wrong, "intruder"):
                    pass

    run(story())
