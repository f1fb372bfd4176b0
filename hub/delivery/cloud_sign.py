"""How the two clouds want a request signed. Pure: the moment and the nonce are arguments.

Aliyun: signature version 3, ACS3-HMAC-SHA256 (help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature);
the parameters of an RPC call stand in the query, the body is empty. Tencent Cloud: signature version 3, TC3-HMAC-SHA256
(cloud.tencent.com/document/product/647/35488); the parameters are a JSON body. Both documents print a request with its
signature; the tests hold us to them.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

import msgspec

JSON_TYPE = "application/json; charset=utf-8"


class Key(msgspec.Struct, frozen=True):
    """An access key of a cloud account. Never shown."""

    id: str
    secret: str


def acs3_query(parameters: Mapping[str, str]) -> str:
    """The query as it is signed and sent: sorted, RFC 3986."""
    return "&".join(f"{_quoted(name)}={_quoted(parameters[name])}" for name in sorted(parameters))


def acs3_headers(
    key: Key, host: str, action: str, version: str, parameters: Mapping[str, str], *, now_ms: int, nonce: str
) -> dict[str, str]:
    """Headers of ``POST /?query`` with an empty body."""
    signed = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": _sha256(b""),
        "x-acs-date": f"{datetime.fromtimestamp(now_ms / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}",
        "x-acs-signature-nonce": nonce,
        "x-acs-version": version,
    }
    names = ";".join(signed)
    lines = "".join(f"{name}:{value}\n" for name, value in signed.items())
    request = f"POST\n/\n{acs3_query(parameters)}\n{lines}\n{names}\n{_sha256(b'')}"
    to_sign = f"ACS3-HMAC-SHA256\n{_sha256(request.encode())}"
    signature = _hmac(key.secret.encode(), to_sign).hex()
    return signed | {
        "authorization": f"ACS3-HMAC-SHA256 Credential={key.id},SignedHeaders={names},Signature={signature}"
    }


def tc3_headers(
    key: Key, host: str, action: str, version: str, body: bytes, *, now_ms: int, region: str
) -> dict[str, str]:
    """Headers of ``POST /`` with this JSON body. The service is the first part of the host."""
    service = host.partition(".")[0]
    seconds = now_ms // 1000
    day = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"
    scope = f"{day}/{service}/tc3_request"
    names = "content-type;host"
    request = f"POST\n/\n\ncontent-type:{JSON_TYPE}\nhost:{host}\n\n{names}\n{_sha256(body)}"
    to_sign = f"TC3-HMAC-SHA256\n{seconds}\n{scope}\n{_sha256(request.encode())}"
    signing = f"TC3{key.secret}".encode()
    for part in (day, service, "tc3_request"):
        signing = _hmac(signing, part)
    signature = _hmac(signing, to_sign).hex()
    return {
        "content-type": JSON_TYPE,
        "host": host,
        "x-tc-action": action,
        "x-tc-version": version,
        "x-tc-timestamp": str(seconds),
        "x-tc-region": region,
        "authorization": f"TC3-HMAC-SHA256 Credential={key.id}/{scope}, SignedHeaders={names}, Signature={signature}",
    }


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
