"""Acting, not only telling: a siren that answers, sounds with the fire and stops with its end; a drill leaves it alone."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue

import httpx
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from hub.model import Notification
from tests.system.children import HubChild, until
from tests.system.conftest import Install
from tests.system.devices import Publisher, smoke
from tests.system.installation import KITCHEN, ROLES, Installation

SIREN = "zigbee2mqtt/siren-b6"
ON, OFF = b'{"warning":"fire"}', b'{"warning":"stop"}'
ACTIONS = {
    "siren": {
        "title": {"zh": "楼道警铃", "en": "Corridor siren"},
        "topic": "zigbee2mqtt/siren-{building}/set",
        "payload": ON.decode(),
        "undo": OFF.decode(),
        "confirm_topic": "zigbee2mqtt/siren-{building}",
        "confirm": "warning",
    }
}
POLICY = {"critical": {"steps": [{"roles": list(ROLES), "act": ["siren"]}]}}


class Siren:
    """Does as it is told, and says so."""

    def __init__(self, port: int) -> None:
        self.told: Queue[bytes | bytearray] = Queue()
        self.announced: dict[str, bytes | bytearray] = {}
        self._listening = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="siren")
        self._client.on_message = self._on_message
        self._client.on_subscribe = lambda *_: self._listening.set()
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._client.subscribe([(f"{SIREN}/set", 1), ("hub/#", 1)])
        assert self._listening.wait(20)

    def _on_message(self, client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        if message.topic.startswith("hub/"):
            self.announced[message.topic] = message.payload
            return
        self.told.put(message.payload)
        client.publish(SIREN, message.payload, qos=1)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def siren(port: int) -> Iterator[Siren]:
    listening = Siren(port)
    try:
        yield listening
    finally:
        listening.close()


def answer(installation: Installation, *forms: dict[str, str]) -> None:
    page = f"http://127.0.0.1:{installation.web_port}{installation.link('property-a')}"
    for form in forms:
        assert httpx.post(page, data=form, timeout=20, follow_redirects=True).status_code == 200


def acted(installation: Installation) -> list[Notification]:
    return [one for one in installation.notifications() if one.person == "action:siren"]


def test_a_siren_sounds_with_the_fire_and_stops_with_its_end(install: Install, devices: Publisher) -> None:
    installation = install()
    installation.configure(actions=ACTIONS, policies=POLICY)
    hub = installation.start()
    with siren(installation.broker_port) as bell:
        devices.publish(*smoke(KITCHEN, alarm=True))
        assert bell.told.get(timeout=20) == ON
        (sounded,) = until(lambda: [n for n in acted(installation) if n.sent_ms], "the siren confirmed")
        assert (sounded.code, sounded.delivered_ms is not None) == ("confirmed", True)
        topic = f"hub/main/incident/{sounded.incident}"
        said = json.loads(until(lambda: bell.announced.get(topic, b""), "the incident is announced"))
        assert (said["building"], said["severity"]) == ("6号楼", "critical")
        installation.wait_inbox("property-a")
        answer(installation, {"do": "accept"}, {"do": "arrive"}, {"do": "close", "outcome": "false"})
        assert bell.told.get(timeout=20) == OFF
        until(lambda: bell.announced.get(topic) == b"", "the incident is taken back")
    assert hub.stop() == 0


def test_a_drill_leaves_the_siren_alone(install: Install) -> None:
    installation = install()
    installation.configure(actions=ACTIONS, policies=POLICY)
    hub = installation.start()
    with siren(installation.broker_port) as bell:
        drill = HubChild(["drill", "b6-1203", "-c", str(installation.config), "--wait", "60"])
        installation.wait_inbox("property-a")
        answer(installation, {"do": "accept"}, {"do": "close", "outcome": "test"})
        assert drill.end() == 0
        assert bell.told.empty()
        assert acted(installation) == []
    assert hub.stop() == 0
