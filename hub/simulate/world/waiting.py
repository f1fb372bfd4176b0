"""What waits: no critical alert without its next step, nothing critical held back, nothing else forgotten.

Times are those of the core without the jumps of the wall clock. While the hub is dead or its store away the core gets no
time; then its timers fire, each at its own moment, as soon as it gets some. So the law is exact: at every input nothing
that was due is undone, and nothing was done later than it was due.
"""

from __future__ import annotations

import msgspec

from hub.core.context import Core
from hub.core.decisions import (
    AlertHidden,
    AlertInhibited,
    AnyDecision,
    ClockJumped,
    HelpAsked,
    IncidentAccepted,
    IncidentClosed,
    IncidentDeclined,
    IncidentHandedOver,
    IncidentOpened,
    NotificationHeld,
    PolicyAdvanced,
    Reason,
    ResponderArrived,
)
from hub.core.inputs import Commanded, Input, TimePassed
from hub.core.policies import Policy, Step
from hub.core.rota import holders
from hub.model import Condition, Handling, Incident, Notification, Purpose, Severity
from hub.simulate.world.trace import Broken

LAW = "9 no critical alert rests"
HELD_BACK = "10 what is held back is told or ends"
RANK = (Handling.NEW, Handling.ACCEPTED, Handling.ON_SITE, Handling.DONE)
ANSWERS = (IncidentAccepted, IncidentDeclined, IncidentHandedOver, ResponderArrived, HelpAsked)


class Wait(msgspec.Struct):
    """How far the policy of one incident has come."""

    since: int
    """Since when the next step is waited for."""
    step: int = -1
    """The one taken last."""
    quiet_since: int = 0
    """Since when nobody answered and nobody was asked again."""


class NothingCriticalRests:
    """Steps, rounds, repeats and pages of what is critical, against its policy."""

    def __init__(self, notifications: list[Notification]) -> None:
        self.waits: dict[int, Wait] = {}
        self.jumps = 0
        self.gone: int | None = None
        """Since when the hub was not there, while it steps that it is back: what fell due meanwhile is taken now."""
        self.told = {(n.incident, n.created_ms, n.person) for n in notifications if n.purpose is not Purpose.ENDED}
        self.somebody = {(incident, at_ms) for incident, at_ms, _ in self.told}
        self.pages: dict[int, set[int]] = {}
        for one in notifications:
            if one.purpose is Purpose.REPAGED:
                self.pages.setdefault(one.incident, set()).add(one.created_ms)

    def before(self, core: Core, one: Input) -> None:
        self.gone = core.state.now_ms - self.jumps if type(one) is TimePassed and one.away else None

    def after(self, core: Core, one: Input, decisions: list[AnyDecision]) -> None:
        for said in decisions:
            if type(said) is ClockJumped:
                self.jumps += said.by_ms
            elif type(said) is IncidentOpened:
                at = said.at_ms - self.jumps
                self.waits[said.incident] = Wait(at, quiet_since=at)
            elif type(said) is IncidentClosed:
                self.waits.pop(said.incident, None)
            elif type(said) is PolicyAdvanced:
                self._advanced(core, one, said, decisions)
            elif isinstance(said, ANSWERS) and said.incident in self.waits:
                self.waits[said.incident].quiet_since = said.at_ms - self.jumps
        now = core.now_ms - self.jumps
        for id, wait in self.waits.items():
            incident = core.state.incidents.get(id)
            if incident is not None and incident.severity is Severity.CRITICAL:
                self._step_in_time(core, incident, wait, now)
                if incident.handling is Handling.ACCEPTED:
                    self._page_in_time(core, incident, wait, decisions)

    def _step_in_time(self, core: Core, incident: Incident, wait: Wait, now: int) -> None:
        policy = core.settings.policy(incident.policy)
        allowed = _allowed(incident, policy, wait.step)
        if allowed is not None and now - wait.since > allowed:
            what = f"incident {incident.id} ({incident.policy}) rests at step {wait.step} for {now - wait.since} ms"
            raise Broken(LAW, f"{what}, {allowed} are allowed; core time {core.now_ms}, {incident}")
        last = policy.steps[wait.step] if 0 <= wait.step < len(policy.steps) else None
        if last is not None and last.repeat_ms and _necessary(incident, last):
            due = (now - wait.since) // last.repeat_ms
            if due > incident.repeats:
                raise Broken(
                    LAW, f"incident {incident.id}: step {wait.step} repeated {incident.repeats} of {due} times"
                )

    def _page_in_time(self, core: Core, incident: Incident, wait: Wait, decisions: list[AnyDecision]) -> None:
        """Accepted and nothing since."""
        repage_ms = core.settings.policy(incident.policy).repage_ms
        if repage_ms is None:
            return
        if incident.page_ms is None or incident.page_ms <= core.now_ms:
            raise Broken(LAW, f"incident {incident.id} was accepted and nobody is to be paged: {incident}")
        paged_ms = incident.page_ms - repage_ms
        if paged_ms - self.jumps > wait.quiet_since:
            asked = paged_ms in self.pages.get(incident.id, ()) or any(
                type(d) is NotificationHeld and d.incident == incident.id for d in decisions
            )
            going = {r.person for r in incident.responders}
            if not asked and set(incident.told) - going:
                raise Broken(LAW, f"incident {incident.id} was to be paged at {paged_ms}, and nobody was: {incident}")
            wait.quiet_since = paged_ms - self.jumps

    def _advanced(self, core: Core, one: Input, said: PolicyAdvanced, decisions: list[AnyDecision]) -> None:
        wait = self.waits[said.incident]
        incident = core.state.incidents.get(said.incident)
        at = said.at_ms - self.jumps
        since = wait.since
        restarted = said.step <= wait.step
        before, wait.since, wait.step = wait.step, at, said.step
        wait.quiet_since = max(wait.quiet_since, at) if restarted else wait.quiet_since
        if incident is None or incident.severity is not Severity.CRITICAL:
            return
        policy = core.settings.policy(incident.policy)
        if not restarted and said.step == before + 1:
            allowed = policy.steps[said.step].after_ms - (policy.steps[before].after_ms if before >= 0 else 0)
            due = since + allowed
            in_time = at <= due or (self.gone is not None and self.gone <= due)
            if not in_time and incident.handling is Handling.NEW:
                raise Broken(
                    LAW, f"incident {said.incident}: step {said.step} came after {at - since} ms, not {allowed}"
                )
        step = policy.steps[said.step]
        narrowed = said.step == 0 and incident.works != 0
        if narrowed or not (step.roles or step.people):
            return
        self._nobody_left_out(core, one, said, step, incident, decisions)
        further = any(
            type(d) is PolicyAdvanced and (d.incident, d.at_ms) == (said.incident, said.at_ms) and d.step > said.step
            for d in decisions
        )
        last = said.step == len(policy.steps) - 1
        rest = any(_necessary(incident, s) for s in policy.steps[said.step + 1 :])
        if not (last or further) and rest and (said.incident, said.at_ms) not in self.somebody:
            raise Broken(LAW, f"step {said.step} of incident {said.incident} told nobody and the next did not follow")

    def _nobody_left_out(
        self,
        core: Core,
        one: Input,
        said: PolicyAdvanced,
        step: Step,
        incident: Incident,
        decisions: list[AnyDecision],
    ) -> None:
        """Everybody of the step is told, or it is said why not; works are a reason at the first step alone."""
        if type(one) is Commanded and core.now_ms == said.at_ms:
            return  # the command itself may have changed the rota
        said_why = [d for d in decisions if type(d) is NotificationHeld and d.incident == incident.id]
        held = {d.person: d.reason for d in said_why}
        roles = {d.role for d in said_why if not d.person}
        newest = core.state.alerts.get(incident.alerts[-1])
        if newest is None or core.now_ms != said.at_ms:
            return  # the rota is asked for now
        for role in [role for role in step.roles if role not in roles]:
            for person in holders(core, role, newest.place):
                if (incident.id, said.at_ms, person.id) in self.told:
                    continue
                if held.get(person.id, Reason.WORKS) is Reason.WORKS:
                    raise Broken(LAW, f"step {said.step} of incident {incident.id} leaves out {person.id} ({role})")


