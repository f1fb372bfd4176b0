"""Readings: the hot path. A device's new facts are compared with what its rules looked at last; equal facts cost nothing. Pure."""

from __future__ import annotations

from hub.core.alerts import condition_met, condition_over
from hub.core.context import Core
from hub.core.decisions import DuplicateIgnored, MessageQuarantined, Reason, RuleFaulted, SensorHeard
from hub.core.inputs import Received
from hub.core.rules import ALWAYS, NO_STATE, RULE_FAULT, UNDECODABLE, Answer, Rule
from hub.core.state import KEYS, DeviceState
from hub.core.supervision import heard
from hub.model import LIFE_SAFETY, Event, Fact, Kind, RawMessage, Reading, Undecodable

NOT_HEARD = frozenset({Event.OFFLINE, Event.GATEWAY_OFFLINE, Event.CAMERA_OFFLINE, Event.DOWNLINK_SENT})
"""Said about a device by somebody else: it was not heard."""

PASSING = frozenset({Event.PLATE, Event.PLATE_ENCRYPTED, Event.VEHICLE_NO_PLATE, Event.PRESS, Event.FACE_MATCH})
"""Events without an end: each is an occurrence of its own."""

PASSING_SHOWN_MS = 30 * 60_000
"""How long an alert about a passing event stays open when nobody closes it and its rule does not latch."""

REASSERT_MS = 10 * 60_000
"""A latched alert that was closed while its condition went on is raised again when it still goes on after this."""

ROW_EVERY_MS = 60_000
"""How old the ``last_seen_ms`` of a device's row may be."""

NOT_FROM_MS = 7 * 86_400_000
NOT_AHEAD_MS = 120_000
_VAGUE = (Kind.LIFECYCLE, Kind.UNKNOWN, Kind.TELEMETRY)


def believed(device_ms: int | None, received_ms: int) -> int:
    """When it happened: the device's time when it is sane, else ours."""
    if device_ms is None or not received_ms - NOT_FROM_MS <= device_ms <= received_ms + NOT_AHEAD_MS:
        return received_ms
    return min(device_ms, received_ms)


def receive(core: Core, message: Received, seq: int) -> None:
    """Step one raw message with its readings; ``seq`` is the first reading's."""
    raw = message.raw
    redelivered = raw.duplicate and _seen(core, raw)
    if not redelivered:
        core.remember(raw)
    if message.undecodable is not None:
        if not redelivered:
            _quarantine(core, raw, message.undecodable)
        return
    for reading in message.readings:
        if redelivered and not _alarms_anew(core, reading):
            core.decisions.append(
                DuplicateIgnored(seq=seq, at_ms=core.now_ms, reason=Reason.DUPLICATE_DELIVERY, device=reading.device)
            )
        else:
            _read(core, reading, raw, seq)
        seq += 1


def _seen(core: Core, raw: RawMessage) -> bool:
    recent = core.recent.get(raw.source)
    return recent is not None and any(r.payload == raw.payload and r.topic == raw.topic for r in recent)


def _alarms_anew(core: Core, reading: Reading) -> bool:
    """A marked duplicate of a life-safety alarm that has cleared since is taken: rather twice than never.

    So is the clear that was delivered again behind it: else the alarm would seem to stand, and hide the next one.
    """
    alarm = reading.facts.get("alarm")
    if not isinstance(alarm, bool) or reading.kind not in LIFE_SAFETY:
        return False
    device = core.state.devices.get(reading.device)
    return device is None or (device.alarm is True) is not alarm


