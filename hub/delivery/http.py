"""What senders over HTTP do alike: ask, say what broke, and read an answer whose own code decides.

Only a decoded answer can be a positive receipt: HTTP 200 with a page of a captive portal is none.
"""

from __future__ import annotations

import ssl
from collections.abc import Collection, Mapping
from typing import TypeVar

import httpx
import msgspec

from hub.delivery.answers import Answer
from hub.delivery.tools import Tools
from hub.errors import DeliveryError

WINDOW_S = 60.0
"""How long most vendors count, and so how long they refuse."""

T = TypeVar("T")
Code = TypeVar("Code", int, str)


class Meaning(msgspec.Struct, frozen=True):
    """What a code of the vendor's means to us."""

    reason: Answer
    permanent: bool = False
    """Sending over the same contact again cannot help, whatever the message says."""
    retry_after: float | None = None

    def error(self, code: str) -> DeliveryError:
        return DeliveryError(self.reason, permanent=self.permanent, retry_after=self.retry_after, code=code)


BUSY = Meaning(Answer.PROVIDER_DOWN, retry_after=2)
CROWDED = Meaning(Answer.RATE_LIMITED, retry_after=2)
"""Too many at the same moment, not too many in a window."""
DENIED = Meaning(Answer.REFUSED, permanent=True)
"""A key, a right or an address that somebody has to set right at the vendor's or in config.yaml."""
GONE = Meaning(Answer.BAD_CONTACT, permanent=True)
LIMITED = Meaning(Answer.RATE_LIMITED, retry_after=WINDOW_S)
REFUSED = Meaning(Answer.REFUSED)
TOO_LONG = Meaning(Answer.TOO_LONG)
UNREADABLE = Meaning(Answer.UNREADABLE)
"""JSON, but not the answer that the vendor documents."""


def meaning(code: Code, codes: Mapping[Code, Meaning]) -> Meaning:
    """A code that the vendor does not document is a refusal that may pass."""
    return codes.get(code, REFUSED)


async def ask(
    tools: Tools,
    url: str,
    *,
    json: object = None,
    form: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    content: bytes | None = None,
    method: str = "POST",
) -> httpx.Response:
    """One request, without a deadline of its own. Raises DeliveryError when there is no answer."""
    try:
        return await tools.http.request(
            method, url, params=params, json=json, data=form, content=content, headers=headers
        )
    except httpx.InvalidURL as exc:
        raise GONE.error("address") from exc
    except httpx.DecodingError as exc:
        raise DeliveryError(Answer.UNREADABLE, permanent=False, code=type(exc).__name__) from exc
    except httpx.TransportError as exc:
        raise DeliveryError(Answer.UNREACHABLE, permanent=False, code=what_broke(exc)) from exc


def read(response: httpx.Response, shape: type[T], *, also: Collection[int] = ()) -> T:
    """The body of an answer with HTTP 200, or with a status of ``also``, which some vendors give beside their code."""
    status = f"HTTP {response.status_code}"
    if response.status_code != 200 and response.status_code not in also:
        raise status_error(response)
    try:
        return msgspec.json.decode(response.content, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        if response.status_code != 200:
            raise status_error(response) from exc
        raise DeliveryError(Answer.UNREADABLE, permanent=False, code=status) from exc


def status_error(response: httpx.Response) -> DeliveryError:
    """What a status alone says."""
    status = f"HTTP {response.status_code}"
    if response.status_code == 429:
        return DeliveryError(Answer.RATE_LIMITED, permanent=False, retry_after=retry_after(response), code=status)
    if response.status_code >= 500:
        return DeliveryError(Answer.PROVIDER_DOWN, permanent=False, retry_after=retry_after(response, 2), code=status)
    return DeliveryError(Answer.REFUSED, permanent=False, code=status)


def retry_after(response: httpx.Response, otherwise: float = WINDOW_S) -> float:
    """Seconds of a Retry-After header; its date form is not worth a clock here."""
    said = response.headers.get("Retry-After", "")
    return float(said) if said.isascii() and said.isdigit() else otherwise


def what_broke(exc: httpx.TransportError) -> str:
    """``tls`` for a certificate we do not believe, else the name of what happened, for example ConnectError."""
    cause: BaseException | None = exc
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return "tls"
        cause = cause.__cause__ or cause.__context__
    return type(exc).__name__
