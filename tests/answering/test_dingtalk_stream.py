"""DingTalk's Stream mode against a peer that speaks it: an HTTP endpoint that gives tickets, and a WebSocket that takes them."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import SecretStr
from websockets.asyncio.server import ServerConnection

from hub.answering.dingtalk_stream import CARDS, MESSAGES, DingtalkStream
from hub.answering.line import Pace
from hub.config import DingtalkStreamConfig
from hub.delivery.live import answer_key
from tests.answering.compound import COMMUNITY, Compound
from tests.answering.peers import QUICK, Answers, Patience, Peer, http_client, listening, next_of, run, running, until
from tests.delivery.peers import Answered, Hang, Reply, Request, json_reply, provider

CONFIG = DingtalkStreamConfig(client_id="ding-1", client_secret=SecretStr("s3cret"))
Frame = dict[str, Any]


class Dingtalk:
    """The gateway's side."""

    def __init__(self) -> None:
        self.frames: asyncio.Queue[Frame] = asyncio.Queue()
        self.socket: ServerConnection | None = None
        self.ws = ""
        self.asked: list[Request] = []
        self.replies: list[Request] = []
        self.tickets = 0
        self.endpoint: Reply | None = None
        """Instead of an endpoint."""

    def http(self, request: Request) -> Reply:
        if request.path == "/robot/sendBySession":
            self.replies.append(request)
            return json_reply({"errcode": 0, "errmsg": "ok"})
        self.asked.append(request)
        if self.endpoint is not None:
            return self.endpoint
        if request.json().get("clientSecret") != "s3cret":
            return json_reply({"code": "invalidClientIdOrSecret", "message": "?"}, 401)
        self.tickets += 1
        return json_reply({"endpoint": f"{self.ws}/connect", "ticket": f"t+{self.tickets}="})

    async def talk(self, socket: ServerConnection, _number: int) -> None:
        self.socket = socket
        async for raw in socket:
            self.frames.put_nowait(json.loads(raw))

    async def say(self, frame: Frame | str) -> None:
        assert self.socket is not None
        await self.socket.send(frame if isinstance(frame, str) else json.dumps(frame))


@contextlib.asynccontextmanager
async def stream_of(dingtalk: Dingtalk, answer: Any, **more: Any) -> AsyncIterator[tuple[DingtalkStream, Peer, str]]:
    with provider(dingtalk.http) as web:
        async with listening(dingtalk.talk) as peer, http_client() as http:
            dingtalk.ws = peer.url
            fields = {"pace": QUICK, "backoff": Patience().backoff(), **more}
            stream = DingtalkStream(fields.pop("config", CONFIG), answer, http, api=web.url(), **fields)
            async with running(stream):
                yield stream, peer, web.url()


def frame(topic: str, data: object, id: str = "f1", kind: str = "CALLBACK") -> Frame:
    headers = {"topic": topic, "messageId": id, "contentType": "application/json", "time": "1700000000000"}
    return {"specVersion": "1.0", "type": kind, "headers": headers, "data": json.dumps(data)}


def text(content: str, webhook: str = "", msg: str = "m1", **more: object) -> Frame:
    data = {
        "msgId": msg,
        "conversationType": "1",
        "senderStaffId": "wang",
        "msgtype": "text",
        "text": {"content": content},
        "createAt": 1_700_000_000_000,
        "sessionWebhook": webhook,
        **more,
    }
    return frame(MESSAGES, data, id=f"f-{msg}")


def test_it_asks_for_a_ticket_with_its_subscriptions() -> None:
    async def test() -> None:
        dingtalk = Dingtalk()
        async with stream_of(dingtalk, Answers()) as (stream, peer, _):
            await until(lambda: stream.connected)
            await until(lambda: peer.paths)
            asked = dingtalk.asked[0]
            assert (asked.method, asked.path) == ("POST", "/v1.0/gateway/connections/open")
            assert asked.json() == {
                "clientId": "ding-1",
                "clientSecret": "s3cret",
                "subscriptions": [{"type": "CALLBACK", "topic": MESSAGES}, {"type": "CALLBACK", "topic": CARDS}],
                "ua": "community-alert-hub",
            }
            assert peer.paths == ["/connect?ticket=t%2B1%3D"]

    run(test())


