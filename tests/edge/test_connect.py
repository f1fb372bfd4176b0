"""`hub connect` tells what to type and shows the first message that it understands."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from hub.config import BrokerConfig
from hub.connect import run_connect
from hub.core.inputs import Received
from hub.model import Event, Kind, RawMessage, Reading
from hub.mqtt.broker import Broker, ensure_broker
from hub.mqtt.endpoint import Endpoint
from hub.mqtt.publish import open_publisher
from tests.edge.installation import Installation, homes
from tests.servers import Mosquitto

FAR_FUTURE_MS = 4_000_000_000_000
"""A message that is newer than any moment in which a test starts to wait."""


def publish_retained(endpoint: Endpoint, *messages: tuple[str, bytes]) -> None:
    """Retained, so that it is there whenever somebody subscribes."""

    async def publish() -> None:
        async with open_publisher(endpoint, "test-devices") as publisher:
            for topic, payload in messages:
                await publisher.publish(topic, payload, retain=True)

    asyncio.run(publish())


def start(mosquitto: Mosquitto, installation: Installation) -> Endpoint:
    mosquitto.start()
    installation.use_broker(mosquitto.port)
    return Endpoint(host="127.0.0.1", port=mosquitto.port)


def test_an_unknown_platform_is_answered_with_the_four(
    installation: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_connect("tuya", installation.config, 1) == 1
    assert "zigbee2mqtt, chirpstack, vzenith, ctwing" in capsys.readouterr().out


def test_it_shows_the_first_message_of_a_device(
    installation: Installation, mosquitto: Mosquitto, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint = start(mosquitto, installation)
    publish_retained(endpoint, ("zigbee2mqtt/6号楼1203烟感", b'{"smoke":true,"battery":97,"linkquality":80}'))
    assert run_connect("zigbee2mqtt", installation.config, 20) == 0
    out = capsys.readouterr().out
    assert f":{mosquitto.port}" in out
    assert "base_topic: zigbee2mqtt" in out
    assert "qos: 1" in out
    assert "Topic zigbee2mqtt/6号楼1203烟感 (retained)" in out
    assert "✓ 6号楼1203烟感: smoke detector, " in out
    assert "alarm=yes" in out
    assert "battery_pct=97.0 %" in out
    assert "Not registered yet" in out


def test_what_cannot_be_read_is_shown_with_the_reason(
    installation: Installation, mosquitto: Mosquitto, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint = start(mosquitto, installation)
    publish_retained(endpoint, ("application/1/device/0011223344556677/event/up", b"{broken\x1b[31m"))
    assert run_connect("chirpstack", installation.config, 2) == 1
    out = capsys.readouterr().out
    assert 'event_topic="application/{{application_id}}/device/{{dev_eui}}/event/{{event}}"' in out
    assert "✗ Not understood: not_json" in out
    assert "\x1b" not in out
    assert "1 came and none was understood" in out


def test_silence_says_what_to_check(
    installation: Installation, mosquitto: Mosquitto, capsys: pytest.CaptureFixture[str]
) -> None:
    start(mosquitto, installation)
    assert run_connect("vzenith", installation.config, 0.5) == 1
    out = capsys.readouterr().out
    assert "device/{sn}/message/up/ivs_result" in out
    assert "Nothing came." in out


def test_our_own_broker_tells_the_devices_account(
    installation: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_connect("zigbee2mqtt", installation.config, 1) == 1
    assert "Our broker is not running" in capsys.readouterr().out

    async def with_broker() -> Broker:
        return await ensure_broker(BrokerConfig.model_validate({"listen": "127.0.0.1:0"}), installation.data)

    broker = asyncio.run(with_broker())
    try:
        devices = Endpoint(
            host=broker.host, port=broker.port, username=broker.device_username, password=broker.device_password
        )
        publish_retained(devices, ("zigbee2mqtt/kitchen", b'{"smoke":false,"battery":50}'))
        assert run_connect("zigbee2mqtt", installation.config, 20) == 0
    finally:
        asyncio.run(broker.stop())
    out = capsys.readouterr().out
    assert "user: devices" in out
    assert f"password: '{broker.device_password}'" in out
    assert f"mqtt://127.0.0.1:{broker.port}" in out
    assert "✓ kitchen: smoke detector" in out


def test_a_refused_password_is_said_in_plain_words(
    installation: Installation, mosquitto: Mosquitto, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    accounts = tmp_path / "accounts"
    accounts.write_text("")
    accounts.chmod(0o600)
    mosquitto.start(("allow_anonymous false", f"password_file {accounts}"))
    installation.use_broker(mosquitto.port)
    assert run_connect("zigbee2mqtt", installation.config, 20) == 1
    assert "Check broker.username and broker.password" in capsys.readouterr().out


def ctwing(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTWING_TOKEN", "open-sesame")
    installation.change("  #ctwing: ", "  ctwing: ")
    installation.change(
        "  #  lane: safety\n  #  token: ${CTWING_TOKEN}", "    lane: safety\n    token: ${CTWING_TOKEN}"
    )


def test_a_platform_that_pushes_gets_an_address_with_the_token_and_is_looked_up_in_the_store(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ctwing(installation, monkeypatch)
    reading = Reading("866971030000000", Kind.SMOKE, Event.STATUS, {"alarm": False}, model="lian/nb")
    raw = RawMessage("ctwing", "ingest/ctwing", b'{"IMEI":"866971030000000"}', FAR_FUTURE_MS)
    installation.keep([Received(raw, (reading,))])
    assert run_connect("ctwing", installation.config, 20) == 0
    out = capsys.readouterr().out
    assert "/ingest/ctwing?token=open-sesame" in out
    assert "✓ 866971030000000: smoke detector, status [lian/nb]; alarm=no" in out


def test_an_old_push_is_not_taken_for_a_fresh_one(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ctwing(installation, monkeypatch)
    raw = RawMessage("ctwing", "ingest/ctwing", b"{}", 1_000_000_000_000)
    installation.keep([*homes(), Received(raw, (Reading("d", Kind.SMOKE, Event.STATUS, {}),))])
    assert run_connect("ctwing", installation.config, 0.5) == 1
    assert "Nothing came." in capsys.readouterr().out


def test_a_push_source_that_is_not_in_the_config_comes_with_the_lines_to_add(
    installation: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_connect("ctwing", installation.config, 1) == 1
    out = capsys.readouterr().out
    assert "token: '${CTWING_TOKEN}'" in out
    assert "export CTWING_TOKEN=" in out


def test_listening_beside_the_hub_leaves_nothing_at_the_broker(
    installation: Installation, mosquitto: Mosquitto, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two at once hear the same message: nobody takes the other's session over."""
    endpoint = start(mosquitto, installation)
    results: list[int] = []
    twice = [
        threading.Thread(target=lambda: results.append(run_connect("zigbee2mqtt", installation.config, 20)))
        for _ in range(2)
    ]
    for one in twice:
        one.start()
    publish_retained(endpoint, ("zigbee2mqtt/kitchen", b'{"smoke":false}'))
    for one in twice:
        one.join(30)
    assert results == [0, 0]
    assert capsys.readouterr().out.count("✓ kitchen: smoke detector") == 2
