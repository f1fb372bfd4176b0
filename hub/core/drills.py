"""Drills: a marked alarm on the real path, which never mixes with a real one. Pure."""

from __future__ import annotations

from hub.core.commands import StartDrill
from hub.core.context import Core
from hub.core.decisions import AlertRaised, DrillStarted, Reason
from hub.core.incidents import DRILL, join
from hub.core.rules import Rule
from hub.model import Alert, Condition, Handling, Kind


def start_drill(core: Core, command: StartDrill) -> str | None:
    """Raise a marked alarm of that rule at that place; gives why not, in plain words, or None."""
    rule = core.rules.rules.get(command.rule)
    place = core.state.places.get(command.place)
    if place is None:
        return f"there is no place {command.place}"
    if rule is None:
        return f"there is no rule {command.rule}"
    building = core.building_of(place.id)
    for incident in core.state.incidents.values():
        if incident.drill and incident.closed_ms is None and core.building_of(incident.place) == building:
            return f"a drill is already open there: close incident {incident.id} first"
    alert = _alert(core, rule, place.id)
    core.decisions.append(
        AlertRaised(
            seq=core.input_seq,
            at_ms=core.now_ms,
            reason=Reason.DRILL,
            alert=alert.id,
            rule=rule.name,
            severity=rule.severity,
            subject=alert.subject,
            place=place.id,
        )
    )
    incident = join(core, alert, rule, Reason.DRILL, None, acts=command.acts)
    core.decisions.append(
        DrillStarted(
            seq=core.input_seq,
            at_ms=core.now_ms,
            reason=Reason.DRILL,
            incident=incident.id,
            person=command.actor,
            place=place.id,
        )
    )
    return None


def _alert(core: Core, rule: Rule, place: str) -> Alert:
    """No device raised it; a person closes it."""
    alert = Alert(
        id=core.next_id(),
        rule=rule.name,
        severity=rule.severity,
        subject=f"{DRILL}:{place}",
        kind=min(rule.on, default=Kind.UNKNOWN),
        place=place,
        incident=0,
        condition=Condition.ACTIVE,
        handling=Handling.NEW,
        raised_ms=core.now_ms,
        at_ms=core.now_ms,
        key=rule.name,
        latch=True,
        drill=True,
    )
    core.state.alerts[alert.id] = alert
    core.touch_alert(alert)
    return alert
