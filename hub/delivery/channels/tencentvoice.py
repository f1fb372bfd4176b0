"""``tencentvoice://SECRET_ID:${SECRET}@/PHONE?app=1400006666&template=1234``: a call through Tencent Cloud (腾讯云语音消息).

Facts: SendTtsVoice of version 2020-09-02 at vms.tencentcloudapi.com, answered with ``SendStatus.CallId``
(cloud.tencent.com/document/api/1128/51558). The key that was pressed and whether the phone was picked up are pushed later,
under ``callid`` (…/document/product/1128/51532). A fresh account may call one number twice in 10 minutes and five times a
day, once between 22:00 and 8:00 (…/document/product/1128/38004): have that raised at the console; we keep to 1 a minute,
5 an hour, 20 a day. The template's variables {1} {2} {3} are place, what and time.
"""

from __future__ import annotations

import msgspec

from hub.delivery import tencent
from hub.delivery.cloud import VOICE_LIMITS, Account, read_account, remember
from hub.delivery.port import Accepted, Message
from hub.delivery.tools import Channel, Opened, Tools, budget_key
from hub.delivery.variables import variables
from hub.model.channels import CHANNELS

HOST = "vms.tencentcloudapi.com"


class Status(msgspec.Struct):
    CallId: str


class Sent(msgspec.Struct):
    SendStatus: Status


class TencentVoiceSender:
    """One phone, through one account."""

    per_minute = CHANNELS["tencentvoice"].per_minute
    limits = VOICE_LIMITS

    def __init__(self, account: Account, tools: Tools) -> None:
        self.provider = budget_key("tencentvoice", account.key.id, account.phone)
        self._account = account
        self._tools = tools

    async def send(self, message: Message) -> Accepted:
        account, options = self._account, self._account.options
        asked = {
            "TemplateId": options["template"],
            "CalledNumber": tencent.international(account.phone),
            "VoiceSdkAppid": options["app"],
            "TemplateParamSet": variables(message.notice, self._tools.zone).in_order(),
            "PlayTimes": 3,
        }
        region = options.get("region", "ap-guangzhou")
        key = account.key
        sent = await tencent.call(
            self._tools, "tencentvoice", HOST, "SendTtsVoice", "2020-09-02", key, region, asked, Sent
        )
        call_id = sent.SendStatus.CallId
        remember(self._tools, message, "tencentcloud", call_id)
        return Accepted(code="Ok", message_id=call_id)

    async def close(self) -> None:
        """The HTTP client is shared and closed by its owner."""


def open_tencentvoice(url: str, tools: Tools) -> Opened:
    todo = "Write tencentvoice://SECRET_ID:${SECRET}@/PHONE?app=SDK_APP_ID&template=TEMPLATE_ID."
    account = read_account(url, ("app", "template"), ("region",), todo)
    tools.make_http()
    return Opened(TencentVoiceSender(account, tools), third_party=True)


CHANNEL = Channel(schemes=("tencentvoice",), open=open_tencentvoice)
