"""The WeCom AI bot against a peer that speaks its protocol."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import SecretStr
from websockets.asyncio.server import ServerConnection

from hub.answering.line import Pace
from hub.answering.port import Answered, Incoming
from hub.answering.wecom_bot import REFUSALS, WecomBot
from hub.config import WecomBotConfig
from hub.delivery.answers import Answer
from hub.delivery.live import Button, answer_key
from hub.errors import DeliveryError
from tests.answering.compound import COMMUNITY, Compound
from tests.answering.peers import HASTY, QUICK, Answers, Patience, Peer, listening, next_of, run, running, until

CONFIG = WecomBotConfig(bot_id="aib-1", secret=SecretStr("s3cret"))
GO = Button(answer_key("accept", COMMUNITY, 7), "我去")
Frame = dict[str, Any]


class Wecom:
    """The server's side of one bot, as WeCom documents it."""

    def __init__(self) -> None:
        self.frames: asyncio.Queue[Frame] = asyncio.Queue()
        """What the bot sent, beside its subscription and its heartbeats."""
        self.socket: ServerConnection | None = None
        self.subscribed = 0
        self.pings = 0
        self.codes: dict[str, int] = {}
        """Command -> errcode to answer with."""
        self.mute: set[str] = set()
        """Commands that are never answered."""

    async def talk(self, socket: ServerConnection, _number: int) -> None:
        self.socket = socket
        async for raw in socket:
            frame = json.loads(raw)
            cmd = frame["cmd"]
            code = self.codes.get(cmd, 0)
            if cmd == "aibot_subscribe":
                code = 0 if frame["body"] == {"bot_id": "aib-1", "secret": "s3cret"} else 853000
                self.subscribed += code == 0
            elif cmd == "ping":
                self.pings += 1
            else:
                self.frames.put_nowait(frame)
            if cmd not in self.mute:
                await socket.send(json.dumps({"headers": frame["headers"], "errcode": code, "errmsg": "?"}))

    async def say(self, frame: Frame | str) -> None:
        assert self.socket is not None
        await self.socket.send(frame if isinstance(frame, str) else json.dumps(frame))


@contextlib.asynccontextmanager
async def bot_of(wecom: Wecom, answer: Any, **more: Any) -> AsyncIterator[tuple[WecomBot, Peer]]:
    async with listening(wecom.talk) as peer:
        fields = {"pace": QUICK, "backoff": Patience().backoff(), **more}
        bot = WecomBot(fields.pop("config", CONFIG), answer, url=peer.url, **fields)
        async with running(bot):
            yield bot, peer


def text(content: str, msgid: str = "m1", member: str = "wang") -> Frame:
    body = {
        "msgid": msgid,
        "aibotid": "aib-1",
        "chattype": "single",
        "from": {"userid": member},
        "msgtype": "text",
        "text": {"content": content},
        "create_time": 1_700_000_000,
    }
    return {"cmd": "aibot_msg_callback", "headers": {"req_id": f"r-{msgid}"}, "body": body}


def event(kind: str, msgid: str = "e1", **detail: str) -> Frame:
    said = {"eventtype": kind, kind: detail}
    body = {"msgid": msgid, "from": {"userid": "wang"}, "msgtype": "event", "event": said}
    return {"cmd": "aibot_event_callback", "headers": {"req_id": f"r-{msgid}"}, "body": body}


def test_a_text_is_answered_under_its_own_request() -> None:
    async def test() -> None:
        wecom, answers = Wecom(), Answers()
        async with bot_of(wecom, answers) as (bot, _):
            await until(lambda: bot.connected)
            assert bot.why_not == ""
            await wecom.say(text("1"))
            incoming = await answers.next()
            assert (incoming.channel, incoming.member, incoming.text) == ("wecombot", "wang", "1")
            assert (incoming.message_key, incoming.at_ms) == ("m1", 1_700_000_000_000)
            reply = await next_of(wecom.frames)
            assert (reply["cmd"], reply["headers"]) == ("aibot_respond_msg", {"req_id": "r-m1"})
            assert reply["body"]["msgtype"] == "stream"
            assert reply["body"]["stream"]["finish"] is True
            assert reply["body"]["stream"]["content"] == answers.said.text

    run(test())


def test_a_pressed_button_is_answered_with_a_card_and_nothing_else() -> None:
    async def test() -> None:
        arrive = Button(answer_key("arrive", COMMUNITY, 7), "已到场")
        wecom, answers = Wecom(), Answers(buttons=(arrive,))
        async with bot_of(wecom, answers) as (bot, _):
            await until(lambda: bot.connected)
            await wecom.say(event("template_card_event", event_key=GO.key, task_id="7-ab", card_type="x"))
            assert (await answers.next()).choice == GO.key
            reply = await next_of(wecom.frames)
            assert (reply["cmd"], reply["headers"]) == ("aibot_respond_update_msg", {"req_id": "r-e1"})
            assert reply["body"]["response_type"] == "update_template_card"
            card = reply["body"]["template_card"]
            assert (card["task_id"], card["card_type"]) == ("7-ab", "button_interaction")
            assert card["button_list"] == [{"text": "已到场", "style": 1, "key": arrive.key}]
            assert "已记录" in card["main_title"]["title"]

    run(test())


