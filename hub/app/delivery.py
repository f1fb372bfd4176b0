"""Stage 6, wired: links, wording, channels, and the dispatcher that carries out the outbox."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hub.delivery.channels.inbox import inbox_writer
from hub.delivery.dispatch import Dispatcher
from hub.delivery.links import Links
from hub.delivery.senders import Senders
from hub.delivery.tools import Tools
from hub.delivery.wording import Wording, rule_texts

if TYPE_CHECKING:
    from hub.app.hub import Hub


def open_delivery(hub: Hub, closing: contextlib.AsyncExitStack) -> None:
    """Links, wording, channels and the dispatcher, on an open store."""
    config = hub.config
    hub.links = Links(hub.keys.link_key, hub.public_url)
    wording = Wording(rule_texts(config.rules), zone=ZoneInfo(config.installation.timezone), links=hub.links)
    tools = Tools(
        now_ms=hub.clock.now_ms,
        write_inbox=inbox_writer(hub.store.writer),
        endpoints=config.delivery.endpoints,
        blocking_s=config.delivery.receipt_within.total_seconds(),
        accounts=config.accounts,
    )
    hub.senders = Senders(os.environ, tools)
    closing.push_async_callback(hub.senders.close)
    hub.dispatcher = Dispatcher(
        hub.store,
        hub.senders,
        wording,
        hub.receipted,
        by=hub.name,
        now_ms=hub.clock.now_ms,
        receipt_within=config.delivery.receipt_within,
    )
