"""`Core`: one community's state with its settings, its indexes, and what the current batch has decided. Pure.

Everything but ``state`` can be rebuilt from it: the timer heap, who belongs to which incident, and the last messages of
each source (from the journal).
"""

from __future__ import annotations

import heapq
from collections import deque
from typing import TYPE_CHECKING

from hub.core.commands import Observe
from hub.core.decisions import AnyDecision
from hub.core.looks import next_look_ms
from hub.core.parking.timers import parking_timers
from hub.core.policies import Settings
from hub.core.roster import Roster
from hub.core.rungs import Reach, reach
from hub.core.state import Changes, DeviceState, State
from hub.model import (
    Alert,
    Condition,
    Contact,
    Incident,
    Notification,
    NotificationState,
    Person,
    Place,
    PlaceKind,
    RawMessage,
    Severity,
    Silence,
)

if TYPE_CHECKING:
    from hub.core.parking.index import ParkingIndex
    from hub.core.parking.site import Site

RECENT = 2048
"""Messages of a source that a redelivery is compared with: the Receive Maximum of a session and a little."""

SELF = "self:"
"""How the subjects begin about which the hub observes something itself."""

REMIND_MS = 15 * 60_000
"""How long before its end those whom a silence affects are reminded."""

FALSE_ALARMS_TOO_MANY = 3
"""False alarms of one detector within 30 days that make somebody move or change it."""

ACTION = "action"
"""An action is told like a person: the same ladder, receipts, retries and all-clear (which undoes it)."""

Timer = tuple[int, str, int, str]
"""(due_ms, what, id, device): fired in this order."""


