"""The doctor finds what would lose or hide a critical alert, with and without a running hub, and leaves no trace."""

from __future__ import annotations

import asyncio
import shutil
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from sqlalchemy import delete

from hub.config import BrokerConfig
from hub.config_file import load_config
from hub.doctor import run_doctor
from hub.doctor.broker_words import in_chinese
from hub.errors import StoreError
from hub.looking import Looking
from hub.mqtt.broker import LOSSES, Broker, ensure_broker
from hub.mqtt.mosquitto_conf import MOSQUITTO_SETTINGS
from hub.store import schema
from tests.edge.installation import Installation, good_people, heard, homes, person
from tests.servers import Mosquitto
from tests.store.postgres import Postgres

GOOD_LINES = tuple(MOSQUITTO_SETTINGS.replace("allow_anonymous false", "allow_anonymous true").splitlines())


def said(installation: Installation, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    capsys.readouterr()
    return run_doctor(installation.config), capsys.readouterr().out


def files(directory: Path) -> dict[str, int]:
    return {str(file.relative_to(directory)): file.stat().st_size for file in sorted(directory.rglob("*"))}


def test_a_sound_installation_passes(
    installation: Installation, mosquitto: Mosquitto, capsys: pytest.CaptureFixture[str]
) -> None:
    mosquitto.start((*GOOD_LINES, f"persistence_location {mosquitto.directory}/"))
    installation.use_broker(mosquitto.port)
    installation.keep([*homes(), heard("smoke-1203"), *good_people()])
    result, out = said(installation, capsys)
    assert "It kept 1500 of 1500 messages while the hub was away." in out
    assert "✓ zigbee2mqtt (safety)" in out
    assert "reaches 2 people over inbox, ntfy" in out
    assert "all 1 protected homes are guarded" in out
    assert "One fsync takes" in out
    assert "✗" not in out
    assert result == 0


def test_a_stock_mosquitto_would_lose_messages(
    installation: Installation,
    mosquitto: Mosquitto,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mosquitto.start()
    installation.use_broker(mosquitto.port)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    result, out = said(installation, capsys)
    assert result == 1
    assert "✗ 会丢:中枢不在时发了 1500 条,它只留住" in out
    assert "✗ 会丢:中枢不在时的 QoS 0 消息不保留" in out


def test_a_broker_that_does_not_answer_is_bad(installation: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    installation.use_broker(1)
    result, out = said(installation, capsys)
    assert result == 1
    assert "✗ Nothing listens at 127.0.0.1:1" in out


def test_it_finds_our_running_broker_and_starts_none(
    installation: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out = said(installation, capsys)
    assert "mosquitto: not running" in out
    assert not installation.data.exists()

    async def with_broker() -> Broker:
        return await ensure_broker(BrokerConfig.model_validate({"listen": "127.0.0.1:0"}), installation.data)

    broker = asyncio.run(with_broker())
    try:
        result, out = said(installation, capsys)
    finally:
        asyncio.run(broker.stop())
    assert f"✓ mosquitto, listening on 127.0.0.1:{broker.port}" in out
    assert "It kept 1500 of 1500 messages" in out
    assert result == 0


def test_it_looks_into_a_stopped_hubs_store_and_leaves_no_file_behind(
    installation: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    installation.keep([*homes(), heard("smoke-1203"), *good_people()])
    installation.close()
    before = files(installation.data)
    assert not any(name.endswith("-wal") for name in before)
    result, out = said(installation, capsys)
    assert "Community main: last block" in out
    assert files(installation.data) == before
    assert result == 0


def test_it_reads_what_a_killed_hub_left_in_its_log(
    installation: Installation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    installation.keep([*homes(), heard("smoke-1203"), *good_people()])
    shutil.copytree(installation.data, tmp_path / "killed")
    assert (tmp_path / "killed" / "hub.db-wal").stat().st_size
    installation.change("#data_dir: data", "data_dir: killed")
    result, out = said(installation, capsys)
    assert "all 1 protected homes are guarded" in out
    assert result == 0


def test_it_looks_into_postgresql(installation: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    server = Postgres()
    try:
        server.start()
        installation.url = server.create()
        installation.change('#url: "" # 空=data_dir', f"url: {installation.url} # 空=data_dir")
        installation.keep([*homes(), heard("smoke-1203"), *good_people()])
        result, out = said(installation, capsys)
        with pytest.raises(StoreError), Looking(load_config(installation.config)).read() as connection:
            connection.execute(delete(schema.block))
        installation.close()
    finally:
        server.stop()
    assert "✓ PostgreSQL, " in out
    assert "✓ zigbee2mqtt (safety)" in out
    assert "all 1 protected homes are guarded" in out
    assert result == 0
    result, out = said(installation, capsys)
    assert "✗ It cannot be read" in out
    assert result == 1


def test_nobody_to_tell_is_bad(installation: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    installation.keep(homes())
    result, out = said(installation, capsys)
    assert result == 1
    assert "✗ Community main: a critical alert (critical) reaches nobody" in out
    assert "nobody holds these roles of policy critical: property, guard" in out


def test_an_hour_without_anybody_on_duty_is_bad(installation: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    installation.keep(person("wuye", "inbox://wuye", hours=(6, 22)))
    result, out = said(installation, capsys)
    assert result == 1
    assert "✗ Community main: a gap for critical alerts: every day 22:00-06:00" in out
    assert "nobody at all" in out
    assert "the inbox page alone, no phone rings" in out


def test_contacts_that_cannot_work_are_named_without_their_secrets(
    installation: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    installation.keep(
        [
            *good_people(),
            *person("a", "wecom://${WECOM_KEY_OF_TEST}", roles=("guard",)),
            *person("b", "carrierpigeon://topsecret", roles=("guard",)),
            *person("c", roles=("guard",)),
        ]
    )
    result, out = said(installation, capsys)
    assert result == 0
    assert "a contact of a cannot be opened: a-0: the secret WECOM_KEY_OF_TEST is not set." in out
    assert "a contact of b cannot be opened: b-0: no channel has the scheme carrierpigeon://" in out
    assert "people without any usable contact: a, b, c" in out
    assert "topsecret" not in out


def test_a_protected_home_whose_detector_never_spoke_is_bad(
    installation: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    installation.keep([*homes(), *good_people()])
    result, out = said(installation, capsys)
    assert result == 1
    assert "✗ Community main: 1 protected homes have only detectors that are silent or were never heard: 1203" in out


class _Foreign(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


def test_another_program_on_the_pages_port_is_bad(
    installation: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    with HTTPServer(("127.0.0.1", 0), _Foreign) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            installation.change("port: ", f"port: {server.server_port} # was ")
            result, out = said(installation, capsys)
        finally:
            server.shutdown()
    assert result == 1
    assert f"Another program has 127.0.0.1:{server.server_port}" in out


def test_a_config_with_mistakes_ends_the_round(installation: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    installation.change("severity: critical", "severity: catastrophic")
    result, out = said(installation, capsys)
    assert result == 1
    assert "to mend" in out
    assert "Broker" not in out


def test_an_influxdb_that_is_away_is_no_danger(installation: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    installation.change('#url: "" # 空=不用', "url: http://127.0.0.1:1 # 空=不用")
    installation.keep([*homes(), heard("smoke-1203"), *good_people()])
    result, out = said(installation, capsys)
    assert "! http://127.0.0.1:1 cannot be reached" in out
    assert "Community main: " in out
    assert result == 0


def test_every_loss_is_known_in_chinese() -> None:
    for sentences in LOSSES.values():
        for sentence in sentences:
            assert in_chinese(sentence) != sentence
