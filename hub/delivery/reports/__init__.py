"""What providers report later: delivered, failed, a key pressed. Their push -> `Report`s -> a receipt and a command. Pure.

The route ``POST /receipts/{provider}`` reads with `read_reports`, looks each call up (`SqlStore.find_call`), carries out
`outcome`, and answers `reply`. Neither cloud signs what it pushes: the route must have a secret in its address, and a
call id that nobody knows changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from hub.core.commands import Accept, Decline, SayFalse
from hub.delivery.answers import Answer
from hub.delivery.reports import aliyun, tencent
from hub.delivery.reports.report import Report
from hub.errors import DecodeError
from hub.model import Receipt, Stage
from hub.store.calls import Call

__all__ = ["Call", "Report", "outcome", "read_reports", "reply"]

READERS: dict[str, Callable[[bytes], list[Report]]] = {aliyun.PROVIDER: aliyun.read, tencent.PROVIDER: tencent.read}
REPLIES = {aliyun.PROVIDER: aliyun.REPLY, tencent.PROVIDER: tencent.REPLY}
MOST_BYTES = 1_000_000

Answered = Accept | Decline | SayFalse


def read_reports(provider: str, body: bytes, headers: Mapping[str, str]) -> list[Report]:
    """Reports of one push; DecodeError for what cannot be read. A report that only says that a call is under way is
    left out. ``headers`` are there for a provider that signs."""
    del headers  # neither of the two signs
    reader = READERS.get(provider)
    if reader is None:
        raise DecodeError("unknown_format", f"no reports are known of {provider[:40]!r}")
    if len(body) > MOST_BYTES:
        raise DecodeError("too_large", f"{len(body)} bytes")
    try:
        return reader(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
        raise DecodeError("not_json", f"a report of {provider}: {exc}") from exc


def reply(provider: str) -> bytes:
    """The JSON body that the provider wants back with HTTP 200; anything else makes it push again."""
    return REPLIES[provider]


def outcome(report: Report, call: Call, now_ms: int) -> tuple[Receipt | None, Answered | None]:
    """What one report means: a receipt of the attempt it belongs to, and what the person answered by key."""
    return _receipt(report, call, now_ms), _answer(report, call)


def _receipt(report: Report, call: Call, now_ms: int) -> Receipt | None:
    if report.stage is None and not report.failed_code:
        return None
    failed = bool(report.failed_code)
    reason = Answer.BAD_CONTACT if report.permanent else Answer.REFUSED
    return Receipt(
        notification=call.notification,
        contact=call.contact,
        attempt=call.attempt,
        # A provider's clock that is ahead of ours must not bring a receipt from the future.
        at_ms=min(report.at_ms, now_ms) or now_ms,
        sent=not failed,
        reason=str(reason if failed else Answer.ACCEPTED),
        code=report.failed_code,
        permanent=report.permanent,
        stage=Stage.ACCEPTED if report.stage is None else report.stage,
        message_id=call.call_id,
    )


def _answer(report: Report, call: Call) -> Answered | None:
    """1 我去 2 去不了 3 误报."""
    if report.key == "1":
        return Accept(actor=call.person, incident=call.incident, via="key")
    if report.key == "2":
        return Decline(actor=call.person, incident=call.incident, via="key")
    if report.key == "3":
        return SayFalse(actor=call.person, incident=call.incident, via="key")
    return None
