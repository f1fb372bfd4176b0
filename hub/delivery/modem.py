"""A 4G modem on a serial port, spoken to with AT commands: SMS out, a call that rings, SMS in.

Laws:
1. One serial line carries one command at a time; a part of a critical SMS goes before what waits.
2. Echo is on: whatever comes before the echo of our own command belongs to one that was given up, and is dropped.
3. A command that was given up leaves the line in doubt: the next one first brings the modem back (ESC, set-up), and
   closes a port that stays silent, so that the one after opens it afresh.
4. A call holds no line while it rings: an SMS gets through meanwhile.

Commands: 3GPP TS 27.005 (CMGF, CMGS, CNMI, CMT, CMTI), TS 27.007 (ATD, CLCC, CHUP, CPIN, CMEE), ITU-T V.250.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine
from contextlib import suppress

import msgspec
import structlog

from hub.delivery import pdu
from hub.delivery.answers import Answer
from hub.delivery.at_codes import explain, is_refusal
from hub.delivery.serial_line import LOST, PROMPT, SerialLine
from hub.delivery.turns import Turns
from hub.errors import DeliveryError

log = structlog.get_logger(__name__)

OnSms = Callable[[str, str], None]
"""(number of the sender, text): called in the event loop for each SMS that comes in."""

SETUP = ("AT+CMEE=1", "AT+CMGF=0", "AT+CNMI=2,2,0,0,0")
CALL_ENDED = ("NO CARRIER", "BUSY", "NO ANSWER", "VOICE CALL: END", "^CEND", "NO DIALTONE", "NO DIAL TONE")
UNASKED = ("RING", "+CRING:", "+CLIP:", "+CREG:", "+CGREG:", "+CEREG:", "+CDS", "^", "*", "VOICE CALL:", "MISSED_CALL:")
ACTIVE, ALERTING = 0, 3


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds."""

    answer_s: float = 5.0
    """A plain command is answered by then, or the modem is silent."""
    poll_s: float = 0.5
    heard_s: float = 3.0
    """The phone must have rung this long before we say that it rang."""
    ring_s: float = 25.0
    """Then we hang up; shorter when another call waits, but never below ``short_ring_s``."""
    short_ring_s: float = 8.0
    talk_s: float = 3.0
    """After it was picked up: long enough to see who called."""
    reopen_s: float = 5.0


