"""A 4G modem behind a pseudo-terminal: it speaks AT with echo, delays, errors, unsolicited lines, and hangs when told to."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tty
from collections.abc import Iterator

from hub.delivery import pdu

FOREVER = "(says nothing)"


class ModemPeer:
    """``says``: command -> its answers, one after another (the last stays); an answer is lines, FOREVER is none."""

    def __init__(self, master: int, path: str) -> None:
        self.path = path
        self.asked: list[str] = []
        self.pdus: list[str] = []
        self.echo = False
        self.before: tuple[str, ...] = ()
        """Lines that come between the echo and the answer of every command."""
        self.calls: list[int] = []
        """States of +CLCC, one a poll; the last stays; empty: no call."""
        self.says: dict[str, list[tuple[str, ...]]] = {}
        self.came = asyncio.Event()
        self.waits = asyncio.Event()
        """Set when a command was left without an answer."""
        self._master = master
        self._buffer = ""
        self._pdu_of = ""
        asyncio.get_running_loop().add_reader(master, self._readable)

    def say(self, *lines: str) -> None:
        os.write(self._master, "".join(f"\r\n{line}\r\n" for line in lines).encode())

    def pull_out(self) -> None:
        asyncio.get_running_loop().remove_reader(self._master)
        os.dup2(os.open(os.devnull, os.O_RDWR), self._master)  # the number stays ours until the end

    async def until(self, command: str, times: int = 1) -> None:
        """Wait until it was asked that often."""
        async with asyncio.timeout(20):
            while self.asked.count(command) < times:
                self.came.clear()
                await self.came.wait()

    def _readable(self) -> None:
        for one in os.read(self._master, 4096).decode():
            if one == "\x1b":
                self._buffer = self._pdu_of = ""
            elif one == "\x1a" and self._pdu_of:
                self._pdu_came()
            elif one == "\r" and not self._pdu_of:
                command, self._buffer = self._buffer, ""
                self._answer(command)
            else:
                self._buffer += one

    def _pdu_came(self) -> None:
        command, self._pdu_of = self._pdu_of, ""
        self.pdus.append(self._buffer)
        if self.echo:
            os.write(self._master, f"{self._buffer}\r\n".encode())
        self._buffer = ""
        self._tell(self._scripted("pdu", (f"+CMGS: {len(self.pdus)}", "OK")))
        self._note(f"{command} sent")

    def _answer(self, command: str) -> None:
        if self.echo:
            os.write(self._master, f"{command}\r".encode())
        if self.before:
            self.say(*self.before)
        if command == "ATE1":
            self.echo = True
        usual: tuple[str, ...] = ("OK",)
        if command == "AT+CPIN?":
            usual = ("+CPIN: READY", "OK")
        elif command == "AT+CLCC" and self.calls:
            state = self.calls.pop(0) if len(self.calls) > 1 else self.calls[0]
            usual = (f'+CLCC: 1,0,{state},0,0,"13800000000",129', "OK") if state >= 0 else ("OK",)
        elif command in ("ATH", "AT+CHUP"):
            self.calls = []
        elif command.startswith("AT+CMGS="):
            usual = (">",)
        answer = self._scripted(command, usual)
        if answer == (">",):
            self._pdu_of = command
            os.write(self._master, b"\r\n> ")
        else:
            self._tell(answer)
        self._note(command)

    def _scripted(self, command: str, usual: tuple[str, ...]) -> tuple[str, ...]:
        answers = self.says.get(command.partition("=")[0] if command.startswith("AT+CMGS") else command)
        if not answers:
            return usual
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def _tell(self, lines: tuple[str, ...]) -> None:
        if lines == (FOREVER,):
            self.waits.set()
        else:
            self.say(*lines)

    def _note(self, command: str) -> None:
        self.asked.append(command)
        self.came.set()


@contextlib.contextmanager
def modem_peer() -> Iterator[ModemPeer]:
    """Inside a running event loop."""
    master, slave = os.openpty()  # our end of the port stays open: a pseudo-terminal without one reads as broken
    tty.setraw(slave)
    try:
        yield ModemPeer(master, os.ttyname(slave))
    finally:
        loop = asyncio.get_running_loop()
        loop.remove_reader(master)
        os.close(master)
        os.close(slave)


def deliver(sender: str, text: str) -> str:
    """SMS-DELIVER in UCS-2, as +CMT and +CMGR give it."""
    digits = sender.removeprefix("+")
    kind = 0x91 if sender.startswith("+") else 0x81
    units = text.encode("utf-16-be")
    octets = bytes((0x04, len(digits), kind)) + pdu._swapped(digits)
    octets += bytes((0, 0x08)) + bytes.fromhex("62301030210023") + bytes((len(units),)) + units
    return "00" + octets.hex().upper()
