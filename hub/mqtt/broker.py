"""The broker is part of the promise: the configured one, else a mosquitto of this machine with our settings, else amqtt."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

import structlog

from hub.config import BrokerConfig
from hub.errors import ConfigError
from hub.mqtt import child
from hub.mqtt.backoff import Sleep
from hub.mqtt.child import ChildRecord
from hub.mqtt.endpoint import Endpoint, endpoint_of
from hub.mqtt.mosquitto_conf import ACL, MAX_QUEUED_BYTES, MOSQUITTO_SETTINGS, credentials, write_config

SEARCH = "/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
LOOK_EVERY_S = 1.0
AMQTT_CHILD = Path(__file__).with_name("amqtt_child.py")


class BrokerKind(StrEnum):
    EXTERNAL = "external"
    MOSQUITTO = "mosquitto"
    AMQTT = "amqtt"


LOSSES: dict[BrokerKind, tuple[str, ...]] = {
    BrokerKind.EXTERNAL: ("This broker is not ours: what it keeps while the hub is away has to be measured.",),
    BrokerKind.MOSQUITTO: (
        "A broker that is killed or loses power may lose about 2 seconds: it saves its queue once a second.",
        f"While the hub is away, messages past {MAX_QUEUED_BYTES // 2**20} MB a lane are dropped, the newest first.",
    ),
    BrokerKind.AMQTT: (
        "For the demo only: it forgets a message that was not acknowledged within 5 seconds.",
        "What is published while the hub is away, or waits when it stops, may be lost.",
        "It marks messages that waited as retained, so an alarm among them may not be told twice.",
        "It has no accounts: every program on this machine may publish. Install mosquitto for a real installation.",
    ),
}


class Broker:
    """Where our broker is, what it is, and how to stop it when it is our child."""

    def __init__(
        self,
        kind: BrokerKind,
        endpoint: Endpoint,
        *,
        record: ChildRecord | None = None,
        directory: Path | None = None,
        command: Sequence[str] = (),
    ) -> None:
        self.kind = kind
        self.endpoint = endpoint
        self.device_username = ""
        self.device_password = ""
        self.reattached = False
        self._record = record
        self._directory = directory
        self._command = command

    @property
    def host(self) -> str:
        return self.endpoint.host

    @property
    def port(self) -> int:
        return self.endpoint.port

    @property
    def username(self) -> str:
        return self.endpoint.username

    @property
    def password(self) -> str:
        return self.endpoint.password

    @property
    def pid(self) -> int | None:
        return self._record.pid if self._record else None

    async def watch(self, sleep: Sleep = asyncio.sleep) -> None:
        """For ever: start the child again, on the same port and with its saved queue, when it died."""
        while self._record is not None and self._directory is not None:
            await sleep(LOOK_EVERY_S)
            if self._record is None or await asyncio.to_thread(child.alive, self._record):
                continue
            structlog.get_logger().warning("broker_died", kind=self.kind, port=self.port)
            try:
                self._record = await asyncio.to_thread(child.start, self._directory, self._command, self._record)
            except ConfigError as exc:  # it is tried again at the next look
                structlog.get_logger().error("broker_does_not_start", reason=str(exc))

    async def stop(self) -> None:
        """Stop our child, which saves its queue; a broker of somebody else is left alone."""
        record, self._record = self._record, None
        if record is not None:
            await asyncio.to_thread(child.stop, record)  # its record stays: the next child takes the same port


def find_mosquitto() -> str | None:
    """The mosquitto of this machine; Debian keeps it where a normal user's PATH does not look."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path=SEARCH)


async def ensure_broker(config: BrokerConfig, data_dir: Path) -> Broker:
    """The configured broker, or a running child of ours.

    1. An address: nothing to start.
    2. A child that an earlier hub left, still running with today's settings: take it up again.
    3. Start mosquitto, or amqtt where there is none.
    """
    if config.address != "auto":
        return Broker(BrokerKind.EXTERNAL, endpoint_of(config))
    return await asyncio.to_thread(_child_broker, config, data_dir, find_mosquitto())


def _child_broker(config: BrokerConfig, data_dir: Path, program: str | None) -> Broker:
    directory = _directory(data_dir)
    host, wanted = _listen(config.listen)
    kind = BrokerKind.MOSQUITTO if program else BrokerKind.AMQTT
    if kind is BrokerKind.AMQTT and host not in LOOPBACK:
        raise ConfigError(
            "There is no mosquitto on this machine, and amqtt has no accounts to guard an open port.",
            where="broker.listen",
            todo="Install mosquitto, set broker.address to a broker of yours, or listen on 127.0.0.1.",
        )
    settings = child.digest(f"{kind} {host} {MOSQUITTO_SETTINGS} {ACL}")
    record = child.recorded(directory)
    reattached = False
    if record is not None and child.alive(record):
        fits = record.settings == settings and wanted in (0, record.port) and child.answers(record.host, record.port)
        reattached = fits
        if not fits:
            child.stop(record)
    if record is None or not reattached:
        port = child.free_port(host, wanted or _same_port(record, host))
        record = ChildRecord(pid=0, host=host, port=port, kind=kind, marker=str(directory), settings=settings)
        if program:
            write_config(directory, host, port)
        record = child.start(directory, _command(directory, program, record), record)
    words = credentials(directory) if program else {"hub": "", "devices": ""}
    endpoint = Endpoint(
        host=child.reach(record.host),
        port=record.port,
        username="hub" if program else "",
        password=words["hub"],
        mqtt5=program is not None,  # amqtt does not even refuse MQTT 5: it waits for ever
    )
    command = _command(directory, program, record)
    broker = Broker(kind, endpoint, record=record, directory=directory, command=command)
    broker.device_username, broker.device_password = ("devices", words["devices"]) if program else ("", "")
    broker.reattached = reattached
    return broker


def _command(directory: Path, program: str | None, record: ChildRecord) -> list[str]:
    if program:
        return [program, "-c", str(directory / "mosquitto.conf")]
    # The directory as last word only marks the child as ours.
    return [sys.executable, "-P", str(AMQTT_CHILD), record.host, str(record.port), str(directory)]


def _same_port(record: ChildRecord | None, host: str) -> int:
    """Port 0 keeps the port of the last time while it is free: gateways have it typed in."""
    if record is None or record.host != host:
        return 0
    try:
        return child.free_port(host, record.port)
    except ConfigError:
        return 0


def _directory(data_dir: Path) -> Path:
    directory = (data_dir / "broker").resolve()
    try:
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o700)
    except OSError as exc:
        raise ConfigError(
            f"{directory} cannot be made ({exc.strerror}).",
            where="installation.data_dir",
            todo="Make the directory writable for this user, or name another.",
        ) from exc
    return directory


def _listen(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise ConfigError(f"{text} is not host:port.", where="broker.listen", todo="Write 127.0.0.1:1883, for example.")
    return host.strip("[]"), int(port)
