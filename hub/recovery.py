"""Recovery: the state of a community from what the store kept of it.

Snapshot, then the tail stepped again; where the software changed in between, the stored decisions win. Blocking.
"""

from __future__ import annotations

from hub.core.context import Core
from hub.core.inputs import Received
from hub.core.policies import Settings
from hub.core.state import Changes, State
from hub.core.step import step
from hub.model import Condition
from hub.store.port import Store

RECENT_SEQS = 10_000
"""How far back the journal is read for messages that the broker may deliver again."""


def recovered(store: Store, settings: Settings, software: str) -> Core:
    """The core as it stood after the last commit."""
    community = settings.community
    state, blocks, changed = store.recover(community, software)
    core = Core(state or State(community=community), settings)
    start = core.state.seq
    for earlier in store.blocks(community, max(0, start - RECENT_SEQS), RECENT_SEQS):
        for input in earlier.inputs if earlier.last_seq <= start else ():
            if type(input) is Received:
                core.remember(input.raw)
    stepped = False
    for block in blocks:
        stepped = True
        for input, seq in zip(block.inputs, block.seqs, strict=True):
            core.state.seq = max(core.state.seq, seq - 1)
            step(core, input)
        core.state.seq = max(core.state.seq, block.last_seq)
        core.take()
    if changed and stepped:
        recent = core.recent
        core = Core(_stored_decisions_win(core.state, store.entities(community)), settings)
        core.recent = recent
    return core


def _stored_decisions_win(state: State, stored: Changes) -> State:
    """Put the entities as their rows have them in place of what today's software would have decided.

    What is only pending was no decision yet, with a row or without: it stays, unless the rows say that it was raised.
    """
    decided = {id: alert for id, alert in stored.alerts.items() if alert.condition is not Condition.PENDING}
    raised = {(alert.subject, alert.key) for alert in decided.values() if alert.closed_ms is None}
    pending = {
        id: alert
        for id, alert in state.alerts.items()
        if alert.condition is Condition.PENDING and (alert.subject, alert.key) not in raised
    }
    state.alerts = dict(sorted((pending | decided).items()))
    state.incidents = stored.incidents
    state.notifications = stored.notifications
    # The journal may have only the hashes of their plates.
    state.permits, state.turns = (
        {plate: one for plate, one in stored.permits.items() if one is not None},
        {id: one for id, one in stored.turns.items() if one is not None},
    )
    for device in state.devices.values():
        device.alerts = None
    for alert in state.alerts.values():
        subject = state.devices.get(alert.subject)
        if subject is not None and alert.closed_ms is None:
            subject.alerts = {**(subject.alerts or {}), alert.key: alert.id}
    return state
