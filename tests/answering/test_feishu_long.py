"""Feishu's long connection against a peer that speaks it: binary frames, parts, pings, answers within the frame."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from pydantic import SecretStr
from websockets.asyncio.server import ServerConnection

from hub.answering.feishu_frames import CONTROL, DATA, Frame, read_frame, write_frame
from hub.answering.feishu_long import FeishuLong
from hub.answering.line import Pace
from hub.config import FeishuConfig
from hub.delivery.live import answer_key
from tests.answering.compound import COMMUNITY, Compound
from tests.answering.peers import QUICK, Answers, Patience, Peer, http_client, listening, next_of, run, running, until
from tests.delivery.peers import Answered, Hang, Reply, Request, json_reply, provider

CONFIG = FeishuConfig(app_id="cli_1", app_secret=SecretStr("s3cret"))


class Feishu:
    """The server's side."""

    def __init__(self) -> None:
        self.answers: asyncio.Queue[Frame] = asyncio.Queue()
        """Data frames that came back."""
        self.pings: list[Frame] = []
        self.socket: ServerConnection | None = None
        self.ws = ""
        self.asked: list[Request] = []
        self.replies: list[Request] = []
        self.tokens = 0
        self.endpoint: Reply | None = None
        self.pongs = True
        self.settings: dict[str, int] = {"PingInterval": 120, "ReconnectCount": -1}

    def http(self, request: Request) -> Reply:
        if request.path == "/open-apis/auth/v3/tenant_access_token/internal":
            self.tokens += 1
            return json_reply({"code": 0, "tenant_access_token": f"t-{self.tokens}", "expire": 7200})
        if request.path.endswith("/reply"):
            self.replies.append(request)
            return json_reply({"code": 0})
        self.asked.append(request)
        if self.endpoint is not None:
            return self.endpoint
        if request.json() != {"AppID": "cli_1", "AppSecret": "s3cret"}:
            return json_reply({"code": 1000040345, "msg": "app_secret error"})
        url = f"{self.ws}/ws?device_id=d1&service_id=300"
        return json_reply({"code": 0, "data": {"URL": url, "ClientConfig": self.settings}})

    async def talk(self, socket: ServerConnection, _number: int) -> None:
        self.socket = socket
        async for raw in socket:
            assert isinstance(raw, bytes)
            frame = read_frame(raw)
            if frame.method == CONTROL:
                self.pings.append(frame)
                if self.pongs:
                    payload = json.dumps(self.settings).encode()
                    await self.say(Frame(method=CONTROL, headers=(("type", "pong"),), payload=payload))
            else:
                self.answers.put_nowait(frame)

    async def say(self, frame: Frame | bytes | str) -> None:
        assert self.socket is not None
        await self.socket.send(write_frame(frame) if isinstance(frame, Frame) else frame)


@contextlib.asynccontextmanager
async def line_of(feishu: Feishu, answer: Any, **more: Any) -> AsyncIterator[tuple[FeishuLong, Peer]]:
    with provider(feishu.http) as web:
        async with listening(feishu.talk) as peer, http_client() as http:
            feishu.ws = peer.url
            fields = {"pace": QUICK, "backoff": Patience().backoff(), **more}
            line = FeishuLong(fields.pop("config", CONFIG), answer, http, api=web.url(), **fields)
            async with running(line):
                yield line, peer


def event(kind: str, said: dict[str, object], id: str = "ev1") -> bytes:
    header = {"event_id": id, "event_type": kind, "create_time": "1700000000000", "app_id": "cli_1"}
    return json.dumps({"schema": "2.0", "header": header, "event": said}).encode()


def message(text: str, id: str = "om_1", **more: object) -> bytes:
    said = {
        "sender": {"sender_id": {"open_id": "ou_wang"}, "sender_type": "user"},
        "message": {
            "message_id": id,
            "message_type": "text",
            "chat_type": "p2p",
            "content": json.dumps({"text": text}),
            "create_time": "1700000000000",
        },
        **more,
    }
    return event("im.message.receive_v1", said)


def framed(payload: bytes, id: str = "f1", seq: int = 0, of: int = 1) -> Frame:
    headers = (("type", "event"), ("message_id", id), ("sum", str(of)), ("seq", str(seq)), ("trace_id", "tr"))
    return Frame(seq=5, log=6, service=300, method=DATA, headers=headers, payload=payload)


