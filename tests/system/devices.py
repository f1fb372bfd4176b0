"""Devices that publish: real vendors' payloads over one MQTT connection, each acknowledged by the broker."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from hub.simulate.vendors import encode, zigbee_smoke, zigbee_topic

ACKED_WITHIN_S = 20.0


def smoke(name: str, *, alarm: bool = False, number: int = 80, test: bool = False) -> tuple[str, bytes]:
    """State of a Zigbee2MQTT smoke detector; ``number`` makes it one of its kind."""
    return zigbee_topic(name), encode(zigbee_smoke(battery=90, linkquality=number, smoke=alarm, test=test))


class Publisher:
    """A device's client."""

    def __init__(self, port: int, name: str = "device") -> None:
        # No lock: paho holds one of its own while it calls back.
        self._sent: dict[int, bytes] = {}
        self._acked: dict[int, None] = {}
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, clean_session=False)
        self._client.max_inflight_messages_set(200)
        self._client.on_publish = self._on_publish
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def _on_publish(self, _client: object, _data: object, mid: int, _reason: object, _properties: object) -> None:
        self._acked[mid] = None

    @property
    def acked(self) -> list[bytes]:
        """What was sent with `send` and has its PUBACK."""
        acked = self._acked.copy()
        return [payload for mid, payload in self._sent.copy().items() if mid in acked]

    def unacked(self) -> int:
        return len(self._sent) - len(self.acked)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Returns after the PUBACK."""
        info = self._client.publish(topic, payload, qos=1, retain=retain)
        info.wait_for_publish(ACKED_WITHIN_S)
        assert info.is_published(), f"no PUBACK for {topic}"

    def send(self, topic: str, payload: bytes) -> None:
        """Returns at once; its PUBACK is counted in `acked`."""
        self._sent[self._client.publish(topic, payload, qos=1).mid] = payload

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def publisher(port: int, name: str = "device") -> Iterator[Publisher]:
    devices = Publisher(port, name)
    try:
        yield devices
    finally:
        devices.close()


class Load:
    """Some hundred unique heartbeats a second from many detectors, in a thread, until `stop`."""

    def __init__(self, devices: Publisher, names: tuple[str, ...], *, per_second: int = 400, first: int = 0) -> None:
        self._devices = devices
        self._names = names
        self._number = first
        self._pause_s = 1 / per_second
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        number = self._number
        while not self._ended.is_set():
            number += 1
            self._devices.send(*smoke(self._names[number % len(self._names)], number=number))
            time.sleep(self._pause_s)

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()
