"""Stage 6, wired: wording, channels with what they reach for, and the dispatcher that carries out the outbox."""

from __future__ import annotations

import contextlib
import os
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select

from hub.delivery.channels.inbox import inbox_writer
from hub.delivery.dispatch import Dispatcher
from hub.delivery.modem import Modems
from hub.delivery.senders import Senders
from hub.delivery.tools import Tools
from hub.delivery.wording import Wording, rule_texts
from hub.mqtt.bus import MqttBus
from hub.phrases import Phrase
from hub.store.schema import push_subscription
from hub.web.keys import put_setting, setting_value

if TYPE_CHECKING:
    from hub.app.hub import Hub

VAPID_KEY = "vapid_key"


def open_delivery(hub: Hub, closing: contextlib.AsyncExitStack) -> None:
    """Wording, channels and the dispatcher, on an open store."""
    config = hub.config
    wording = Wording(
        rule_texts(config.rules),
        zone=ZoneInfo(config.installation.timezone),
        links=hub.links,
        roles={name: Phrase(role.title.zh, role.title.en) for name, role in config.roles.items()},
    )
    if any(action.topic for action in config.actions.values()):
        hub.bus = MqttBus(hub.broker.endpoint, f"{hub.installation_id}-act")
    hub.modems = Modems()
    closing.push_async_callback(hub.modems.close)
    hub.senders = Senders(os.environ, make_tools(hub))
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


def make_tools(hub: Hub, *, elsewhere: bool = False) -> Tools:
    """What the channels reach for. ``elsewhere``: in another loop, which can use none of the hub's open connections."""
    config = hub.config
    return Tools(
        now_ms=hub.clock.now_ms,
        write_inbox=inbox_writer(hub.store.writer),
        endpoints=config.delivery.endpoints,
        blocking_s=config.delivery.receipt_within.total_seconds(),
        accounts=config.accounts,
        links={} if elsewhere else hub.live,
        zone=ZoneInfo(config.installation.timezone),
        remember_call=hub.store.remember_call,
        read_subscription=partial(_subscription, hub),
        vapid_key=lambda: vapid_key(hub),
        actions=config.actions,
        bus=None if elsewhere else hub.bus,
        modems=None if elsewhere else hub.modems,
    )


def vapid_key(hub: Hub) -> str:
    """The hub's key for web push, made when somebody first wants one."""
    from hub.delivery.vapid import make_vapid_key

    with hub.store.writer() as connection:
        key = setting_value(connection, VAPID_KEY)
        if not key:
            key = make_vapid_key()
            put_setting(connection, VAPID_KEY, key)
    return key


def _subscription(hub: Hub, id: str) -> dict[str, object] | None:
    with hub.store.reader() as connection:
        body = connection.execute(select(push_subscription.c.body).where(push_subscription.c.id == id)).scalar()
    return None if body is None else msgspec.json.decode(body, type=dict[str, object])
