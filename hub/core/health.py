"""Contact health: how often each contact failed today, when it last worked, and when a person last proved it. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from hub.core.commands import Observe
from hub.core.context import Core
from hub.core.decisions import ContactProven, Reason
from hub.core.rules import CONTACT_BROKEN
from hub.model import ContactHealth, Receipt

BROKEN_AFTER = 3
"""Failures of one contact in one day that are an alert."""
REFRESH_MS = 60_000
"""``sent_ms`` is written at most this often: a storm must not write it a thousand times."""
NOT_ITS_FAULT = frozenset({"budget"})
"""Codes of receipts that say nothing about the contact."""


def health_of(core: Core, person: str, contact: str) -> ContactHealth:
    """What is known of it; made when first asked."""
    key = f"{person}/{contact}"
    known = core.state.health.get(key)
    if known is None:
        known = core.state.health[key] = ContactHealth(person=person, contact=contact)
    return known


def local_day(core: Core, at_ms: int) -> str:
    """ISO date in the installation's zone."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(core.settings.zone).date().isoformat()


def receipted(core: Core, person: str, receipt: Receipt) -> None:
    """Count what this receipt says about its contact."""
    if receipt.code in NOT_ITS_FAULT or not receipt.contact:
        return
    known = health_of(core, person, receipt.contact)
    if receipt.sent:
        if known.sent_ms is None or core.now_ms - known.sent_ms >= REFRESH_MS or known.failures:
            was_broken = known.failures >= BROKEN_AFTER
            known.sent_ms = core.now_ms
            known.failures = 0
            _touch(core, known)
            if was_broken:
                contact_broken(core, known, met=False)
        return
    day = local_day(core, core.now_ms)
    if known.day != day:
        known.day, known.failures = day, 0
    known.failures += 1
    known.failed_ms = core.now_ms
    known.code = receipt.code or receipt.reason
    _touch(core, known)
    if known.failures == BROKEN_AFTER:
        contact_broken(core, known, met=True)


def contact_broken(core: Core, known: ContactHealth, *, met: bool) -> None:
    """The alert of the built-in rule `CONTACT_BROKEN` rises or clears, once this input is through: alerts are told by
    what is told about here, so it cannot be raised from within."""
    core.observations.append(
        Observe(
            actor="system",
            rule=CONTACT_BROKEN,
            subject=f"self:contact:{known.person}/{known.contact}",
            met=met,
            detail=f"{known.person}/{known.contact}: {known.code}" if met else "",
        )
    )


def confirm_test(core: Core, person_id: str, contact_id: str) -> str | None:
    """The person has read the test that came over this contact; gives why not, in plain words, or None."""
    person = core.state.people.get(person_id)
    if person is None or all(c.id != contact_id for c in person.contacts):
        return f"{person_id} has no contact {contact_id}"
    known = health_of(core, person_id, contact_id)
    known.proven_ms = core.now_ms
    _touch(core, known)
    core.decisions.append(
        ContactProven(
            seq=core.input_seq,
            at_ms=core.now_ms,
            reason=Reason.PERSON_ASKED,
            person=person_id,
            contact=contact_id,
        )
    )
    return None


def tested(core: Core, person: str, contact: str) -> None:
    """A test went out over it."""
    known = health_of(core, person, contact)
    known.tested_ms = core.now_ms
    _touch(core, known)


def _touch(core: Core, known: ContactHealth) -> None:
    core.changes.health[f"{known.person}/{known.contact}"] = known
