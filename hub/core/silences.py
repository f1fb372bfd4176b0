"""Silences: a pause with an end, an owner and a reason. They never hide critical. Pure.

Law: those affected are told when one begins, before it ends (with its owner), and when it is over. What it held back, and
nothing else holds, is told at its end.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from hub.core.commands import StartSilence
from hub.core.context import NEVER_SILENCED, Core
from hub.core.decisions import Reason, SilenceEnded, SilenceReminded, SilenceStarted
from hub.core.incidents import resume
from hub.core.rota import holders
from hub.core.telling import announce
from hub.model import Alert, Kind, Person, Severity, Silence

LONGEST_MS = 30 * 86_400_000
"""What must rest for longer than this is a rule to change."""

AFFECTED = (Severity.MAJOR, Severity.MINOR)
"""Policies whose first step names whom a silence affects."""


def covers(core: Core, silence: Silence, alert: Alert) -> bool:
    """Does this silence cover that alert? Empty selectors match everything."""
    if alert.severity is NEVER_SILENCED:
        return False
    if silence.place and all(p.id != silence.place for p in core.ancestors(alert.place)):
        return False
    return (
        silence.kind in ("", alert.kind)
        and silence.rule in ("", alert.rule)
        and silence.device in ("", alert.subject)
        and silence.from_ms <= core.now_ms < silence.until_ms
    )


def silencing(core: Core, alert: Alert) -> Silence | None:
    """The silence that covers it for the longest, if any."""
    covering = [s for s in core.state.silences.values() if covers(core, s, alert)]
    return max(covering, key=lambda s: (s.until_ms, s.id), default=None)


def start_silence(core: Core, command: StartSilence) -> str | None:
    """From now until its end; gives why not, in plain words, or None."""
    mistake = _mistake(core, command)
    if mistake is not None:
        return mistake
    silence = Silence(
        id=core.next_id(),
        place=command.place,
        kind=command.kind,
        rule=command.rule,
        device=command.device,
        from_ms=core.now_ms,
        until_ms=command.until_ms,
        owner=command.actor,
        reason=command.reason.strip(),
    )
    core.state.silences[silence.id] = silence
    core.changes.silences[silence.id] = silence
    core.arm_silence(silence)
    core.decisions.append(
        SilenceStarted(
            seq=core.input_seq,
            at_ms=core.now_ms,
            reason=Reason.PERSON_ASKED,
            silence=silence.id,
            owner=command.actor,
        )
    )
    _announce(core, silence, Reason.SILENCE_STARTED, but=command.actor)
    return None


def silence_due(core: Core, id: int, due_ms: int) -> None:
    """Its time is up."""
    silence = core.state.silences.get(id)
    if silence is not None and silence.until_ms == due_ms:
        end_silence(core, id, Reason.CONDITION_HELD_FOR)


def reminder_due(core: Core, id: int) -> None:
    """It ends soon: its owner may want to extend it, the others to know."""
    silence = core.state.silences.get(id)
    if silence is None or silence.reminded:
        return
    silence = msgspec.structs.replace(silence, reminded=True)
    core.state.silences[id] = silence
    core.changes.silences[id] = silence
    core.decisions.append(
        SilenceReminded(
            seq=core.input_seq, at_ms=core.now_ms, reason=Reason.SILENCE_ENDS_SOON, silence=id, owner=silence.owner
        )
    )
    _announce(core, silence, Reason.SILENCE_ENDS_SOON)


def end_silence(core: Core, id: int, reason: Reason) -> None:
    """It ends by itself or early; incidents that it held back, and that nothing else holds, are told now."""
    silence = core.state.silences.pop(id, None)
    if silence is None:
        return
    core.changes.silences[id] = None
    core.decisions.append(SilenceEnded(seq=core.input_seq, at_ms=core.now_ms, reason=reason, silence=id))
    _announce(core, silence, Reason.SILENCE_ENDED)
    for incident in list(core.state.incidents.values()):
        if incident.closed_ms is not None or incident.from_ms < core.now_ms or incident.told:
            continue
        if all(silencing(core, alert) is None for alert in core.open_alerts(incident)):
            resume(core, incident)


def _mistake(core: Core, command: StartSilence) -> str | None:
    state = core.state
    if command.until_ms <= core.now_ms:
        return "a silence must end in the future"
    if command.until_ms - core.now_ms > LONGEST_MS:
        return "a silence lasts at most 30 days; change the rule if it must rest for longer"
    if not command.reason.strip():
        return "say why: whoever is affected is told the reason"
    if command.place and command.place not in state.places:
        return f"there is no place {command.place}; choose one of the registry, or none for the whole community"
    if command.kind and command.kind not in [kind.value for kind in Kind]:
        return f"there is no kind {command.kind}; choose one of docs/devices.md, or none for all"
    if command.rule and command.rule not in core.rules.rules:
        return f"there is no rule {command.rule}; choose one of config.yaml, or none for all"
    if command.device and command.device not in state.registered and command.device not in state.devices:
        return f"there is no device {command.device}; choose one that is registered or was heard, or none for all"
    return None


def _place_of(core: Core, silence: Silence) -> str:
    registered = core.state.registered.get(silence.device)
    return silence.place or (registered.place if registered else "")


def _affected(core: Core, silence: Silence) -> Iterator[tuple[Person, str]]:
    """Whoever would have been told first of what is not critical there."""
    place = _place_of(core, silence)
    for severity in AFFECTED:
        policy = core.settings.policies.get(severity.value)
        for role in policy.steps[0].roles if policy and policy.steps else ():
            for person in holders(core, role, place):
                yield person, role


def _announce(core: Core, silence: Silence, reason: Reason, *, but: str = "") -> None:
    told = {but}
    owner = core.state.people.get(silence.owner)
    everybody = [*_affected(core, silence), *([(owner, "")] if owner else [])]
    over = reason is Reason.SILENCE_ENDED
    for person, role in everybody:
        if person.id in told:
            continue
        told.add(person.id)
        announce(
            core,
            person,
            role,
            reason,
            note=silence.reason,
            until_ms=core.now_ms if over else silence.until_ms,
            place=_place_of(core, silence),
        )
