"""What Aliyun pushes: SmsReport, VoiceReport, VoiceCallReport (HTTP 批量推送: a JSON array, answered with code 0).

help.aliyun.com/zh/sms/developer-reference/smsreport-2, …/zh/vms/voicereport-7, …/zh/vms/developer-reference/voicecallreport-4;
the codes of a call: help.aliyun.com/document_detail/55085.html. Times are China's.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from hub.delivery.reports.report import Report, pressed
from hub.model import Stage

PROVIDER = "aliyun"
REPLY = b'{"code":0,"msg":"ok"}'
CHINA = ZoneInfo("Asia/Shanghai")

PICKED_UP = {
    "200000",  # 用户听完语音
    "200001",  # 用户提前挂机未完整收听
    "200008",  # 获取按键超时
    "200102",  # 被叫接听
    "300000",  # DTMF按键消息
}
UNDER_WAY = {"200100", "200101", "200103", "200201"}
"""开始呼叫, 被叫响铃, 呼叫结束, …: another report will say how it ended."""
NO_SUCH_NUMBER = {"200004", "200116", "482"}
"""Of a call: 用户号码不合法 (空号)."""
NO_SUCH_PHONE = {"MOBILE_NOT_ON_SERVICE", "isv.MOBILE_NUMBER_ILLEGAL"}
"""Of an SMS."""


class Item(msgspec.Struct):
    """The fields of all three that we read."""

    biz_id: str = ""
    """Of an SMS."""
    success: bool = False
    err_code: str = ""
    report_time: str = ""
    call_id: str = ""
    """Of a call."""
    status_code: str | int = ""
    dtmf: str | int | None = None
    dtmf_content: str | int | None = msgspec.field(default=None, name="DtmfContent")
    status_time: str = ""
    end_time: str = ""
    start_time: str = ""


def read(body: bytes) -> list[Report]:
    """Raises msgspec.MsgspecError for what is no such report."""
    reports = []
    for item in msgspec.json.decode(body, type=list[Item]):
        report = _of_sms(item) if item.biz_id else _of_call(item) if item.call_id else None
        if report is not None:
            reports.append(report)
    return reports


def _of_sms(item: Item) -> Report:
    at_ms = _ms(item.report_time)
    if item.success:
        return Report(provider=PROVIDER, call_id=item.biz_id, stage=Stage.DELIVERED, at_ms=at_ms)
    code = item.err_code or "failed"
    return Report(
        provider=PROVIDER, call_id=item.biz_id, failed_code=code, permanent=code in NO_SUCH_PHONE, at_ms=at_ms
    )


def _of_call(item: Item) -> Report | None:
    code = str(item.status_code)
    at_ms = _ms(item.status_time or item.end_time or item.start_time)
    key = pressed(item.dtmf if item.dtmf is not None else item.dtmf_content)
    if key or code in PICKED_UP:  # whoever pressed a key has picked up, whatever the code says
        return Report(provider=PROVIDER, call_id=item.call_id, stage=Stage.DELIVERED, key=key, at_ms=at_ms)
    if code in UNDER_WAY or not code:
        return None
    permanent = code in NO_SUCH_NUMBER
    return Report(provider=PROVIDER, call_id=item.call_id, failed_code=code, permanent=permanent, at_ms=at_ms)


def _ms(text: str) -> int:
    """``2017-06-01 10:00:00`` -> UTC ms, 0 for what is no time."""
    try:
        return round(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA).timestamp() * 1000)
    except ValueError:
        return 0
