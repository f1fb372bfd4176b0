"""The journal told again, input by input, to laws that look at the core before and after each of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from hub.core.context import Core
from hub.core.decisions import AnyDecision
from hub.core.inputs import Input
from hub.core.state import State
from hub.core.step import step
from hub.simulate.world.compound import COMMUNITY, settings
from hub.store.port import Block


class Law(Protocol):
    """What must hold at every step; raises `Broken`."""

    def before(self, core: Core, one: Input, /) -> None: ...

    def after(self, core: Core, one: Input, decisions: list[AnyDecision], /) -> None: ...


def retold(blocks: Iterable[Block], laws: Sequence[Law]) -> Core:
    """Every block from the first, stepped again without any snapshot."""
    core = Core(State(community=COMMUNITY), settings())
    for block in blocks:
        for one, seq in zip(block.inputs, block.seqs, strict=True):
            core.state.seq = max(core.state.seq, seq - 1)
            for law in laws:
                law.before(core, one)
            step(core, one)
            decisions, _ = core.take()
            for law in laws:
                law.after(core, one, decisions)
        core.state.seq = max(core.state.seq, block.last_seq)
    return core