def test_a_text_is_acknowledged_and_answered_at_its_webhook() -> None:
    async def test() -> None:
        dingtalk, answers = Dingtalk(), Answers()
        async with stream_of(dingtalk, answers) as (stream, _, web):
            await until(lambda: stream.connected and dingtalk.socket)
            await dingtalk.say(text(" 1 ", f"{web}/robot/sendBySession?session=x"))
            incoming = await answers.next()
            assert (incoming.channel, incoming.member, incoming.text) == ("dingtalkapp", "wang", " 1 ")
            assert (incoming.message_key, incoming.at_ms) == ("m1", 1_700_000_000_000)
            acknowledged = await next_of(dingtalk.frames)
            assert acknowledged["code"] == 200
            assert acknowledged["headers"] == {"messageId": "f-m1", "contentType": "application/json"}
            await until(lambda: dingtalk.replies)
            assert dingtalk.replies[0].json() == {"msgtype": "text", "text": {"content": answers.said.text}}

    run(test())


def test_nothing_is_acknowledged_before_it_is_written() -> None:
    async def test() -> None:
        dingtalk, answers = Dingtalk(), Answers()
        answers.hold = asyncio.Event()
        async with stream_of(dingtalk, answers) as (stream, _, _web):
            await until(lambda: stream.connected and dingtalk.socket)
            await dingtalk.say(text("1"))
            await answers.next()
            await dingtalk.say(frame("ping", {"opaque": "o"}, id="p1", kind="SYSTEM"))
            assert (await next_of(dingtalk.frames))["headers"]["messageId"] == "p1"
            answers.hold.set()
            assert (await next_of(dingtalk.frames))["headers"]["messageId"] == "f-m1"

    run(test())


@pytest.mark.parametrize("webhook", ["http://192.0.2.1/x", "http://dingtalk.com.evil.test/x", "file:///etc/passwd", ""])
def test_a_reply_goes_to_the_provider_only(webhook: str) -> None:
    async def test() -> None:
        dingtalk, answers = Dingtalk(), Answers()
        async with stream_of(dingtalk, answers) as (stream, _, _web):
            await until(lambda: stream.connected and dingtalk.socket)
            assert not stream._may_reply(webhook)
            await dingtalk.say(text("1", webhook))
            assert (await next_of(dingtalk.frames))["code"] == 200

    run(test())


def test_a_pressed_button_is_answered_in_its_acknowledgement() -> None:
    async def test() -> None:
        dingtalk, answers = Dingtalk(), Answers()
        key = answer_key("accept", COMMUNITY, 7)
        pressed = {"cardPrivateData": {"actionIds": ["go"], "params": {"key": key}}}
        card = {"type": "actionCallback", "userId": "wang", "outTrackId": "c1", "content": json.dumps(pressed)}
        async with stream_of(dingtalk, answers) as (stream, _, _web):
            await until(lambda: stream.connected and dingtalk.socket)
            await dingtalk.say(frame(CARDS, card))
            incoming = await answers.next()
            assert (incoming.member, incoming.choice, incoming.message_key) == ("wang", key, "f1")
            shown = json.loads((await next_of(dingtalk.frames))["data"])["response"]
            assert shown["userPrivateData"]["cardParamMap"] == {"answer": answers.said.text}

    run(test())


def test_a_ping_is_answered_with_its_own_data() -> None:
    async def test() -> None:
        dingtalk = Dingtalk()
        async with stream_of(dingtalk, Answers()) as (stream, _, _web):
            await until(lambda: stream.connected and dingtalk.socket)
            await dingtalk.say(frame("ping", {"opaque": "o-1"}, kind="SYSTEM"))
            pong = await next_of(dingtalk.frames)
            assert (pong["code"], json.loads(pong["data"])) == (200, {"opaque": "o-1"})

    run(test())


def test_told_to_disconnect_it_asks_for_another_ticket() -> None:
    async def test() -> None:
        dingtalk = Dingtalk()
        async with stream_of(dingtalk, Answers()) as (stream, peer, _):
            await until(lambda: stream.connected and dingtalk.socket)
            await dingtalk.say(frame("disconnect", {"reason": "rebalance"}, kind="SYSTEM"))
            await until(lambda: len(peer.paths) == 2)
            assert peer.paths[1] == "/connect?ticket=t%2B2%3D"

    run(test())


