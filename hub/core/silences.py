"""Silences: a pause with an end, an owner and a reason. They never hide critical. Pure."""

from __future__ import annotations

from hub.core.commands import StartSilence
from hub.core.context import NEVER_SILENCED, Core
from hub.core.decisions import Reason, SilenceEnded, SilenceStarted
from hub.core.incidents import resume
from hub.model import Alert, Silence


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


def start_silence(core: Core, command: StartSilence) -> None:
    """From now until its end."""
    silence = Silence(
        id=core.next_id(),
        place=command.place,
        kind=command.kind,
        rule=command.rule,
        device=command.device,
        from_ms=core.now_ms,
        until_ms=command.until_ms,
        owner=command.actor,
        reason=command.reason,
    )
    core.state.silences[silence.id] = silence
    core.changes.silences[silence.id] = silence
    core.arm(silence.until_ms, "silence", silence.id)
    core.decisions.append(
        SilenceStarted(
            seq=core.input_seq,
            at_ms=core.now_ms,
            reason=Reason.PERSON_ASKED,
            silence=silence.id,
            owner=command.actor,
        )
    )


def end_silence(core: Core, id: int, reason: Reason) -> None:
    """It ends by itself or early; incidents that it held back, and that nothing else holds, are told now."""
    silence = core.state.silences.pop(id, None)
    if silence is None:
        return
    core.changes.silences[id] = None
    core.decisions.append(SilenceEnded(seq=core.input_seq, at_ms=core.now_ms, reason=reason, silence=id))
    for incident in list(core.state.incidents.values()):
        if incident.closed_ms is not None or incident.from_ms < core.now_ms or incident.told:
            continue
        if all(silencing(core, alert) is None for alert in core.open_alerts(incident)):
            resume(core, incident)
