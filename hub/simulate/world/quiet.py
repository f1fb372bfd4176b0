"""Quiet: who may not be told now, how often a phone may ring at night, how much one contact takes in a minute.

Law, on its own reckoning of hours and not on the hub's: a first attempt goes to nobody who refused, is on leave, is off
hours or sleeps through something that severe, all through the minute before it; a lane may have held it for so long, and
what came about meanwhile nobody could know. Tests that somebody asked for and cards that change are no telling.
"""

from __future__ import annotations

from collections import deque

from hub.core.context import Core
from hub.core.decisions import AnyDecision, ClockJumped, NotificationDue, RegistryChanged
from hub.core.inputs import Commanded, Input
from hub.model import SEVERITY_ORDER, Person, Purpose, Severity, Window
from hub.simulate.world.trace import Broken

LAW = "11 nobody is told who may not be"
CAP = "12 phones ring no more often at night than they may"
RATE = "13 no contact gets more than it takes"
MINUTE_MS = 60_000
LANE_MS = 61_000
"""How long a lane may hold what was decided."""
EAST_MS = 8 * 3_600_000
"""Shanghai is eight hours ahead, summer and winter."""
PER_MINUTE = {"alisms": 1, "alivoice": 1, "wecom": 20}
ALONE = (Purpose.TEST, Purpose.DIGEST, Purpose.SILENCED, Purpose.PROGRESS)
"""Never merged and never waiting: these may overrun a contact, and what follows pays for it."""


NO_OTHER_WAY = frozenset({*PER_MINUTE, "inbox", "bark"})
"""Schemes that ring, never count, or take so few messages that a critical one passes over them."""


def open_window(window: Window, at_ms: int) -> tuple[int, int] | None:
    """Begin and end of the window that is open then, or None."""
    local = at_ms + EAST_MS
    midnight = local - local % 86_400_000
    length = ((window.to_minute - window.from_minute) % 1440 or 1440) * MINUTE_MS
    for day in (midnight, midnight - 86_400_000):
        begin = day + window.from_minute * MINUTE_MS
        if begin <= local < begin + length:
            return begin - EAST_MS, begin - EAST_MS + length
    return None


def may_not(person: Person, severity: Severity, at_ms: int) -> str:
    """Why this person may not be told of that then, or ""."""
    if not person.agreed:
        return "refused"
    if any(leave.from_ms <= at_ms < leave.until_ms for leave in person.leave):
        return "on leave"
    if person.home_until_ms > at_ms:
        return ""
    if person.hours and not any(open_window(w, at_ms) for w in person.hours):
        return "off hours"
    deep = SEVERITY_ORDER[severity] > SEVERITY_ORDER[person.wakes_for]
    return "asleep" if deep and person.sleep is not None and open_window(person.sleep, at_ms) else ""


class QuietIsKept:
    """Each decision to tell, against the person as they were before the input that made it due."""

    def __init__(self) -> None:
        self.jumps = 0
        self.unsettled_ms = -(1 << 60)
        """Core time, without jumps, of the last change of the registry or the clock: who was asleep is unclear then."""
        self.people: dict[str, Person] = {}
        self.rang: dict[str, list[int]] = {}
        self.went: dict[str, deque[int]] = {}

    def before(self, core: Core, one: Input) -> None:
        self.people = dict(core.state.people) if type(one) is Commanded else core.state.people

    def after(self, _core: Core, _one: Input, decisions: list[AnyDecision]) -> None:
        for said in decisions:
            if type(said) is ClockJumped:
                self.jumps += said.by_ms
                self.rang.clear()  # which night a call belongs to is unclear then
                self.unsettled_ms = said.at_ms - self.jumps
            elif type(said) is RegistryChanged:
                self.unsettled_ms = said.at_ms - self.jumps
            elif type(said) is NotificationDue:
                person = self.people.get(said.person)
                url = next((c.url for c in person.contacts if c.id == said.contact), "") if person else ""
                if person is not None and url:
                    self._asleep(person, said)
                    self._rings(person, url, said)
                    self._crowds(url, said)

    def _asleep(self, person: Person, due: NotificationDue) -> None:
        settled = due.at_ms - self.jumps - self.unsettled_ms > LANE_MS
        if due.attempt != 1 or due.purpose in (Purpose.TEST, Purpose.PROGRESS) or not settled:
            return
        why, before = (may_not(person, due.severity, at) for at in (due.at_ms, due.at_ms - LANE_MS))
        if why and before:
            raise Broken(LAW, f"{person.id} is told though {why}: {due}")

    def _rings(self, person: Person, url: str, due: NotificationDue) -> None:
        if person.night_calls is None or person.sleep is None or not url.startswith("alivoice:"):
            return
        night = open_window(person.sleep, due.at_ms)
        if night is None or person.home_until_ms > due.at_ms or due.purpose is Purpose.TEST:
            return
        calls = [at for at in self.rang.get(person.id, ()) if at >= night[0]]
        settled = due.at_ms - self.jumps - self.unsettled_ms > LANE_MS
        # Critical may when no other way is left; one that takes few messages may be full just now.
        others = any(c.url.partition(":")[0] not in NO_OTHER_WAY for c in person.contacts)
        may = due.severity is Severity.CRITICAL and (due.attempt > 1 or not others)
        if len(calls) >= person.night_calls and settled and not may:
            raise Broken(CAP, f"{person.id} rings for the {len(calls) + 1}. time: {due}")
        self.rang[person.id] = [*calls, due.at_ms]

    def _crowds(self, url: str, due: NotificationDue) -> None:
        limit = PER_MINUTE.get(url.partition(":")[0])
        if limit is None or due.updates:
            return
        at = due.at_ms - self.jumps
        went = self.went.setdefault(url, deque())
        while went and went[0] <= at - MINUTE_MS:
            went.popleft()
        went.append(at)
        if len(went) > limit and due.purpose not in ALONE:
            raise Broken(RATE, f"{url} gets {len(went)} messages within a minute: {due}")
