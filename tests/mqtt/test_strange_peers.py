"""What mosquitto will not do: malformed packets, topics that are not UTF-8, QoS 2 unasked, floods, refusals."""

from __future__ import annotations

import asyncio

import mqtt5
import pytest

from hub.errors import TransportError
from hub.mqtt.auto_session import AutoSession
from hub.mqtt.lane import TAKEN_OVER
from hub.mqtt.mqtt5_session import Mqtt5Session
from hub.mqtt.open import SessionPlan, open_session
from tests.mqtt.talk import (
    Pauses,
    make,
    packet,
    payloads,
    peer,
    raw_publish,
    receive,
    run,
    running,
    setup_of,
    until,
    welcome,
)

MALFORMED = {
    "a reserved packet type": b"\x00\x00",
    "a length of five bytes": b"\x30\xff\xff\xff\xff\x01",
    "a topic longer than its packet": b"\x30\x04\x00\x50ab",
    "QoS 3": b"\x36\x07\x00\x01t\x00\x01\x00x",
    "a second CONNACK": b"\x20\x03\x00\x00\x00",
    "a packet only clients send": b"\xc0\x00",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_packet_drops_the_connection_and_the_next_one_works(name: str) -> None:
    async def story() -> None:
        connections = 0

        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            await welcome("mqtt5", reader, writer)
            if connections == 1:
                writer.write(MALFORMED[name])
            else:
                writer.write(raw_publish("mqtt5", b"t/x", b"fine"))
            await reader.read()

        async with peer(script) as port:
            said: list[str] = []
            session = make("mqtt5", setup_of(port))
            async with running(session):
                said.append(session.status)
                assert payloads(await receive(session, 1)) == [b"fine"]
                assert connections == 2

    run(story())


def test_the_status_says_what_was_malformed() -> None:
    async def story() -> None:
        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await welcome("mqtt5", reader, writer)
            writer.write(b"\x30\xff\xff\xff\x7f")
            await reader.read()

        async with peer(script) as port:
            session = make("mqtt5", setup_of(port))
            async with running(session, clean=False):
                await until(lambda: "more than the" in session.status, "status")
                assert "sent what is not MQTT 5" in session.status

    run(story())


@pytest.mark.parametrize("client", ["aiomqtt", "aiomqtt5"])
def test_aiomqtt_survives_malformed_packets_too(client: str) -> None:
    async def story() -> None:
        connections = 0

        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            await welcome(client, reader, writer)
            writer.write(b"\x32\x02\x00\x50" if connections == 1 else raw_publish(client, b"t/x", b"fine"))
            await reader.read()

        async with peer(script) as port:
            session = make(client, setup_of(port))
            async with running(session):
                assert payloads(await receive(session, 1)) == [b"fine"]
                assert connections == 2

    run(story())


# The codec's panic is reported once a connection through sys.unraisablehook; the session survives it, which is the test.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_topic_that_is_not_utf8_arrives_with_surrogate_escapes(client: str) -> None:
    async def story() -> None:
        acks: list[bytes] = []

        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await welcome(client, reader, writer)
            writer.write(raw_publish(client, b"t/ok", b"1", packet_id=1))
            writer.write(raw_publish(client, b"t/\xff\xfe", b"2", packet_id=2))
            writer.write(raw_publish(client, "t/烟感".encode(), b"3", packet_id=3))
            while len(acks) < 3:
                sent = await packet(reader)
                if sent[0] == 0x40:
                    acks.append(sent[2:4])
            await reader.read()

        async with peer(script) as port:
            session = make(client, setup_of(port))
            async with running(session):
                got = await receive(session, 3)
                assert [message.topic for message in got] == ["t/ok", "t/\udcff\udcfe", "t/烟感"]
                assert payloads(got) == [b"1", b"2", b"3"]
                await until(lambda: len(acks) == 3, "acks")
                assert acks == [b"\x00\x01", b"\x00\x02", b"\x00\x03"]

    run(story())


def test_a_packet_that_comes_byte_by_byte_is_read_whole(client: str) -> None:
    async def story() -> None:
        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await welcome(client, reader, writer)
            await writer.drain()
            for byte in raw_publish(client, b"t/x", b"slow" * 20):
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0)
            await reader.read()

        async with peer(script) as port:
            session = make(client, setup_of(port))
            async with running(session):
                assert payloads(await receive(session, 1)) == [b"slow" * 20]

    run(story())


def test_one_message_more_than_receive_maximum_is_taken(client: str) -> None:
    async def story() -> None:
        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await welcome(client, reader, writer)
            for number in range(1, 4):
                writer.write(raw_publish(client, b"t/x", b"%d" % number, packet_id=number))
            await reader.read()

        async with peer(script) as port:
            session = make(client, setup_of(port, receive_maximum=2))
            async with running(session):
                assert payloads(await receive(session, 3, ack=False)) == [b"1", b"2", b"3"]
                assert session.connected

    run(story())


