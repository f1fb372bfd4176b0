"""The load generator against a real broker: what it says it published is what a consumer got, no two uplinks alike."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import mqtt5
import msgspec

from hub.bench.children import child, mosquitto, python
from hub.bench.report import FloorReport
from hub.simulate.load import LoadReport
from hub.simulate.packets import LAST_PACKET_ID, PacketSource, bench_devices, fire_detector, fire_packet

NOW_MS = 1_790_000_000_000


def packets(data: bytes) -> list[mqtt5.PublishPacket]:
    found = []
    view = memoryview(data)
    at = 0
    while at < len(data):
        packet, used = mqtt5.read(view[at:])
        assert isinstance(packet, mqtt5.PublishPacket)
        found.append(packet)
        at += used
    return found


def body(packet: mqtt5.PublishPacket) -> dict[str, Any]:
    read: dict[str, Any] = msgspec.json.decode(packet.payload or b"")
    return read


def test_the_mix_is_five_four_one() -> None:
    sent = packets(bytes(PacketSource(100).take(1000, NOW_MS)))
    heads = [packet.topic.split("/")[0] for packet in sent]
    assert (heads.count("zigbee2mqtt"), heads.count("application"), heads.count("device")) == (500, 400, 100)
    assert len({packet.topic for packet in sent}) == 100


def test_packet_ids_are_never_two_at_once_within_the_window() -> None:
    source = PacketSource(10)
    ids = [packet.packet_id for _ in range(400) for packet in packets(bytes(source.take(200, NOW_MS)))]
    assert all(1 <= (at or 0) <= 65_000 for at in ids)
    assert all(len(set(ids[at : at + 2000])) == 2000 for at in range(0, len(ids) - 2000, 1000))


def test_no_two_uplinks_are_the_same_and_counters_grow() -> None:
    source = PacketSource(20)
    uplinks = [
        body(packet)
        for _ in range(20)
        for packet in packets(bytes(source.take(100, NOW_MS)))
        if packet.topic.startswith("application/")
    ]
    assert len({up["deduplicationId"] for up in uplinks}) == len(uplinks) == 800
    last: dict[str, int] = {}
    for up in uplinks:
        device = up["deviceInfo"]["devEui"]
        assert up["fCnt"] > last.get(device, 0)
        last[device] = up["fCnt"]
        assert up["time"] == up["rxInfo"][0]["nsTime"] == "2026-09-21T14:13:20.000000+00:00"


def test_plates_have_their_own_id_and_time_and_smoke_varies() -> None:
    source = PacketSource(10)
    sent = packets(bytes(source.take(320, NOW_MS)))
    plates = [body(packet) for packet in sent if packet.topic.startswith("device/")]
    assert len({it["id"] for it in plates}) == len(plates) == 32
    assert {it["timestamp"] for it in plates} == {1_790_000_000}
    smoke: dict[str, set[bytes]] = {}
    for packet in sent:
        if packet.topic.startswith("zigbee2mqtt/"):
            smoke.setdefault(packet.topic, set()).add(bytes(packet.payload or b""))
            assert body(packet)["smoke"] is False
    assert all(len(states) >= 14 for states in smoke.values())


def test_devices_of_the_load_are_those_of_the_registry() -> None:
    topics = {packet.topic for packet in packets(bytes(PacketSource(50).take(50, NOW_MS)))}
    for device in bench_devices(50):
        assert sum(device.address in topic for topic in topics) == 1


def test_a_fire_is_an_alarm_of_a_detector_of_its_own() -> None:
    (packet,) = packets(fire_packet(3))
    assert packet.topic == f"zigbee2mqtt/{fire_detector(3)}"
    assert body(packet)["smoke"] is True
    assert (packet.packet_id or 0) > LAST_PACKET_ID


async def in_and_out(directory: Path, *options: str) -> tuple[LoadReport, FloorReport, list[dict[str, Any]]]:
    """One run of load generator and consumer, both as processes."""
    fires: list[dict[str, Any]] = []
    messages = 3000 + (5 if "--fires" in options else 0)
    async with (
        mosquitto(directory) as port,
        child("consumer", python("hub.bench.floor", "--port", str(port), "--messages", str(messages))) as consumer,
    ):
        await consumer.until("ready")
        argv = python("hub.simulate.load", "--port", str(port), "--messages", "3000", "--devices", "60", *options)
        async with child("load", argv) as load:
            assert json.loads(await load.line()) == {"ready": True}
            line = await load.line()
            while line.startswith('{"fire"'):
                fires.append(json.loads(line))
                line = await load.line()
            report = msgspec.json.decode(line, type=LoadReport)
        got = msgspec.json.decode(await consumer.line(), type=FloorReport)
    return report, got, fires


def test_count_in_is_count_out(tmp_path: Path) -> None:
    report, got, _ = asyncio.run(in_and_out(tmp_path, "--window", "500"))
    assert (report.sent, report.acked, report.unmatched, got.messages) == (3000, 3000, 0, 3000)
    assert report.began_ns < report.last_ack_ns


def test_alarms_go_out_between_a_paced_background(tmp_path: Path) -> None:
    options = ("--rate", "3000", "--fires", "5", "--fire-every", "0.1", "--fire-after", "0.1")
    report, got, fires = asyncio.run(in_and_out(tmp_path, *options))
    assert (report.sent, report.acked, report.fires, got.messages) == (3005, 3005, 5, 3005)
    assert [fire["fire"] for fire in fires] == [0, 1, 2, 3, 4]
    times = [fire["published_ns"] for fire in fires]
    assert times == sorted(times)
    assert report.began_ns < times[0]
