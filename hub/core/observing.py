"""Observing: alerts about the hub itself and about detectors that cry wolf, raised by the built-in rules. Pure."""

from __future__ import annotations

from hub.core.alerts import condition_met, condition_over
from hub.core.commands import LaneObserved, Observe
from hub.core.conditions import ask
from hub.core.context import FALSE_ALARMS_TOO_MANY, SELF, Core
from hub.core.decisions import Reason
from hub.core.rules import BUILT_IN, FALSE_ALARMS
from hub.core.state import DeviceState
from hub.model import DERIVED, Fact, Kind

SYSTEM = "system"
"""The actor of what the hub asks of itself."""


def observe(core: Core, command: Observe) -> str | None:
    """Raise or clear a built-in rule on one of the hub's own subjects; gives why not, in plain words, or None."""
    if command.actor != SYSTEM:
        return "only the hub itself observes itself"
    if command.rule not in BUILT_IN:
        return f"there is no built-in rule {command.rule}; there are {', '.join(sorted(BUILT_IN))}"
    if not command.subject.startswith(SELF):
        return f"the subject {command.subject} must begin with {SELF}"
    device = core.state.devices.get(command.subject)
    if command.met:
        _observed(core, device or _meet(core, command.subject), command.rule, command.detail)
    elif device is not None:
        if device.met:
            device.met.pop(command.rule, None)
        alert = core.state.alerts.get((device.alerts or {}).get(command.rule, 0))
        if alert is not None:
            condition_over(core, alert, Reason.SELF_OBSERVED)
    return None


def lane_observed(core: Core, command: LaneObserved) -> str | None:
    """Ask the rules of a lane's first device about what the hub found out; gives why not, in plain words, or None."""
    if command.actor != SYSTEM:
        return "only the hub itself observes its gates"
    if command.fact not in DERIVED:
        return f"{command.fact} is no derived fact; there are {', '.join(sorted(DERIVED))}"
    lane = core.state.gate_lanes.get(command.lane)
    if lane is None or not lane.devices:
        return f"there is no lane {command.lane} with a device"
    id = lane.devices[0]
    device = core.state.devices.get(id)
    if (device is not None and device.facts.get(command.fact) is True) is command.met:
        return None
    if device is None:
        registered = core.state.registered.get(id)
        kind = registered.kind if registered else Kind.LPR
        device = DeviceState(id=id, kind=kind, last_seen_ms=core.now_ms, first_seen_ms=0, facts={})
        core.state.devices[id] = device
    ask(core, device, {command.fact: command.met}, core.now_ms)
    return None


def false_alarms_due(core: Core, device_id: str) -> None:
    """A detector has given too many false alarms: somebody moves or changes it, and the count starts anew."""
    device = core.state.devices.get(device_id)
    times = core.state.false_alarms.get(device_id, [])
    if len(times) < FALSE_ALARMS_TOO_MANY:
        return
    del core.state.false_alarms[device_id]
    if device is not None:
        facts: dict[str, Fact] = {"count": len(times)}
        condition_met(
            core,
            device,
            BUILT_IN[FALSE_ALARMS],
            key=FALSE_ALARMS,
            kind=device.kind,
            facts=facts,
            at_ms=core.now_ms,
            reason=Reason.FALSE_ALARMS,
        )
        core.changes.devices[device.id] = device


def _meet(core: Core, subject: str) -> DeviceState:
    device = DeviceState(id=subject, kind=Kind.UNKNOWN, last_seen_ms=core.now_ms, first_seen_ms=core.now_ms, facts={})
    core.state.devices[subject] = device
    return device


def _observed(core: Core, device: DeviceState, name: str, detail: str) -> None:
    facts: dict[str, Fact] = {"description": detail} if detail else {}
    standing = core.state.alerts.get((device.alerts or {}).get(name, 0))
    if standing is not None and facts and standing.facts != facts:
        standing.facts = dict(facts)
        core.touch_alert(standing)
    device.last_seen_ms = core.now_ms
    device.met = {**(device.met or {}), name: core.now_ms}
    core.changes.devices[device.id] = device
    condition_met(
        core,
        device,
        BUILT_IN[name],
        key=name,
        kind=device.kind,
        facts=facts,
        at_ms=core.now_ms,
        reason=Reason.SELF_OBSERVED,
    )
