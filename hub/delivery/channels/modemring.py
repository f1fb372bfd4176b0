"""``modemring:///dev/ttyUSB2?to=PHONE``: a 4G modem on this machine rings a phone. It says nothing; it wakes.

What is positive: the network has said for three seconds that the phone rings (+CLCC state 3): accepted; or it was picked
up (state 0): delivered. A number that was dialled is no receipt, nor is one that is busy or turned the call away before
that; a modem that cannot tell (no +CLCC) gives none. The call goes on ringing behind the receipt for 25 s, or 8 s when
another waits for the modem.
"""

from __future__ import annotations

from hub.delivery.modem_contact import read_modem_contact
from hub.delivery.port import Accepted, Message
from hub.delivery.tools import Channel, Opened, Tools, budget_key
from hub.model import Severity, Stage
from hub.model.channels import CHANNELS


class ModemRingSender:
    """One phone, through one modem."""

    per_minute = CHANNELS["modemring"].per_minute

    def __init__(self, port: str, phone: str, tools: Tools) -> None:
        self.provider = budget_key("modemring", port)
        self._port = port
        self._phone = phone
        self._tools = tools

    async def send(self, message: Message) -> Accepted:
        first = message.notice.severity is Severity.CRITICAL
        answered = await self._tools.modems.at(self._port).ring(self._phone, first=first)
        return Accepted(code="answered", stage=Stage.DELIVERED) if answered else Accepted(code="ringing")

    async def close(self) -> None:
        """The modem is shared and closed by its owner."""


def open_modemring(url: str, tools: Tools) -> Opened:
    port, phone = read_modem_contact(url)
    return Opened(ModemRingSender(port, phone, tools), third_party=True)


CHANNEL = Channel(schemes=("modemring",), open=open_modemring)