def test_without_a_next_button_the_reply_is_a_message() -> None:
    async def test() -> None:
        wecom, answers = Wecom(), Answers(text="这件事已经结束,不用去了。")
        async with bot_of(wecom, answers) as (bot, _):
            await until(lambda: bot.connected)
            await wecom.say(event("template_card_event", event_key=GO.key, task_id="7-ab"))
            sent = await next_of(wecom.frames)
            assert sent["cmd"] == "aibot_send_msg"
            assert (sent["body"]["chatid"], sent["body"]["markdown"]["content"]) == ("wang", answers.said.text)

    run(test())


def test_whoever_enters_is_welcomed() -> None:
    async def test() -> None:
        wecom, answers = Wecom(), Answers(text="您好")
        async with bot_of(wecom, answers) as (bot, _):
            await until(lambda: bot.connected)
            await wecom.say(event("enter_chat"))
            reply = await next_of(wecom.frames)
            assert reply["cmd"] == "aibot_respond_welcome_msg"
            assert reply["body"] == {"msgtype": "text", "text": {"content": "您好"}}

    run(test())


def test_a_wrong_secret_is_said_and_tried_again_later() -> None:
    async def test() -> None:
        patience = Patience(times=1)
        wrong = WecomBotConfig(bot_id="aib-1", secret=SecretStr("guess"))
        async with bot_of(Wecom(), Answers(), config=wrong, backoff=patience.backoff()) as (bot, peer):
            await until(lambda: len(patience.waits) == 2)
            assert not bot.connected
            assert bot.why_not == "refused: errcode 853000"
            assert peer.calls == 2
            with pytest.raises(DeliveryError) as caught:
                await bot.send("wang", "x")
            assert (caught.value.reason, caught.value.permanent) == (Answer.UNREACHABLE, False)

    run(test())


def test_a_lost_connection_comes_back_and_subscribes_again() -> None:
    async def test() -> None:
        wecom, answers = Wecom(), Answers()
        async with bot_of(wecom, answers) as (bot, _):
            await until(lambda: bot.connected)
            first = wecom.socket
            assert first is not None
            first.transport.abort()
            await until(lambda: wecom.subscribed == 2 and bot.connected)
            await wecom.say(text("2", "m2"))
            assert (await answers.next()).text == "2"

    run(test())


def test_thrown_out_by_another_hub_it_is_slow_to_return() -> None:
    async def test() -> None:
        wecom, patience = Wecom(), Patience(times=0)
        backoff = patience.backoff()
        async with bot_of(wecom, Answers(), backoff=backoff) as (bot, _):
            await until(lambda: bot.connected)
            await wecom.say(event("disconnected_event"))
            await until(lambda: patience.waits)
            assert bot.why_not.startswith("thrown out")
            assert backoff.attempt > 10

    run(test())


def test_heartbeats_without_an_answer_end_the_connection() -> None:
    async def test() -> None:
        wecom, patience = Wecom(), Patience(times=100)
        wecom.mute = {"ping"}
        async with bot_of(wecom, Answers(), pace=HASTY, backoff=patience.backoff()) as (bot, _):
            await until(lambda: bot.why_not == "timeout: no answer to heartbeats")
            assert wecom.pings >= 2

    run(test())


def test_heartbeats_with_an_answer_keep_it() -> None:
    async def test() -> None:
        wecom = Wecom()
        async with bot_of(wecom, Answers(), pace=Pace(5.0, 5.0, 0.005)) as (bot, peer):
            await until(lambda: wecom.pings > 5)
            assert bot.connected
            assert peer.calls == 1

    run(test())


@pytest.mark.parametrize("muted", ["aibot_subscribe", "the handshake"])
def test_a_server_that_hangs_is_given_up(muted: str) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()

    async def test() -> None:
        patience = Patience(times=0)
        wecom = Wecom()
        wecom.mute = {muted}
        if muted == "aibot_subscribe":
            async with bot_of(wecom, Answers(), pace=HASTY, backoff=patience.backoff()) as (bot, _):
                await until(lambda: patience.waits)
                assert bot.why_not == "timeout"
            return
        async with await asyncio.start_server(hang, "127.0.0.1", 0) as server:
            url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            bot = WecomBot(CONFIG, Answers(), url=url, pace=HASTY, backoff=patience.backoff())
            async with running(bot):
                await until(lambda: patience.waits)
                assert bot.why_not == "timeout"

    run(test())


def test_nobody_listens() -> None:
    async def test() -> None:
        async with listening(Wecom().talk) as peer:
            gone = peer.url
        patience = Patience(times=0)
        bot = WecomBot(CONFIG, Answers(), url=gone, pace=QUICK, backoff=patience.backoff())
        async with running(bot):
            await until(lambda: patience.waits)
            assert bot.why_not.startswith("unreachable")

    run(test())


