"""Feishu or Lark app over its long connection: takes answers without a public address.

Facts (open.feishu.cn/document, 使用长连接接收事件, and the vendor's SDKs larksuite/oapi-sdk-go and -python): POST
/callback/ws/endpoint with AppID and AppSecret gives a WebSocket address, good once, with device_id and service_id, and how
often to ping (seconds). Binary frames: see `feishu_frames`. method 0 is control: we send ``ping``, the server says ``pong``,
sometimes with new settings. method 1 is data: ``type`` event or card, ``message_id``, and ``sum`` and ``seq`` where a message
comes in parts. Each is answered within 3 s with the same frame, its payload ``{"code": 200, "data": BASE64}``, or it comes
again; for card.action.trigger ``data`` holds a toast. Up to 50 connections share the messages: each gets some.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import time
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import msgspec
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from hub.answering.feishu_frames import CONTROL, DATA, Frame, read_frame, write_frame
from hub.answering.line import Broken, Line, Pace, log
from hub.answering.port import Answer, Incoming
from hub.config import FeishuConfig
from hub.delivery.live import read_key
from hub.errors import DecodeError
from hub.mqtt.backoff import Backoff

API = "https://open.feishu.cn"
MOST_PARTS = 64
MOST_UNFINISHED = 100
PARTS_FOR_S = 5.0
"""So long a message may take to come in parts; the vendor's own clients wait no longer."""
TOKEN_SPARE_S = 300.0


class ClientConfig(msgspec.Struct, frozen=True, rename="pascal"):
    ping_interval: int = 120


class Endpoint(msgspec.Struct, frozen=True, rename={"url": "URL", "config": "ClientConfig"}):
    url: str = ""
    config: ClientConfig = ClientConfig()


class EndpointReply(msgspec.Struct, frozen=True):
    code: int
    data: Endpoint | None = None


class TokenReply(msgspec.Struct, frozen=True):
    code: int = -1
    tenant_access_token: str = ""
    expire: int = 0


class Ids(msgspec.Struct, frozen=True):
    open_id: str = ""


class Sender(msgspec.Struct, frozen=True):
    sender_id: Ids = Ids()
    sender_type: str = "user"


class Message(msgspec.Struct, frozen=True):
    message_id: str = ""
    message_type: str = ""
    content: str = "{}"
    create_time: str = "0"


class TextContent(msgspec.Struct, frozen=True):
    text: str = ""


class Action(msgspec.Struct, frozen=True):
    value: object = None


class Event(msgspec.Struct, frozen=True):
    """Of im.message.receive_v1 and of card.action.trigger."""

    sender: Sender = Sender()
    message: Message = Message()
    operator: Ids = Ids()
    action: Action = Action()


class Header(msgspec.Struct, frozen=True):
    event_id: str = ""
    event_type: str = ""
    create_time: str = "0"


class Envelope(msgspec.Struct, frozen=True):
    header: Header = Header()
    event: Event = Event()


class Parts(msgspec.Struct):
    """A message that comes in several frames."""

    since: float
    of: int
    pieces: dict[int, bytes] = {}


