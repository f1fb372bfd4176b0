"""Stage 7, wired: what the pages read and write, HTTP pushes, and how the hub is."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from hub import __version__
from hub.app.delivery import vapid_key
from hub.core.inputs import Received
from hub.decode.ingest import ingest_messages, reply_to
from hub.delivery.reports import outcome, read_reports, reply
from hub.errors import DecodeError
from hub.web.port import WebDeps

if TYPE_CHECKING:
    from hub.app.hub import Hub


def web_deps(hub: Hub) -> WebDeps:
    """What the pages touch."""
    config = hub.config
    return WebDeps(
        reader=hub.store.reader,
        writer=hub.store.writer,
        write_command=hub.write_command,
        links=hub.links,
        installation=config.installation,
        communities=config.communities,
        roles=config.roles,
        policies=config.policies,
        rules=config.rules,
        ingest=partial(ingest, hub),
        metrics=lambda: hub.metrics.text(hub),
        health=partial(health, hub),
        now_ms=hub.clock.now_ms,
        secure_cookies=config.web.tls_cert_file is not None,
        reports=partial(reports, hub),
        receipts_token=config.accounts.voice_token.get_secret_value(),
        wecom_callback=hub.answers.callback,
        vapid_public=partial(_vapid_public, hub),
    )


def _vapid_public(hub: Hub) -> str:
    from hub.delivery.vapid import vapid_public

    return vapid_public(vapid_key(hub))


async def ingest(
    hub: Hub, source: str, body: bytes, headers: Mapping[str, str], query: Mapping[str, str]
) -> tuple[int, bytes]:
    """An HTTP push of a platform: answered after the commit."""
    config = hub.config.sources.get(source)
    if config is None or config.topics:
        return 404, f"no HTTP source is called {source}".encode()
    if not _allowed(config.token.get_secret_value(), headers, query):
        return 401, b"wrong or missing token"
    community = config.community or next(iter(hub.config.communities))
    owner = hub.owners[community]
    if headers.get(":method") != "GET":
        now_ms = hub.clock.now_ms()
        received = [Received(raw, *owner.decode(raw)) for raw in ingest_messages(source, body, now_ms)]
        await asyncio.gather(*(owner.ingest(one) for one in received))
    status, answer = reply_to(config.envelope, query)
    return status, answer.encode()


async def reports(hub: Hub, provider: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    """What a provider says later of calls and SMS. A key press is a command row before we answer; a receipt is stepped."""
    try:
        found = read_reports(provider, body, headers)
    except DecodeError as exc:
        return 400, exc.detail.encode()
    for report in found:
        call = await asyncio.to_thread(hub.store.find_call, provider, report.call_id)
        if call is None:
            continue
        receipt, command = outcome(report, call, hub.clock.now_ms())
        if command is not None:
            await asyncio.to_thread(hub.write_command, call.community, command)
        if receipt is not None:
            hub.receipted(call.community, receipt)
    return 200, reply(provider)


def health(hub: Hub) -> dict[str, object]:
    """What `/healthz` says: ok only while messages come in and commits go through."""
    down = [f"{s.source}/{s.lane}" for s in hub.sessions if not s.connected]
    stores = [c for c, owner in hub.owners.items() if owner.keeper.store_down]
    return {
        "ok": not down and not stores,
        "sources_down": down,
        "store_down": stores,
        "influx_lag_ms": max((f.lag_ms for f in hub.followers), default=0),
        "broker": hub.broker.kind.value,
        "version": __version__,
    }


def _allowed(token: str, headers: Mapping[str, str], query: Mapping[str, str]) -> bool:
    given = query.get("token") or headers.get("x-hub-token") or headers.get("authorization", "").removeprefix("Bearer ")
    return not token or hmac.compare_digest(given.encode(), token.encode())
