"""The month stepped through the real core, minute by minute; crashes if asked for. Pure.

A crash throws the core away. What it had committed stays: the state as bytes; the messages since are stepped again, as the hub reads its
journal again after a crash.
"""

from __future__ import annotations

from random import Random

import msgspec

from hub.core.commands import AnyCommand, CorrectLedger, CountSpaces
from hub.core.context import Core
from hub.core.decisions import AnyDecision
from hub.core.inputs import Commanded, Input, TimePassed
from hub.core.policies import Settings
from hub.core.state import Changes, State
from hub.core.step import step
from hub.model import Direction, Verdict
from hub.simulate.parking.devices import Said, said
from hub.simulate.parking.score import Score, Scorer
from hub.simulate.parking.site import ACTOR, Site, registry, settings, site
from hub.simulate.parking.truth import MINUTE_MS, Stand, Truth, truth

START_MS = 1_799_942_400_000
"""2027-01-15, local midnight."""
CENSUS_MINUTES = (600, 2 * 1440 + 900, 4 * 1440 + 1140, 6 * 1440 + 1180)
"""Of a stretch of nine days: somebody walks round every 48 hours or more rarely, at another hour of the day each time."""
CENSUS_STRETCH = 9 * 1440
COMMIT_EVERY = 5
"""Minutes between two commits, when crashes are played."""

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(State)


class Live:
    """A core that may die: what it committed, and what it was given since."""

    def __init__(self, told: Settings) -> None:
        self.told = told
        self.core = Core(State(community=told.community), told)
        self.committed = b""
        self.tail: list[Input] = []

    def take(self, input: Input, *, keep: bool) -> None:
        step(self.core, input)
        if keep:
            self.tail.append(input)

    def commit(self) -> None:
        self.committed = _encoder.encode(self.core.state)
        self.tail.clear()

    def crash(self) -> None:
        """A new life from what was committed; what was decided since is decided again."""
        self.core = Core(_decoder.decode(self.committed), self.told)
        for input in self.tail:
            step(self.core, input)
        self.core.take()


class Played(msgspec.Struct, frozen=True):
    """A month that was played."""

    score: Score
    state: bytes
    """The core's state at its end, as bytes."""
    crashes: int


def play(seed: int, days: int, crashes: int = 0, *, signature: bool = True) -> Played:
    """The same seed gives the same result, with crashes and without; ``signature``: the sensors say how strong what they see is."""
    it = site(seed)
    month = truth(it, seed, START_MS, days)
    spoken = said(it, month, seed, signature=signature)
    live = Live(settings())
    _furnish(live, it, month)
    scorer = Scorer(it, month, spoken)
    scorer.hear(*live.core.take())
    _run(live, it, month, spoken, scorer, _crash_minutes(seed, days, crashes))
    return Played(scorer.score(), _encoder.encode(live.core.state), crashes)


def _crash_minutes(seed: int, days: int, crashes: int) -> frozenset[int]:
    return frozenset(Random(f"crashes {seed}").sample(range(10, days * 1440), crashes))


def _furnish(live: Live, it: Site, month: Truth) -> None:
    """The registry, and the cars that the office wrote down when it began."""
    commands: list[AnyCommand] = registry(it)
    commands += [
        CorrectLedger(actor=ACTOR, direction=Direction.IN, plate=plate, note="first list")
        for plate in sorted(month.at_start)
    ]
    for command in commands:
        live.take(Commanded(month.start_ms - MINUTE_MS, command), keep=False)


def _run(live: Live, it: Site, month: Truth, spoken: Said, scorer: Scorer, crash_at: frozenset[int]) -> None:
    """Each minute: what was said in it, the truth moved on, then the comparison."""
    stands = {space: Verdict.CAR for space in month.at_start.values() if space}
    moves = [move for move in month.moves if isinstance(move, Stand)]
    messages = spoken.messages
    said_n = moved_n = 0
    keep = bool(crash_at)
    live.commit()
    for minute in range(1, month.days * 1440 + 1):
        now_ms = month.start_ms + minute * MINUTE_MS
        while said_n < len(messages) and messages[said_n].raw.received_ms <= now_ms:
            live.take(messages[said_n], keep=keep)
            said_n += 1
        while moved_n < len(moves) and moves[moved_n].at_ms <= now_ms:
            _move(stands, moves[moved_n])
            moved_n += 1
        live.take(TimePassed(now_ms, drained=True), keep=keep)
        if minute % CENSUS_STRETCH in CENSUS_MINUTES:
            seen = {space.id: stands.get(space.id, Verdict.NOTHING) for space in it.spaces}
            live.take(Commanded(now_ms, CountSpaces(actor=ACTOR, zone="", spaces=seen)), keep=keep)
        decisions: list[AnyDecision]
        changes: Changes
        decisions, changes = live.core.take()
        if minute in crash_at:
            live.crash()
        scorer.hear(decisions, changes)
        scorer.minute(live.core.state, stands, now_ms)
        if keep and minute % COMMIT_EVERY == 0:
            live.commit()


def _move(stands: dict[str, Verdict], move: Stand) -> None:
    if move.on:
        stands[move.space] = Verdict.CAR if move.bike < 0 else Verdict.BIKE
    else:
        stands.pop(move.space, None)