class Core:
    """The state of one community and everything that `step` needs to move it."""

    def __init__(self, state: State, settings: Settings) -> None:
        self.state = state
        self.settings = settings
        self.rules = settings.rules
        self.now_ms = state.now_ms
        self.input_seq = state.seq
        """seq of the input being stepped."""
        self.decisions: list[AnyDecision] = []
        self.changes = Changes()
        self.timers: list[Timer] = []
        self.open_incidents: dict[tuple[str, str], int] = {}
        self.notifications_of: dict[int, set[int]] = {}
        self.unheard: set[str] = set()
        """Sensors whose time was up while the hub itself heard nothing: looked at again when it hears."""
        self.recent: dict[str, deque[RawMessage]] = {}
        self.tests_due_ms: int | None = None
        """When contacts are looked at for their weekly test next; armed once."""
        self.observations: list[Observe] = []
        """What the core found out about itself while it stepped: `step` has it observed when the input is through."""
        self._reaches: dict[tuple[str, tuple[str, ...]], Reach] = {}
        self.causes: frozenset[str] = frozenset().union(*(r.inhibited_by for r in self.rules.rules.values()))
        """Causes that explain other alerts, by the rules."""
        self.explaining: set[int] = set()
        """Alerts that stand and whose cause explains others."""
        self.inhibited: dict[int, set[int]] = {}
        """alert -> alerts of which nobody is told while it stands."""
        self.roster: Roster | None = None
        """The rota compiled; None after each change of the registry: see `hub.core.rota.roster`."""
        self.zones_due_ms: int | None = None
        """When the zones are estimated next; armed once."""
        self.site: Site | None = None
        """The registry as parking needs it; None after each change of it: see `hub.core.parking.door.site`."""
        self.parking_index: ParkingIndex | None = None
        """Who is inside, by plate; None until it is needed, or to have it made anew: see `hub.core.parking.index`."""
        self._rebuild()

    def _rebuild(self) -> None:
        for incident in self.state.incidents.values():
            if incident.closed_ms is None:
                self.open_incidents[incident.cause, incident.place] = incident.id
                self.arm(incident.due_ms, "incident", incident.id)
        for notification in self.state.notifications.values():
            self.notifications_of.setdefault(notification.incident, set()).add(notification.id)
            self.arm(notification.due_ms, "notification", notification.id)
        for url, lane in self.state.lanes.items():
            self.arm(lane.due_ms, "lane", 0, url)
        self.arm_tests()
        for alert in self.state.alerts.values():
            self.arm(alert.due_ms, "alert", alert.id)
            if alert.inhibited_by:
                self.inhibited.setdefault(alert.inhibited_by, set()).add(alert.id)
            self.note_explaining(alert)
        for silence in self.state.silences.values():
            self.arm_silence(silence)
        for works in self.state.works.values():
            self.arm(works.until_ms, "works", works.id)
        for device_id, times in self.state.false_alarms.items():
            if len(times) >= FALSE_ALARMS_TOO_MANY:
                self.arm(times[-1], "false_alarms", 0, device_id)
        for due_ms, what, id, name in parking_timers(self.state):
            self.arm(due_ms, what, id, name)
        for device_id in self.state.registered:
            self.arm(self.silence_due(device_id), "device", 0, device_id)

    def take(self) -> tuple[list[AnyDecision], Changes]:
        """What was decided and touched since the last call."""
        decisions, changes = self.decisions, self.changes
        self.decisions, self.changes = [], Changes()
        return decisions, changes

    def take_observations(self) -> list[Observe]:
        """What the core found out about itself since the last call."""
        seen, self.observations = self.observations, []
        return seen

    def remember(self, raw: RawMessage) -> None:
        """Keep a message for comparison with what the broker marks as delivered before."""
        recent = self.recent.get(raw.source)
        if recent is None:
            recent = self.recent[raw.source] = deque(maxlen=RECENT)
        recent.append(raw)

    def next_id(self) -> int:
        """A new id of this community."""
        self.state.seq += 1
        return self.state.seq

    def arm(self, due_ms: int | None, what: str, id: int, device: str = "") -> None:
        """Wake `step` for this entity at that time; an older timer of it does nothing when it fires."""
        if due_ms is not None:
            heapq.heappush(self.timers, (due_ms, what, id, device))

    def arm_silence(self, silence: Silence) -> None:
        """Its end, and the reminder before it: `REMIND_MS` ahead, of a shorter silence at half its time."""
        self.arm(silence.until_ms, "silence", silence.id)
        if not silence.reminded:
            ahead = min(REMIND_MS, (silence.until_ms - silence.from_ms) // 2)
            self.arm(silence.until_ms - ahead, "reminder", silence.id)

    def note_explaining(self, alert: Alert) -> None:
        """Remember an alert that stands and whose cause explains others."""
        rule = self.rules.rules.get(alert.rule)
        standing = alert.condition is Condition.ACTIVE and alert.closed_ms is None
        if standing and rule is not None and rule.cause in self.causes:
            self.explaining.add(alert.id)

    def next_due_ms(self) -> int | None:
        """When the next timer is due, at the latest."""
        return self.timers[0][0] if self.timers else None

    def arm_tests(self) -> None:
        """Wake `tests_due` when contacts are looked at next; never before the first input has told the time."""
        if self.settings.test_every_ms is None or self.state.now_ms <= 0:
            return
        due_ms = next_look_ms(self.state.now_ms, self.settings.zone)
        if due_ms != self.tests_due_ms:
            self.tests_due_ms = due_ms
            self.arm(due_ms, "tests", 0)

    def silence_due(self, device_id: str) -> int | None:
        """When the silence of a registered device will have lasted too long, if nothing is heard of it."""
        device = self.state.devices.get(device_id)
        registered = self.state.registered.get(device_id)
        if device is None or registered is None:
            return None
        pauses = [
            r.silent_after_ms
            for r in self.rules.silent[registered.kind]
            if r.silent_after_ms is not None and not told_silent(device, r.name)
        ]
        if not pauses:
            return None
        unheard = self.state.offline_ms - device.offline_at_seen_ms
        return device.last_seen_ms + unheard + min(pauses)

    # ── touching an entity puts its row into the batch's transaction ─────────────────────────────────────────────────

    def touch_alert(self, alert: Alert) -> None:
        self.changes.alerts[alert.id] = alert

    def touch_incident(self, incident: Incident) -> None:
        self.changes.incidents[incident.id] = incident

    def touch_notification(self, notification: Notification) -> None:
        self.changes.notifications[notification.id] = notification

    # ── places ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def ancestors(self, place_id: str) -> list[Place]:
        """The place itself, then its parents up to the community."""
        found: list[Place] = []
        while place_id and len(found) < 16:
            place = self.state.places.get(place_id)
            if place is None:
                break
            found.append(place)
            place_id = place.parent
        return found

    def building_of(self, place_id: str) -> str:
        """Id of the building that the place stands in; the place itself outside buildings."""
        for place in self.ancestors(place_id):
            if place.kind is PlaceKind.BUILDING:
                return place.id
        return place_id

    def root(self) -> str:
        """Id of the community's own place, "" while there is none."""
        roots = (p.id for p in self.state.places.values() if p.kind is PlaceKind.COMMUNITY and not p.parent)
        return min(roots, default="")

    def span_of(self, alert: Alert, *, by_place: bool) -> str:
        """What alerts of one cause must share to be one incident: the exact place or its building.

        What the hub says of itself, and what stands nowhere, is by subject.
        """
        if alert.subject.startswith(SELF):
            return alert.subject
        return (alert.place if by_place else self.building_of(alert.place)) or alert.subject

    def person(self, id: str) -> Person | None:
        """Somebody of the registry, or (``action:NAME``) an action as somebody who is told what to do."""
        kind, _, name = id.partition(":")
        if kind == ACTION and name:
            if name not in self.settings.actions:
                return None
            return Person(id=id, name=name, contacts=(Contact(id=ACTION, url=f"{ACTION}://{name}"),))
        return self.state.people.get(id)

    def reach(self, person: Person, channels: tuple[str, ...] = ()) -> Reach:
        """The person's ladder and what stands beside it; remembered, because storms ask a thousand times."""
        known = self._reaches.get((person.id, channels))
        if known is None or known.person is not person:
            known = self._reaches[person.id, channels] = reach(person, channels)
        return known

    def open_alerts(self, incident: Incident) -> list[Alert]:
        """Its alerts that nobody has closed."""
        alerts = (self.state.alerts.get(id) for id in incident.alerts)
        return [alert for alert in alerts if alert is not None and alert.closed_ms is None]

    def forget_closed(self, incident_id: int) -> None:
        """Drop a closed incident with all that hangs on it, once nothing of it is under way; its rows stay."""
        incident = self.state.incidents.get(incident_id)
        if incident is None or incident.closed_ms is None:
            return
        ids = self.notifications_of.get(incident_id, set())
        under_way = (NotificationState.DUE, NotificationState.HELD)
        for id in ids:
            one = self.state.notifications[id]
            if one.state in under_way or one.due_ms is not None:  # sent, and its message carries others yet
                return
        for id in ids:
            del self.state.notifications[id]
        self.notifications_of.pop(incident_id, None)
        self.state.firsts.pop(incident_id, None)
        for alert_id in incident.alerts:
            self.state.alerts.pop(alert_id, None)
        del self.state.incidents[incident_id]


def told_silent(device: DeviceState, rule: str) -> bool:
    """This silence has raised its alert already, which a person may have closed since: once is enough until it is heard."""
    return rule in (device.alerts or ()) or rule in (device.met or ())


NEVER_SILENCED = Severity.CRITICAL
