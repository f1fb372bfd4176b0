"""The hub's own errors, one small tree.

HubError
├── ConfigError      a mistake in config.yaml, a device file or a rule: where it stands and what to do
├── DecodeError      a payload that could not be understood: reason and detail
├── TransportError   the MQTT broker refused or was lost
├── StoreError       the store refused a transaction
│   └── LeaseLost    another hub owns this community now
└── DeliveryError    a provider did not take a message: reason, permanent, retry_after

A message says what, where and what to do; the facts are attributes too. Foreign exceptions are translated at the
edge where they appear, with ``raise … from exc``.
"""

from __future__ import annotations


class HubError(Exception):
    """Whatever the hub itself can say went wrong."""


class ConfigError(HubError):
    """One mistake in what the engineer wrote, with the place it stands at."""

    def __init__(self, what: str, *, where: str, todo: str) -> None:
        super().__init__(f"{where}: {what} {todo}")
        self.what = what
        self.where = where
        self.todo = todo


class DecodeError(HubError):
    """A payload that could not be understood; ``reason`` is a `hub.model.Undecoded`, ``device`` its address if known."""

    def __init__(self, reason: str, detail: str, *, device: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.device = device


class TransportError(HubError):
    """The broker refused a connection or the connection was lost; ``permanent`` when trying again cannot help."""

    def __init__(self, what: str, *, permanent: bool = False) -> None:
        super().__init__(what)
        self.permanent = permanent


class StoreError(HubError):
    """The store did not take a transaction; nothing of it was kept."""


class LeaseLost(StoreError):
    """Another hub took this community over; whatever was not committed is theirs to do."""


class DeliveryError(HubError):
    """A provider did not take a message.

    ``permanent``: trying the same contact again cannot help. ``retry_after``: seconds the provider asked us to wait.
    """

    def __init__(self, reason: str, *, permanent: bool, retry_after: float | None = None, code: str = "") -> None:
        super().__init__(f"{reason} ({code})" if code else reason)
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after
        self.code = code