@pytest.mark.parametrize(
    "rubbish",
    [
        "",
        "null",
        "[]",
        "{",
        '{"cmd": 5}',
        '{"cmd": "aibot_msg_callback", "body": {"from": 1}}',
        '{"cmd": "news"}',
        "\x00",
    ],
)
def test_a_frame_that_makes_no_sense_changes_nothing(rubbish: str) -> None:
    async def test() -> None:
        wecom, answers = Wecom(), Answers()
        async with bot_of(wecom, answers) as (bot, peer):
            await until(lambda: bot.connected)
            await wecom.say(rubbish)
            await wecom.say(text("1"))
            assert (await answers.next()).text == "1"
            assert peer.calls == 1

    run(test())


# ── sending ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_message_is_sent_whole_and_its_buttons_follow() -> None:
    async def test() -> None:
        wecom = Wecom()
        async with bot_of(wecom, Answers()) as (bot, _):
            await until(lambda: bot.connected)
            sent = await bot.send("wang", "【紧急】6号楼12层烟感报警 03:12。①敲门", [GO])
            whole = await next_of(wecom.frames)
            assert whole["headers"]["req_id"] == sent
            assert whole["body"] == {
                "chatid": "wang",
                "chat_type": 1,
                "msgtype": "markdown",
                "markdown": {"content": "【紧急】6号楼12层烟感报警 03:12。①敲门"},
            }
            card = (await next_of(wecom.frames))["body"]
            assert card["msgtype"] == "template_card"
            assert card["template_card"]["button_list"][0]["key"] == GO.key
            assert card["template_card"]["main_title"]["title"] == "【紧急】6号楼12层烟感报警 03:12"

    run(test())


@pytest.mark.parametrize(
    ("code", "reason", "permanent"),
    [
        *((code, reason, permanent) for code, (reason, permanent, _) in REFUSALS.items()),
        (123456, Answer.REFUSED, False),
    ],
)
def test_a_code_is_no_receipt(code: int, reason: Answer, permanent: bool) -> None:
    async def test() -> None:
        wecom = Wecom()
        wecom.codes = {"aibot_send_msg": code}
        async with bot_of(wecom, Answers()) as (bot, _):
            await until(lambda: bot.connected)
            with pytest.raises(DeliveryError) as caught:
                await bot.send("wang", "x")
            assert (caught.value.reason, caught.value.permanent) == (reason, permanent)
            assert caught.value.code == str(code)

    run(test())


def test_no_answer_to_a_message_is_no_receipt() -> None:
    async def test() -> None:
        wecom = Wecom()
        wecom.mute = {"aibot_send_msg"}
        more = {"pace": Pace(5.0, 0.2, 30.0), "backoff": Patience(times=100).backoff()}
        async with bot_of(wecom, Answers(), **more) as (bot, _):
            await until(lambda: bot.connected)
            with pytest.raises(DeliveryError) as caught:
                await bot.send("wang", "x")
            assert caught.value.reason == Answer.TIMEOUT

    run(test())


def test_a_connection_lost_in_the_middle_of_a_send_is_no_receipt() -> None:
    async def test() -> None:
        wecom = Wecom()
        wecom.mute = {"aibot_send_msg"}
        async with bot_of(wecom, Answers()) as (bot, _):
            await until(lambda: bot.connected)
            sending = asyncio.create_task(bot.send("wang", "x"))
            await next_of(wecom.frames)
            assert wecom.socket is not None
            wecom.socket.transport.abort()
            with pytest.raises(DeliveryError) as caught:
                await sending
            assert caught.value.reason == Answer.UNREACHABLE

    run(test())


# ── with the real desk ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_message_delivered_twice_writes_one_command_and_is_answered_twice(compound: Compound) -> None:
    compound.person("wang", "wecombot://wang")
    compound.incident(7, "wang")

    async def test() -> list[str]:
        wecom = Wecom()
        async with bot_of(wecom, compound.desk().answer) as (bot, _):
            await until(lambda: bot.connected)
            await wecom.say(text("1"))
            await wecom.say(text("1"))
            return [(await next_of(wecom.frames))["body"]["stream"]["content"] for _ in range(2)]

    first, second = run(test())
    assert first == second
    assert first.startswith("已记录:你去")
    assert len(compound.commands) == 1


def test_what_is_being_written_survives_the_connection(compound: Compound) -> None:
    compound.person("wang", "wecombot://wang")
    compound.incident(7, "wang")

    async def test() -> None:
        wecom = Wecom()
        desk = compound.desk()
        seen: asyncio.Queue[Incoming] = asyncio.Queue()

        async def answer(incoming: Incoming) -> Answered:
            seen.put_nowait(incoming)
            return await desk.answer(incoming)

        async with bot_of(wecom, answer) as (bot, _):
            await until(lambda: bot.connected)
            await wecom.say(text("1"))
            await next_of(seen)
            assert wecom.socket is not None
            wecom.socket.transport.abort()
            await until(lambda: len(compound.commands) == 1)
        await desk.close()

    run(test())
