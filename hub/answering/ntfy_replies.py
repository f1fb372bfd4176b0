"""Answers by ntfy: a button of a message publishes ``1:TOKEN`` to the topic's reply topic, and the hub listens there.

Facts (docs.ntfy.sh/subscribe/api): GET /TOPIC[,TOPIC…]/json streams one JSON object a line, ``event`` open, keepalive
(each 45 s), message or poll_request; ``since=`` a duration or a message id gives what the server still has. Whoever can
read the topic could press the button: the token says whose it is, and what it says is one person and one incident.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

import httpx
import msgspec

from hub.answering.line import MOST_BYTES, Broken, Line, Pace, log
from hub.answering.port import Answer, Incoming
from hub.delivery.channels.ntfy import ntfy_address, reply_topic
from hub.delivery.live import read_key
from hub.errors import ConfigError
from hub.mqtt.backoff import Backoff

CATCH_UP = "10m"
"""What was pressed while the hub was restarting; an answer that is so already writes nothing."""
QUIET_S = 120.0
"""The server says something each 45 s."""


class Told(msgspec.Struct, frozen=True):
    """One line of the stream."""

    id: str = ""
    time: int = 0
    event: str = ""
    message: str = ""


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """One ntfy server and the topics that people are told over."""

    url: str
    topics: tuple[str, ...]
    authorization: str = ""
    """Value of the header of that name."""


class NtfyReplies(Line):
    """Everything that is answered over one server."""

    def __init__(
        self,
        server: Server,
        answer: Answer,
        http: httpx.AsyncClient,
        *,
        quiet_s: float = QUIET_S,
        pace: Pace | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        """``http``: a client without timeouts of its own, closed by its owner."""
        super().__init__(pace=pace, backoff=backoff)
        self.name = f"ntfy:{urlsplit(server.url).hostname}"
        self._server = server
        self._answer = answer
        self._http = http
        self._quiet_s = quiet_s
        self._since = CATCH_UP

    async def _talk(self) -> None:
        topics = ",".join(quote(reply_topic(topic), safe="") for topic in self._server.topics)
        timeout = httpx.Timeout(self.pace.open_s, read=self._quiet_s)
        url = f"{self._server.url.rstrip('/')}/{topics}/json"
        headers = {"Authorization": self._server.authorization} if self._server.authorization else {}
        async with self._http.stream(
            "GET", url, params={"since": self._since}, headers=headers, timeout=timeout
        ) as response:
            if response.status_code != 200:
                raise Broken(f"refused: HTTP {response.status_code}")
            self._up()
            rest = b""
            async for piece in response.aiter_bytes():
                *lines, rest = (rest + piece).split(b"\n")
                for line in lines:
                    await self._take(line)
                if len(rest) > MOST_BYTES:
                    raise Broken("unreadable: a line without an end")
        raise Broken("closed by the provider")

    async def _take(self, raw: bytes) -> None:
        if not raw.strip():
            return
        try:
            line = msgspec.json.decode(raw, type=Told)
        except (msgspec.DecodeError, UnicodeDecodeError):
            log.warning("a line could not be read", name=self.name, size=len(raw))
            return
        if line.event != "message":
            return
        pressed = read_key(line.message.strip())
        if pressed.token:
            # Nothing can be said back here: the card of the message itself is updated.
            await self._answer(
                Incoming(
                    channel="ntfy",
                    choice=pressed.choice,
                    token=pressed.token,
                    at_ms=line.time * 1000 or time.time_ns() // 1_000_000,
                    message_key=line.id,
                )
            )
        # Only now: a line whose answer could not be written is asked for again.
        self._since = line.id or self._since


def servers(urls: Iterable[str], public: str = "") -> list[Server]:
    """The servers behind contacts, secrets filled in; a contact that is wrong is the doctor's matter. ``public``: address
    instead of ntfy.sh's."""
    found: dict[tuple[str, str], list[str]] = {}
    for url in urls:
        if url.partition(":")[0].lower() not in ("ntfy", "ntfys"):
            continue
        with contextlib.suppress(ConfigError):
            address = ntfy_address(url)
            where = public if address.public and public else address.base
            found.setdefault((where, address.authorization), []).append(address.topic)
    return [
        Server(url=where, topics=tuple(dict.fromkeys(topics)), authorization=authorization)
        for (where, authorization), topics in found.items()
    ]
