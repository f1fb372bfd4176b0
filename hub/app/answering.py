"""Answers, wired: the desk that takes them, the connections over which they come, a modem's SMS, the WeCom app's callback."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING

import httpx
import structlog

from hub.answering.desk import Desk, DeskDeps, asking
from hub.answering.open import Lines, open_lines
from hub.answering.port import Incoming
from hub.config import AccountsConfig
from hub.delivery.modem_contact import read_modem_contact
from hub.delivery.senders import fill_secrets
from hub.errors import ConfigError, DecodeError

if TYPE_CHECKING:
    from hub.answering.wecom_callback import Callback
    from hub.app.hub import Hub

log = structlog.get_logger("answering")


class Answers:
    """Everything over which people answer but the hub's own pages. Made when the registry is open."""

    def __init__(self, hub: Hub) -> None:
        config = hub.config
        self._hub = hub
        self._sms: set[asyncio.Task[object]] = set()
        self._callback = _callback(config.accounts)
        self.desk = Desk(
            DeskDeps(
                reader=hub.store.reader,
                ask=asking(hub.store.reader, hub.write_command),
                links=hub.links,
                hub=config.installation.name,
                communities=tuple(config.communities),
                rules=config.rules,
                roles=config.roles,
            )
        )
        urls = list(_contacts(hub))
        self._http: httpx.AsyncClient | None = None
        self.lines = Lines((), {})
        if config.accounts != AccountsConfig() or any(url.startswith("ntfy") for url in urls):
            self._http = httpx.AsyncClient(timeout=None)
            self.lines = open_lines(
                config.accounts, urls, self.desk.answer, self._http, endpoints=config.delivery.endpoints
            )
        self._modem_ports = sorted({_port(url) for url in urls if url.startswith("modemsms:")} - {""})
        hub.live.update(self.lines.links)
        hub.modems.on_sms = self._sms_came

    def closing(self, stack: AsyncExitStack) -> None:
        """Close it with the hub, in reverse."""
        if self._http is not None:
            stack.push_async_callback(self._http.aclose)
        stack.push_async_callback(self.desk.close)

    def tasks(self) -> dict[str, Coroutine[object, object, None]]:
        """Name -> what to run beside the hub's other tasks."""
        found = {f"answers {line.name}": line.run() for line in self.lines.all}
        return found | {f"modem {port}": self._listen(port) for port in self._modem_ports}

    async def callback(self, method: str, query: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """The WeCom app's callback: GET verifies the address, POST brings an answer. What is not WeCom's is 403."""
        if self._callback is None:
            return 404, b"no app is configured"
        from hub.answering.wecom_callback import read, reply, verify

        try:
            if method == "GET":
                return 200, verify(self._callback, query)
            incoming = read(self._callback, body, query)
        except DecodeError as exc:
            log.warning("callback refused", reason=exc.reason)
            return 403, b"not from WeCom"
        if incoming is None:
            return 200, b""
        answered = await self.desk.answer(incoming)
        if incoming.choice:
            return 200, b""
        now_ms, nonce = self._hub.clock.now_ms(), secrets.token_hex(8)
        random = secrets.token_bytes(16)
        return 200, reply(self._callback, incoming, answered.text, now_ms=now_ms, nonce=nonce, random=random)

    async def _listen(self, port: str) -> None:
        await self._hub.modems.at(port).keep_open()

    def _sms_came(self, number: str, text: str) -> None:
        """An SMS has no id of its own: two equal ones are two answers, and the second changes nothing."""
        now_ms = self._hub.clock.now_ms()
        incoming = Incoming(channel="modem", member=number, text=text, at_ms=now_ms, message_key=f"{number}-{now_ms}")
        task: asyncio.Task[object] = asyncio.ensure_future(self.desk.answer(incoming))
        self._sms.add(task)
        task.add_done_callback(self._sms.discard)


def _callback(accounts: AccountsConfig) -> Callback | None:
    if accounts.wecom_app is None:
        return None
    from hub.answering.wecom_callback import callback_of

    try:
        return callback_of(accounts.wecom_app)
    except DecodeError as exc:
        raise ConfigError(
            f"is no key of a callback ({exc.detail}).",
            where="accounts.wecom_app.callback_aes_key",
            todo="Copy the EncodingAESKey (43 characters) from the app's page.",
        ) from exc


def _contacts(hub: Hub) -> Iterator[str]:
    """Everybody's contact URLs with their secrets filled in; what cannot be filled is told when it is used."""
    for owner in hub.owners.values():
        for person in owner.keeper.core.state.people.values():
            for contact in person.contacts:
                with suppress(ConfigError):
                    yield fill_secrets(contact.url, os.environ)


def _port(url: str) -> str:
    with suppress(ConfigError):
        return read_modem_contact(url)[0]
    return ""
