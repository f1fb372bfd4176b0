"""What keeps a hub from starting is said in plain words, and it ends with 1; two hubs at once end in one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from hub.store.schema import community
from tests.servers import Mosquitto
from tests.system.children import ROOT, HubChild, health, until
from tests.system.conftest import Install
from tests.system.devices import Publisher, smoke
from tests.system.installation import Installation, detector, free_port


def refused(hub: HubChild) -> str:
    """It ends with 1; gives what it said, which is no traceback."""
    assert hub.end() == 1, hub.words
    said = "\n".join(hub.complained)
    assert "Traceback" not in said
    return said


def test_a_taken_port_is_said(install: Install) -> None:
    installation = install()
    with socket.socket() as other:
        other.bind(("127.0.0.1", installation.web_port))
        other.listen()
        said = refused(installation.start(ready=False))
    assert said == (
        f"web.port: port {installation.web_port} on 127.0.0.1 cannot be used (Address already in use)."
        " Stop what listens there, or set another port (0 picks a free one)."
    )


def test_a_broker_that_refuses_our_password_is_said(install: Install, tmp_path: Path) -> None:
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "hub", "right"], check=True, capture_output=True)
    passwords.chmod(0o644)
    closed = Mosquitto(tmp_path / "closed")
    closed.start(["allow_anonymous false", f"password_file {passwords}"])
    try:
        installation = install()
        installation.configure(
            broker={"address": f"127.0.0.1:{closed.port}", "username": "hub", "password": "${BROKER_PASSWORD}"}
        )
        os.environ["BROKER_PASSWORD"] = "wrong-secret"
        try:
            said = refused(installation.start(ready=False))
        finally:
            del os.environ["BROKER_PASSWORD"]
    finally:
        closed.stop()
    assert f"127.0.0.1:{closed.port}" in said
    assert "wrong-secret" not in said


def test_a_store_that_is_not_there_is_said_without_its_password(install: Install) -> None:
    installation = install(store_url=f"postgresql+psycopg://hub:top-secret@127.0.0.1:{free_port()}/hub")
    said = refused(installation.start(ready=False))
    assert "The store did not take the transaction" in said
    assert "top-secret" not in said


def test_every_mistake_of_the_config_is_said_at_once(install: Install) -> None:
    installation = install()
    installation.configure(
        web={"port": 99999},
        store={"keep_readings": "forever"},
        broker={"adress": "auto"},
        rules={"smoke": {"on": ["smoke"], "when": "alarm &&", "severity": "loud"}},
    )
    said = refused(installation.start(ready=False))
    for word in ("web.port", "store.keep_readings", "adress", "rules.smoke"):
        assert word in said, word
    lines = [line for line in said.splitlines() if f"{installation.config}:" in line]
    assert len(lines) >= 5


def test_a_config_that_is_not_there_is_said(install: Install) -> None:
    installation = install()
    assert "cannot be read" in refused(installation.start(installation.directory / "nowhere.yaml", ready=False))


def test_a_seed_with_a_mistake_is_said_with_its_line(install: Install) -> None:
    installation = install()
    with (installation.directory / "seed.jsonl").open("a") as seed:
        seed.write('{"type":"put_palace"}\n')
    said = refused(installation.start(ready=False))
    assert "seed.jsonl:" in said
    assert "is no registry command" in said


AS_NOBODY = """
import encodings.utf_8_sig, os, sys
from pathlib import Path
import hub.app  # all of it, while Python itself may still be read
from hub.life import run_hub
if os.geteuid() == 0:  # rights do not stop root: go on as nobody
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
sys.exit(run_hub(Path(sys.argv[1])))
"""


def test_a_data_directory_that_may_not_be_written_is_said() -> None:
    # Below the system's own temporary directory, which everybody may enter; pytest's is closed to others.
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        closed = Path(name) / "closed"
        closed.mkdir()
        closed.chmod(0o555)
        config = Installation(Path(name) / "here", free_port()).configure(installation={"data_dir": str(closed)})
        config.parent.chmod(0o755)
        config.chmod(0o644)
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, str(config)],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
            cwd="/",
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 1
    todo = "Set installation.data_dir to a directory that the hub may write."
    assert done.stderr == f"{closed}: the data directory may not be written. {todo}\n"


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_of_two_hubs_with_one_client_id_the_older_leaves(
    backend: str, install: Install, devices: Publisher, request: pytest.FixtureRequest
) -> None:
    """Both have the same store, so they have the same installation id: a second one was started by mistake."""
    url = "" if backend == "sqlite" else request.getfixturevalue("postgres").create()
    installation = install(store_url=url)
    older = installation.start()
    other_port = free_port()
    config = installation.configure(installation.directory / "newer.yaml", web={"port": other_port})
    newer = installation.start(config, ready=False)
    number = 0

    def older_is_gone() -> bool:
        nonlocal number
        number += 1
        devices.send(*smoke(detector("201"), number=number))
        return older.process.poll() is not None

    until(older_is_gone, "the older hub has left")
    assert older.end() == 1, older.words
    assert "Traceback" not in "\n".join(older.complained)
    (lost,) = [line for line in older.complained if line.startswith("Community main is owned by")]
    assert "no longer by" in lost
    newer.wait_ready()
    until(lambda: not devices.unacked(), "all are acknowledged by the broker")
    published = set(devices.acked)
    until(lambda: published <= {m.raw.payload for m in installation.journaled()}, "what was unacked went to the newer")
    devices.publish(*smoke(detector("202"), alarm=True))
    installation.wait_alert(detector("202"))
    assert len(installation.rows(community.select())) == 1
    assert health(other_port)["ok"] is True
    assert newer.stop() == 0
