"""Conditions: what becomes of the answers that a device's rules gave about it. Pure."""

from __future__ import annotations

from hub.core.alerts import condition_met, condition_over
from hub.core.context import Core
from hub.core.decisions import Reason, RuleFaulted
from hub.core.rules import RULE_FAULT, Answer, Rule
from hub.core.state import DeviceState
from hub.model import DERIVED, Event, Fact, Kind, RawMessage, Reading

PASSING = frozenset({Event.PLATE, Event.PLATE_ENCRYPTED, Event.VEHICLE_NO_PLATE, Event.PRESS, Event.FACE_MATCH})
"""Events without an end: each is an occurrence of its own."""

PASSING_SHOWN_MS = 30 * 60_000
"""How long an alert about a passing event stays open when nobody closes it and its rule does not latch."""

REASSERT_MS = 10 * 60_000
"""A latched alert that was closed while its condition went on is raised again when it still goes on after this."""

NOT_FROM_MS = 7 * 86_400_000
NOT_AHEAD_MS = 120_000


def believed(device_ms: int | None, received_ms: int) -> int:
    """When it happened: the device's time when it is sane, else ours."""
    if device_ms is None or not received_ms - NOT_FROM_MS <= device_ms <= received_ms + NOT_AHEAD_MS:
        return received_ms
    return min(device_ms, received_ms)


def ask(core: Core, device: DeviceState, facts: dict[str, Fact], at_ms: int) -> None:
    """Ask a device's rules about facts that the core found out itself (`hub.model.DERIVED`); they stay among its facts."""
    reading = Reading(device.id, device.kind, Event.STATUS, facts, device_ms=at_ms)
    raw = RawMessage("", "", b"", core.now_ms)
    answers = core.rules.answers(device.kind, Event.STATUS, facts)
    answered(core, device, reading, raw, device.kind, answers, facts)
    device.facts.update(facts)
    device.facts.pop("plate", None)
    device.answers = None
    core.changes.devices[device.id] = device


def answered(
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
        found=bool(reading.facts) and reading.facts.keys() <= DERIVED,
    )


def _let_pass(core: Core, device: DeviceState, key: str) -> None:
    """A passing event has no end of its own: its condition is over at once, its alert is shown for a while."""
    if device.met:
        device.met.pop(key, None)
    alert = core.state.alerts.get((device.alerts or {}).get(key, 0))
    if alert is not None and not alert.latch and alert.due_ms is None:
        alert.due_ms = core.now_ms + PASSING_SHOWN_MS
        core.arm(alert.due_ms, "alert", alert.id)


def reassert(core: Core, device: DeviceState, reading: Reading, raw: RawMessage, kind: Kind) -> None:
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
