"""Replies by ntfy against a server that streams lines as ntfy documents it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from hub.answering.ntfy_replies import NtfyReplies, Server, servers
from hub.delivery.links import LinkClaim
from tests.answering.compound import COMMUNITY, LINKS, Compound
from tests.answering.peers import QUICK, Answers, Patience, http_client, next_of, run, running, until


class Ntfy:
    """A server: each connection is one stream."""

    def __init__(self) -> None:
        self.port = 0
        self.paths: list[str] = []
        self.queries: list[dict[str, list[str]]] = []
        self.auth: list[str] = []
        self.status = 200
        self.hangs = False
        self.open: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()
        self.talks: list[tuple[asyncio.Task[None], asyncio.StreamWriter]] = []

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.talks.append((task, writer))
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            target = urlsplit(lines[0].split(" ")[1])
            self.paths.append(target.path)
            self.queries.append(parse_qs(target.query))
            headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines[1:])}
            self.auth.append(headers.get("authorization", ""))
            if not self.hangs:
                writer.write(f"HTTP/1.1 {self.status} Said\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
                self.say(writer, {"id": "o", "event": "open"})
            if self.status != 200:
                writer.write(b"0\r\n\r\n")
            else:
                self.open.put_nowait(writer)
            await reader.read()

    async def close(self) -> None:
        for _, writer in self.talks:
            writer.transport.abort()
        await asyncio.gather(*(task for task, _ in self.talks), return_exceptions=True)
        for _, writer in self.talks:
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    def say(self, writer: asyncio.StreamWriter, line: dict[str, object] | bytes, cut: int = 0) -> None:
        raw = line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n"
        for piece in (raw[:cut], raw[cut:]) if cut else (raw,):
            writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")


@contextlib.asynccontextmanager
async def line_of(ntfy: Ntfy, answer: Any, **more: Any) -> AsyncIterator[NtfyReplies]:
    server = await asyncio.start_server(ntfy.talk, "127.0.0.1", 0)
    ntfy.port = server.sockets[0].getsockname()[1]
    try:
        async with http_client() as http:
            fields = {"pace": QUICK, "backoff": Patience().backoff(), **more}
            where = Server(url=f"http://127.0.0.1:{ntfy.port}", topics=("fire", "gate"), **fields.pop("auth", {}))
            line = NtfyReplies(where, answer, http, **fields)
            async with running(line):
                yield line
    finally:
        server.close()
        await ntfy.close()


def pressed(message: str, id: str = "n1") -> dict[str, object]:
    return {"id": id, "time": 1_700_000_000, "event": "message", "topic": "fire-reply", "message": message}


def test_a_button_is_an_answer_and_the_token_says_whose() -> None:
    async def test() -> None:
        ntfy, answers = Ntfy(), Answers()
        async with line_of(ntfy, answers) as line:
            writer = await next_of(ntfy.open)
            await until(lambda: line.connected)
            assert ntfy.paths == ["/fire-reply,gate-reply/json"]
            assert ntfy.queries == [{"since": ["10m"]}]
            ntfy.say(writer, {"event": "keepalive"})
            ntfy.say(writer, b"\n{\n[]\nnull\n")
            ntfy.say(writer, pressed("hello", "n0"))
            ntfy.say(writer, pressed("1:to.k-en_"), cut=30)
            incoming = await answers.next()
            assert (incoming.channel, incoming.member, incoming.choice, incoming.token) == ("ntfy", "", "1", "to.k-en_")
            assert (incoming.message_key, incoming.at_ms) == ("n1", 1_700_000_000_000)
            assert answers.seen.empty()

    run(test())


def test_after_a_break_it_asks_for_what_it_missed() -> None:
    async def test() -> None:
        ntfy, answers = Ntfy(), Answers()
        async with line_of(ntfy, answers) as line:
            writer = await next_of(ntfy.open)
            ntfy.say(writer, pressed("1:t", "n7"))
            await until(lambda: line._since == "n7")
            writer.transport.abort()
            await next_of(ntfy.open)
            assert ntfy.queries[1] == {"since": ["n7"]}

    run(test())


def test_a_server_that_falls_silent_is_asked_again() -> None:
    async def test() -> None:
        ntfy, patience = Ntfy(), Patience(times=1)
        async with line_of(ntfy, Answers(), quiet_s=0.1, backoff=patience.backoff()) as line:
            await until(lambda: len(patience.waits) == 2)
            assert line.why_not == "timeout"
            await until(lambda: len(ntfy.paths) == 2)

    run(test())


@pytest.mark.parametrize("status", [401, 403, 429, 502])
def test_a_refusal_is_said(status: int) -> None:
    async def test() -> None:
        ntfy, patience = Ntfy(), Patience(times=0)
        ntfy.status = status
        async with line_of(ntfy, Answers(), backoff=patience.backoff()) as line:
            await until(lambda: patience.waits)
            assert line.why_not == f"refused: HTTP {status}"

    run(test())


@pytest.mark.parametrize("header", ["", "Basic dTpw", "Bearer tk_1"])
def test_it_signs_in(header: str) -> None:
    async def test() -> None:
        ntfy = Ntfy()
        async with line_of(ntfy, Answers(), auth={"authorization": header}):
            await next_of(ntfy.open)
            assert ntfy.auth == [header]

    run(test())


def test_pressed_twice_is_one_command(compound: Compound) -> None:
    compound.person("wang", "ntfy://ntfy.test/fire")
    compound.incident(7, "wang")
    token = LINKS.token(LinkClaim(COMMUNITY, 7, "wang"))

    async def test() -> None:
        ntfy = Ntfy()
        async with line_of(ntfy, compound.desk().answer) as line:
            writer = await next_of(ntfy.open)
            for id in ("n1", "n1", "n2"):
                ntfy.say(writer, pressed(f"1:{token}", id))
            await until(lambda: line._since == "n2")

    run(test())
    assert [(one.actor, getattr(one, "via", "")) for one in compound.commands] == [("wang", "push")]


def test_the_servers_behind_contacts() -> None:
    found = servers(
        [
            "ntfys://u:p%40@ntfy.test:8443/fire",
            "ntfys://u:p%40@ntfy.test:8443/gate",
            "ntfy://tk_1@10.0.0.2/fire",
            "ntfys://loose-topic",
            "ntfys://ntfy.test/two/topics",
            "wecom://KEY",
        ],
    )
    assert found == [
        Server(url="https://ntfy.test:8443", topics=("fire", "gate"), authorization="Basic dTpwQA=="),
        Server(url="http://10.0.0.2", topics=("fire",), authorization="Bearer tk_1"),
        Server(url="https://ntfy.sh", topics=("loose-topic",)),
    ]
    assert servers(["ntfys://loose-topic"], "http://proxy")[0].url == "http://proxy"
