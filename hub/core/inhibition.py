"""Inhibition: a cause that stands explains its symptoms, and nobody is told of them while it does. Pure.

Law: critical is never inhibited. An inhibited alert has no incident (`Alert.incident` 0) and names what explains it; when
that ends, whatever still stands after `GRACE_MS` is told, and what came back with its gateway never is.
"""

from __future__ import annotations

from hub.core.context import Core
from hub.core.decisions import AlertInhibited, Reason
from hub.core.rules import Rule
from hub.model import Alert, Severity

GRACE_MS = 2 * 60_000
"""How long devices have to come back with their gateway before somebody is told of them."""

GATEWAY = "gateway"
"""The cause that goes by who speaks through whom: a device whose gateway is known is explained by no other one."""

RELEASED = frozenset({Reason.NO_LONGER_INHIBITED, Reason.FLAPPING})
"""Why an alert that was held back is told after all."""


def inhibitor(core: Core, alert: Alert, rule: Rule) -> Alert | None:
    """The oldest standing alert that explains this one, if any."""
    if not rule.inhibited_by or alert.severity is Severity.CRITICAL:
        return None
    gateway = _gateway_of(core, alert.subject)
    places = {place.id for place in core.ancestors(alert.place)}
    for id in sorted(core.explaining):
        other = core.state.alerts.get(id)
        cause = _cause(core, other)
        if other is None or id == alert.id or cause not in rule.inhibited_by:
            continue
        if other.subject == gateway or (other.place in places and not (gateway and cause == GATEWAY)):
            return other
    return None


def inhibit(core: Core, alert: Alert, by: Alert) -> None:
    """Tell nobody of this alert while the other stands."""
    alert.inhibited_by = by.id
    core.inhibited.setdefault(by.id, set()).add(alert.id)
    core.touch_alert(alert)
    core.decisions.append(
        AlertInhibited(seq=core.input_seq, at_ms=core.now_ms, reason=Reason.INHIBITED, alert=alert.id, by=by.id)
    )


def lifted(core: Core, alert: Alert) -> None:
    """It explains nothing any more: what it held back is looked at again after the grace."""
    core.explaining.discard(alert.id)
    for id in sorted(core.inhibited.pop(alert.id, ())):
        held = core.state.alerts.get(id)
        if held is None or held.due_ms is not None:
            continue
        held.due_ms = core.now_ms + GRACE_MS
        core.arm(held.due_ms, "alert", id)
        core.touch_alert(held)


def _cause(core: Core, alert: Alert | None) -> str:
    rule = core.rules.rules.get(alert.rule) if alert is not None else None
    return rule.cause if rule is not None else ""


def _gateway_of(core: Core, device_id: str) -> str:
    """What the registry says, else what its messages said that it came through."""
    registered = core.state.registered.get(device_id)
    if registered is not None and registered.gateway:
        return registered.gateway
    device = core.state.devices.get(device_id)
    said = device.facts.get("gateway") if device is not None else None
    return said if isinstance(said, str) else ""
