"""False alarms: a detector that cries wolf three times in 30 days is moved or changed (移位 or 换型). Pure.

Law: drills and tests do not count, and nothing counts while somebody still has the task of mending it.
"""

from __future__ import annotations

from hub.core.context import FALSE_ALARMS_TOO_MANY, Core
from hub.core.rules import FALSE_ALARMS
from hub.model import LIFE_SAFETY, Incident, Severity

WITHIN_MS = 30 * 86_400_000


def count_false(core: Core, incident: Incident) -> None:
    """The incident is being closed as false: each detector that alarmed in it counts one."""
    if incident.test or incident.drill:
        return
    counted = core.state.false_alarms
    for device_id, times in list(counted.items()):
        counted[device_id] = [t for t in times if core.now_ms - t < WITHIN_MS]
        if not counted[device_id]:
            del counted[device_id]
    for device_id in dict.fromkeys(
        alert.subject
        for alert in core.open_alerts(incident)
        if alert.kind in LIFE_SAFETY and alert.severity is Severity.CRITICAL and not (alert.test or alert.drill)
    ):
        device = core.state.devices.get(device_id)
        if device is None or FALSE_ALARMS in (device.alerts or ()):
            continue
        times = counted.setdefault(device_id, [])
        times.append(core.now_ms)
        if len(times) >= FALSE_ALARMS_TOO_MANY:
            core.arm(core.now_ms, "false_alarms", 0, device_id)
