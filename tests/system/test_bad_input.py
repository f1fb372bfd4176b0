"""Bad input at a running hub: each has a clear outcome, nothing is lost, nothing crashes, and a fire still alerts.

A clock that goes backwards is tested at the core: tests/core/test_time.py.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import msgspec
import pytest

from hub.core.inputs import Received
from hub.model import Undecoded
from hub.simulate.vendors import encode, zigbee_smoke
from tests.delivery.peers import listening
from tests.mqtt.talk import packet, raw_publish, welcome
from tests.servers import Mosquitto
from tests.system.children import health, until
from tests.system.conftest import Install, keeping
from tests.system.devices import Publisher, publisher, smoke
from tests.system.installation import ROOMS, Installation, detector

ALARM = zigbee_smoke(battery=90, linkquality=80, smoke=True)
ONLY_OTHER = dict.fromkeys(("zigbee2mqtt", "chirpstack", "vzenith"))
"""Sources that are taken out."""


class Running:
    """One hub for all of this module's messages: each test has topics and devices of its own."""

    def __init__(self, installation: Installation, devices: Publisher) -> None:
        self.installation = installation
        self.devices = devices
        self._rooms = iter(ROOMS)

    def room(self) -> str:
        """A registered detector that no other test uses."""
        return detector(next(self._rooms))

    def kept(self, topic: str, payload: bytes) -> Received:
        """Publish it, and give what the journal has of it."""
        self.devices.publish(topic, payload)

        def look() -> list[Received]:
            return [
                one for one in self.installation.journaled() if one.raw.topic == topic and one.raw.payload == payload
            ]

        (found,) = until(look, f"the journal has the message of {topic}")
        return found

    def quarantined(self, topic: str, payload: bytes) -> str:
        """Publish it, and give why it was quarantined."""
        self.kept(topic, payload)
        (row,) = self.installation.quarantined(topic)
        assert bytes(row.payload) == payload
        return str(row.reason)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    directory = tmp_path_factory.mktemp("bad-input")
    broker = Mosquitto(directory / "broker")
    broker.start(keeping(directory / "broker"))
    installation = Installation(directory / "here", broker.port)
    try:
        child = installation.start()
        with publisher(broker.port) as devices:
            running = Running(installation, devices)
            yield running
            # Whatever came: the hub is the same process, well, and a fire still alerts and is told.
            devices.publish(*smoke(detector("1203"), alarm=True))
            alert = installation.wait_alert(detector("1203"))
            until(lambda: [r for r in installation.inbox() if r.incident == alert.incident], "somebody is told")
            assert health(installation.web_port)["ok"] is True
        assert child.stop() == 0
    finally:
        installation.close()
        broker.stop()


def test_broken_json_is_quarantined_and_from_a_detector_it_alerts(hub: Running) -> None:
    name = hub.room()
    assert hub.quarantined(f"zigbee2mqtt/{name}", b'{"smoke": tru') == Undecoded.NOT_JSON
    # The source carries life-safety devices: what cannot be read there may have been a fire.
    assert [a for a in hub.installation.alerts() if a.rule == "undecodable"]


def test_a_number_where_an_object_belongs_is_quarantined(hub: Running) -> None:
    assert hub.quarantined(f"zigbee2mqtt/{hub.room()}", b"[1, 2]") == Undecoded.WRONG_TYPE


def test_wrong_types_inside_an_object_leave_the_other_facts(hub: Running) -> None:
    name = hub.room()
    kept = hub.kept(f"zigbee2mqtt/{name}", encode({"battery": "full", "smoke": True, "voltage": [], "tamper": {}}))
    assert kept.undecodable is None
    assert kept.readings[0].facts == {"alarm": True}
    hub.installation.wait_alert(name)


def test_16_mb_are_kept_as_bytes_and_nothing_more(hub: Running) -> None:
    payload = b'{"smoke": true, "x": "' + b"x" * (16 << 20) + b'"}'
    assert hub.quarantined("other/large", payload) == Undecoded.TOO_LARGE


def test_nul_bytes_round_json_are_junk_and_inside_text_they_are_mended(hub: Running) -> None:
    name = hub.room()
    kept = hub.kept(f"zigbee2mqtt/{name}", b"\x00\x00" + encode(ALARM) + b"\x00")
    assert kept.undecodable is None
    hub.installation.wait_alert(name)
    assert hub.quarantined("other/nul", b"\x00\x00\x00\x00") == Undecoded.NOT_JSON
    state = hub.kept(f"zigbee2mqtt/{name}/availability", b'{"state": "on\\u0000line"}')
    assert state.raw.payload


