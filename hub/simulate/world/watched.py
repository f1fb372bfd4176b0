"""The real keeper, watched: each time it has recovered a state, that must be the one of the last finished commit."""

from __future__ import annotations

from hub.core.state import State
from hub.keeping import Keeper
from hub.simulate.world.keeps import Ledger, print_of
from hub.simulate.world.trace import Broken

LAW = "4 recovery gives the state of the last commit"


class WatchedKeeper(Keeper):
    """Keeps as `Keeper` does; `ledger` is set by the life it belongs to."""

    ledger: Ledger

    def _recover(self) -> None:
        super()._recover()
        self._compare(self.core.state)

    def _compare(self, state: State) -> None:
        if state.seq != self.ledger.head:
            raise Broken(LAW, f"recovered up to {state.seq}, committed up to {self.ledger.head}")
        if self.ledger.erased:
            return  # what stood in the journal about somebody is gone
        known = self.ledger.prints.get(state.seq)
        if known is not None and known != print_of(state):
            raise Broken(LAW, f"the state at seq {state.seq} is another one")

    def recover_and_compare(self) -> None:
        """Snapshot and tail give the state that lives."""
        before = print_of(self.core.state)
        core = self.core
        self._recover()
        if print_of(self.core.state) != before:
            raise Broken(LAW, f"at the end, seq {core.state.seq}")
        self.core = core
