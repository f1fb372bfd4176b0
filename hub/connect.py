"""`hub connect PLATFORM`: what to type into that platform, then its first message and what the hub understands of it.

Listens beside the hub with a client id of its own and without a session, so the hub's queue is left alone; what is pushed
over HTTP is looked up in the store.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
import time
from collections.abc import Iterable
from pathlib import Path

import aiomqtt

from hub.config import Config, SourceConfig
from hub.config_file import load_config
from hub.config_words import both
from hub.core.inputs import Received
from hub.doctor.broker import our_broker
from hub.doctor.sources import recent_messages
from hub.errors import HubError, TransportError
from hub.first_message import Reader
from hub.looking import Looking
from hub.mqtt.aiomqtt_session import explain_aiomqtt
from hub.mqtt.broker import LOOPBACK
from hub.mqtt.endpoint import Endpoint, endpoint_of, tls_context
from hub.mqtt.open import topic_matches
from hub.platforms import PLATFORMS, Access, Platform
from hub.terminal import language, say

POLL_S = 0.5


def run_connect(platform: str, config_path: Path, wait: float) -> int:
    """0 once a message of a device was understood, 1 when none came, none could be read, or something is not set."""
    known = PLATFORMS.get(platform)
    if known is None:
        say(
            both(
                f"不认识 {platform}。可用:{', '.join(PLATFORMS)}",
                f"{platform} is unknown. Known: {', '.join(PLATFORMS)}",
            )
        )
        return 1
    try:
        return _connect(known, load_config(config_path), wait)
    except HubError as exc:
        say(str(exc))
        return 1


def _connect(platform: Platform, config: Config, wait: float) -> int:
    name, source = find_source(config, platform)
    if not platform.topics:
        return _connect_push(platform, config, name, source, wait)
    endpoint, access = _way_in(config)
    _print_lines(platform, access, source is not None)
    if endpoint is None:
        say(
            both(
                "本机的消息服务器没有在运行。先在另一个窗口运行 hub run,再来一次。",
                "Our broker is not running. Run `hub run` in another window, then this again.",
            )
        )
        return 1
    topics = tuple(source.topics) if source is not None else platform.topics
    _say_waiting(platform, wait)
    return asyncio.run(_listen(endpoint, topics, Reader(config, name), wait))


def find_source(config: Config, platform: Platform) -> tuple[str, SourceConfig | None]:
    """The source of the config that carries this platform: by name, by envelope, else by topic."""
    sources = config.sources
    found = (
        [name for name in sources if name == platform.name]
        or [name for name, one in sources.items() if one.envelope == platform.name]
        or [name for name, one in sources.items() if set(one.topics) & set(platform.topics)]
        or [name for name, one in sources.items() if platform.topics and _carries(one, platform)]
    )
    return (found[0], sources[found[0]]) if found else (platform.name, None)


def _carries(source: SourceConfig, platform: Platform) -> bool:
    """Whether a topic of the platform, made up from its first filter, falls under the source's."""
    topic = platform.topics[0].replace("+", "x").replace("#", "x")
    return any(topic_matches(each, topic) for each in source.topics)


# ── how it gets in ───────────────────────────────────────────────────────────────────────────────────────────────────


def _way_in(config: Config) -> tuple[Endpoint | None, Access]:
    """Where we listen, None while our own broker is not running; and what the platform types."""
    if config.broker.address != "auto":
        endpoint = endpoint_of(config.broker)
        host = lan_address() if endpoint.host in LOOPBACK else endpoint.host
        user = "你的服务器上能发布的账号" if language() == "zh" else "an account of yours that may publish"
        return endpoint, Access(host=host, port=endpoint.port, username=user, password="…", tls=endpoint.tls)
    ours = our_broker(config.installation.data_dir)
    if config.broker.listen.rpartition(":")[0].strip("[]") in LOOPBACK:
        say(
            both(
                "注意:消息服务器只监听本机。平台在别的机器上,先把 config.yaml 的 broker.listen 改成 0.0.0.0:1883,重启中枢。",
                "Mind: the broker listens on this machine only. For a platform elsewhere set broker.listen: 0.0.0.0:1883 in "
                "config.yaml and restart the hub.",
            )
        )
    if ours is None:
        port = int(config.broker.listen.rpartition(":")[2] or 1883)
        unknown = "(首次 hub run 后生成)" if language() == "zh" else "(made by the first hub run)"
        return None, Access(host=lan_address(), port=port, username="devices", password=unknown)
    host = lan_address() if ours.host in ("0.0.0.0", "::") else ours.host
    access = Access(
        host=host,
        port=ours.port,
        username="devices" if ours.passwords else "",
        password=ours.passwords.get("devices", ""),
    )
    return (ours.endpoint if ours.alive else None), access


