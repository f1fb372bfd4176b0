"""DingTalk app in Stream mode: takes answers over a connection that the hub opens.

Facts (open.dingtalk.com, Stream 模式协议, and the vendor's SDKs open-dingtalk/dingtalk-stream-sdk-go and -python): POST
/v1.0/gateway/connections/open with clientId, clientSecret and subscriptions gives ``endpoint`` and a ``ticket`` that is
good once, for 90 s; then a WebSocket to endpoint?ticket=. Text frames ``{specVersion, type, headers, data}`` with ``data``
a JSON text; each is acknowledged with ``{code, headers: {messageId, contentType}, message, data}``, or it comes again.
SYSTEM ``ping`` is answered with its own data; SYSTEM ``disconnect`` means: connect anew. A message of a person comes on
/v1.0/im/bot/messages/get and is answered at its ``sessionWebhook``; a pressed button on /v1.0/card/instances/callback.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from urllib.parse import quote_plus, urlsplit

import httpx
import msgspec
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from hub.answering.line import Broken, Line, Pace, log
from hub.answering.port import Answer, Incoming
from hub.config import DingtalkStreamConfig
from hub.delivery.live import read_key
from hub.mqtt.backoff import Backoff

API = "https://api.dingtalk.com"
MESSAGES = "/v1.0/im/bot/messages/get"
CARDS = "/v1.0/card/instances/callback"
REPLY_HOSTS = (".dingtalk.com",)
"""Where a session's webhook may point to, beside the address that we were told to use."""


class Frame(msgspec.Struct, frozen=True):
    type: str
    headers: dict[str, str] = {}
    data: str = ""


class Text(msgspec.Struct, frozen=True):
    content: str = ""


class Message(msgspec.Struct, frozen=True, rename="camel"):
    """Of the topic `MESSAGES`."""

    msg_id: str = ""
    sender_staff_id: str = ""
    """Empty for somebody outside the company."""
    text: Text = Text()
    create_at: int = 0
    session_webhook: str = ""


class Card(msgspec.Struct, frozen=True, rename="camel"):
    """Of the topic `CARDS`."""

    user_id: str = ""
    out_track_id: str = ""
    content: str = "{}"


class PrivateData(msgspec.Struct, frozen=True, rename="camel"):
    action_ids: tuple[str, ...] = ()
    params: dict[str, object] = {}


class CardContent(msgspec.Struct, frozen=True, rename="camel"):
    card_private_data: PrivateData = PrivateData()


class Opened(msgspec.Struct, frozen=True):
    endpoint: str
    ticket: str