def test_a_text_is_acknowledged_in_its_own_frame_and_answered_under_the_message() -> None:
    async def test() -> None:
        feishu, answers = Feishu(), Answers()
        async with line_of(feishu, answers) as (line, peer):
            await until(lambda: line.connected and feishu.socket)
            assert peer.paths == ["/ws?device_id=d1&service_id=300"]
            await feishu.say(framed(message("@_user_1 1")))
            incoming = await answers.next()
            assert (incoming.channel, incoming.member, incoming.text.strip()) == ("feishuapp", "ou_wang", "1")
            assert (incoming.message_key, incoming.at_ms) == ("om_1", 1_700_000_000_000)
            back = await next_of(feishu.answers)
            assert (back.seq, back.log, back.service, back.method) == (5, 6, 300, DATA)
            assert back.headers[:5] == framed(b"").headers
            assert back.headers[5][0] == "biz_rt"
            assert json.loads(back.payload) == {"code": 200}
            await until(lambda: feishu.replies)
            reply = feishu.replies[0]
            assert reply.path == "/open-apis/im/v1/messages/om_1/reply"
            assert reply.headers["authorization"] == "Bearer t-1"
            assert json.loads(str(reply.json()["content"])) == {"text": answers.said.text}
            await feishu.say(framed(message("2", "om_2"), "f2"))
            await until(lambda: len(feishu.replies) == 2)
            assert feishu.tokens == 1

    run(test())


@pytest.mark.parametrize("value", [{"key": "K"}, {"action": "K"}, "K"])
def test_a_pressed_button_is_answered_with_a_toast_in_the_frame(value: object) -> None:
    async def test() -> None:
        feishu, answers = Feishu(), Answers()
        key = answer_key("accept", COMMUNITY, 7)
        chosen = json.loads(json.dumps(value).replace("K", key))
        said: dict[str, object] = {"operator": {"open_id": "ou_wang"}, "action": {"value": chosen, "tag": "button"}}
        async with line_of(feishu, answers) as (line, _):
            await until(lambda: line.connected and feishu.socket)
            await feishu.say(framed(event("card.action.trigger", said)))
            incoming = await answers.next()
            assert (incoming.member, incoming.choice, incoming.message_key) == ("ou_wang", key, "ev1")
            back = json.loads((await next_of(feishu.answers)).payload)
            toast = json.loads(base64.b64decode(back["data"]))["toast"]
            assert toast == {"type": "info", "content": answers.said.text}

    run(test())


def test_a_message_in_parts_is_put_together_in_any_order() -> None:
    async def test() -> None:
        feishu, answers = Feishu(), Answers()
        payload = message("到场")
        parts = [payload[:20], payload[20:50], payload[50:]]
        async with line_of(feishu, answers) as (line, _):
            await until(lambda: line.connected and feishu.socket)
            for seq in (2, 0, 0, 1):
                await feishu.say(framed(parts[seq], "big", seq, 3))
            assert (await answers.next()).text == "到场"

    run(test())


def test_it_pings_with_its_service_and_takes_new_settings() -> None:
    async def test() -> None:
        feishu = Feishu()
        feishu.settings = {"PingInterval": 77}
        async with line_of(feishu, Answers(), pace=Pace(5.0, 5.0, 120.0)) as (line, _):
            await until(lambda: feishu.pings)
            assert (feishu.pings[0].service, feishu.pings[0].headers) == (300, (("type", "ping"),))
            assert line._ping_s == 77

    run(test())


def test_pings_without_pongs_end_the_connection() -> None:
    async def test() -> None:
        feishu, patience = Feishu(), Patience(times=0)
        feishu.pongs = False
        async with line_of(feishu, Answers(), pace=Pace(5.0, 0.05, 0.05), backoff=patience.backoff()) as (line, _):
            await until(lambda: patience.waits)
            assert line.why_not == "timeout: no answer to heartbeats"

    run(test())


