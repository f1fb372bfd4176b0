"""One call to Tencent Cloud's SMS or voice service, and what its codes mean.

The answer is HTTP 200 with ``{"Response": …}``, holding an ``Error`` or the result
(cloud.tencent.com/document/api/382/52075 lists the codes; those of voice stand with the API, …/api/1128/51558).
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from hub.delivery.cloud import ACCOUNT, NUMBER, SPENT, no_vendor, refusal
from hub.delivery.cloud_sign import Key, tc3_headers
from hub.delivery.http import BUSY, LIMITED, REFUSED, TOO_LONG, Meaning, ask
from hub.delivery.tools import Tools
from hub.errors import DeliveryError

CODES: dict[str, Meaning] = {
    # families first: what stands before the dot
    "AuthFailure": ACCOUNT,
    "UnauthorizedOperation": ACCOUNT,
    "InternalError": BUSY,
    "RequestLimitExceeded": BUSY,
    "ResourceUnavailable": BUSY,
    "LimitExceeded": SPENT,
    "FailedOperation": REFUSED,
    "InvalidParameter": REFUSED,
    "InvalidParameterValue": REFUSED,
    "MissingParameter": REFUSED,
    "UnsupportedOperation": REFUSED,
    "IpNotInWhitelist": ACCOUNT,
    "IpInBlacklist": ACCOUNT,
    # single codes that mean something else than their family
    "AuthFailure.SignatureExpire": REFUSED,  # our clock is more than 5 minutes out: it may be set
    "FailedOperation.AccessUpstreamTimeout": BUSY,
    "FailedOperation.InsufficientBalanceInSmsPackage": ACCOUNT,  # 套餐包余量不足
    "FailedOperation.InsufficientBalanceInVoicePackage": ACCOUNT,
    "FailedOperation.PhonenumberUnappliedOrExpired": ACCOUNT,  # the number to show
    "FailedOperation.PhoneNumberInBlacklist": NUMBER,  # 手机号在黑名单库中
    "FailedOperation.SignatureIncorrectOrUnapproved": ACCOUNT,
    "FailedOperation.TemplateIncorrectOrUnapproved": ACCOUNT,
    "FailedOperation.TemplateUnapprovedOrNotExist": ACCOUNT,
    "FailedOperation.MissingSignature": ACCOUNT,
    "InternalError.SigVerificationFail": REFUSED,
    "InternalError.RequestTimeException": REFUSED,  # 服务器时间差异超过10分钟
    "InvalidParameterValue.IncorrectPhoneNumber": NUMBER,
    "InvalidParameterValue.CalledNumberVerifyFail": NUMBER,
    "InvalidParameterValue.SdkAppIdNotExist": ACCOUNT,
    "InvalidParameterValue.SdkAppidNotExist": ACCOUNT,
    "InvalidParameterValue.ContentLengthLimit": TOO_LONG,
    "InvalidParameterValue.TemplateParameterLengthLimit": TOO_LONG,
    "LimitExceeded.DeliveryFrequencyLimit": LIMITED,
    "LimitExceeded.PhoneNumberThirtySecondLimit": Meaning(LIMITED.reason, retry_after=30),
    "UnsupportedOperation.UnsupportedRegion": NUMBER,
}
"""A code that is not here is its family; a family that is not here is a refusal that may pass."""

T = TypeVar("T")


class Problem(msgspec.Struct, frozen=True):
    Code: str
    Message: str = ""


async def call(
    tools: Tools, scheme: str, host: str, action: str, version: str, key: Key, region: str, asked: object, kind: type[T]
) -> T:
    """The result of one call; DeliveryError for an ``Error``, and for whatever is not the vendor's language."""
    body = msgspec.json.encode(asked)
    headers = tc3_headers(key, host, action, version, body, now_ms=tools.now_ms(), region=region)
    address = tools.endpoint(scheme, f"https://{host}").rstrip("/")
    response = await ask(tools, f"{address}/", headers=headers, content=body)
    if response.status_code != 200:
        raise no_vendor(response)
    try:
        outer = msgspec.json.decode(response.content, type=dict[str, dict[str, object]])["Response"]
        if "Error" in outer:
            raise failed(msgspec.convert(outer["Error"], Problem).Code)
        return msgspec.convert(outer, kind)
    except (msgspec.MsgspecError, KeyError, UnicodeDecodeError) as exc:
        raise no_vendor(response) from exc


def failed(code: str) -> DeliveryError:
    return refusal(code, CODES, families=True)


def international(phone: str) -> str:
    """E.164, which Tencent wants; a number without a country's code is a Chinese one."""
    return phone if phone.startswith("+") else f"+86{phone}"
