"""What one attempt came to: the values of `Receipt.reason`. Sentences for people are `hub.phrases.RECEIPTS`."""

from __future__ import annotations

from enum import StrEnum


class Answer(StrEnum):
    """The provider's answer, or what stood in for one."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    RATE_LIMITED = "rate_limited"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    """Name, route, connection or TLS: nobody answered."""
    BAD_CONTACT = "bad_contact"
    TOO_LONG = "too_long"
    PROVIDER_DOWN = "provider_down"
    UNREADABLE = "unreadable"
    """An answer that is not the provider's language: a captive portal, a proxy."""
    FAULT = "fault"
    """Our own sender failed: a bug."""