def lan_address() -> str:
    """Our address in the network that leads outside; nothing is sent to find it."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.connect(("192.0.2.1", 9))  # RFC 5737: an address for documents
            return str(sock.getsockname()[0])
    except OSError:
        return "127.0.0.1"


def _print_lines(platform: Platform, access: Access, has_source: bool) -> None:
    say(f"── {platform.title} ──")
    for line in platform.lines(access):
        say(line, 4 if isinstance(line, str) else 0)
    if not has_source:
        say(
            both(
                "config.yaml 的 sources 里还没有它,请加上一行并重启中枢:",
                "config.yaml has no such source: add this line under sources and restart the hub:",
            )
        )
        say(platform.source, 4)


def _say_waiting(platform: Platform, wait: float) -> None:
    say(platform.try_it)
    say(both(f"等第一条消息,最多 {wait:.0f} 秒 …", f"Waiting for the first message, at most {wait:.0f} s …"))


# ── waiting ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _listen(endpoint: Endpoint, topics: Iterable[str], reader: Reader, wait: float) -> int:
    """Subscribe beside the hub; a clean session, so nothing is left at the broker."""
    try:
        async with asyncio.timeout(wait):
            context = await asyncio.to_thread(tls_context, endpoint)
            async with aiomqtt.Client(
                endpoint.host,
                endpoint.port,
                username=endpoint.username or None,
                password=endpoint.password or None,
                identifier=f"hub-connect-{secrets.token_hex(6)}",
                clean_session=True,
                tls_context=context,
                logger=logging.getLogger("hub.mqtt.paho"),
            ) as client:
                for topic in topics:
                    await client.subscribe(topic, qos=1)
                async for message in client.messages:
                    payload = message.payload if isinstance(message.payload, bytes) else b""
                    if reader.read(str(message.topic), payload, bool(message.retain)):
                        return 0
    except TimeoutError:
        return reader.nothing()
    except (aiomqtt.MqttError, TransportError, OSError) as exc:
        say(str(explain_aiomqtt(exc, endpoint)))
    return 1


def _connect_push(platform: Platform, config: Config, name: str, source: SourceConfig | None, wait: float) -> int:
    fresh = secrets.token_urlsafe(18)
    token = source.token.get_secret_value() if source is not None else fresh
    root = config.installation.public_url.rstrip("/")
    if not root:
        scheme = "https" if config.web.tls_cert_file is not None else "http"
        root = f"{scheme}://{lan_address()}:{config.web.port}"
    url = f"{root}/ingest/{name}" + (f"?token={token}" if token else "")
    _print_lines(platform, Access(host="", port=0, username="", password="", url=url), source is not None)
    if source is None:
        say(both(f"口令可用这个:export CTWING_TOKEN={fresh}", f"A token to take: export CTWING_TOKEN={fresh}"))
        return 1
    looking = Looking(config)
    if not looking.exists:
        say(
            both(
                "还没有数据:先在另一个窗口运行 hub run,再来一次。",
                "No data yet: run `hub run` in another window, then this again.",
            )
        )
        return 1
    _say_waiting(platform, wait)
    return asyncio.run(_poll(looking, Reader(config, name), wait))


async def _poll(looking: Looking, reader: Reader, wait: float) -> int:
    """Look into the newest blocks until one holds a fresh message of this source."""
    since_ms = time.time_ns() // 1_000_000
    shown: set[tuple[int, bytes]] = set()
    try:
        async with asyncio.timeout(wait):
            while True:
                for one in await asyncio.to_thread(_fresh, looking, reader.source, since_ms):
                    key = (one.raw.received_ms, one.raw.payload)
                    if key not in shown:
                        shown.add(key)
                        if reader.show(one.raw, (one.readings, one.undecodable)):
                            return 0
                await asyncio.sleep(POLL_S)
    except TimeoutError:
        return reader.nothing()


def _fresh(looking: Looking, source: str, since_ms: int) -> list[Received]:
    """Messages of this source since then, oldest first."""
    with looking.read() as connection:
        return recent_messages(connection, source, since_ms)