def test_qos2_from_a_broker_that_ignores_our_maximum_is_answered() -> None:
    async def story() -> None:
        heard: list[bytes] = []

        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await welcome("mqtt5", reader, writer)
            writer.write(raw_publish("mqtt5", b"t/x", b"two", head=0x34, packet_id=7))
            while len(heard) < 2:
                sent = await packet(reader)
                if sent[0] == 0x50:
                    writer.write(b"\x62\x02\x00\x07")
                heard.append(sent)
            await reader.read()

        async with peer(script) as port:
            session = make("mqtt5", setup_of(port))
            async with running(session):
                assert payloads(await receive(session, 1)) == [b"two"]
                await until(lambda: len(heard) == 2, "PUBREC and PUBCOMP")
                assert heard == [b"\x50\x02\x00\x07", b"\x70\x02\x00\x07"]

    run(story())


def test_reading_rests_while_too_much_waits_and_nothing_is_lost(client: str) -> None:
    count = 30_000

    async def story() -> None:
        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await welcome(client, reader, writer)
            for number in range(count):
                writer.write(raw_publish(client, b"t/x", b"%050d" % number, head=0x30))
                if number % 500 == 0:
                    await writer.drain()
            await reader.read()

        async with peer(script) as port:
            session = make(client, setup_of(port, receive_maximum=100))
            async with running(session):
                most = 0
                got: list[bytes] = []

                def rests_or_is_done() -> bool:
                    return session.ready() > 200 or len(got) + session.ready() == count

                while len(got) < count:
                    await until(rests_or_is_done)
                    most = max(most, session.ready())
                    batch = await session.take(1000)
                    got += payloads(batch.messages)
                    session.ack(batch)
                assert got == [b"%050d" % number for number in range(count)]
                assert most < 200 + 256 * 1024 // 55

    run(story())


def test_a_takeover_is_named_when_the_broker_names_it() -> None:
    async def story() -> None:
        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await welcome("mqtt5", reader, writer)
            reason = mqtt5.DisconnectReasonCode.SESSION_TAKEN_OVER
            writer.write(mqtt5.DisconnectPacket(reason_code=reason).write())
            await reader.read()

        async with peer(script) as port:
            pauses = Pauses()
            session = make("mqtt5", setup_of(port), pauses)
            async with running(session, clean=False):
                await until(lambda: session.status == TAKEN_OVER)
                await until(lambda: session._backoff.attempt > 5)

    run(story())


def test_a_refused_filter_is_said_in_the_status() -> None:
    async def story() -> None:
        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await packet(reader)
            writer.write(b"\x20\x03\x00\x00\x00")
            subscribe = await packet(reader)
            writer.write(b"\x90\x06" + subscribe[2:4] + b"\x00\x87\x01\x00")
            await reader.read()

        async with peer(script) as port:
            session = make("mqtt5", setup_of(port, ["secret/#", "t/#", "u/#"]))
            async with running(session):
                assert "secret/# (not authorized)" in session.status
                assert "u/# (only QoS 0" in session.status

    run(story())


def test_auto_falls_back_to_aiomqtt_when_the_broker_refuses_mqtt5() -> None:
    async def story() -> None:
        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connect = await packet(reader)
            if connect[8] == 5:
                writer.write(b"\x20\x02\x00\x01")
                writer.close()
                return
            writer.write(b"\x20\x02\x00\x00")
            subscribe = await packet(reader)
            writer.write(b"\x90\x03" + subscribe[2:4] + b"\x01")
            writer.write(raw_publish("aiomqtt", b"t/x", b"old broker"))
            await reader.read()

        async with peer(script) as port:
            plan = SessionPlan("c", "src", "bulk", ("t/#",))
            session = open_session(plan, setup_of(port).endpoint, installation_id="i", sleep=Pauses())
            assert isinstance(session, AutoSession)
            async with running(session):
                assert payloads(await receive(session, 1)) == [b"old broker"]

    run(story())


def test_auto_falls_back_when_mqtt5_is_met_with_silence() -> None:
    async def story() -> None:
        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connect = await packet(reader)
            if connect[8] == 4:
                writer.write(b"\x20\x02\x00\x00")
                subscribe = await packet(reader)
                writer.write(b"\x90\x03" + subscribe[2:4] + b"\x01")
                await reader.read()
            writer.close()

        async with peer(script) as port:
            plan = SessionPlan("c", "src", "bulk", ("t/#",))
            session = open_session(plan, setup_of(port).endpoint, installation_id="i", sleep=Pauses())
            async with running(session):
                assert session.connected

    run(story())


def test_mqtt5_asked_for_and_refused_is_a_permanent_error() -> None:
    async def story() -> None:
        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await packet(reader)
            writer.write(b"\x20\x03\x00\x84\x00")
            await reader.read()

        async with peer(script) as port:
            session = Mqtt5Session(setup_of(port), sleep=Pauses())
            with pytest.raises(TransportError, match="does not speak MQTT 5") as caught:
                async with running(session):
                    pass
            assert caught.value.permanent

    run(story())


def test_a_broker_that_falls_silent_is_given_up() -> None:
    async def story() -> None:
        connections = 0

        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            await welcome("mqtt5", reader, writer)
            while await packet(reader):
                pass

        async with peer(script) as port:
            session = make("mqtt5", setup_of(port, keepalive_s=1))
            async with running(session, clean=False):
                await until(lambda: connections > 1)

    run(story())
