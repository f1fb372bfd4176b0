"""Supervision: a registered sensor that is silent for too long is a state, not an absence. Pure.

Silence counts only while the hub could have heard the sensor: time without connection, or with a backlog unread, is
taken off (`State.offline_ms`).
"""

from __future__ import annotations

from hub.core.alerts import condition_met, condition_over
from hub.core.context import Core, told_silent
from hub.core.decisions import Reason, SensorFellSilent, SensorHeard
from hub.core.state import DeviceState


def set_hearing(core: Core, hears: bool) -> None:
    """The hub is connected and drained, or not any more."""
    state = core.state
    if hears and state.offline_since_ms is not None:
        state.offline_ms += max(0, core.now_ms - state.offline_since_ms)
        state.offline_since_ms = None
        for device_id in sorted(core.unheard):
            core.arm(core.silence_due(device_id), "device", 0, device_id)
        core.unheard.clear()
    elif not hears and state.offline_since_ms is None:
        state.offline_since_ms = core.now_ms


def device_due(core: Core, device_id: str) -> None:
    """Look whether the device is silent for too long by now; if not, look again when it would be."""
    device = core.state.devices.get(device_id)
    registered = core.state.registered.get(device_id)
    due = core.silence_due(device_id)
    if device is None or registered is None or due is None:
        return
    if due > core.now_ms:
        core.arm(due, "device", 0, device_id)
        return
    if core.state.offline_since_ms is not None:
        core.unheard.add(device_id)
        return
    unheard = core.state.offline_ms - device.offline_at_seen_ms
    for rule in core.rules.silent[registered.kind]:
        limit = rule.silent_after_ms
        if limit is None or told_silent(device, rule.name) or device.last_seen_ms + unheard + limit > core.now_ms:
            continue
        if not device.silent:
            device.silent = True
            core.decisions.append(
                SensorFellSilent(
                    seq=core.input_seq,
                    at_ms=core.now_ms,
                    reason=Reason.SILENT_TOO_LONG,
                    device=device_id,
                    last_seen_ms=device.last_seen_ms,
                )
            )
        device.met = {**(device.met or {}), rule.name: core.now_ms}
        condition_met(
            core,
            device,
            rule,
            key=rule.name,
            kind=registered.kind,
            facts={},
            at_ms=core.now_ms,
            reason=Reason.SILENT_TOO_LONG,
        )
    core.changes.devices[device_id] = device
    core.arm(core.silence_due(device_id), "device", 0, device_id)


def heard(core: Core, device: DeviceState) -> None:
    """It is back: what its silence raised is over."""
    device.silent = False
    core.decisions.append(
        SensorHeard(seq=core.input_seq, at_ms=core.now_ms, reason=Reason.HEARD_AGAIN, device=device.id)
    )
    core.changes.devices[device.id] = device
    registered = core.state.registered.get(device.id)
    if registered is None:
        return
    for rule in core.rules.silent[registered.kind]:
        if device.met:
            device.met.pop(rule.name, None)
        alert = core.state.alerts.get((device.alerts or {}).get(rule.name, 0))
        if alert is not None:
            condition_over(core, alert, Reason.HEARD_AGAIN)
    core.arm(core.silence_due(device.id), "device", 0, device.id)
