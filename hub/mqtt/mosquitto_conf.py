"""The settings a mosquitto needs so that nothing is lost, and the files that a child of ours runs with."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
from pathlib import Path

from hub.mqtt.lane import RECEIVE_MAXIMUM

MAX_QUEUED_BYTES = 256 * 1024 * 1024
MESSAGE_SIZE_LIMIT = 20 * 1024 * 1024

MOSQUITTO_SETTINGS = f"""\
# Nothing may be dropped while the hub is away. Stock mosquitto drops the newest messages past 1000 queued.
max_queued_messages 0
max_queued_bytes {MAX_QUEUED_BYTES}
# As many under way as the hub may hold unacknowledged.
max_inflight_messages {RECEIVE_MAXIMUM}
# Some platforms publish only QoS 0: queue those too, and hand them over acknowledged.
queue_qos0_messages true
upgrade_outgoing_qos true
# The queue survives a restart; a killed broker loses about two seconds.
persistence true
autosave_interval 1
# Sessions of hubs that never come back.
persistent_client_expiration 14d
message_size_limit {MESSAGE_SIZE_LIMIT}
set_tcp_nodelay true
sys_interval 10
allow_anonymous false
"""
"""What `broker: auto` and the mosquitto of docker compose share; a test holds config/mosquitto.conf to it."""

ACL = """\
user hub
topic readwrite #
topic read $SYS/#

user devices
topic write #
"""
"""The hub may all; devices and gateways may publish."""


def credentials(directory: Path) -> dict[str, str]:
    """The passwords of the accounts ``hub`` and ``devices``, made once, readable by us alone."""
    path = directory / "passwords.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(found, dict) and all(isinstance(found.get(name), str) for name in ("hub", "devices")):
            return {"hub": found["hub"], "devices": found["devices"]}
    except (FileNotFoundError, ValueError):
        pass
    made = {"hub": secrets.token_urlsafe(24), "devices": secrets.token_urlsafe(24)}
    write_private(path, json.dumps(made))
    return made


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600, whole or not at all."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)


def hashed(user: str, password: str) -> str:
    """One line of a mosquitto 2 password file: PBKDF2-SHA512 as mosquitto_passwd makes it."""
    salt, rounds = os.urandom(12), 101
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, rounds)
    return f"{user}:$7${rounds}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}\n"


def write_config(directory: Path, host: str, port: int) -> Path:
    """Write config, accounts and ACL of the child into its directory and give the config's path."""
    accounts = credentials(directory)
    write_private(directory / "accounts", "".join(hashed(user, word) for user, word in accounts.items()))
    write_private(directory / "acl", ACL)
    lines = [
        MOSQUITTO_SETTINGS,
        f"listener {port} {host}",
        f"password_file {directory / 'accounts'}",
        f"acl_file {directory / 'acl'}",
        f"persistence_location {directory}/",
        "log_dest stderr",
        "log_type error",
        "log_type warning",
        "log_type notice",
        "connection_messages false",
    ]
    if hasattr(os, "getuid") and os.getuid() == 0:
        lines.append("user root")  # else mosquitto would give up root and could not read its own directory
    path = directory / "mosquitto.conf"
    write_private(path, "\n".join(lines) + "\n")
    return path
