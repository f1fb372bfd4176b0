"""Cards: a message that can be changed is changed, so that one incident is one card and not ten messages. Pure.

A card is kept for a message about one incident alone. It is changed where nobody need be woken anew: the end, progress,
the same place again, a repeat that is not critical. A new home, a page after an accept, a call for help and a critical
repeat are sent anew, because a card that changes disturbs nobody.
"""

from __future__ import annotations

from hub.core.context import Core
from hub.model import Incident, Notification, Purpose, Receipt, Severity, nature

PROGRESS_MS = 2_000
"""Progress to one card closer together than this is left out: the next change shows it too."""


def card(core: Core, incident: Incident, one: Notification) -> str:
    """The provider's id of the message to change; "" when this one must be sent anew."""
    if not incident.cards or not _changes(core, incident, one):
        return ""
    return incident.cards.get(f"{one.person}/{one.contact}", "")


def _changes(core: Core, incident: Incident, one: Notification) -> bool:
    match one.purpose:
        case Purpose.ENDED | Purpose.PROGRESS:
            return True
        case Purpose.ESCALATED:
            return one.severity is not Severity.CRITICAL
        case Purpose.GREW:
            return not _new_home(core, incident)
        case _:
            return False


def _new_home(core: Core, incident: Incident) -> bool:
    alerts = [core.state.alerts[id] for id in incident.alerts if id in core.state.alerts]
    return bool(alerts) and all(a.place != alerts[-1].place for a in alerts[:-1])


def keep_card(core: Core, one: Notification, receipt: Receipt) -> None:
    """The provider took a message that can be changed later."""
    incident = core.state.incidents.get(one.incident)
    if incident is None or not receipt.message_id or (one.carries and receipt.attempt == one.attempt):
        return
    person = core.person(one.person)
    url = next((c.url for c in person.contacts if c.id == receipt.contact), "") if person else ""
    key = f"{one.person}/{receipt.contact}"
    if nature(url).updates and incident.cards.get(key) != receipt.message_id:
        incident.cards[key] = receipt.message_id
        core.touch_incident(incident)


def readers(core: Core, incident: Incident) -> list[tuple[str, str]]:
    """(person, contact) of each card whose reader has not said that they cannot go, and had no progress just now."""
    declined = {r.person for r in incident.responders if r.declined}
    told: set[tuple[str, str]] = set()
    for id in sorted(core.notifications_of.get(incident.id, ())):
        one = core.state.notifications[id]
        if one.purpose is Purpose.PROGRESS and core.now_ms - one.created_ms < PROGRESS_MS:
            told.add((one.person, one.contact))
    found = [(p, c) for p, _, c in (key.partition("/") for key in sorted(incident.cards))]
    return [one for one in found if one not in told and one[0] not in declined]