class Modem:
    """One port. Opened by its first command; `keep_open` for those who want to be heard at any time."""

    def __init__(self, path: str, on_sms: OnSms, timing: Timing) -> None:
        self.path = path
        self.timing = timing
        self._on_sms = on_sms
        self._line = SerialLine(path, self._heard)
        self._turns = Turns()
        self._calls = Turns()
        self._answers: asyncio.Queue[str] | None = None
        self._in_doubt = True
        self._dialling = False
        self._pdu_follows = False
        self._call_ended = ""
        self._reference = 0
        self._tasks: set[asyncio.Task[None]] = set()

    # ── what channels ask ────────────────────────────────────────────────────────────────────────────────────────────

    async def sms(self, number: str, text: str, *, first: bool = False) -> str:
        """Send it, in parts where it is long; gives the network's reference of the last part."""
        self._reference = (self._reference + 1) % 256
        reference = ""
        for one in pdu.submit(number, text, self._reference):
            lines = await self._command(f"AT+CMGS={one.length}", one.hex, first=first)
            found = [line.partition(":")[2].strip() for line in lines if line.startswith("+CMGS:")]
            if not found:
                raise DeliveryError(Answer.UNREADABLE, permanent=False, code="no +CMGS")
            reference = found[-1]
        return reference

    async def ring(self, number: str, *, first: bool = False) -> bool:
        """Call; returns when the phone has rung for ``heard_s`` (False) or was picked up (True), and lets it ring on.
        DeliveryError when it never rang, is busy, or was turned off before that."""
        await self._calls.acquire(first=first)
        try:
            self._call_ended = ""
            await self._command(f"ATD{number};", first=first)
            answered = await self._until_heard(first)
        except BaseException:  # cancelled too: a call that nobody waits for must not ring on
            self._spawn(self._end_call())
            raise
        self._spawn(self._ring_on(answered))
        return answered

    async def keep_open(self) -> None:
        """Hold the port open for SMS that come in, for ever; a port that is lost is opened again."""
        while True:
            with suppress(DeliveryError):
                await self._command("AT")
            await asyncio.sleep(self.timing.reopen_s)

    async def close(self) -> None:
        """Hang up what still rings, as far as that needs no answer."""
        calling = self._calls.held
        while self._tasks:  # one that is cancelled may begin another: to hang up
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        if calling and self._line.is_open:
            with suppress(DeliveryError):
                self._line.write("ATH\r")
        self._line.close()

    # ── a call ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _until_heard(self, first: bool) -> bool:
        loop = asyncio.get_running_loop()
        since: float | None = None
        while True:
            await asyncio.sleep(self.timing.poll_s)  # a call just dialled is not always listed at once
            state = await self._call_state(first)
            if state == ACTIVE:
                return True
            if state == ALERTING:
                since = loop.time() if since is None else since
                if loop.time() - since >= self.timing.heard_s:
                    return False

    async def _call_state(self, first: bool) -> int:
        """Of our own call, by +CLCC: 0 active, 2 dialling, 3 alerting. DeliveryError when there is none any more."""
        lines = await self._command("AT+CLCC", first=first)
        for line in lines:
            if match := re.match(r"\+CLCC: *\d+, *0, *(\d)", line):
                return int(match.group(1))
        raise explain(self._call_ended or "NO CARRIER")

    async def _ring_on(self, answered: bool) -> None:
        """Until somebody picks up, or long enough; then hang up."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            while not answered:
                await asyncio.sleep(self.timing.poll_s)
                answered = await self._call_state(False) == ACTIVE
                rung = loop.time() - began
                if rung >= (self.timing.short_ring_s if self._calls.wanted else self.timing.ring_s):
                    break
            if answered:
                await asyncio.sleep(self.timing.talk_s)
        except DeliveryError as exc:
            log.info("call ended", port=self.path, code=exc.code)
        finally:
            self._spawn(self._end_call())

    async def _end_call(self) -> None:
        try:
            for command in ("ATH", "AT+CHUP"):  # where AT+CVHU=1 is the default ATH alone does nothing
                with suppress(DeliveryError):
                    await self._command(command, first=True)
        finally:
            self._calls.release()

    # ── the line ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _command(self, text: str, payload: str = "", *, first: bool = False) -> list[str]:
        """One command and its answer. A payload (a PDU) may take as long as the caller waits."""
        async with self._turns.turn(first=first):
            if self._in_doubt or not self._line.is_open:
                await self._bring_back()
            if payload:
                return await self._say(text, payload)
            return await self._say_within(text)

    async def _bring_back(self) -> None:
        """Open the port, end what was begun, set the modem up."""
        if not self._line.is_open:
            self._line.open()
        try:
            self._line.write("\x1b")  # leaves a prompt for a PDU; elsewhere it means nothing
            await self._say_within("ATE1", echoed=False)
            for command in SETUP:
                await self._say_within(command)
            pin = await self._say_within("AT+CPIN?")
            if "+CPIN: READY" not in pin:
                raise DeliveryError(Answer.REFUSED, permanent=True, code=pin[0] if pin else "no +CPIN")
        except DeliveryError:
            self._in_doubt = True
            raise

    async def _say_within(self, text: str, *, echoed: bool = True) -> list[str]:
        try:
            async with asyncio.timeout(self.timing.answer_s):
                return await self._say(text, echoed=echoed)
        except TimeoutError as exc:
            self._line.close()
            raise DeliveryError(Answer.PROVIDER_DOWN, permanent=False, retry_after=2, code="silent") from exc

    async def _say(self, text: str, payload: str = "", *, echoed: bool = True) -> list[str]:
        """Write a command, read up to its final line. ``echoed`` False: whether echo is on is not known yet."""
        answers: asyncio.Queue[str] = asyncio.Queue()
        self._answers, self._in_doubt, self._dialling = answers, True, text.startswith("ATD")
        lines: list[str] = []
        try:
            self._line.write(f"{text}\r")
            while True:
                line = await answers.get()
                if line == LOST:
                    raise DeliveryError(Answer.PROVIDER_DOWN, permanent=False, retry_after=2, code="port lost")
                if line == text:
                    echoed, lines = False, []
                elif echoed:
                    continue
                elif line == PROMPT and payload:
                    self._line.write(f"{payload}\x1a")
                elif line == "OK":
                    self._in_doubt = False
                    return lines
                elif is_refusal(line):
                    self._in_doubt = False
                    raise explain(line)
                else:
                    lines.append(line)
        finally:
            self._answers = None

    def _heard(self, line: str) -> None:
        """One line: a part of an answer, or something that nobody asked for."""
        if self._pdu_follows and line != LOST:
            self._pdu_follows = False
            self._sms_came(line)
            return
        if line.startswith("+CMT:"):
            self._pdu_follows = True
            return
        if line.startswith("+CMTI:"):
            self._spawn(self._fetch(line.rpartition(",")[2].strip()))
            return
        if line.startswith(CALL_ENDED):
            self._call_ended = "NO CARRIER" if line.startswith(("VOICE", "^")) else line
            if not self._dialling:  # the end of a call is no answer to whatever is being asked just now
                return
        if self._answers is not None and not line.startswith(UNASKED):
            self._answers.put_nowait(line)

    # ── SMS in ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _sms_came(self, hex_: str) -> None:
        came = pdu.delivered(hex_)
        if came is None:
            log.warning("sms not understood", port=self.path, length=len(hex_))
        else:
            self._on_sms(came.sender, came.text)

    async def _fetch(self, index: str) -> None:
        """One that the modem stored instead of handing it on: read it, then delete it, or its memory fills up."""
        with suppress(DeliveryError):
            for line in await self._command(f"AT+CMGR={index}"):
                if not line.startswith("+CMGR:"):
                    self._sms_came(line)
            await self._command(f"AT+CMGD={index}")

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name=f"modem {self.path}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def drop_sms(number: str, text: str) -> None:
    """For where nobody answers by SMS."""


class Modems:
    """The modems of this machine, one object per port whoever uses it."""

    def __init__(self, on_sms: OnSms = drop_sms, timing: Timing | None = None) -> None:
        self.on_sms = on_sms
        self._timing = timing or Timing()
        self._modems: dict[str, Modem] = {}

    def at(self, path: str) -> Modem:
        found = self._modems.get(path)
        if found is None:
            # Asked for anew each time: who listens may be known only after the first modem was opened.
            found = self._modems[path] = Modem(path, lambda number, text: self.on_sms(number, text), self._timing)
        return found

    @property
    def paths(self) -> list[str]:
        return sorted(self._modems)

    async def close(self) -> None:
        for modem in self._modems.values():
            await modem.close()
