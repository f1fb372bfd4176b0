"""Endings: each notification ends once, what goes together ends together, the end is told once, drills stay drills."""

from __future__ import annotations

from collections import Counter

from hub.core.context import Core
from hub.core.decisions import (
    AnyDecision,
    IncidentClosed,
    NotificationCancelled,
    NotificationDue,
    NotificationFailed,
    NotificationHeld,
    NotificationMissed,
    NotificationSent,
)
from hub.core.inputs import Input
from hub.model import Incident, Notification, NotificationState, Purpose
from hub.simulate.world.compound import ACTIONS, settings
from hub.simulate.world.trace import Broken

ONCE = "14 a notification ends in one way"
TOGETHER = "15 what goes together ends together"
END = "16 the end is told once to everybody who was told"
DRILL = "17 a drill stays a drill"
UNDONE = "18 what was switched on is switched off"
OVER = (NotificationMissed, NotificationCancelled)


class EachEndsOnce:
    """Decisions about one notification, and what the message of another carries."""

    def __init__(self) -> None:
        self.ended: dict[int, str] = {}

    def before(self, core: Core, one: Input) -> None:
        """Only what comes of it counts."""

    def after(self, core: Core, _one: Input, decisions: list[AnyDecision]) -> None:
        for said in decisions:
            if isinstance(said, (*OVER, NotificationSent)):
                before = self.ended.get(said.notification, "")
                if before and (before != "sent" or isinstance(said, NotificationSent)):
                    raise Broken(ONCE, f"notification {said.notification} ended as {before} already: {said}")
                self.ended[said.notification] = said.__struct_config__.tag.removeprefix("notification_")  # type: ignore[union-attr]
            elif type(said) is NotificationFailed and self.ended.get(said.notification) == "sent":
                del self.ended[said.notification]  # not delivered after all
            elif type(said) is NotificationDue:
                if self.ended.get(said.notification):
                    raise Broken(ONCE, f"{self.ended[said.notification]} and told again: {said}")
                self._drill(core, said)
        if decisions:
            self._together(core)

    def _together(self, core: Core) -> None:
        known = core.state.notifications
        waiting = {id for lane in core.state.lanes.values() if lane.due_ms is not None for id in lane.waiting}
        for one in known.values():
            if one.merged_into:
                lead = known.get(one.merged_into)
                under_way = lead is not None and (lead.due_ms is not None or lead.id in waiting)
                if one.state in (NotificationState.DUE, NotificationState.HELD) and not under_way:
                    raise Broken(TOGETHER, f"{one} is carried by {lead}")
            elif one.state is NotificationState.DUE and one.due_ms is None and one.id not in waiting:
                raise Broken(TOGETHER, f"nothing will ever come of {one}")

    def _drill(self, core: Core, due: NotificationDue) -> None:
        incident = core.state.incidents.get(due.incident)
        if incident is None:
            return
        if due.notice.drill is not incident.drill:
            raise Broken(DRILL, f"a message does not say whether it is one: {due}")
        action = ACTIONS.get(due.person.removeprefix("action:"))
        allowed = not incident.drill or incident.acts or (action is not None and action.in_drills)
        if action is not None and (incident.test or not allowed):
            raise Broken(DRILL, f"it acts: {due}")


class TheEndIsTold:
    """When an incident closes, everybody who was told hears of it once, or it is said why not."""

    def __init__(self, notifications: list[Notification], incidents: list[Incident]) -> None:
        self.ends = Counter((n.incident, n.person) for n in notifications if n.purpose is Purpose.ENDED and not n.aside)
        self.incidents = {incident.id: incident for incident in incidents}
        for (incident, person), times in self.ends.items():
            known = self.incidents[incident]
            if times > 1 or person not in known.told:
                raise Broken(END, f"{person} is told the end of incident {incident} {times} times: {known.told}")

    def before(self, core: Core, one: Input) -> None:
        """Only what comes of it counts."""

    def after(self, core: Core, _one: Input, decisions: list[AnyDecision]) -> None:
        for said in decisions:
            if type(said) is IncidentClosed:
                self._check(core, said, decisions)

    def _check(self, core: Core, said: IncidentClosed, decisions: list[AnyDecision]) -> None:
        incident = self.incidents[said.incident]
        everybody = settings().policy(incident.policy).tell_end
        held = {d.person for d in decisions if type(d) is NotificationHeld and d.incident == incident.id}
        for person in incident.told:
            acts = person.startswith("action:")
            if not (acts or (everybody and person in core.state.people)):
                continue
            if not self.ends[incident.id, person] and person not in held:
                raise Broken(END, f"{person} is not told the end of incident {incident.id}: {incident}")


def drills_stay_drills(incidents: list[Incident], drilled: dict[int, bool]) -> None:
    """Nothing real in a drill, no drill in what is real."""
    for incident in incidents:
        if any(drilled[id] is not incident.drill for id in incident.alerts):
            raise Broken(DRILL, f"alerts of both kinds in {incident}")


def what_acted_is_undone(acted: dict[tuple[str, int], bool], notifications: list[Notification]) -> None:
    """Each action that was switched on is off again when its incident is over; what cannot be undone is a visible miss."""
    for (url, incident), on in acted.items():
        name = f"action:{url.removeprefix('action://')}"
        known = [n for n in notifications if (n.incident, n.person) == (incident, name)]
        if not known:  # it went out unrecorded by a life that ended before it could be kept: its alarm came again
            continue
        ends = [n for n in known if n.purpose is Purpose.ENDED]
        if on and not any(n.state is NotificationState.MISSED for n in ends):
            raise Broken(UNDONE, f"{name} of incident {incident} is still on: {ends}")
