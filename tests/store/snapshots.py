"""Keeping a snapshot as the keeper does."""

from __future__ import annotations

from hub.core.state import State
from hub.store.port import Store
from hub.store.snapshots import state_bytes


def keep_snapshot(store: Store, state: State, software: str) -> None:
    store.checkpoint(state.community, state.seq, state.now_ms, software, state_bytes(state))
