"""The broker that compose starts, started here: the shipped settings and the generated accounts in real mosquitto."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.influx.servers import free_port, until

TOP = Path(__file__).parents[2]
SHIPPED = TOP / "config" / "mosquitto.conf"
DESIGN = {
    "max_queued_messages": "0",
    "max_inflight_messages": "2000",
    "persistence": "true",
    "autosave_interval": "1",
    "upgrade_outgoing_qos": "true",
    "queue_qos0_messages": "true",
}
"""What design section 5 promises; the byte limits are checked to exist."""


def settings() -> dict[str, str]:
    lines = (line for line in SHIPPED.read_text("utf-8").splitlines() if line and not line.startswith("#"))
    return {name: value for name, _, value in (line.partition(" ") for line in lines)}


def shipped_here(folder: Path, port: int) -> str:
    """The shipped file; only what depends on the machine is replaced."""
    text = SHIPPED.read_text("utf-8")
    for name, here in {
        "listener": f"listener {port} 127.0.0.1",
        "persistence_location": f"persistence_location {folder}/",
        "password_file": f"password_file {folder / 'secrets' / 'mosquitto_passwd'}",
    }.items():
        text, replaced = re.subn(rf"^{name} .*$", here, text, flags=re.MULTILINE)
        assert replaced == 1, name
    return text


def make_secrets(folder: Path) -> str:
    """What the one-shot service runs."""
    script = TOP / "config" / "make-secrets.sh"
    return subprocess.run(["sh", str(script), str(folder)], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    port = free_port()
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    make_secrets(secrets)
    config = tmp_path / "mosquitto.conf"
    config.write_text(shipped_here(tmp_path, port), encoding="utf-8")
    user = [] if os.geteuid() else ["user root"]  # root would become user mosquitto, who may not enter this folder
    config.write_text("\n".join([config.read_text("utf-8"), *user, ""]), encoding="utf-8")
    mosquitto = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([mosquitto, "-c", str(config)], stdout=log, stderr=log)

    def listens() -> bool:
        assert process.poll() is None, (tmp_path / "log").read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    try:
        until(listens)
        yield port, tmp_path
    finally:
        process.terminate()
        process.wait(10)


def connect(port: int, user: str, password: str) -> tuple[mqtt.Client, list[str]]:
    """A client in its loop thread, and the reasons of its connection attempts."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"test-{user}", protocol=mqtt.MQTTv5)
    client.username_pw_set(user, password)
    reasons: list[str] = []
    client.on_connect = lambda _client, _data, _flags, reason, _properties: reasons.append(str(reason))
    client.connect("127.0.0.1", port)
    client.loop_start()
    until(lambda: bool(reasons))
    return client, reasons


def test_the_shipped_settings_are_those_of_the_design() -> None:
    shipped = settings()
    assert DESIGN.items() <= shipped.items()
    assert int(shipped["max_queued_bytes"]) >= 100_000_000
    assert int(shipped["message_size_limit"]) >= 16 * 1024 * 1024
    assert shipped["allow_anonymous"] == "false"


def test_mosquitto_takes_the_shipped_settings_and_accounts(broker: tuple[int, Path]) -> None:
    port, folder = broker
    for user, secret in (("hub", "mqtt_password"), ("devices", "mqtt_devices_password")):
        client, reasons = connect(port, user, (folder / "secrets" / secret).read_text())
        assert reasons == ["Success"]
        client.disconnect()
        client.loop_stop()
    log = (folder / "log").read_text()
    assert "Error" not in log
    assert "Unknown" not in log


def test_a_wrong_password_is_refused(broker: tuple[int, Path]) -> None:
    port, _ = broker
    client, reasons = connect(port, "devices", "wrong")
    assert reasons[0] == "Not authorized"
    client.disconnect()
    client.loop_stop()


def hub_session(port: int, secret: str) -> tuple[mqtt.Client, list[int], list[bytes]]:
    """The hub's persistent session, in its loop thread: its subscriptions and what it received."""
    hub = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="hub", protocol=mqtt.MQTTv311, clean_session=False)
    hub.username_pw_set("hub", secret)
    subscribed: list[int] = []
    received: list[bytes] = []
    hub.on_subscribe = lambda *_: subscribed.append(1)
    hub.on_message = lambda _client, _data, message: received.append(bytes(message.payload))
    hub.on_connect = lambda client, *_: client.subscribe("t/#", qos=1)
    hub.connect("127.0.0.1", port)
    hub.loop_start()
    return hub, subscribed, received


def test_more_than_a_thousand_messages_wait_for_a_hub_that_is_away(broker: tuple[int, Path]) -> None:
    """Stock mosquitto drops past 1000; and QoS 0 is queued too, because some platforms publish nothing else."""
    port, folder = broker
    secret = (folder / "secrets" / "mqtt_password").read_text()
    hub, subscribed, _ = hub_session(port, secret)
    until(lambda: bool(subscribed))
    hub.disconnect()
    hub.loop_stop()

    gateway, _ = connect(port, "devices", (folder / "secrets" / "mqtt_devices_password").read_text())
    sent = [gateway.publish("t/1", str(n), qos=n % 2) for n in range(3000)]
    for info in sent:
        info.wait_for_publish(20)
    gateway.disconnect()
    gateway.loop_stop()

    hub, _, received = hub_session(port, secret)
    until(lambda: len(received) >= 3000)
    hub.disconnect()
    hub.loop_stop()
    assert {int(payload) for payload in received} == set(range(3000))


def test_secrets_are_made_once(tmp_path: Path) -> None:
    assert make_secrets(tmp_path).count("made ") == 6
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert make_secrets(tmp_path) == ""
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    token = before["influx_token"].decode()
    assert re.fullmatch(r"[0-9a-f]{64}", token)
    assert len({before[name] for name in before if name != "mosquitto_passwd"}) == 5
