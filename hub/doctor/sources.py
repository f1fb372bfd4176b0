"""Where messages come from and where copies go: filters, the last message of each source, and InfluxDB."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import msgspec
from sqlalchemy import Connection, select

from hub.config import Config
from hub.core.inputs import Received
from hub.doctor.finding import Finding, age, note, ok, warn
from hub.looking import Looking
from hub.store.blocks import decode_block
from hub.store.schema import block, community, cursor

NEWEST = 200
"""Blocks that are read back: in a quiet compound some hours, in a busy one some seconds."""


class Heard(msgspec.Struct, frozen=True):
    """The newest message of one source."""

    at_ms: int
    received: Received


def look_at_sources(config: Config, looking: Looking, now_ms: int) -> Iterator[Finding]:
    """Each source's filters and its last message."""
    heard: dict[str, Heard] = {}
    if looking.exists:
        with looking.read() as connection:
            heard = newest_messages(connection, set(config.sources))
    for name, source in config.sources.items():
        way = " ".join(source.topics) or f"POST /ingest/{name}"
        last = heard.get(name)
        if last is None:
            yield warn(
                f"{name}({source.lane}):{way}。最近 {NEWEST} 批里没有它的消息;hub connect 教你怎么接",
                f"{name} ({source.lane}): {way}. No message in the last {NEWEST} blocks; see hub connect",
            )
        else:
            ago = age(now_ms - last.at_ms)
            yield ok(f"{name}({source.lane}):{way}。最近一条 {ago.zh}", f"{name} ({source.lane}): {way}. Last {ago.en}")
        if not source.topics and not source.token.get_secret_value():
            yield warn(f"{name}:没有 token,谁都能推送假告警", f"{name}: no token, so anybody may push a false alarm")


def newest_messages(connection: Connection, sources: set[str], limit: int = NEWEST) -> dict[str, Heard]:
    """The newest message of each source, as far as the newest blocks hold one."""
    found: dict[str, Heard] = {}
    rows = connection.execute(
        select(block.c.version, block.c.body).order_by(block.c.last_ms.desc(), block.c.last_seq.desc()).limit(limit)
    )
    for row in rows:
        for one in reversed(decode_block(row.version, bytes(row.body)).inputs):
            if isinstance(one, Received) and one.raw.source in sources and one.raw.source not in found:
                found[one.raw.source] = Heard(one.raw.received_ms, one)
        if len(found) == len(sources):
            break
    return found


def recent_messages(connection: Connection, source: str, since_ms: int, limit: int = NEWEST) -> list[Received]:
    """Messages of one source received at or after ``since_ms``, oldest first."""
    rows = connection.execute(
        select(block.c.version, block.c.body)
        .where(block.c.last_ms >= since_ms)
        .order_by(block.c.last_ms.desc(), block.c.last_seq.desc())
        .limit(limit)
    )
    found = [
        one
        for row in reversed(rows.all())
        for one in decode_block(row.version, bytes(row.body)).inputs
        if isinstance(one, Received) and one.raw.source == source and one.raw.received_ms >= since_ms
    ]
    return sorted(found, key=lambda one: one.raw.received_ms)


def look_at_influx(config: Config, looking: Looking) -> Iterator[Finding]:
    """Reachable, and how far its copy is. Alerts do not depend on it, so nothing here is bad."""
    url = config.influx.url
    if not url:
        yield note("没有配置,不影响告警", "None configured; alerts do not depend on it")
        return
    try:
        answer = httpx.get(f"{url.rstrip('/')}/ping", timeout=3.0, trust_env=False)
        if answer.status_code < 500:
            yield ok(f"{url} 有回答", f"{url} answers")
        else:
            yield warn(f"{url} 出错({answer.status_code})", f"{url} is in trouble ({answer.status_code})")
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        yield warn(f"{url} 连不上({type(exc).__name__})", f"{url} cannot be reached ({type(exc).__name__})")
    if not looking.exists:
        return
    with looking.read() as connection:
        cursors = connection.execute(select(cursor.c.community, cursor.c.seq).where(cursor.c.name == "influx"))
        done = {row.community: row.seq for row in cursors}
        for name, head in connection.execute(select(community.c.id, community.c.head_seq)):
            behind = max(0, head - done.get(name, 0))
            yield ok(f"小区 {name}:落后 {behind} 条", f"Community {name}: {behind} behind")
