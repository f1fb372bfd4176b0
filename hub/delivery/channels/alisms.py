"""``alisms://ACCESS_KEY_ID:${SECRET}@/PHONE?sign=签名&template=SMS_123``: an SMS through Aliyun (阿里云短信服务).

Facts: SendSms of version 2017-05-25 at dysmsapi.aliyuncs.com, parameters PhoneNumbers, SignName, TemplateCode and
TemplateParam in the query; the answer's ``Code`` is OK or says why not, whatever the HTTP status
(help.aliyun.com/zh/sms/developer-reference/api-dysmsapi-2017-05-25-sendsms). Codes: help.aliyun.com/document_detail/101346.html.
``BizId`` is what the delivery report names (`hub.delivery.reports`). The template has the variables place, what and time.
"""

from __future__ import annotations

from hub.delivery.aliyun import CODES, send_rpc
from hub.delivery.cloud import Account, read_account
from hub.delivery.port import Accepted, Message
from hub.delivery.tools import Channel, Opened, Tools, budget_key
from hub.delivery.variables import variables
from hub.model.channels import CHANNELS

__all__ = ["CHANNEL", "CODES"]


class AliSmsSender:
    """One phone, through one account."""

    per_minute = CHANNELS["alisms"].per_minute

    def __init__(self, account: Account, tools: Tools) -> None:
        self.provider = budget_key("alisms", account.key.id, account.phone)
        self._account = account
        self._tools = tools

    async def send(self, message: Message) -> Accepted:
        account = self._account
        parameters: dict[str, str | dict[str, str]] = {
            "PhoneNumbers": account.phone,
            "SignName": account.options["sign"],
            "TemplateCode": account.options["template"],
            "TemplateParam": variables(message.notice, self._tools.zone).named(),
        }
        return await send_rpc(self._tools, "alisms", account.key, message, parameters)

    async def close(self) -> None:
        """The HTTP client is shared and closed by its owner."""


def open_alisms(url: str, tools: Tools) -> Opened:
    todo = "Write alisms://ACCESS_KEY_ID:${SECRET}@/PHONE?sign=SIGNATURE&template=SMS_123."
    account = read_account(url, ("sign", "template"), (), todo)
    tools.make_http()
    return Opened(AliSmsSender(account, tools), third_party=True)


CHANNEL = Channel(schemes=("alisms",), open=open_alisms)