def _read(core: Core, reading: Reading, raw: RawMessage, seq: int) -> None:
    """Long because it is the hot path: one call a reading.

    1. Find the device. 2. Drop what its natural key shows to be known. 3. Note that it was heard. 4. Merge facts.
    5. When the facts that rules look at changed: ask the rules. 6. Refresh its row once a minute.
    """
    state = core.state
    now = core.now_ms
    device = state.devices.get(reading.device)
    if device is None:
        device = _meet(core, reading, seq)
    key = reading.key
    if key:
        keys = device.keys
        if keys is None:
            device.keys = [key]
        elif key in keys:
            core.decisions.append(DuplicateIgnored(seq=seq, at_ms=now, reason=Reason.DUPLICATE_KEY, device=device.id))
            return
        else:
            keys.append(key)
            if len(keys) > KEYS:
                del keys[0]
    event = reading.event
    if event not in NOT_HEARD:
        device.last_seen_ms = now
        device.offline_at_seen_ms = state.offline_ms
        if device.silent:
            heard(core, device)
    facts = reading.facts
    if reading.historical or event in NO_STATE:
        if now - device.row_ms >= ROW_EVERY_MS:
            device.row_ms = now
            core.changes.devices[device.id] = device
        return
    device.facts.update(facts)
    kind = reading.kind
    if kind in _VAGUE:
        kind = device.kind
    elif device.kind in _VAGUE:
        device.kind = kind
    inputs = (kind, event, *[facts.get(name) for name in core.rules.names[kind]])
    if inputs != device.inputs or event in PASSING:
        device.inputs = inputs
        device.row_ms = now
        core.changes.devices[device.id] = device
        alarm = facts.get("alarm")
        if alarm is True or alarm is False:
            device.alarm = alarm
        _ask(core, device, reading, raw, kind)
    elif device.met:
        _reassert(core, device, reading, raw, kind)
    if now - device.row_ms >= ROW_EVERY_MS:
        device.row_ms = now
        core.changes.devices[device.id] = device


def _meet(core: Core, reading: Reading, seq: int) -> DeviceState:
    """A device's first message ever."""
    device = DeviceState(
        id=reading.device,
        kind=reading.kind,
        last_seen_ms=core.now_ms,
        first_seen_ms=core.now_ms,
        facts={},
        model=reading.model,
        offline_at_seen_ms=core.state.offline_ms,
    )
    core.state.devices[reading.device] = device
    core.changes.devices[device.id] = device
    core.decisions.append(SensorHeard(seq=seq, at_ms=core.now_ms, reason=Reason.HEARD_AGAIN, device=reading.device))
    return device


def _values(core: Core, reading: Reading) -> dict[str, Fact]:
    """What conditions are asked about: the reading's facts, the event, and what always has a value."""
    values: dict[str, Fact] = {**ALWAYS, **reading.facts, "event": reading.event.value}
    plate = reading.facts.get("plate")
    if isinstance(plate, str) and core.state.permits:
        permit = core.state.permits.get(plate)
        values["permitted"] = permit is not None and (permit.until_ms is None or core.now_ms < permit.until_ms)
    return values


def _ask(core: Core, device: DeviceState, reading: Reading, raw: RawMessage, kind: Kind) -> None:
    """Ask every rule of the kind about this reading."""
    values = _values(core, reading)
    passing = reading.event in PASSING
    for rule in core.rules.by_kind[kind]:
        when = rule.when
        if when is None:
            continue
        key = rule.name
        if passing and "plate" in values:
            key = f"{rule.name}|{values['plate']}"
        answer = when.answer(values)
        if answer is Answer.FAULT:
            _fault(core, device, rule, when.fault)
        elif answer is Answer.MET:
            if device.met is None:
                device.met = {}
            if key not in device.met:
                device.met[key] = core.now_ms
                _meet_condition(core, device, rule, reading, raw, kind, key)
            if passing:
                _let_pass(core, device, key)
        elif device.met and key in device.met and _is_over(core, device, rule, answer, values):
            del device.met[key]
            alert = core.state.alerts.get((device.alerts or {}).get(key, 0))
            if alert is not None:
                condition_over(core, alert, Reason.CONDITION_CLEARED)


