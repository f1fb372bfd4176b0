"""What Tencent Cloud pushes: SMS status (a JSON array) and, one object a request, how a call went, which key was pressed,
why it failed.

tencentcloud.com/document/product/382/43547 (SMS, the ``sid``); cloud.tencent.com/document/product/1128/51534
(voiceprompt_callback: result 0 接听 1 未接听 2 异常), …/1128/51535 (voicekey_callback), …/api/1128/37727
(voice_failure_callback). Each is answered with result 0.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from hub.delivery.reports.report import Report, pressed
from hub.model import Stage

PROVIDER = "tencentcloud"
REPLY = b'{"result":0,"errmsg":"OK"}'
CHINA = ZoneInfo("Asia/Shanghai")
NO_SUCH_NUMBER = 8
"""failure_code 空号."""
NOT_ANSWERED = {"1": "not answered", "2": "call failed"}


class SmsStatus(msgspec.Struct):
    sid: str
    report_status: str
    errmsg: str = ""
    user_receive_time: str = ""


class Prompt(msgspec.Struct):
    callid: str
    result: str | int
    accept_time: str | int = ""
    end_calltime: str | int = ""


class KeyPress(msgspec.Struct):
    callid: str
    keypress: str | int = ""


class Failure(msgspec.Struct):
    callid: str
    failure_code: str | int = ""
    failure_reason: str = ""


class Callback(msgspec.Struct):
    """One of them."""

    voiceprompt_callback: Prompt | None = None
    voicekey_callback: KeyPress | None = None
    voice_failure_callback: Failure | None = None


def read(body: bytes) -> list[Report]:
    """Raises msgspec.MsgspecError for what is no such report."""
    read_as = msgspec.json.decode(body, type=list[SmsStatus] | Callback)
    if isinstance(read_as, Callback):
        return _of_call(read_as)
    return [_of_sms(one) for one in read_as]


def _of_sms(one: SmsStatus) -> Report:
    at_ms = _ms(one.user_receive_time)
    if one.report_status == "SUCCESS":
        return Report(provider=PROVIDER, call_id=one.sid, stage=Stage.DELIVERED, at_ms=at_ms)
    return Report(provider=PROVIDER, call_id=one.sid, failed_code=one.errmsg or "failed", at_ms=at_ms)


def _of_call(one: Callback) -> list[Report]:
    prompt, key, failure = one.voiceprompt_callback, one.voicekey_callback, one.voice_failure_callback
    reports = []
    if prompt is not None:
        code = str(prompt.result)
        stage = Stage.DELIVERED if code == "0" else None
        at_ms = _epoch_ms(prompt.accept_time) or _epoch_ms(prompt.end_calltime)
        failed = "" if stage else NOT_ANSWERED.get(code, f"result {code}")
        reports.append(Report(provider=PROVIDER, call_id=prompt.callid, stage=stage, failed_code=failed, at_ms=at_ms))
    if key is not None:
        found = pressed(key.keypress)
        reports.append(Report(provider=PROVIDER, call_id=key.callid, stage=Stage.DELIVERED, key=found))
    if failure is not None:
        code = str(failure.failure_code)
        permanent = code == str(NO_SUCH_NUMBER)
        reports.append(
            Report(provider=PROVIDER, call_id=failure.callid, failed_code=code or "failed", permanent=permanent)
        )
    return reports


def _ms(text: str) -> int:
    """``2015-10-17 08:03:04`` -> UTC ms, 0 for what is no time."""
    try:
        return round(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA).timestamp() * 1000)
    except ValueError:
        return 0


def _epoch_ms(text: str | int) -> int:
    said = str(text)
    return int(said) * 1000 if said.isascii() and said.isdigit() and len(said) <= 11 else 0