class DingtalkStream(Line):
    """One app."""

    name = "dingtalk"

    def __init__(
        self,
        config: DingtalkStreamConfig,
        answer: Answer,
        http: httpx.AsyncClient,
        *,
        api: str = API,
        pace: Pace | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        """``http``: a client without timeouts of its own, closed by its owner."""
        super().__init__(pace=pace, backoff=backoff)
        self._config = config
        self._answer = answer
        self._http = http
        self._api = api.rstrip("/")

    async def _talk(self) -> None:
        opened = await self._ask_endpoint()
        url = f"{opened.endpoint}?ticket={quote_plus(opened.ticket)}"
        # The server pings about every minute on its own; ours finds out when it does not any more.
        socket = await self._open(url, ping_s=self.pace.ping_s)
        try:
            self._up()
            async for raw in socket:
                try:
                    frame = msgspec.json.decode(raw, type=Frame)
                except (msgspec.DecodeError, UnicodeDecodeError):
                    log.warning("a frame could not be read", name=self.name, size=len(raw))
                    continue
                if frame.type == "SYSTEM" and frame.headers.get("topic") == "disconnect":
                    raise Broken("closed by the provider")
                await self._start(self._take(socket, frame))
            raise Broken("closed by the provider")
        finally:
            await socket.close()

    async def _ask_endpoint(self) -> Opened:
        body = {
            "clientId": self._config.client_id,
            "clientSecret": self._config.client_secret.get_secret_value(),
            "subscriptions": [{"type": "CALLBACK", "topic": topic} for topic in (MESSAGES, CARDS)],
            "ua": "community-alert-hub",
        }
        url = f"{self._api}/v1.0/gateway/connections/open"
        response = await self._http.post(url, json=body, timeout=self.pace.open_s)
        if response.status_code != 200:
            raise Broken(f"refused: HTTP {response.status_code}{_code(response.content)}")
        try:
            opened = msgspec.json.decode(response.content, type=Opened)
        except (msgspec.DecodeError, UnicodeDecodeError) as exc:
            raise Broken("unreadable: no endpoint in the answer") from exc
        if urlsplit(opened.endpoint).scheme not in ("wss", "ws"):
            raise Broken("unreadable: the endpoint is no WebSocket")
        return opened

    async def _take(self, socket: ClientConnection, frame: Frame) -> None:
        """One frame, acknowledged once what it says is written."""
        code, data = 200, ""
        topic = frame.headers.get("topic", "")
        try:
            if frame.type == "SYSTEM":
                data = frame.data
            elif topic == MESSAGES:
                await self._on_message(socket, frame, msgspec.json.decode(frame.data, type=Message))
                return
            elif topic == CARDS:
                data = await self._on_card(frame, msgspec.json.decode(frame.data, type=Card))
            elif frame.type != "EVENT":
                code = 404
        except (msgspec.DecodeError, UnicodeDecodeError):
            log.warning("a frame could not be read", name=self.name, size=len(frame.data))
            code = 400
        await self._acknowledge(socket, frame, code, data)

    async def _acknowledge(self, socket: ClientConnection, frame: Frame, code: int, data: str) -> None:
        headers = {"messageId": frame.headers.get("messageId", ""), "contentType": "application/json"}
        message = "OK" if code == 200 else "not understood"
        acknowledgement = {"code": code, "headers": headers, "message": message, "data": data}
        with contextlib.suppress(ConnectionClosed):  # it is delivered again, and answered as before
            await socket.send(msgspec.json.encode(acknowledgement).decode())

    async def _on_message(self, socket: ClientConnection, frame: Frame, message: Message) -> None:
        said = await self._answer(
            Incoming(
                channel="dingtalkapp",
                member=message.sender_staff_id or "?",
                text=message.text.content,
                at_ms=message.create_at or time.time_ns() // 1_000_000,
                message_key=message.msg_id or frame.headers.get("messageId", ""),
            )
        )
        await self._acknowledge(socket, frame, 200, '{"response":null}')
        if self._may_reply(message.session_webhook):
            reply = {"msgtype": "text", "text": {"content": said.text}}
            await self._http.post(message.session_webhook, json=reply, timeout=self.pace.reply_s)

    def _may_reply(self, url: str) -> bool:
        """A frame names the address: only the provider's own is believed."""
        parts, ours = urlsplit(url), urlsplit(self._api)
        if parts.scheme != ours.scheme or not parts.hostname:
            return False
        return parts.hostname == ours.hostname or parts.hostname.endswith(REPLY_HOSTS)

    async def _on_card(self, frame: Frame, card: Card) -> str:
        pressed = msgspec.json.decode(card.content, type=CardContent).card_private_data
        choice = _choice(pressed)
        said = await self._answer(
            Incoming(
                channel="dingtalkapp",
                member=card.user_id or "?",
                choice=choice,
                token=read_key(choice).token,
                at_ms=time.time_ns() // 1_000_000,
                message_key=frame.headers.get("messageId", ""),
            )
        )
        shown = {
            "cardUpdateOptions": {"updateCardDataByKey": True, "updatePrivateDataByKey": True},
            "userPrivateData": {"cardParamMap": {"answer": said.text}},
        }
        return msgspec.json.encode({"response": shown}).decode()


def _choice(pressed: PrivateData) -> str:
    """The key that we put into the button's params, else the id of the button itself."""
    for name in ("key", "action"):
        value = pressed.params.get(name)
        if isinstance(value, str) and value:
            return value
    return pressed.action_ids[0] if pressed.action_ids else "?"


def _code(body: bytes) -> str:
    """The provider's own word for what was wrong, for example `` invalidClientIdOrSecret``."""
    try:
        said = msgspec.json.decode(body, type=Mapping[str, object]).get("code", "")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return f" {said}"[:60] if said else ""