def _meet_condition(
    core: Core,
    device: DeviceState,
    rule: Rule,
    reading: Reading,
    raw: RawMessage,
    kind: Kind,
    key: str,
) -> None:
    condition_met(
        core,
        device,
        rule,
        key=key,
        kind=kind,
        facts=reading.facts,
        at_ms=believed(reading.device_ms, raw.received_ms),
        reason=Reason.RETAINED_STATE if raw.retained else Reason.CONDITION_MET,
    )


def _is_over(core: Core, device: DeviceState, rule: Rule, answer: Answer, values: dict[str, Fact]) -> bool:
    if rule.clear is None:
        return answer is Answer.NOT_MET
    cleared = rule.clear.answer(values)
    if cleared is Answer.FAULT:
        _fault(core, device, rule, rule.clear.fault)
    return cleared is Answer.MET


def _let_pass(core: Core, device: DeviceState, key: str) -> None:
    """A passing event has no end of its own: its condition is over at once, its alert is shown for a while."""
    if device.met:
        device.met.pop(key, None)
    alert = core.state.alerts.get((device.alerts or {}).get(key, 0))
    if alert is not None and not alert.latch and alert.due_ms is None:
        alert.due_ms = core.now_ms + PASSING_SHOWN_MS
        core.arm(alert.due_ms, "alert", alert.id)


def _reassert(core: Core, device: DeviceState, reading: Reading, raw: RawMessage, kind: Kind) -> None:
    """Nothing new, but something is met: a latched alert that was closed too early comes back."""
    for rule in core.rules.by_kind[kind]:
        since = (device.met or {}).get(rule.name)
        standing = device.alerts is not None and rule.name in device.alerts
        if since is None or standing or not rule.latch or core.now_ms - since < REASSERT_MS:
            continue
        if device.met is not None:
            device.met[rule.name] = core.now_ms
        _meet_condition(core, device, rule, reading, raw, kind, rule.name)


def _fault(core: Core, device: DeviceState, rule: Rule, detail: str) -> None:
    """A rule that failed is an alert of its own: it may be hiding one."""
    core.decisions.append(
        RuleFaulted(
            seq=core.input_seq,
            at_ms=core.now_ms,
            reason=Reason.RULE_FAULT,
            rule=rule.name,
            device=device.id,
            detail=detail,
        )
    )
    if not (device.alerts and RULE_FAULT in device.alerts):
        condition_met(
            core,
            device,
            core.rules.rules[RULE_FAULT],
            key=RULE_FAULT,
            kind=device.kind,
            facts={"name": rule.name, "description": detail[:200]},
            at_ms=core.now_ms,
            reason=Reason.RULE_FAULT,
        )


def _quarantine(core: Core, raw: RawMessage, undecodable: Undecodable) -> None:
    """Kept as bytes; from a life-safety device it raises an alert."""
    device_id = undecodable.device
    core.decisions.append(
        MessageQuarantined(
            seq=core.input_seq,
            at_ms=core.now_ms,
            reason=Reason.INVALID,
            source=raw.source,
            device=device_id,
        )
    )
    registered = core.state.registered.get(device_id)
    life_safety = registered is not None and registered.kind in LIFE_SAFETY
    if not life_safety and raw.source not in core.settings.safety_sources:
        return
    subject = device_id or raw.source
    device = core.state.devices.get(subject)
    if device is None:
        device = DeviceState(
            id=subject,
            kind=registered.kind if registered else Kind.UNKNOWN,
            last_seen_ms=core.now_ms,
            first_seen_ms=core.now_ms,
            facts={},
        )
        core.state.devices[subject] = device
    if not (device.alerts and UNDECODABLE in device.alerts):
        condition_met(
            core,
            device,
            core.rules.rules[UNDECODABLE],
            key=UNDECODABLE,
            kind=device.kind,
            facts={"code": undecodable.reason.value},
            at_ms=core.now_ms,
            reason=Reason.UNDECODABLE_LIFE_SAFETY,
        )
    core.changes.devices[subject] = device
