"""WeCom AI bot (智能机器人) over its long connection: takes answers and sends messages.

Facts (developer.work.weixin.qq.com/document/path/101463, and the vendor's own SDK WecomTeam/aibot-node-sdk): WebSocket to
wss://openws.work.weixin.qq.com; text frames ``{cmd, headers: {req_id}, body}``; what is acknowledged comes back without
``cmd`` under the same req_id with ``errcode``. First ``aibot_subscribe`` with bot_id and secret, then ``ping`` each 30 s.
One connection per bot: a new one throws the old one out with ``disconnected_event``. An answer to a pressed button or to
``enter_chat`` must come within 5 s, under the req_id of the event, and to a button it can only be a card. A message of
our own goes as markdown or as a card; members who never wrote to the bot do not get it. 30 a minute and chat.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Sequence

import msgspec
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from hub.answering.line import Broken, Line, Pace, log
from hub.answering.port import Answer, Answered, Incoming
from hub.config import WecomBotConfig
from hub.delivery.answers import Answer as Receipt
from hub.delivery.live import Button, read_key
from hub.errors import DeliveryError
from hub.mqtt.backoff import Backoff

URL = "wss://openws.work.weixin.qq.com"
TITLE_CHARS = 26
DETAIL_CHARS = 112
"""What a card shows of its title and its text."""
LATE_PINGS = 2
"""After so many heartbeats without an answer the connection is dead."""

REFUSALS: dict[int, tuple[Receipt, bool, float | None]] = {
    -1: (Receipt.PROVIDER_DOWN, False, 2.0),  # 系统繁忙
    6000: (Receipt.PROVIDER_DOWN, False, 2.0),  # 数据版本冲突
    40003: (Receipt.BAD_CONTACT, True, None),  # 无效的UserID
    45002: (Receipt.TOO_LONG, False, None),  # 消息内容大小超过限制
    45009: (Receipt.RATE_LIMITED, False, 60.0),  # 接口调用超过限制
    45033: (Receipt.RATE_LIMITED, False, 2.0),  # 接口并发调用超过限制
    60111: (Receipt.BAD_CONTACT, True, None),  # UserID不存在
    81013: (Receipt.BAD_CONTACT, True, None),  # 不在权限范围
}
"""errcode -> what it means; one that is not here is a refusal that may pass (path/90313)."""


class Headers(msgspec.Struct, frozen=True):
    req_id: str = ""


class Member(msgspec.Struct, frozen=True):
    userid: str = ""


class Text(msgspec.Struct, frozen=True):
    content: str = ""


class CardEvent(msgspec.Struct, frozen=True):
    event_key: str = ""
    task_id: str = ""
    card_type: str = ""


class Event(msgspec.Struct, frozen=True):
    eventtype: str = ""
    template_card_event: CardEvent = CardEvent()


class Body(msgspec.Struct, frozen=True, rename={"sender": "from"}):
    """Of a message and of an event."""

    msgid: str = ""
    sender: Member = Member()
    chattype: str = "single"
    msgtype: str = ""
    text: Text = Text()
    voice: Text = Text()
    """Comes already as text."""
    event: Event = Event()
    create_time: int = 0


class Frame(msgspec.Struct, frozen=True):
    """What the server sends; an acknowledgement has ``errcode`` and no command."""

    cmd: str = ""
    headers: Headers = Headers()
    body: msgspec.Raw = msgspec.Raw(b"{}")
    errcode: int | None = None
    errmsg: str = ""


Waiting = dict[str, asyncio.Future[Frame]]


class WecomBot(Line):
    """One bot: an answerer, and the live link of ``wecombot://MEMBER``."""

    name = "wecom_bot"

    def __init__(
        self,
        config: WecomBotConfig,
        answer: Answer,
        *,
        url: str = URL,
        pace: Pace | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        super().__init__(pace=pace, backoff=backoff)
        self._config = config
        self._answer = answer
        self._url = url
        self._socket: ClientConnection | None = None
        self._waiting: Waiting = {}

    # ── one life of the connection ───────────────────────────────────────────────────────────────────────────────────

    async def _talk(self) -> None:
        socket = await self._open(self._url)
        beating: asyncio.Task[None] | None = None
        try:
            self._socket = socket
            reading = asyncio.create_task(self._read(socket))
            try:
                await self._subscribe(reading)
                self._up()
                beating = asyncio.create_task(self._beat())
                done, _ = await asyncio.wait({reading, beating}, return_when=asyncio.FIRST_COMPLETED)
                for ended in done:
                    ended.result()
            finally:
                tasks = [task for task in (reading, beating) if task is not None]
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            self._socket = None
            for future in self._waiting.values():
                future.cancel()
            self._waiting.clear()
            await socket.close()

    async def _subscribe(self, reading: asyncio.Task[None]) -> None:
        secret = self._config.secret.get_secret_value()
        asking = asyncio.create_task(
            self._ask("aibot_subscribe", {"bot_id": self._config.bot_id, "secret": secret}, _new_id("subscribe"))
        )
        await asyncio.wait({asking, reading}, return_when=asyncio.FIRST_COMPLETED)
        if not asking.done():
            asking.cancel()
            reading.result()
            raise Broken("closed by the provider")
        said = asking.result()
        if said.errcode != 0:
            raise Broken(f"refused: errcode {said.errcode}")

    async def _beat(self) -> None:
        late = 0
        while True:
            await asyncio.sleep(self.pace.ping_s)
            try:
                await self._ask("ping", None, _new_id("ping"))
                late = 0
            except TimeoutError:
                late += 1
                if late >= LATE_PINGS:
                    raise Broken("timeout: no answer to heartbeats") from None

    async def _read(self, socket: ClientConnection) -> None:
        async for raw in socket:
            try:
                frame = msgspec.json.decode(raw, type=Frame)
                body = msgspec.json.decode(frame.body, type=Body) if frame.cmd else Body()
            except (msgspec.DecodeError, UnicodeDecodeError):
                log.warning("a frame could not be read", name=self.name, size=len(raw))
                continue
            if not frame.cmd or frame.cmd == "ping":
                waiting = self._waiting.get(frame.headers.req_id)
                if waiting is not None and not waiting.done():
                    waiting.set_result(frame)
            elif frame.cmd == "aibot_msg_callback":
                await self._start(self._on_message(frame, body))
            elif frame.cmd == "aibot_event_callback":
                if body.event.eventtype == "disconnected_event":
                    raise Broken("thrown out: another connection took over", thrown_out=True)
                await self._start(self._on_event(frame, body))
        raise Broken("closed by the provider")

    # ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _on_message(self, frame: Frame, body: Body) -> None:
        said = await self._answer(_incoming(body, frame, text=body.text.content or body.voice.content))
        stream = {"id": _new_id("stream"), "finish": True, "content": said.text}
        await self._ask("aibot_respond_msg", {"msgtype": "stream", "stream": stream}, frame.headers.req_id)

    async def _on_event(self, frame: Frame, body: Body) -> None:
        if body.event.eventtype == "enter_chat":
            said = await self._answer(_incoming(body, frame))
            welcome = {"msgtype": "text", "text": {"content": said.text}}
            await self._ask("aibot_respond_welcome_msg", welcome, frame.headers.req_id)
        elif body.event.eventtype == "template_card_event":
            pressed = body.event.template_card_event
            said = await self._answer(_incoming(body, frame, choice=pressed.event_key))
            await self._update(frame, body.sender.userid, pressed.task_id, said)

    async def _update(self, frame: Frame, member: str, task_id: str, said: Answered) -> None:
        """A pressed button takes a card and nothing else; a card without a button does not exist."""
        if said.buttons:
            card = {"response_type": "update_template_card", "template_card": _card(said.text, said.buttons, task_id)}
            done = await self._ask("aibot_respond_update_msg", card, frame.headers.req_id)
            if done.errcode == 0:
                return
        await self._push(member, said.text)

    # ── sending ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def send(self, member: str, text: str, buttons: Sequence[Button] = ()) -> str:
        """The whole text first: its acknowledgement is the receipt. Then a card with the buttons, which may fail: the
        text says how to answer by number."""
        sent = await self._push(member, text)
        if buttons:
            await self._start(self._send_card(member, text, buttons))
        return sent

    async def _push(self, member: str, text: str) -> str:
        return await self._send(member, {"msgtype": "markdown", "markdown": {"content": text}})

    async def _send_card(self, member: str, text: str, buttons: Sequence[Button]) -> None:
        await self._send(member, {"msgtype": "template_card", "template_card": _card(text, buttons, _task_id(buttons))})

    async def _send(self, member: str, body: dict[str, object]) -> str:
        if not self.connected:
            raise DeliveryError(Receipt.UNREACHABLE, permanent=False, code=self.why_not)
        req_id = _new_id("send")
        try:
            said = await self._ask("aibot_send_msg", {"chatid": member, "chat_type": 1, **body}, req_id)
        except TimeoutError as exc:
            raise DeliveryError(Receipt.TIMEOUT, permanent=False) from exc
        except (Broken, ConnectionClosed) as exc:
            raise DeliveryError(Receipt.UNREACHABLE, permanent=False, code="lost") from exc
        if said.errcode == 0:
            return req_id
        if said.errcode is None:
            raise DeliveryError(Receipt.UNREADABLE, permanent=False)
        reason, permanent, retry_after = REFUSALS.get(said.errcode, (Receipt.REFUSED, False, None))
        raise DeliveryError(reason, permanent=permanent, retry_after=retry_after, code=str(said.errcode))

    async def _ask(self, cmd: str, body: object, req_id: str) -> Frame:
        """Send a frame and wait for its acknowledgement. TimeoutError when none comes; Broken when the line is lost."""
        socket = self._socket
        if socket is None:
            raise Broken("not connected")
        frame: dict[str, object] = {"cmd": cmd, "headers": {"req_id": req_id}}
        if body is not None:
            frame["body"] = body
        future: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._waiting[req_id] = future
        try:
            await socket.send(msgspec.json.encode(frame).decode())
            async with asyncio.timeout(self.pace.reply_s):
                done, _ = await asyncio.wait({future})
        finally:
            self._waiting.pop(req_id, None)
        (ended,) = done
        if ended.cancelled():
            raise Broken("lost while waiting")
        return ended.result()


def _incoming(body: Body, frame: Frame, *, text: str = "", choice: str = "") -> Incoming:
    at_ms = body.create_time * 1000 if body.create_time else time.time_ns() // 1_000_000
    return Incoming(
        channel="wecombot",
        member=body.sender.userid,
        text=text,
        choice=choice,
        token=read_key(choice).token,
        at_ms=at_ms,
        message_key=body.msgid or frame.headers.req_id,
    )


def _card(text: str, buttons: Sequence[Button], task_id: str) -> dict[str, object]:
    title, _, rest = text.partition("。")
    return {
        "card_type": "button_interaction",
        "main_title": {"title": title[:TITLE_CHARS]},
        "sub_title_text": (rest if len(title) <= TITLE_CHARS else text)[:DETAIL_CHARS],
        "button_list": [
            {"text": one.text, "style": 1 if n == 0 else 2, "key": one.key} for n, one in enumerate(buttons)
        ],
        "task_id": task_id,
    }


def _task_id(buttons: Sequence[Button]) -> str:
    """Letters, digits and _-@ only, and used once: the same incident may be told again."""
    return f"{read_key(buttons[0].key).incident}-{secrets.token_hex(8)}"


def _new_id(what: str) -> str:
    return f"{what}_{secrets.token_hex(8)}"