def test_a_connection_torn_down_is_made_again_with_a_new_address() -> None:
    async def test() -> None:
        feishu, answers = Feishu(), Answers()
        async with line_of(feishu, answers) as (line, peer):
            await until(lambda: line.connected and feishu.socket)
            assert feishu.socket is not None
            feishu.socket.transport.abort()
            await until(lambda: len(peer.paths) == 2 and line.connected)
            assert len(feishu.asked) == 2
            await feishu.say(framed(message("1")))
            assert (await answers.next()).text == "1"

    run(test())


@pytest.mark.parametrize(
    ("endpoint", "why"),
    [
        (None, "refused: code 1000040345"),
        (json_reply({"code": 1, "msg": "busy"}), "refused: code 1"),
        (json_reply({"code": 0}), "unreadable: the endpoint is no WebSocket"),
        (json_reply({"code": 0, "data": {"URL": "https://x/"}}), "unreadable: the endpoint is no WebSocket"),
        (Answered(b"<html>"), "unreadable: no endpoint in the answer"),
        (Answered(b"", 502), "refused: HTTP 502"),
        (Hang(), "timeout"),
    ],
)
def test_why_it_is_not_connected(endpoint: Reply | None, why: str) -> None:
    async def test() -> None:
        feishu, patience = Feishu(), Patience(times=0)
        feishu.endpoint = endpoint
        wrong = FeishuConfig(app_id="cli_1", app_secret=SecretStr("guess"))
        more = {"config": wrong, "backoff": patience.backoff(), "pace": Pace(open_s=0.2 if why == "timeout" else 20.0)}
        async with line_of(feishu, Answers(), **more) as (line, _):
            await until(lambda: patience.waits)
            assert (line.connected, line.why_not) == (False, why)

    run(test())


@pytest.mark.parametrize(
    "rubbish",
    [
        b"\xff\xff",
        b"",
        "text",
        Frame(method=CONTROL, headers=(("type", "pong"),), payload=b"{"),
        framed(b"x", "p", 9, 3),
        framed(b"x", "p", 0, 5000),
        Frame(method=7, payload=b"x"),
    ],
)
def test_a_frame_that_makes_no_sense_changes_nothing(rubbish: Frame | bytes | str) -> None:
    async def test() -> None:
        feishu, answers = Feishu(), Answers()
        async with line_of(feishu, answers) as (line, peer):
            await until(lambda: line.connected and feishu.socket)
            await feishu.say(rubbish)
            await feishu.say(framed(message("1")))
            assert (await answers.next()).text == "1"
            assert len(peer.paths) == 1

    run(test())


@pytest.mark.parametrize("payload", [b"{", b"[]", event("im.message.receive_v1", {"message": 5})])
def test_an_event_that_makes_no_sense_is_answered_with_500(payload: bytes) -> None:
    async def test() -> None:
        feishu = Feishu()
        async with line_of(feishu, Answers()) as (line, _):
            await until(lambda: line.connected and feishu.socket)
            await feishu.say(framed(payload))
            assert json.loads((await next_of(feishu.answers)).payload)["code"] == 500

    run(test())


def test_what_is_of_no_concern_is_acknowledged_and_dropped() -> None:
    async def test() -> None:
        feishu, answers = Feishu(), Answers()
        bot = message("1", sender={"sender_id": {"open_id": "ou_bot"}, "sender_type": "app"})
        async with line_of(feishu, answers) as (line, _):
            await until(lambda: line.connected and feishu.socket)
            for payload in (event("contact.user.created_v3", {}), bot):
                await feishu.say(framed(payload))
                assert json.loads((await next_of(feishu.answers)).payload)["code"] == 200
            assert answers.seen.empty()

    run(test())


def test_a_message_delivered_twice_writes_one_command(compound: Compound) -> None:
    compound.person("wang", "feishuapp://ou_wang")
    compound.incident(7, "wang")

    async def test() -> None:
        feishu = Feishu()
        async with line_of(feishu, compound.desk().answer) as (line, _):
            await until(lambda: line.connected and feishu.socket)
            await feishu.say(framed(message("1")))
            await feishu.say(msgspec.structs.replace(framed(message("1")), seq=8))
            assert [(await next_of(feishu.answers)).seq for _ in range(2)] == [5, 8]

    run(test())
    assert [(one.actor, getattr(one, "via", "")) for one in compound.commands] == [("wang", "feishu")]
