"""Providers of ours on loopback: an HTTP server that answers as it is told, in a thread with an event loop of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable, Iterator
from queue import Queue
from urllib.parse import parse_qs, urlsplit

import msgspec

DEADLINE_S = 20.0


class Request(msgspec.Struct, frozen=True):
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, object]:
        return msgspec.json.decode(self.body, type=dict[str, object])


class Answered(msgspec.Struct, frozen=True):
    body: bytes = b""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


class Hang(msgspec.Struct, frozen=True):
    """Never answer; the connection stays open until the peer goes away."""


class Reset(msgspec.Struct, frozen=True):
    """Tear the connection down with a TCP reset."""


Reply = Answered | Hang | Reset


def json_reply(value: object, status: int = 200, **headers: str) -> Answered:
    named = tuple((name.replace("_", "-"), text) for name, text in headers.items())
    return Answered(msgspec.json.encode(value), status, (("Content-Type", "application/json"), *named))


class Peer:
    """A listening provider. ``seen`` holds every request in the order of arrival."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.seen: Queue[Request] = Queue()

    def url(self, scheme: str = "http") -> str:
        return f"{scheme}://127.0.0.1:{self.port}"

    def next(self) -> Request:
        return self.seen.get(timeout=DEADLINE_S)


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.contextmanager
def listening(talk: Talk, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A TCP server on a free loopback port, in a thread of its own; gives the port."""
    started: Queue[tuple[int, asyncio.AbstractEventLoop, asyncio.Event]] = Queue()

    async def serve() -> None:
        ended = asyncio.Event()
        talks: set[asyncio.Task[None]] = set()

        async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            talks.add(task)
            try:
                await talk(reader, writer)
            except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
                pass
            except asyncio.CancelledError:  # the test is over: not an error of the protocol's callback
                pass
            finally:
                talks.discard(task)
                writer.close()

        server = await asyncio.start_server(one, "127.0.0.1", 0, ssl=tls)
        started.put((server.sockets[0].getsockname()[1], asyncio.get_running_loop(), ended))
        await ended.wait()
        server.close()
        for task in list(talks):
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="peer")
    thread.start()
    port, loop, ended = started.get(timeout=DEADLINE_S)
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(DEADLINE_S)


@contextlib.contextmanager
def provider(answer: Callable[[Request], Reply], tls: ssl.SSLContext | None = None) -> Iterator[Peer]:
    """An HTTP provider that gives each request what ``answer`` says."""
    peer = Peer(0)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (request := await _read(reader)) is not None:
            peer.seen.put(request)
            reply = answer(request)
            if isinstance(reply, Hang):
                await reader.read()
                return
            if isinstance(reply, Reset):
                _reset(writer)
                return
            lines = [f"HTTP/1.1 {reply.status} Said", f"Content-Length: {len(reply.body)}"]
            lines += [f"{name}: {text}" for name, text in reply.headers]
            writer.write("\r\n".join([*lines, "", ""]).encode() + reply.body)
            await writer.drain()

    with listening(talk, tls) as port:
        peer.port = port
        yield peer


def _reset(writer: asyncio.StreamWriter) -> None:
    """SO_LINGER 0 makes the close a reset."""
    raw: socket.socket = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _read(reader: asyncio.StreamReader) -> Request | None:
    head = await reader.readline()
    if not head:
        return None
    method, target, _ = head.decode().split(" ", 2)
    headers: dict[str, str] = {}
    while (line := (await reader.readline()).decode().strip()) != "":
        name, _, text = line.partition(":")
        headers[name.lower()] = text.strip()
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    parts = urlsplit(target)
    return Request(method, parts.path, parse_qs(parts.query), headers, body)


class Mail(msgspec.Struct, frozen=True):
    sender: str
    receivers: tuple[str, ...]
    content: bytes


@contextlib.contextmanager
def mail_server(refuse: dict[str, str] | None = None, *, silent: bool = False) -> Iterator[tuple[int, Queue[Mail]]]:
    """A small SMTP server. ``refuse``: command or receiver -> the line to answer it with. ``silent``: no greeting."""
    refused = refuse or {}
    mails: Queue[Mail] = Queue()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def say(line: str) -> None:
            writer.write(line.encode() + b"\r\n")
            await writer.drain()

        if silent:
            await reader.read()
            return
        await say("220 mail.test ready")
        sender = ""
        receivers: list[str] = []
        while (line := (await reader.readline()).decode().strip()) != "":
            verb = line.split(" ")[0].split(":")[0].upper()
            if verb in refused:
                await say(refused[verb])
            elif verb == "MAIL":
                sender, receivers = line.split("<")[1].split(">")[0], []
                await say("250 ok")
            elif verb == "RCPT":
                receiver = line.split("<")[1].split(">")[0]
                if receiver in refused:
                    await say(refused[receiver])
                else:
                    receivers.append(receiver)
                    await say("250 ok")
            elif verb == "DATA":
                await say("354 go on")
                content = await reader.readuntil(b"\r\n.\r\n")
                if "." in refused:
                    await say(refused["."])
                else:
                    mails.put(Mail(sender, tuple(receivers), content))
                    await say("250 taken")
            elif verb == "QUIT":
                await say("221 bye")
                return
            else:
                await say("250 mail.test")

    with listening(talk) as port:
        yield port, mails
