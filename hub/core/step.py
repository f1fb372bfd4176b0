"""`step`: one input in, decisions out. The only door of the core. Pure.

Law of time: ``now`` is the input's time and never runs backwards; timers that are due fire first, in (due, id) order,
each with ``now = due``; only what fell due while the hub was not there fires with ``now`` as it is: nothing was sent then,
so no receipt was missing and no repeat is owed. A jump of the wall clock is an input of its own and moves every deadline along with it.
"""

from __future__ import annotations

import heapq

from hub.core.alerts import alert_due
from hub.core.commanded import carry_out
from hub.core.contact_tests import tests_due
from hub.core.context import Core
from hub.core.decisions import (
    ClockJumped,
    CommandRefused,
    ConfigLoaded,
    Reason,
    SourceCameUp,
    SourceWentDown,
)
from hub.core.inputs import Commanded, Configured, Input, Receipted, Received, SourceChanged, TimePassed
from hub.core.lanes import lane_due
from hub.core.lanes import rebase as rebase_lanes
from hub.core.observing import false_alarms_due, observe
from hub.core.parking.door import due as parking_due
from hub.core.parking.estimates import rebase_zones
from hub.core.parking.gates import rebase_gates
from hub.core.parking.spaces import rebase_spaces
from hub.core.readings import receive
from hub.core.silences import reminder_due, silence_due
from hub.core.steps import incident_due
from hub.core.supervision import device_due, set_hearing
from hub.core.telling import notification_due, receive_receipt
from hub.core.works import works_due
from hub.model import Condition

WALL_CLOCK = frozenset(
    {
        "silence",
        "reminder",
        "works",
        "false_alarms",
        "tests",
        "parking_zone",
        "parking_permit",
        "parking_plan",
        "parking_watch",
    }
)
"""Timers by what the clock on the wall shows: ends that a person said, and dates."""


def step(core: Core, input: Input) -> int:
    """Move the core by one input; gives the seq that it took. Decisions and changes wait in `Core.take`."""
    state = core.state
    seq = core.input_seq = state.seq + 1
    if type(input) is Received:
        state.seq += len(input.readings) or 1
        now_ms = input.raw.received_ms
        if now_ms > state.now_ms:
            _pass_time(core, now_ms)
        else:
            core.now_ms = state.now_ms
        receive(core, input, seq)
        return seq
    state.seq = seq
    if type(input) is TimePassed and input.jumped_ms:
        _rebase(core, input.jumped_ms)
    _pass_time(core, input.now_ms, away=type(input) is TimePassed and input.away)
    match input:
        case Commanded(command=command, row=row):
            refused = carry_out(core, command)
            if refused is not None:
                core.decisions.append(
                    CommandRefused(seq=seq, at_ms=core.now_ms, reason=Reason.INVALID, row=row, detail=refused)
                )
        case Receipted(receipt=receipt):
            receive_receipt(core, receipt)
            for seen in core.take_observations():
                observe(core, seen)
        case TimePassed(drained=drained):
            set_hearing(core, drained)
        case SourceChanged(source=source, connected=connected):
            _source_changed(core, source, connected)
        case Configured(digest=digest, software=software):
            if digest != state.config_digest:
                # Other rules: what the old ones answered says nothing.
                for device in state.devices.values():
                    device.answers = None
            state.config_digest = digest
            core.arm_tests()
            core.decisions.append(
                ConfigLoaded(
                    seq=seq,
                    at_ms=core.now_ms,
                    reason=Reason.PERSON_ASKED,
                    digest=digest,
                    software=software,
                )
            )
    return seq


def _pass_time(core: Core, now_ms: int, *, away: bool = False) -> None:
    """What is due by now decides first; a little backwards is standing still."""
    state = core.state
    if now_ms > state.now_ms:
        if away:
            core.now_ms = state.now_ms = now_ms
        if core.timers and core.timers[0][0] <= now_ms:
            _fire(core, now_ms)
        state.now_ms = now_ms
    core.now_ms = state.now_ms


def _fire(core: Core, until_ms: int) -> None:
    while core.timers and core.timers[0][0] <= until_ms:
        due_ms, what, id, device = heapq.heappop(core.timers)
        core.now_ms = core.state.now_ms = max(due_ms, core.state.now_ms)
        match what:
            case "incident":
                incident_due(core, id, due_ms)
            case "notification":
                notification_due(core, id, due_ms)
            case "lane":
                lane_due(core, device, due_ms)
            case "tests":
                tests_due(core)
            case "alert":
                alert_due(core, id, due_ms)
            case "silence":
                silence_due(core, id, due_ms)
            case "reminder":
                reminder_due(core, id)
            case "works":
                works_due(core, id, due_ms)
            case "false_alarms":
                false_alarms_due(core, device)
            case "device":
                device_due(core, device)
            case _:
                parking_due(core, what, id, device, due_ms)


def _rebase(core: Core, by_ms: int) -> None:
    """The wall clock jumped: what was due in ten seconds is still due in ten seconds."""
    state = core.state
    state.now_ms += by_ms
    state.offline_ms += by_ms
    if state.offline_since_ms is not None:
        state.offline_since_ms += by_ms
    for alert in state.alerts.values():
        if alert.due_ms is not None:
            alert.due_ms += by_ms
            if alert.condition is not Condition.PENDING:  # what never was an alert must not leave a row behind
                core.touch_alert(alert)
    for incident in state.incidents.values():
        incident.from_ms += by_ms
        if incident.due_ms is not None:
            incident.due_ms += by_ms
        if incident.page_ms is not None:
            incident.page_ms += by_ms
        core.touch_incident(incident)
    for notification in state.notifications.values():
        if notification.due_ms is not None:
            notification.due_ms += by_ms
            core.touch_notification(notification)
    rebase_lanes(core, by_ms)
    rebase_gates(core, by_ms)
    rebase_spaces(core, by_ms)
    for device in state.devices.values():
        device.row_ms += by_ms
        if device.met:
            device.met = {key: since + by_ms for key, since in device.met.items()}
    state.raises = {name: [at + by_ms for at in times] for name, times in state.raises.items()}
    core.timers = [
        (due if what in WALL_CLOCK else due + by_ms, what, id, device) for due, what, id, device in core.timers
    ]
    heapq.heapify(core.timers)
    rebase_zones(core)
    core.decisions.append(ClockJumped(seq=core.input_seq, at_ms=state.now_ms, reason=Reason.CLOCK_JUMPED, by_ms=by_ms))


def _source_changed(core: Core, source: str, connected: bool) -> None:
    seq, now = core.input_seq, core.now_ms
    if connected and core.state.sources_down.pop(source, None) is not None:
        core.decisions.append(SourceCameUp(seq=seq, at_ms=now, reason=Reason.HEARD_AGAIN, source=source))
    elif not connected and source not in core.state.sources_down:
        core.state.sources_down[source] = now
        core.decisions.append(SourceWentDown(seq=seq, at_ms=now, reason=Reason.SILENT_TOO_LONG, source=source))
