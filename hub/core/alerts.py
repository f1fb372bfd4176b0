"""Alerts: what becomes of one rule on one subject when its condition is met, held, or over. Pure.

Law of the condition axis: `CONDITION` is the table. A latched alert stays open until a person closes it; any other ends
with its condition, and its incident with its last alert. An alert that nobody is told of yet, because another explains it
or because it flaps, has no incident: it gets one when it is told, or ends with its condition.
"""

from __future__ import annotations

from enum import Enum

from hub.core.context import SELF, Core
from hub.core.decisions import AlertCleared, AlertHidden, AlertPending, AlertRaised, Reason
from hub.core.flapping import calm_ms, rose
from hub.core.incidents import again, close, join
from hub.core.inhibition import inhibit, inhibitor, lifted
from hub.core.rules import Rule
from hub.core.silences import silencing
from hub.core.state import DeviceState
from hub.core.works import outgrown
from hub.model import Alert, Condition, Fact, Handling, Kind, Outcome, Purpose, Severity

LATE_MS = 60_000
"""A message that waited longer than this somewhere is told as late."""


class Signal(Enum):
    """What moves the condition axis."""

    MET = "met"
    HELD = "held"
    OVER = "over"


CONDITION: dict[tuple[Condition, Signal], Condition] = {
    (Condition.PENDING, Signal.HELD): Condition.ACTIVE,
    (Condition.PENDING, Signal.OVER): Condition.CLEARED,
    (Condition.ACTIVE, Signal.OVER): Condition.CLEARED,
    (Condition.CLEARED, Signal.MET): Condition.ACTIVE,
}


def condition_met(
    core: Core,
    device: DeviceState,
    rule: Rule,
    *,
    key: str,
    kind: Kind,
    facts: dict[str, Fact],
    at_ms: int,
    reason: Reason,
    anew: bool = True,
    found: bool = False,
) -> None:
    """The condition rose. Raises an alert, or waits for `for`, or wakes the one that still stands.

    ``anew`` False: it never fell, its alert was closed too early; that is no flapping.
    ``found``: the core itself found it out; it began at ``at_ms``, and no message of it was late.
    """
    standing = core.state.alerts.get((device.alerts or {}).get(key, 0))
    if standing is not None:
        _rise_again(core, standing, facts)
        return
    registered = core.state.registered.get(device.id)
    alert = Alert(
        id=core.next_id(),
        rule=rule.name,
        severity=rule.severity,
        subject=device.id,
        kind=kind,
        place=registered.place if registered else core.root() if device.id.startswith(SELF) else "",
        incident=0,
        condition=Condition.PENDING,
        handling=Handling.NEW,
        raised_ms=core.now_ms,
        at_ms=at_ms,
        late=not found and core.now_ms - at_ms > LATE_MS,
        facts=dict(facts),
        key=key,
        latch=rule.latch,
        test=rule.test,
    )
    core.state.alerts[alert.id] = alert
    if device.alerts is None:
        device.alerts = {}
    device.alerts[key] = alert.id
    held_at = at_ms + rule.hold_ms
    if rule.hold_ms and held_at > core.now_ms:
        alert.due_ms = held_at
        core.arm(held_at, "alert", alert.id)
        core.decisions.append(AlertPending(seq=core.input_seq, at_ms=core.now_ms, reason=reason, alert=alert.id))
        return
    _raise(core, alert, rule, Reason.CONDITION_HELD_FOR if rule.hold_ms else reason, anew=anew)


def alert_due(core: Core, id: int, due_ms: int) -> None:
    """A pending condition has held for long enough, what held an alert back is over, or a passing event was shown enough."""
    alert = core.state.alerts.get(id)
    if alert is None or alert.due_ms != due_ms or alert.closed_ms is not None:
        return
    alert.due_ms = None
    rule = core.rules.rules.get(alert.rule)
    device = core.state.devices.get(alert.subject)
    if alert.condition is Condition.PENDING and rule is not None:
        _raise(core, alert, rule, Reason.CONDITION_HELD_FOR)
    elif not alert.incident and rule is not None and (alert.latch or (device and alert.key in (device.met or ()))):
        _release(core, alert, rule)
    else:
        condition_over(core, alert, Reason.CONDITION_CLEARED)


def condition_over(core: Core, alert: Alert, reason: Reason) -> None:
    """The condition fell."""
    if alert.closed_ms is not None or (alert.condition, Signal.OVER) not in CONDITION:
        return
    if alert.condition is Condition.PENDING:
        _drop_pending(core, alert)
        return
    alert.condition = CONDITION[alert.condition, Signal.OVER]
    alert.cleared_ms = core.now_ms
    alert.due_ms = None
    core.touch_alert(alert)
    core.decisions.append(AlertCleared(seq=core.input_seq, at_ms=core.now_ms, reason=reason, alert=alert.id))
    lifted(core, alert)
    if not alert.latch or not alert.incident:
        _end(core, alert)
        incident = core.state.incidents.get(alert.incident)
        if incident is not None and incident.closed_ms is None:
            if core.open_alerts(incident):
                core.touch_incident(incident)
            else:
                close(core, incident, "system", Outcome.RECOVERED, "", reason)