def test_a_connection_torn_down_is_made_again() -> None:
    async def test() -> None:
        dingtalk = Dingtalk()
        async with stream_of(dingtalk, Answers()) as (stream, peer, _):
            await until(lambda: stream.connected and dingtalk.socket)
            assert dingtalk.socket is not None
            dingtalk.socket.transport.abort()
            await until(lambda: len(peer.paths) == 2 and stream.connected)

    run(test())


@pytest.mark.parametrize(
    ("endpoint", "why"),
    [
        (None, "refused: HTTP 401 invalidClientIdOrSecret"),
        (Answered(b"oops", 500), "refused: HTTP 500"),
        (json_reply({"code": "authFailed"}, 403), "refused: HTTP 403 authFailed"),
        (Answered(b"<html>log in</html>"), "unreadable: no endpoint in the answer"),
        (json_reply({"endpoint": "http://127.0.0.1/", "ticket": "t"}), "unreadable: the endpoint is no WebSocket"),
        (Hang(), "timeout"),
    ],
)
def test_why_it_is_not_connected(endpoint: Reply | None, why: str) -> None:
    async def test() -> None:
        dingtalk, patience = Dingtalk(), Patience(times=0)
        dingtalk.endpoint = endpoint
        wrong = DingtalkStreamConfig(client_id="ding-1", client_secret=SecretStr("guess"))
        more = {"config": wrong, "backoff": patience.backoff(), "pace": Pace(open_s=0.2 if why == "timeout" else 20.0)}
        async with stream_of(dingtalk, Answers(), **more) as (stream, _, _web):
            await until(lambda: patience.waits)
            assert not stream.connected
            assert stream.why_not == why

    run(test())


def test_a_peer_that_falls_silent_is_given_up() -> None:
    """It has stopped reading, so it answers no ping of the WebSocket either."""

    async def test() -> None:
        dingtalk, patience, over = Dingtalk(), Patience(times=0), asyncio.Event()

        async def stuck(socket: ServerConnection, _number: int) -> None:
            dingtalk.socket = socket
            socket.transport.pause_reading()
            await over.wait()
            socket.transport.abort()

        dingtalk.talk = stuck  # type: ignore[method-assign]  # another life
        more = {"backoff": patience.backoff(), "pace": Pace(open_s=5.0, reply_s=0.1, ping_s=0.05)}
        async with stream_of(dingtalk, Answers(), **more) as (stream, _, _web):
            await until(lambda: patience.waits)
            assert stream.why_not.startswith("lost")
            over.set()

    run(test())


@pytest.mark.parametrize(
    ("rubbish", "code"),
    [
        ("{", None),
        ("[]", None),
        ('{"type": "CALLBACK"}', 404),
        (json.dumps({"type": "CALLBACK", "headers": {"topic": MESSAGES, "messageId": "x"}, "data": "{"}), 400),
        (
            json.dumps({"type": "CALLBACK", "headers": {"topic": CARDS, "messageId": "x"}, "data": '{"content": "{"}'}),
            400,
        ),
        (json.dumps({"type": "EVENT", "headers": {"topic": "*", "messageId": "x"}, "data": "{}"}), 200),
    ],
)
def test_a_frame_that_makes_no_sense_changes_nothing(rubbish: str, code: int | None) -> None:
    async def test() -> None:
        dingtalk, answers = Dingtalk(), Answers()
        async with stream_of(dingtalk, answers) as (stream, peer, _):
            await until(lambda: stream.connected and dingtalk.socket)
            await dingtalk.say(rubbish)
            if code is not None:
                assert (await next_of(dingtalk.frames))["code"] == code
            await dingtalk.say(text("1"))
            assert (await answers.next()).text == "1"
            assert len(peer.paths) == 1

    run(test())


def test_a_message_delivered_twice_writes_one_command(compound: Compound) -> None:
    compound.person("wang", "dingtalkapp://wang")
    compound.incident(7, "wang")

    async def test() -> None:
        dingtalk = Dingtalk()
        async with stream_of(dingtalk, compound.desk().answer) as (stream, _, _web):
            await until(lambda: stream.connected and dingtalk.socket)
            await dingtalk.say(text("1"))
            await dingtalk.say(text("1"))
            assert [(await next_of(dingtalk.frames))["code"] for _ in range(2)] == [200, 200]

    run(test())
    assert [(one.actor, getattr(one, "via", "")) for one in compound.commands] == [("wang", "dingtalk")]
