"""A small journal that keeps what it is given, and the messages to fill it with."""

from __future__ import annotations

from hub.core.decisions import AnyDecision
from hub.core.inputs import Input, Received
from hub.model import Event, Fact, Kind, RawMessage, Reading
from hub.store.port import Block

NOW_MS = 1_790_000_000_000
WHERE = {"烟感 1": ("b6-1203", "6号楼"), "cam,1": ("east", ""), "24e1=a": ("p-12", "地库")}


def where(device: str) -> tuple[str, str]:
    return WHERE.get(device, ("", ""))


class ListedJournal:
    """Blocks and cursors in memory; `move_cursor` keeps every move, so that a test can see their order."""

    def __init__(self) -> None:
        self.listed: list[Block] = []
        self.moves: list[int] = []
        self._cursors: dict[tuple[str, str], int] = {}

    def add(self, *readings: Reading, at_ms: int = NOW_MS, decisions: list[AnyDecision] | None = None) -> Block:
        """One block; one message for each reading."""
        first = self.listed[-1].last_seq + 1 if self.listed else 1
        inputs: list[Input] = [Received(RawMessage("s", "t", b"", at_ms), (reading,)) for reading in readings]
        block = Block(
            community="main",
            first_seq=first,
            last_seq=first + max(0, len(readings) - 1),
            inputs=inputs,
            seqs=list(range(first, first + len(readings))),
            decisions=decisions or [],
        )
        self.listed.append(block)
        return block

    def blocks(self, community: str, after_seq: int, limit: int) -> list[Block]:
        return [b for b in self.listed if b.community == community and b.last_seq > after_seq][:limit]

    def cursor(self, name: str, community: str) -> int:
        return self._cursors.get((name, community), 0)

    def move_cursor(self, name: str, community: str, seq: int) -> None:
        self._cursors[name, community] = seq
        self.moves.append(seq)


def smoke(device: str = "烟感 1", **facts: Fact) -> Reading:
    return Reading(device, Kind.SMOKE, Event.STATUS, dict(facts))


def plate(device: str = "cam,1", **facts: Fact) -> Reading:
    return Reading(device, Kind.LPR, Event.PLATE, dict(facts))
