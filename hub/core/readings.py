"""Readings: the hot path. A device's new facts are compared with what its rules looked at last; equal facts cost nothing. Pure."""

from __future__ import annotations

import msgspec

from hub.core.alerts import condition_met
from hub.core.conditions import PASSING, answered, believed, reassert
from hub.core.context import Core
from hub.core.decisions import DuplicateIgnored, MessageQuarantined, Reason, SensorHeard
from hub.core.inputs import Received
from hub.core.parking.door import facts_of_plate, observed
from hub.core.rules import NO_STATE, UNDECODABLE
from hub.core.state import KEYS, DeviceState
from hub.core.supervision import heard
from hub.model import LIFE_SAFETY, Event, Fact, Kind, RawMessage, Reading, Undecodable

NOT_HEARD = frozenset({Event.OFFLINE, Event.GATEWAY_OFFLINE, Event.CAMERA_OFFLINE, Event.DOWNLINK_SENT})
"""Said about a device by somebody else: it was not heard."""

ROW_EVERY_MS = 60_000
"""How old a device's row may be while its rules answer the same."""

PASSED_OR_PARKED = frozenset({Kind.LPR, Kind.GATE, Kind.GATE_IO, Kind.PARKING, Kind.RELAY, Kind.CAMERA, Kind.DOOR})
"""Kinds whose devices may belong to a lane of a gate or a space."""

_VAGUE = (Kind.LIFECYCLE, Kind.UNKNOWN, Kind.TELEMETRY)


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
        if reading.kind in PASSED_OR_PARKED and event not in NO_STATE:
            observed(core, device, reading, believed(reading.device_ms, raw.received_ms))
        if now - device.row_ms >= ROW_EVERY_MS:
            device.row_ms = now
            core.changes.devices[device.id] = device
        return
    kind = reading.kind
    if kind in _VAGUE:
        kind = device.kind
    elif device.kind in _VAGUE:
        device.kind = kind
    if "plate" in facts and kind is Kind.LPR:  # in this order: nearly no reading has a plate
        facts = facts_of_plate(core, reading.device, facts)
    answers = core.rules.answers(kind, event, facts)
    if answers != device.answers or event in PASSING:
        answered(core, device, _suggesting(reading, facts), raw, kind, answers, facts)
        device.answers = answers
        device.row_ms = 0
    elif device.met:
        reassert(core, device, reading, raw, kind)
    device.facts.update(reading.facts)
    if "plate" in reading.facts:  # the last car is nothing that a device has to remember
        del device.facts["plate"]
    if kind in PASSED_OR_PARKED:
        observed(core, device, reading, believed(reading.device_ms, raw.received_ms))
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


def _suggesting(reading: Reading, facts: dict[str, Fact]) -> Reading:
    """With the ``label`` of permits that an unknown plate may mean: what the alert says, and no fact of the device."""
    if "label" not in facts or "label" in reading.facts:
        return reading
    return msgspec.structs.replace(reading, facts={**reading.facts, "label": facts["label"]})


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
