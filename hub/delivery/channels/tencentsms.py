"""``tencentsms://SECRET_ID:${SECRET}@/PHONE?app=1400006666&sign=签名&template=1234``: an SMS through Tencent Cloud (腾讯云短信).

Facts: SendSms of version 2021-01-11 at sms.tencentcloudapi.com; ``SendStatusSet`` has one entry for each number, whose
``Code`` is Ok or says why not (cloud.tencent.com/document/api/382/55981). ``SerialNo`` is the ``sid`` of the delivery
report. The template's variables {1} {2} {3} are place, what and time; ``region`` is ap-guangzhou unless the contact says
another.
"""

from __future__ import annotations

import msgspec

from hub.delivery import tencent
from hub.delivery.answers import Answer
from hub.delivery.cloud import Account, read_account, remember
from hub.delivery.port import Accepted, Message
from hub.delivery.tools import Channel, Opened, Tools, budget_key
from hub.delivery.variables import variables
from hub.errors import DeliveryError
from hub.model.channels import CHANNELS

HOST = "sms.tencentcloudapi.com"


class Status(msgspec.Struct):
    Code: str
    SerialNo: str = ""


class Sent(msgspec.Struct):
    SendStatusSet: list[Status]


class TencentSmsSender:
    """One phone, through one account."""

    per_minute = CHANNELS["tencentsms"].per_minute

    def __init__(self, account: Account, tools: Tools) -> None:
        self.provider = budget_key("tencentsms", account.key.id, account.phone)
        self._account = account
        self._tools = tools

    async def send(self, message: Message) -> Accepted:
        account, options = self._account, self._account.options
        asked = {
            "PhoneNumberSet": [tencent.international(account.phone)],
            "SmsSdkAppId": options["app"],
            "SignName": options["sign"],
            "TemplateId": options["template"],
            "TemplateParamSet": variables(message.notice, self._tools.zone).in_order(),
        }
        region = options.get("region", "ap-guangzhou")
        key = account.key
        sent = await tencent.call(self._tools, "tencentsms", HOST, "SendSms", "2021-01-11", key, region, asked, Sent)
        if len(sent.SendStatusSet) != 1:
            raise DeliveryError(Answer.UNREADABLE, permanent=False, code=f"{len(sent.SendStatusSet)} statuses")
        (status,) = sent.SendStatusSet
        if status.Code != "Ok":
            raise tencent.failed(status.Code)
        if status.SerialNo:
            remember(self._tools, message, "tencentcloud", status.SerialNo)
        return Accepted(code="Ok", message_id=status.SerialNo)

    async def close(self) -> None:
        """The HTTP client is shared and closed by its owner."""


def open_tencentsms(url: str, tools: Tools) -> Opened:
    todo = "Write tencentsms://SECRET_ID:${SECRET}@/PHONE?app=SDK_APP_ID&sign=SIGNATURE&template=TEMPLATE_ID."
    account = read_account(url, ("app", "sign", "template"), ("region",), todo)
    tools.make_http()
    return Opened(TencentSmsSender(account, tools), third_party=True)


CHANNEL = Channel(schemes=("tencentsms",), open=open_tencentsms)
