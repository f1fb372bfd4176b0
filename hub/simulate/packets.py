"""Ready-made PUBLISH packets of many devices, whose changing bytes are patched in place: a load that costs its sender little. Pure.

The mix is five Zigbee2MQTT smoke states, four ChirpStack uplinks of a TPS110 and one Vzenith plate, from devices in the same
proportion. A smoke state comes in 16 variants a device (battery, link quality); an uplink carries its own frame counter,
deduplication id and time in each message, a plate its own message id and time.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from random import Random

import mqtt5
import msgspec

from hub.simulate import vendors

SMOKE_VARIANTS = 16
UPLINK_VARIANTS = 8
PLATE_VARIANTS = 4
MIX = ("smoke", "smoke", "smoke", "smoke", "smoke", "parking", "parking", "parking", "parking", "plate")
LAST_PACKET_ID = 64_000
"""Ids beyond are kept for alarms."""

_SERIAL = 71_717_171
"""Placeholders that stand in a template where each message gets its own digits; fixed width, so the length never changes."""
_AT_MS = 1_234_567_890_123
_ISO = vendors.rfc3339(_AT_MS)[:26].encode()
_SECOND = str(_AT_MS // 1000).encode()
_put_id = struct.Struct(">H").pack_into


class Template(msgspec.Struct, gc=False):
    """One PUBLISH packet and where its own digits stand."""

    packet: bytearray
    id_at: int
    serials: tuple[int, ...] = ()
    isos: tuple[int, ...] = ()
    seconds: tuple[int, ...] = ()


class BenchDevice(msgspec.Struct, frozen=True):
    """A device of the load: its kind in `MIX`, its address, its number."""

    kind: str
    address: str
    number: int


def bench_devices(count: int) -> list[BenchDevice]:
    """The same devices for load and registry."""
    return [BenchDevice(kind=MIX[n % 10], address=_address(MIX[n % 10], n), number=n) for n in range(count)]


def _address(kind: str, n: int) -> str:
    if kind == "smoke":
        return f"{n // 100 + 1}号楼/{n % 100 // 4 + 1}层/{n:06d}-烟感"
    return f"0004a30c{n:08x}" if kind == "parking" else f"{n:08x}-5a5a5a5a"


def fire_detector(n: int) -> str:
    """Friendly name of the nth detector that only ever reports a fire."""
    return f"火警{n:05d}/1层/101-烟感"


def fire_packet(n: int) -> bytes:
    """PUBLISH of the nth detector in alarm, with a packet id of its own."""
    body = vendors.zigbee_smoke(battery=88, linkquality=101, smoke=True)
    packet_id = LAST_PACKET_ID + 1 + n % 1500
    return _publish(vendors.zigbee_topic(fire_detector(n)), vendors.encode(body), packet_id)


def _publish(topic: str, payload: bytes, packet_id: int) -> bytes:
    packet = mqtt5.PublishPacket(topic=topic, payload=payload, qos=mqtt5.QoS.AT_LEAST_ONCE, packet_id=packet_id)
    return packet.write()


def templates(device: BenchDevice) -> list[Template]:
    """Every variant of one device."""
    random = Random(f"load/{device.number}")
    if device.kind == "smoke":
        topic = vendors.zigbee_topic(device.address)
        bodies = [
            vendors.zigbee_smoke(battery=random.randrange(40, 101), linkquality=random.randrange(30, 200))
            for _ in range(SMOKE_VARIANTS)
        ]
    elif device.kind == "parking":
        topic = vendors.chirpstack_topic(device.address)
        bodies = [_uplink(random, device, variant) for variant in range(UPLINK_VARIANTS)]
    else:
        topic = vendors.vzenith_topic(device.address, "ivs_result")
        bodies = [_plate(random, device) for _ in range(PLATE_VARIANTS)]
    return [_template(topic, vendors.encode(body)) for body in bodies]


def _uplink(random: Random, device: BenchDevice, variant: int) -> vendors.Json:
    # As the sensor does: a status when the space changes, heartbeats that repeat it in between.
    occupied = variant < UPLINK_VARIANTS // 2
    heartbeat = variant % (UPLINK_VARIANTS // 2) != 0
    data = vendors.tps110_heartbeat(occupied, 10 + variant) if heartbeat else vendors.tps110_status(occupied)
    body = vendors.chirpstack_uplink(
        random,
        at_ms=_AT_MS,
        dev_eui=device.address,
        name=f"{device.number}号车位",
        f_cnt=_SERIAL,
        f_port=vendors.HEARTBEAT_PORT if heartbeat else vendors.STATUS_PORT,
        data=data,
    )
    body["deduplicationId"] = f"{_SERIAL}{str(body['deduplicationId'])[8:]}"
    return body


def _plate(random: Random, device: BenchDevice) -> vendors.Json:
    plate = f"沪Z{random.randrange(100_000):05d}"
    body = vendors.vzenith_plate(
        random, device.address, _AT_MS, plate=plate, direction=vendors.DOWN, camera=f"{device.number}"
    )
    body["id"] = f"{str(body['id'])[:8]}{_SERIAL}"
    return body


def _template(topic: str, payload: bytes) -> Template:
    packet = _publish(topic, payload, 1)
    name = topic.encode("utf-8")
    starts = len(packet) - len(payload)
    return Template(
        packet=bytearray(packet),
        id_at=packet.index(name) + len(name),
        serials=tuple(_places(packet, str(_SERIAL).encode(), starts)),
        isos=tuple(_places(packet, _ISO, starts)),
        seconds=tuple(_places(packet, _SECOND, starts)),
    )


def _places(packet: bytes, digits: bytes, start: int) -> Iterator[int]:
    at = packet.find(digits, start)
    while at >= 0:
        yield at
        at = packet.find(digits, at + 1)


class PacketSource:
    """An endless, seeded sequence of packets over all devices, a chunk at a time."""

    def __init__(self, devices: int, seed: int = 1, kind: str = "") -> None:
        """``kind``: only the devices of that kind in `MIX`."""
        variants = [templates(device) for device in bench_devices(devices) if kind in ("", device.kind)]
        Random(seed).shuffle(variants)
        self._variants = variants
        self._count = 0
        self._device = 0
        self._round = 0
        self._packet_id = 0

    def take(self, count: int, now_ms: int) -> bytearray:
        """The next ``count`` packets as one buffer. One loop without calls: it runs for every message of the load."""
        iso, second = vendors.rfc3339(now_ms)[:26].encode(), b"%010d" % (now_ms // 1000)
        variants, turn, device, packet_id = self._variants, self._round, self._device, self._packet_id
        devices, serial = len(variants), 10_000_000 + self._count
        out = bytearray()
        for serial in range(serial, serial + count):  # noqa: B020
            choices = variants[device]
            template = choices[turn % len(choices)]
            packet = template.packet
            packet_id = packet_id + 1 if packet_id < LAST_PACKET_ID else 1
            _put_id(packet, template.id_at, packet_id)
            if template.serials:
                digits = b"%08d" % serial
                for at in template.serials:
                    packet[at : at + 8] = digits
                for at in template.isos:
                    packet[at : at + 26] = iso
                for at in template.seconds:
                    packet[at : at + 10] = second
            out += packet
            device += 1
            if device == devices:
                device, turn = 0, turn + 1
        self._count += count
        self._device, self._round, self._packet_id = device, turn, packet_id
        return out
