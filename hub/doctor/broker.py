"""The broker: which, whether it answers, and what it would lose. Never starts one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from hub.config import BrokerConfig, Config
from hub.doctor.broker_words import in_chinese
from hub.doctor.finding import Finding, Level, bad, found, note, ok, warn
from hub.errors import ConfigError
from hub.mqtt import child
from hub.mqtt.broker import LOOPBACK, LOSSES, Broker, BrokerKind, find_mosquitto
from hub.mqtt.endpoint import Endpoint, endpoint_of
from hub.mqtt.probe import probe


class OurBroker(msgspec.Struct, frozen=True):
    """What a hub left behind about its child broker."""

    kind: BrokerKind
    host: str
    port: int
    alive: bool
    passwords: dict[str, str]
    """Of the accounts ``hub`` and ``devices``; empty where there are none, or where we may not read them."""

    @property
    def endpoint(self) -> Endpoint:
        """Where the hub's own user gets in."""
        word = self.passwords.get("hub", "")
        return Endpoint(host=child.reach(self.host), port=self.port, username="hub" if word else "", password=word)


def our_broker(data_dir: Path) -> OurBroker | None:
    """The child broker of this data directory, as its hub noted it; None when there never was one."""
    directory = (data_dir / "broker").resolve()
    try:
        record = child.recorded(directory)
        words = (directory / "passwords.json").read_bytes() if (directory / "passwords.json").exists() else b"{}"
        passwords = msgspec.json.decode(words, type=dict[str, str])
    except (OSError, msgspec.DecodeError) as exc:
        raise ConfigError(
            f"cannot be read ({exc}).", where=str(directory), todo="Run this as the hub's own user."
        ) from exc
    if record is None:
        return None
    kind = BrokerKind(record.kind)
    passwords = passwords if kind is BrokerKind.MOSQUITTO else {}
    return OurBroker(kind, record.host, record.port, child.alive(record), passwords)


async def look_at_broker(config: Config) -> list[Finding]:
    """Everything about the broker."""
    broker = config.broker
    if broker.address != "auto":
        return await _external(broker)
    ours = await asyncio.to_thread(our_broker, config.installation.data_dir)
    kind = ours.kind if ours is not None else BrokerKind.MOSQUITTO if find_mosquitto() else BrokerKind.AMQTT
    findings: list[Finding] = []
    if ours is None or not ours.alive:
        findings.append(note(f"{kind}:没有在运行,hub run 会启动它", f"{kind}: not running; hub run starts it"))
    else:
        findings.append(ok(f"{kind},监听 {ours.host}:{ours.port}", f"{kind}, listening on {ours.host}:{ours.port}"))
        if kind is BrokerKind.MOSQUITTO:
            findings += _told(await probe(Broker(kind, ours.endpoint)))
    level = Level.BAD if kind is BrokerKind.AMQTT else Level.NOTE
    findings += [found(level, in_chinese(sentence), sentence) for sentence in LOSSES[kind]]
    host = broker.listen.rpartition(":")[0].strip("[]")
    if host in LOOPBACK:
        findings.append(
            note(
                "只监听本机:别的设备连不上。网关在别的机器上,就写 broker.listen: 0.0.0.0:1883",
                "It listens on this machine only. For gateways elsewhere write broker.listen: 0.0.0.0:1883",
            )
        )
    return findings


async def _external(broker: BrokerConfig) -> list[Finding]:
    endpoint = endpoint_of(broker)
    findings = [note(f"外部服务器 {endpoint.name}", f"A broker of yours at {endpoint.name}")]
    if not endpoint.tls and endpoint.host not in LOOPBACK:
        findings.append(warn("到服务器没有加密(TLS)", "The way to it is not encrypted (TLS)"))
    return findings + _told(await probe(Broker(BrokerKind.EXTERNAL, endpoint)))


def _told(sentences: list[str]) -> list[Finding]:
    """The probe's sentences: only a broker that answered says which one it is."""
    if not any(sentence.startswith("The broker is ") or "3.1.1 only" in sentence for sentence in sentences):
        return [bad(in_chinese(sentence), sentence) for sentence in sentences]
    return [found(_level(sentence), in_chinese(sentence), sentence) for sentence in sentences]


def _level(sentence: str) -> Level:
    if not sentence.startswith("LOSS:"):
        return Level.OK
    measured = "unknown" not in sentence and "cannot be measured" not in sentence
    return Level.BAD if measured else Level.WARN
