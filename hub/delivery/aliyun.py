"""One RPC call to Aliyun's SMS or voice service, and what its codes mean."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

import msgspec

from hub.delivery.cloud import ACCOUNT, NUMBER, SPENT, no_vendor, refusal, remember
from hub.delivery.cloud_sign import Key, acs3_headers, acs3_query
from hub.delivery.http import BUSY, LIMITED, REFUSED, TOO_LONG, Meaning, ask
from hub.delivery.port import Accepted, Message
from hub.delivery.tools import Tools

VERSION = "2017-05-25"
HOSTS = {"alisms": ("dysmsapi.aliyuncs.com", "SendSms"), "alivoice": ("dyvmsapi.aliyuncs.com", "SingleCallByTts")}
"""Scheme -> host and action. The host is signed whatever address stands in for it: a relay hands it on unchanged."""

CODES: dict[str, Meaning] = {
    "isv.BUSINESS_LIMIT_CONTROL": LIMITED,  # 触发业务流控: 1 a minute, 5 an hour, ... it does not say which
    "isv.DAY_LIMIT_CONTROL": SPENT,  # 触发日发送限额
    "isv.MONTH_LIMIT_CONTROL": SPENT,  # 触发月发送限额
    "Throttling": BUSY,
    "Throttling.User": BUSY,  # 用户请求被流控
    "Throttling.Api": BUSY,
    "ServiceUnavailable": BUSY,
    "InternalError": BUSY,
    "isp.SYSTEM_ERROR": BUSY,
    "isp.GATEWAY_ERROR": BUSY,
    "isv.VOICE_CALL_FAIL": BUSY,  # 呼叫发起失败
    "isv.MOBILE_NUMBER_ILLEGAL": NUMBER,  # 号码格式非法
    "isv.DOMESTIC_NUMBER_NOT_SUPPORTED": NUMBER,
    "isv.COMPLAINT_REJECT": NUMBER,  # 防骚扰拦截: this callee is called no more
    "isv.AMOUNT_NOT_ENOUGH": ACCOUNT,  # 账户余额不足
    "isv.OUT_OF_SERVICE": ACCOUNT,  # 业务停机
    "isv.ACCOUNT_NOT_EXISTS": ACCOUNT,
    "isv.ACCOUNT_ABNORMAL": ACCOUNT,
    "isv.PRODUCT_UN_SUBSCRIPT": ACCOUNT,
    "isv.PRODUCT_UNSUBSCRIBE": ACCOUNT,
    "isv.DENY_IP_RANGE": ACCOUNT,
    "isp.RAM_PERMISSION_DENY": ACCOUNT,  # RAM权限不足
    "isv.BILLID_NOT_EXIST": ACCOUNT,  # the number to show is not ours
    "isv.DISPLAY_NUMBER_ILLEGAL": ACCOUNT,  # 号显不合法
    "isv.SMS_SIGNATURE_ILLEGAL": ACCOUNT,  # 该账号下找不到对应签名
    "isv.SMS_SIGNATURE_SCENE_ILLEGAL": ACCOUNT,
    "isv.SMS_SIGN_ILLEGAL": ACCOUNT,
    "isv.SIGN_STATE_ILLEGAL": ACCOUNT,
    "isv.SMS_TEMPLATE_ILLEGAL": ACCOUNT,  # 该账号下找不到对应模板
    "isv.TTS_TEMPLATE_ILLEGAL": ACCOUNT,
    "isv.TEMPLATE_ILLEGAL": ACCOUNT,
    "isv.TEMPLATE_MISSING_PARAMETERS": ACCOUNT,  # the template has other variables than place, what and time
    "SignatureDoesNotMatch": ACCOUNT,
    "IncompleteSignature": ACCOUNT,
    "InvalidAccessKeyId.NotFound": ACCOUNT,
    "InvalidAccessKeyId.Inactive": ACCOUNT,
    "Forbidden.RAM": ACCOUNT,
    "NoPermission": ACCOUNT,
    "InvalidTimeStamp.Expired": REFUSED,  # our clock is more than 15 minutes out: it may be set
    "SignatureNonceUsed": REFUSED,
    "isv.INVALID_PARAMETERS": REFUSED,
    "isv.INVALID_JSON_PARAM": REFUSED,
    "isv.TEMPLATE_PARAMS_ILLEGAL": REFUSED,
    "isv.SMS_CONTENT_ILLEGAL": REFUSED,  # 短信内容包含禁止发送内容
    "isv.BLACK_KEY_CONTROL_LIMIT": REFUSED,  # 变量不支持黑名单关键字
    "isv.PARAM_NOT_SUPPORT_URL": REFUSED,
    "isv.MOBILE_COUNT_OVER_LIMIT": REFUSED,
    "isv.PARAM_LENGTH_LIMIT": TOO_LONG,  # 参数超过长度限制
}
"""A code that is not here is a refusal that may pass."""


class Reply(msgspec.Struct):
    """The vendor's answer. No Code is no answer: then nothing was accepted."""

    Code: str
    BizId: str = ""
    """Of an SMS."""
    CallId: str = ""
    """Of a call."""


async def send_rpc(
    tools: Tools, scheme: str, key: Key, message: Message, parameters: Mapping[str, str | Mapping[str, str]]
) -> Accepted:
    """Positive only for ``Code`` OK; the id that reports will name is kept."""
    host, action = HOSTS[scheme]
    flat = {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in parameters.items()
    }
    nonce = secrets.token_hex(16)  # fresh at every attempt: a repeat of one already used is refused
    headers = acs3_headers(key, host, action, VERSION, flat, now_ms=tools.now_ms(), nonce=nonce)
    address = tools.endpoint(scheme, f"https://{host}").rstrip("/")
    response = await ask(tools, f"{address}/?{acs3_query(flat)}", headers=headers, content=b"")
    try:
        reply = msgspec.json.decode(response.content, type=Reply)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise no_vendor(response) from exc
    if response.status_code != 200 or reply.Code != "OK":
        # A gateway refuses with 400 or 500 and a code that says more than the status.
        raise no_vendor(response) if reply.Code == "OK" else refusal(reply.Code, CODES)
    call_id = reply.BizId or reply.CallId
    if call_id:
        remember(tools, message, "aliyun", call_id)
    return Accepted(code="OK", message_id=call_id)