def _drop_pending(core: Core, alert: Alert) -> None:
    """Its condition did not hold for long enough: it never was an alert, so it has no row and no decision."""
    device = core.state.devices.get(alert.subject)
    if device is not None and device.alerts:
        device.alerts.pop(alert.key, None)
    del core.state.alerts[alert.id]


def _end(core: Core, alert: Alert) -> None:
    """An alert that needs no person any more."""
    alert.handling = Handling.DONE
    alert.closed_ms = core.now_ms
    alert.outcome = Outcome.RECOVERED
    core.touch_alert(alert)
    device = core.state.devices.get(alert.subject)
    if device is not None and device.alerts:
        device.alerts.pop(alert.key, None)
    if not alert.incident:
        core.state.alerts.pop(alert.id, None)


def _raise(core: Core, alert: Alert, rule: Rule, reason: Reason, *, anew: bool = True) -> None:
    alert.condition = CONDITION[Condition.PENDING, Signal.HELD]
    alert.raised_ms = core.now_ms
    core.touch_alert(alert)
    core.decisions.append(
        AlertRaised(
            seq=core.input_seq,
            at_ms=core.now_ms,
            reason=reason,
            alert=alert.id,
            rule=rule.name,
            severity=rule.severity,
            subject=alert.subject,
            place=alert.place,
            late=alert.late,
        )
    )
    core.note_explaining(alert)
    restless = anew and rose(core, alert)
    if not _held_back(core, alert, rule, restless):
        _tell(core, alert, rule, reason)


def _release(core: Core, alert: Alert, rule: Rule) -> None:
    """What held it back is over, and it still stands: it is told now, unless something else holds it back."""
    reason = Reason.NO_LONGER_INHIBITED if alert.inhibited_by else Reason.FLAPPING
    alert.inhibited_by = 0
    core.touch_alert(alert)
    if not _held_back(core, alert, rule, calm_ms(core, alert) > core.now_ms):
        _tell(core, alert, rule, reason)


def _held_back(core: Core, alert: Alert, rule: Rule, restless: bool) -> bool:
    """Nobody is told of it for now: another alert explains it, or it flaps."""
    if alert.severity is Severity.CRITICAL:
        return False
    by = inhibitor(core, alert, rule)
    if by is not None:
        inhibit(core, alert, by)
    elif restless:
        alert.due_ms = calm_ms(core, alert)
        core.arm(alert.due_ms, "alert", alert.id)
        _hidden(core, alert, Reason.FLAPPING)
    return by is not None or restless


def _hidden(core: Core, alert: Alert, reason: Reason, silence: int = 0) -> None:
    core.decisions.append(
        AlertHidden(seq=core.input_seq, at_ms=core.now_ms, reason=reason, alert=alert.id, silence=silence)
    )


def _tell(core: Core, alert: Alert, rule: Rule, reason: Reason) -> None:
    """Into its incident, which tells people; incidents that works narrow no more are told to everybody."""
    silence = silencing(core, alert)
    if silence is not None:
        _hidden(core, alert, Reason.SILENCED, silence.id)
    join(core, alert, rule, reason, silence.until_ms if silence else None)
    for incident in outgrown(core):
        again(core, incident, Purpose.GREW, Reason.SAME_INCIDENT)


def _rise_again(core: Core, alert: Alert, facts: dict[str, Fact]) -> None:
    """The same alert once more: silent while it waits for an answer; told again when it was answered before it cleared."""
    if (alert.condition, Signal.MET) not in CONDITION:
        return
    alert.condition = CONDITION[alert.condition, Signal.MET]
    alert.cleared_ms = None
    alert.facts = dict(facts)
    rearmed = alert.handling in (Handling.ACCEPTED, Handling.ON_SITE)
    if rearmed:
        alert.handling = Handling.NEW
    core.touch_alert(alert)
    core.decisions.append(
        AlertRaised(
            seq=core.input_seq,
            at_ms=core.now_ms,
            reason=Reason.SAME_INCIDENT,
            alert=alert.id,
            rule=alert.rule,
            severity=alert.severity,
            subject=alert.subject,
            place=alert.place,
        )
    )
    core.note_explaining(alert)
    restless = rose(core, alert) and alert.severity is not Severity.CRITICAL
    incident = core.state.incidents.get(alert.incident)
    if restless:
        _hidden(core, alert, Reason.FLAPPING)
    elif rearmed and incident is not None and incident.closed_ms is None:
        again(core, incident, Purpose.GREW, Reason.SAME_INCIDENT)
