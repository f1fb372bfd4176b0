"""``alivoice://ACCESS_KEY_ID:${SECRET}@/PHONE?template=TTS_1&show=CALLED_SHOW_NUMBER``: a call through Aliyun (阿里云语音服务).

Facts: SingleCallByTts of version 2017-05-25 at dyvmsapi.aliyuncs.com, parameters CalledNumber, TtsCode, TtsParam and, for
a number of one's own (专属模式), CalledShowNumber
(help.aliyun.com/zh/vms/developer-reference/api-dyvmsapi-2017-05-25-singlecallbytts). Codes:
help.aliyun.com/document_detail/178344.html, which also names the limit: 1 a minute, 5 an hour, 20 a day for each callee.
``CallId`` is what the VoiceReport names; the key that was pressed (1 我去 2 去不了 3 误报) comes in its ``dtmf``.
Accepted means that Aliyun will call; that the phone was picked up is known from the report alone.
"""

from __future__ import annotations

from hub.delivery.aliyun import send_rpc
from hub.delivery.cloud import VOICE_LIMITS, Account, read_account
from hub.delivery.port import Accepted, Message
from hub.delivery.tools import Channel, Opened, Tools, budget_key
from hub.delivery.variables import variables
from hub.model.channels import CHANNELS


class AliVoiceSender:
    """One phone, through one account."""

    per_minute = CHANNELS["alivoice"].per_minute
    limits = VOICE_LIMITS

    def __init__(self, account: Account, tools: Tools) -> None:
        self.provider = budget_key("alivoice", account.key.id, account.phone)
        self._account = account
        self._tools = tools

    async def send(self, message: Message) -> Accepted:
        account = self._account
        parameters: dict[str, str | dict[str, str]] = {
            "CalledNumber": account.phone,
            "TtsCode": account.options["template"],
            "TtsParam": variables(message.notice, self._tools.zone).named(),
            "PlayTimes": "3",
        }
        if show := account.options.get("show"):
            parameters["CalledShowNumber"] = show
        return await send_rpc(self._tools, "alivoice", account.key, message, parameters)

    async def close(self) -> None:
        """The HTTP client is shared and closed by its owner."""


def open_alivoice(url: str, tools: Tools) -> Opened:
    todo = "Write alivoice://ACCESS_KEY_ID:${SECRET}@/PHONE?template=TTS_1, with &show=NUMBER for a number of your own."
    account = read_account(url, ("template",), ("show",), todo)
    tools.make_http()
    return Opened(AliVoiceSender(account, tools), third_party=True)


CHANNEL = Channel(schemes=("alivoice",), open=open_alivoice)
