"""The ledger: entries and visits. Entries are added, never changed. Pure."""

from __future__ import annotations

from hub.core.commands import CorrectLedger
from hub.core.context import Core
from hub.model import EntryReason, GateLane, LedgerEntry, PermitKind, ReadHow


def enter(
    core: Core,
    lane: GateLane | None,
    *,
    at_ms: int,
    plate: str,
    read: ReadHow,
    reason: EntryReason = EntryReason.PASSED,
    zone: str = "",
    device: str = "",
    kind: PermitKind | None = None,
    actor: str = "",
    note: str = "",
) -> LedgerEntry:
    """A car came in: an entry and a visit; what it shows to have been missed is an entry of its own before it."""
    raise NotImplementedError


def leave(
    core: Core,
    lane: GateLane | None,
    *,
    at_ms: int,
    plate: str,
    read: ReadHow,
    reason: EntryReason = EntryReason.PASSED,
    zone: str = "",
    device: str = "",
    kind: PermitKind | None = None,
    actor: str = "",
    note: str = "",
) -> LedgerEntry:
    """A car went out."""
    raise NotImplementedError


def correct(core: Core, command: CorrectLedger) -> str | None:
    """The office corrects the ledger by an entry of its own; gives why not, in plain words, or None."""
    raise NotImplementedError
