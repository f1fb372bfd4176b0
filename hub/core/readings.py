"""Readings: the hot path. A device's new facts are compared with what its rules looked at last; equal facts cost nothing. Pure."""

from __future__ import annotations

from hub.core.alerts import condition_met, condition_over
from hub.core.context import Core
from hub.core.decisions import DuplicateIgnored, MessageQuarantined, Reason, RuleFaulted, SensorHeard
from hub.core.inputs import Received
from hub.core.rules import NO_STATE, RULE_FAULT, UNDECODABLE, Answer, Rule
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
"""How old a device's row may be while its rules answer the same."""

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
    if raw.duplicate and _seen(core, raw):
        _redelivered(core, message, seq)
        return
    recent = core.recent.get(raw.source)
    if recent is None:
        core.remember(raw)
    else:
        recent.append(raw)
    if message.undecodable is not None:
        _quarantine(core, raw, message.undecodable)
    for reading in message.readings:
        _read(core, reading, raw, seq)
        seq += 1


def _redelivered(core: Core, message: Received, seq: int) -> None:
    for reading in message.readings:
        if _alarms_anew(core, reading):
            _read(core, reading, message.raw, seq)
        else:
            core.decisions.append(
                DuplicateIgnored(seq=seq, at_ms=core.now_ms, reason=Reason.DUPLICATE_DELIVERY, device=reading.device)
            )
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

    1. Find the device. 2. Drop what its natural key shows to be known. 3. Note that it was heard. 4. When its rules
    answer otherwise than last time, conditions rise and fall. 5. Merge facts. 6. Refresh its row once a minute.
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
        device.away = False
        if device.silent or not device.first_seen_ms:
            device.first_seen_ms = device.first_seen_ms or now
            heard(core, device)
    else:
        device.away = True
    facts = reading.facts
    if reading.historical or event in NO_STATE:
        if now - device.row_ms >= ROW_EVERY_MS:
            device.row_ms = now
            core.changes.devices[device.id] = device
        return
    kind = reading.kind
    if kind in _VAGUE:
        kind = device.kind
    elif device.kind in _VAGUE:
        device.kind = kind
    if kind is Kind.LPR and "plate" in facts:
        facts = _permitted(core, facts)
    answers = core.rules.answers(kind, event, facts)
    if answers != device.answers or event in PASSING:
        _answered(core, device, reading, raw, kind, answers, facts)
        device.answers = answers
        device.row_ms = 0
    elif device.met:
        _reassert(core, device, reading, raw, kind)
    device.facts.update(reading.facts)
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


def _permitted(core: Core, facts: dict[str, Fact]) -> dict[str, Fact]:
    """``permitted`` for a plate; absent while no permit is registered, so that nobody is unknown before there is a list."""
    plate = facts["plate"]
    if not isinstance(plate, str) or not core.state.permits:
        return facts
    permit = core.state.permits.get(plate)
    return {**facts, "permitted": permit is not None and (permit.until_ms is None or core.now_ms < permit.until_ms)}


def _answered(
    core: Core,
    device: DeviceState,
    reading: Reading,
    raw: RawMessage,
    kind: Kind,
    answers: str,
    facts: dict[str, Fact],
) -> None:
    """The rules answered otherwise than last time, or this is an occurrence of its own: conditions rise and fall."""
    passing = reading.event in PASSING
    alarm = facts.get("alarm")
    if isinstance(alarm, bool):
        device.alarm = alarm
    for n, rule in enumerate(core.rules.by_kind[kind]):
        answer, cleared = answers[2 * n], answers[2 * n + 1]
        key = f"{rule.name}|{facts['plate']}" if passing and "plate" in facts else rule.name
        if Answer.FAULT in (answer, cleared):
            _fault(core, device, rule)
        elif answer == Answer.MET:
            if device.met is None:
                device.met = {}
            if key not in device.met:
                device.met[key] = core.now_ms
                _meet_condition(core, device, rule, reading, raw, kind, key)
            if passing:
                _let_pass(core, device, key)
        elif (
            device.met
            and key in device.met
            and (cleared == Answer.MET or (cleared == "-" and answer == Answer.NOT_MET))
        ):
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
    anew: bool = True,
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
        anew=anew,
    )


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
        _meet_condition(core, device, rule, reading, raw, kind, rule.name, anew=False)


def _fault(core: Core, device: DeviceState, rule: Rule) -> None:
    """A rule that failed is an alert of its own: it may be hiding one."""
    detail = (rule.when.fault if rule.when else "") or (rule.clear.fault if rule.clear else "")
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