class FeishuLong(Line):
    """One app."""

    name = "feishu"

    def __init__(
        self,
        config: FeishuConfig,
        answer: Answer,
        http: httpx.AsyncClient,
        *,
        api: str = API,
        pace: Pace | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        """``http``: a client without timeouts of its own, closed by its owner. The server says how often to ping, at
        most every ``pace.ping_s``."""
        super().__init__(pace=pace or Pace(ping_s=120.0), backoff=backoff)
        self._config = config
        self._answer = answer
        self._http = http
        self._api = api.rstrip("/")
        self._service = 0
        self._ping_s = self.pace.ping_s
        self._heard = 0.0
        self._unfinished: dict[str, Parts] = {}
        self._token = ("", 0.0)

    # ── one life of the connection ───────────────────────────────────────────────────────────────────────────────────

    async def _talk(self) -> None:
        endpoint = await self._ask_endpoint()
        self._take_settings(endpoint.config)
        socket = await self._open(endpoint.url)
        beating = asyncio.create_task(self._beat(socket))
        reading = asyncio.create_task(self._read(socket))
        try:
            self._up()
            done, _ = await asyncio.wait({reading, beating}, return_when=asyncio.FIRST_COMPLETED)
            for ended in done:
                ended.result()
        finally:
            for task in (reading, beating):
                task.cancel()
            await asyncio.gather(reading, beating, return_exceptions=True)
            self._unfinished.clear()
            await socket.close()

    async def _ask_endpoint(self) -> Endpoint:
        body = {"AppID": self._config.app_id, "AppSecret": self._config.app_secret.get_secret_value()}
        url = f"{self._api}/callback/ws/endpoint"
        response = await self._http.post(url, json=body, headers={"locale": "zh"}, timeout=self.pace.open_s)
        if response.status_code != 200:
            raise Broken(f"refused: HTTP {response.status_code}")
        try:
            said = msgspec.json.decode(response.content, type=EndpointReply)
        except (msgspec.DecodeError, UnicodeDecodeError) as exc:
            raise Broken("unreadable: no endpoint in the answer") from exc
        if said.code != 0:
            raise Broken(f"refused: code {said.code}")
        if said.data is None or urlsplit(said.data.url).scheme not in ("wss", "ws"):
            raise Broken("unreadable: the endpoint is no WebSocket")
        service = parse_qs(urlsplit(said.data.url).query).get("service_id", ["0"])[0]
        self._service = int(service) if service.isascii() and service.isdecimal() and len(service) < 10 else 0
        return said.data

    def _take_settings(self, config: ClientConfig) -> None:
        self._ping_s = min(self.pace.ping_s, max(1, config.ping_interval))

    async def _beat(self, socket: ClientConnection) -> None:
        while True:
            self._heard = 0.0
            ping = Frame(service=self._service, method=CONTROL, headers=(("type", "ping"),))
            await socket.send(write_frame(ping))
            await asyncio.sleep(min(self.pace.reply_s, self._ping_s))
            if not self._heard:
                raise Broken("timeout: no answer to heartbeats")
            await asyncio.sleep(max(0.0, self._ping_s - self.pace.reply_s))

    async def _read(self, socket: ClientConnection) -> None:
        async for raw in socket:
            self._heard = time.monotonic()
            try:
                if isinstance(raw, str):
                    raise DecodeError("invalid", "a text frame")
                frame = read_frame(raw)
                if frame.method == CONTROL:
                    self._on_control(frame)
                    continue
                payload = self._whole(frame) if frame.method == DATA else None
            except (DecodeError, msgspec.DecodeError, UnicodeDecodeError):
                log.warning("a frame could not be read", name=self.name, size=len(raw))
                continue
            if payload is not None:
                await self._start(self._on_data(socket, frame, payload))
        raise Broken("closed by the provider")

    def _on_control(self, frame: Frame) -> None:
        if frame.header("type") == "pong" and frame.payload:
            self._take_settings(msgspec.json.decode(frame.payload, type=ClientConfig))

    def _whole(self, frame: Frame) -> bytes | None:
        """The payload, put together where it comes in parts; None while some are missing."""
        of, number, id = frame.number("sum"), frame.number("seq"), frame.header("message_id")
        if of <= 1:
            return frame.payload
        if of > MOST_PARTS or number >= of:
            raise DecodeError("invalid", f"part {number} of {of}")
        now = time.monotonic()
        for old in [key for key, parts in self._unfinished.items() if now - parts.since > PARTS_FOR_S]:
            del self._unfinished[old]
        if len(self._unfinished) >= MOST_UNFINISHED and id not in self._unfinished:
            raise DecodeError("invalid", "too many messages in parts")
        parts = self._unfinished.setdefault(id, Parts(now, of, {}))
        parts.pieces[number] = frame.payload
        if parts.of != of or len(parts.pieces) < of:
            return None
        del self._unfinished[id]
        return b"".join(parts.pieces[n] for n in range(of))

    # ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _on_data(self, socket: ClientConnection, frame: Frame, payload: bytes) -> None:
        started = time.monotonic()
        code, data, reply = 200, b"", ("", "")
        try:
            envelope = msgspec.json.decode(payload, type=Envelope)
            if envelope.header.event_type == "im.message.receive_v1":
                reply = await self._on_message(envelope)
            elif envelope.header.event_type == "card.action.trigger":
                data = await self._on_card(envelope)
        except (msgspec.DecodeError, UnicodeDecodeError):
            log.warning("an event could not be read", name=self.name, size=len(payload))
            code = 500
        said: dict[str, object] = {"code": code}
        if data:
            said["data"] = base64.b64encode(data).decode()
        took = ("biz_rt", str(round((time.monotonic() - started) * 1000)))
        answer = msgspec.structs.replace(
            frame,
            headers=(*frame.headers, took),
            payload=msgspec.json.encode(said),
            payload_encoding="",
            payload_type="",
        )
        with contextlib.suppress(ConnectionClosed):  # it is delivered again, and answered as before
            await socket.send(write_frame(answer))
        if reply[0]:
            await self._reply(*reply)

    async def _on_message(self, envelope: Envelope) -> tuple[str, str]:
        """(message to reply to, what to say)"""
        event = envelope.event
        if event.sender.sender_type != "user":
            return "", ""
        is_text = event.message.message_type == "text"
        text = msgspec.json.decode(event.message.content, type=TextContent).text if is_text else ""
        said = await self._answer(
            Incoming(
                channel="feishuapp",
                member=event.sender.sender_id.open_id or "?",
                text=re.sub(r"@_user_\d+", " ", text),
                at_ms=_ms(event.message.create_time),
                message_key=event.message.message_id or envelope.header.event_id,
            )
        )
        return event.message.message_id, said.text

    async def _on_card(self, envelope: Envelope) -> bytes:
        choice = _choice(envelope.event.action.value)
        said = await self._answer(
            Incoming(
                channel="feishuapp",
                member=envelope.event.operator.open_id or "?",
                choice=choice,
                token=read_key(choice).token,
                at_ms=_ms(envelope.header.create_time),
                message_key=envelope.header.event_id,
            )
        )
        return msgspec.json.encode({"toast": {"type": "info", "content": said.text}})

    async def _reply(self, message_id: str, text: str) -> None:
        """Under their own message. What was written stays written, whether this arrives or not."""
        url = f"{self._api}/open-apis/im/v1/messages/{quote(message_id, safe='')}/reply"
        body = {"msg_type": "text", "content": msgspec.json.encode({"text": text}).decode()}
        headers = {"Authorization": f"Bearer {await self._access_token()}"}
        response = await self._http.post(url, json=body, headers=headers, timeout=self.pace.reply_s)
        if response.status_code != 200:
            self._token = ("", 0.0)
            log.warning("a reply was not taken", name=self.name, code=response.status_code)

    async def _access_token(self) -> str:
        """Good for two hours, asked for again some minutes before."""
        token, until = self._token
        if token and time.monotonic() < until:
            return token
        body = {"app_id": self._config.app_id, "app_secret": self._config.app_secret.get_secret_value()}
        url = f"{self._api}/open-apis/auth/v3/tenant_access_token/internal"
        response = await self._http.post(url, json=body, timeout=self.pace.reply_s)
        try:
            said = msgspec.json.decode(response.content, type=TokenReply)
        except (msgspec.DecodeError, UnicodeDecodeError) as exc:
            raise Broken(f"no access token: HTTP {response.status_code}") from exc
        if said.code != 0 or not said.tenant_access_token:
            raise Broken(f"no access token: code {said.code}")
        self._token = (said.tenant_access_token, time.monotonic() + said.expire - TOKEN_SPARE_S)
        return said.tenant_access_token


def _choice(value: object) -> str:
    """What our card put into the button: a key by itself, or under ``key`` or ``action``."""
    if isinstance(value, str):
        return value or "?"
    if isinstance(value, dict):
        for name in ("key", "action"):
            if isinstance(found := value.get(name), str) and found:
                return found
    return "?"


def _ms(text: str) -> int:
    """Milliseconds as text; now, when it is none."""
    good = text.isascii() and text.isdecimal() and 10 < len(text) < 16
    return int(text) if good else time.time_ns() // 1_000_000
