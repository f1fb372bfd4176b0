"""What the SMS and voice senders of both clouds share: one POST, the vendor's code in its answer, a table of meanings."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs, unquote, urlsplit

import httpx
import msgspec
import structlog

from hub.delivery.answers import Answer
from hub.delivery.cloud_sign import Key
from hub.delivery.http import DENIED, GONE, REFUSED, Meaning, status_error
from hub.delivery.port import Message
from hub.delivery.tools import Tools
from hub.errors import ConfigError, DeliveryError, StoreError
from hub.store.calls import Call

log = structlog.get_logger(__name__)

HOUR_S = 3600.0
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

VOICE_LIMITS = ((HOUR_MS, 5), (DAY_MS, 20))
"""Beyond one a minute: what Aliyun lets one callee be called by default (help.aliyun.com/document_detail/178344.html)."""


ACCOUNT = DENIED
"""Keys, rights, money, signature, template: mended at the vendor's console, not by trying again."""
NUMBER = GONE
SPENT = Meaning(Answer.RATE_LIMITED, retry_after=HOUR_S)
"""An hour's, day's or month's limit: nobody says when it ends."""


def refusal(code: str, codes: Mapping[str, Meaning], *, families: bool = False) -> DeliveryError:
    """The error for a vendor's code; one that is not in the table is a refusal that may pass. ``families``: what
    stands before the dot says enough (Tencent's ``InternalError.Timeout`` is an ``InternalError``)."""
    meaning = codes.get(code)
    if meaning is None and families:
        meaning = codes.get(code.partition(".")[0])
    return (meaning or REFUSED).error(code)


def no_vendor(response: httpx.Response) -> DeliveryError:
    """The error for an answer that holds no code of the vendor's: a proxy's, a portal's, or that of a broken gateway."""
    if response.status_code == 200:
        return DeliveryError(Answer.UNREADABLE, permanent=False, code="HTTP 200")
    return status_error(response)


def remember(tools: Tools, message: Message, provider: str, call_id: str) -> None:
    """Have the provider's id kept, behind the sender's back: the receipt waits for no store, and none is lost with it."""
    call = Call(
        provider=provider,
        call_id=call_id,
        community=message.community,
        incident=message.notice.incident,
        notification=message.notification,
        attempt=message.attempt,
        person=message.person,
        contact=message.contact,
        at_ms=tools.now_ms(),
    )

    def keep() -> None:
        try:
            tools.remember_call(call)
        except StoreError as exc:
            log.warning("call not remembered", provider=provider, notification=call.notification, error=str(exc))

    tools.inbox_lane.submit(keep)


class Account(msgspec.Struct, frozen=True):
    """What a contact of these channels says: whose account, which number, which template."""

    key: Key
    phone: str
    options: dict[str, str]


def read_account(url: str, needed: tuple[str, ...], optional: tuple[str, ...], todo: str) -> Account:
    """Take ``scheme://ID:SECRET@/PHONE?…`` apart; ConfigError with ``todo`` for what can never work."""
    parts = urlsplit(url)
    id_, _, secret = parts.netloc.rpartition("@")[0].partition(":")
    phone = unquote(parts.path).strip("/")
    given = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    fits = all(given.get(name) for name in needed) and not set(given) - set(needed) - set(optional)
    if not (id_ and secret and is_phone(phone) and fits):
        raise ConfigError(f"this is no address of {parts.scheme}.", where="contact", todo=todo)
    return Account(Key(unquote(id_), unquote(secret)), phone, given)


def is_phone(text: str) -> bool:
    """Digits, perhaps with a country's code: 13800000000, +8613800000000."""
    digits = text.removeprefix("+")
    return digits.isascii() and digits.isdigit() and 3 <= len(digits) <= 15