def test_half_a_surrogate_pair_costs_no_alarm(hub: Running) -> None:
    name = hub.room()
    kept = hub.kept(f"zigbee2mqtt/{name}", b'{"smoke": true, "state": "\\ud83d", "battery": 90}')
    assert kept.undecodable is None
    assert kept.readings[0].facts["alarm"] is True
    hub.installation.wait_alert(name)


def test_2_to_the_70_is_kept_and_costs_no_alarm(hub: Running) -> None:
    name = hub.room()
    kept = hub.kept(f"zigbee2mqtt/{name}", b'{"smoke": true, "voltage": %d, "battery": -%d}' % (1 << 70, 1 << 70))
    assert kept.undecodable is None
    hub.installation.wait_alert(name)
    row = until(lambda: hub.installation.device(name), "the device's row")
    assert msgspec.json.decode(row.facts)["alarm"] is True


@pytest.mark.parametrize("said", ["1970-01-01T00:00:01+08:00", "2099-12-31T23:59:59+08:00", 1, 4_102_444_799_000])
def test_a_device_clock_in_1970_or_2099_is_kept_and_not_believed(hub: Running, said: object) -> None:
    name = hub.room()
    kept = hub.kept(f"zigbee2mqtt/{name}", encode({**ALARM, "last_seen": said}))
    alert = hub.installation.wait_alert(name)
    assert alert.at_ms == kept.raw.received_ms
    assert not alert.late


def test_smoke_from_a_device_that_nobody_registered_alerts(hub: Running) -> None:
    hub.kept("zigbee2mqtt/found in a cupboard", encode(ALARM))
    alert = hub.installation.wait_alert("found in a cupboard")
    assert (alert.place, alert.severity) == ("", "critical")
    until(lambda: [r for r in hub.installation.inbox() if r.incident == alert.incident], "somebody is told")
    row = hub.installation.device("found in a cupboard")
    assert (row.kind, row.registered, row.alarm) == ("smoke", False, True)


def test_an_unknown_envelope_is_quarantined(hub: Running) -> None:
    assert hub.quarantined("other/thing", b'{"hello": "world"}') == Undecoded.UNKNOWN_ENVELOPE


def test_an_empty_payload_and_deep_nesting_are_no_trouble(hub: Running) -> None:
    assert hub.quarantined("other/empty", b"") == Undecoded.NOT_JSON
    assert hub.quarantined("other/deep", b"[" * 100_000) == Undecoded.NOT_JSON


def test_a_topic_that_is_not_utf_8_is_kept_to_the_byte_and_acknowledged(install: Install) -> None:
    """mosquitto lets none in, other brokers do: a peer that speaks MQTT 5 in raw bytes."""
    topic = b"other/\xff\xfe\x00end"
    acked = threading.Event()

    async def broker(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await welcome("mqtt5", reader, writer)
        writer.write(raw_publish("mqtt5", topic, b"?", packet_id=7))
        while True:
            answer = await packet(reader)
            if answer[0] == 0x40 and answer[2:4] == b"\x00\x07":
                acked.set()

    with listening(broker) as port:
        installation = install()
        installation.configure(broker={"address": f"127.0.0.1:{port}", "client": "mqtt5"}, sources=ONLY_OTHER)
        installation.start()
        assert acked.wait(20)
        (kept,) = installation.journaled()
        assert kept.raw.topic.encode("utf-8", "surrogateescape") == topic
        (row,) = installation.quarantined()
        assert bytes(row.topic) == topic
        installation.close()


def test_a_retained_old_alarm_alerts_once_and_not_again_after_a_restart(install: Install, devices: Publisher) -> None:
    name = detector("1203")
    topic, payload = smoke(name, alarm=True)
    devices.publish(topic, payload, retain=True)
    installation = install()
    hub = installation.start()
    alert = installation.wait_alert(name)
    told = installation.wait_inbox("property-a", "committee-a", "volunteer-a")
    assert hub.stop() == 0
    installation.start()
    # A later message of the same session comes behind everything that the broker may have had for us.
    devices.publish(*smoke(detector("201"), number=7))
    until(lambda: smoke(detector("201"), number=7)[1] in [m.raw.payload for m in installation.journaled()], "heard")
    assert installation.alerts(rule="smoke") == [alert]
    assert [row for row in installation.inbox() if row.purpose == "raised"] == told
