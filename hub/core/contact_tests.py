"""Tests of contacts: asked for, or every week of those that nobody has proven. Pure.

The weekly round looks at 10:00 and at 18:00 local time (whoever sleeps by day is awake at one of them), and sends at most
`A_DAY` tests a day. A URL that several people share is tested once.
"""

from __future__ import annotations

from hub.core.context import Core
from hub.core.decisions import Reason
from hub.core.health import local_day, tested
from hub.core.ladder import climb
from hub.core.rota import unwilling
from hub.core.rungs import INBOX, rungs
from hub.model import Notification, Person, Purpose, Severity

A_DAY = 20


def tell_test(core: Core, person: Person, contact_id: str, reason: Reason = Reason.PERSON_ASKED) -> bool:
    """Send 【测试】 to one person, over one contact when named; False when there is none."""
    contacts = [c for c in person.contacts if contact_id in ("", c.id)]
    if not contacts:
        return False
    one = Notification(
        id=core.next_id(),
        incident=0,
        person=person.id,
        role="",
        purpose=Purpose.TEST,
        severity=Severity.INFO,
        created_ms=core.now_ms,
        dead=tuple(c.id for c in person.contacts if c not in contacts),
        test=True,
    )
    core.state.notifications[one.id] = one
    core.notifications_of.setdefault(0, set()).add(one.id)
    tested(core, person.id, contacts[0].id)
    climb(core, one, person, reason)
    return True


def tests_due(core: Core) -> None:
    """Test what was neither proven nor tested for too long, the longest first."""
    core.arm_tests()
    every_ms = core.settings.test_every_ms
    if every_ms is None:
        return
    today = local_day(core, core.now_ms)
    left = A_DAY - sum(
        1 for h in core.state.health.values() if h.tested_ms is not None and local_day(core, h.tested_ms) == today
    )
    seen: set[str] = set()
    due: list[tuple[int, str, str]] = []
    for person in core.state.people.values():
        if unwilling(core, person, Severity.INFO) is not None:
            continue
        for rung in rungs(person):
            url = rung.contact.url
            if rung.scheme == INBOX or not rung.nature.person or url in seen:
                continue
            seen.add(url)
            known = core.state.health.get(f"{person.id}/{rung.contact.id}")
            last_ms = max(known.proven_ms or 0, known.tested_ms or 0) if known else 0
            if core.now_ms - last_ms >= every_ms:
                due.append((last_ms, person.id, rung.contact.id))
    for _, person_id, contact_id in sorted(due)[: max(0, left)]:
        tell_test(core, core.state.people[person_id], contact_id, Reason.WEEKLY_TEST)