def _allowed(incident: Incident, policy: Policy, taken: int) -> int | None:
    """Until when after the step taken last the next thing must have happened; None: nothing is to come."""
    before = policy.steps[taken].after_ms if taken >= 0 else 0
    for step in policy.steps[taken + 1 :]:
        if _necessary(incident, step):
            return step.after_ms - before
    if incident.handling is Handling.NEW and policy.repeat_ms:
        return policy.repeat_ms
    return None


def _necessary(incident: Incident, step: Step) -> bool:
    going = [r.role for r in incident.responders if not r.declined]
    short = any(going.count(role) < wanted for role, wanted in step.quorum)
    return short or RANK.index(incident.handling) < RANK.index(step.until)


class NothingIsForgotten:
    """Critical is never held back; what is stands under something that ends, or is told in time."""

    def before(self, core: Core, one: Input) -> None:
        """Only what comes of it counts."""

    def after(self, core: Core, _one: Input, decisions: list[AnyDecision]) -> None:
        state = core.state
        for said in decisions:
            if isinstance(said, AlertHidden | AlertInhibited):
                hidden = state.alerts.get(said.alert)
                if hidden is not None and hidden.severity is Severity.CRITICAL:
                    raise Broken(HELD_BACK, f"critical alert {hidden.id} is held back: {said}")
        for alert in state.alerts.values():
            if alert.condition is Condition.PENDING or alert.closed_ms is not None:
                continue
            if alert.incident:
                continue
            if alert.severity is Severity.CRITICAL:
                raise Broken(HELD_BACK, f"critical alert {alert.id} has no incident")
            by = state.alerts.get(alert.inhibited_by)
            explained = by is not None and by.condition is Condition.ACTIVE and by.closed_ms is None
            if not explained and (alert.due_ms is None or alert.due_ms <= core.now_ms - 1):
                raise Broken(HELD_BACK, f"nothing will ever tell of alert {alert}")
        for incident in state.incidents.values():
            if incident.closed_ms is not None or incident.step or incident.handling is not Handling.NEW:
                continue
            if incident.severity is Severity.CRITICAL or not incident.due_ms or incident.due_ms < core.now_ms:
                raise Broken(HELD_BACK, f"its policy never begins: {incident}")
