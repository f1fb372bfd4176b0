"""``modemsms:///dev/ttyUSB2?to=PHONE``: an SMS from a 4G modem on this machine. It works when the uplink is down.

Accepted means that the network took it: +CMGS with a reference. It is short enough for one segment, carries no link, and
can be answered with a number: what comes in goes to `Modems.on_sms`.
"""

from __future__ import annotations

from hub.delivery.modem_contact import read_modem_contact
from hub.delivery.pdu import WHOLE
from hub.delivery.phrases import TELL
from hub.delivery.port import Accepted, Message
from hub.delivery.tools import Channel, Opened, Tools, budget_key
from hub.delivery.variables import short_line
from hub.model import Purpose, Severity
from hub.model.channels import CHANNELS

QUIET = (Purpose.ENDED, Purpose.TEST, Purpose.PROGRESS, Purpose.DIGEST, Purpose.SILENCED)
"""Purposes that ask for no answer."""


class ModemSmsSender:
    """One phone, through one modem."""

    per_minute = CHANNELS["modemsms"].per_minute

    def __init__(self, port: str, phone: str, tools: Tools) -> None:
        self.provider = budget_key("modemsms", port)
        self._port = port
        self._phone = phone
        self._tools = tools

    async def send(self, message: Message) -> Accepted:
        first = message.notice.severity is Severity.CRITICAL
        modem = self._tools.modems.at(self._port)
        reference = await modem.sms(self._phone, self._text(message), first=first)
        return Accepted(code=f"+CMGS: {reference}", message_id=reference)

    async def close(self) -> None:
        """The modem is shared and closed by its owner."""

    def _text(self, message: Message) -> str:
        """What happened, and how to answer while one segment has room for that."""
        notice = message.notice
        line = short_line(notice, self._tools.zone)
        if notice.purpose in QUIET or notice.test or notice.group:
            return line
        answer = TELL["answer_number"].said(notice.language)
        joint = ". " if notice.language.startswith("en") else "。"
        return f"{line}{joint}{answer}" if len(line) + len(joint) + len(answer) <= WHOLE else line


def open_modemsms(url: str, tools: Tools) -> Opened:
    port, phone = read_modem_contact(url)
    return Opened(ModemSmsSender(port, phone, tools), by_number=True, third_party=True)


CHANNEL = Channel(schemes=("modemsms",), open=open_modemsms)
