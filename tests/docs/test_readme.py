"""What README shows works: commands that need nothing are run, the others are known by name."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest
import yaml

from hub.delivery.senders import open_channel
from hub.delivery.tools import Tools
from hub.model import Contact

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
SHOWN = [
    line.strip()
    for block in re.findall(r"^ *```sh\n(.*?)^ *```", README, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
    if line.strip()
]

RUN = ("hub --help", "hub check", "echo ")
"""Beginnings of lines that need neither network nor a running hub: each is run."""

NEEDS: dict[str, str] = {
    "scripts/run": "installs packages",
    "scripts/test": "is what runs this",
    "alias hub=": "is for the reader's shell",
    "sudo apt-get install mosquitto": "needs root",
    "hub run": "runs until it is stopped",
    "hub connect zigbee2mqtt": "needs a platform",
    "export WECOM_KEY=…": "needs a robot",
    "hub tell duty": "needs a contact",
    "hub doctor": "needs a running hub to be of use",
    "docker compose up -d": "needs Docker",
    "docker compose exec hub cat /secrets/mqtt_devices_password": "needs Docker",
    "HUB_COMMAND=run PUBLIC_URL=http://192.168.1.10:8080 docker compose up -d": "needs Docker",
}
"""Beginnings of lines that are not run, and why."""


def run(line: str) -> subprocess.CompletedProcess[str]:
    """The line as the reader's shell would run it, ``hub`` being this interpreter's."""
    hub = f"{shlex.quote(sys.executable)} -m hub"
    shell = f'hub() {{ {hub} "$@"; }}\n{line}'
    surroundings = {**os.environ, "LANG": "zh_CN.UTF-8"}
    return subprocess.run(
        ["/bin/sh", "-c", shell], cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False, timeout=60
    )


def test_every_command_is_run_or_known() -> None:
    unknown = [line for line in SHOWN if not line.startswith((*RUN, *NEEDS))]
    assert unknown == []
    unused = [start for start in (*RUN, *NEEDS) if not any(line.startswith(start) for line in SHOWN)]
    assert unused == []


@pytest.mark.parametrize("line", dict.fromkeys(line for line in SHOWN if line.startswith(RUN)))
def test_a_command_that_needs_nothing_works(line: str) -> None:
    done = run(line)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_the_message_shown_is_understood_as_an_alarm() -> None:
    line = next(line for line in SHOWN if line.startswith("echo "))
    told = msgspec.json.decode(run(line).stdout)
    assert told["undecodable"] is None
    assert [(one["kind"], one["event"], one["alarm"]) for one in told["readings"]] == [("smoke", "alarm", True)]


@pytest.mark.parametrize("script", ["scripts/run", "scripts/test", "scripts/diagrams"])
def test_the_scripts_are_there_and_executable(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)


def test_every_contact_shown_can_be_opened() -> None:
    shown = re.findall(r"^```json\n(.*?)```", README, re.MULTILINE | re.DOTALL)
    contacts = [msgspec.json.decode(text, type=Contact) for text in shown]
    secrets: Mapping[str, str] = {"WECOM_KEY": "k", "NTFY_PASSWORD": "p@ss", "MAIL_PASSWORD": "p@ss"}
    tools = Tools(now_ms=lambda: 0)
    opened = {contact.url.partition(":")[0]: open_channel(contact.url, secrets, tools) for contact in contacts}
    assert set(opened) == {"wecom", "ntfys", "mailtos"}
    assert not any(one.third_party for one in opened.values())
    assert [contact.group for contact in contacts if contact.url.startswith("wecom")] == [True]


def test_other_forms_of_contacts_in_the_text_can_be_opened() -> None:
    for url in ("ntfy://192.168.1.20:2586/TOPIC", "inbox://duty"):
        open_channel(url, {}, Tools(now_ms=lambda: 0))
    assert "ntfy://192.168.1.20:2586/TOPIC" in README


def test_compose_knows_the_variables_and_files_that_are_shown() -> None:
    compose = (ROOT / "docker-compose.yml").read_text("utf-8")
    for name in ("HUB_COMMAND", "PUBLIC_URL", "IMAGE_PREFIX", "PIP_INDEX_URL"):
        assert name in README
        assert f"${{{name}:-" in compose
    services = yaml.safe_load(compose)["services"]
    assert "secrets:/secrets:ro" in services["hub"]["volumes"]
    secrets = (ROOT / "config" / "make-secrets.sh").read_text("utf-8")
    assert "make_secret mqtt_devices_password" in secrets
    assert 'mosquitto_passwd.new" devices' in secrets


def test_the_picture_is_there_and_small() -> None:
    pictures = re.findall(r"!\[.*?\]\((.*?)\)", README)
    assert pictures
    assert all(0 < (ROOT / picture).stat().st_size <= 300_000 for picture in pictures)
