"""What was just committed is carried over from memory; what is older is read from the journal; never a gap, never twice."""

from __future__ import annotations

import pytest

from hub.core.state import Changes
from hub.influx import Follower, JournalLines, recent
from hub.store.port import Block, Commit
from tests.influx.journal import NOW_MS, ListedJournal, smoke, where
from tests.influx.servers import Scripted


class CountedJournal(ListedJournal):
    """Counts how often it was read."""

    def __init__(self) -> None:
        super().__init__()
        self.read = 0

    def blocks(self, community: str, after_seq: int, limit: int) -> list[Block]:
        self.read += 1
        return super().blocks(community, after_seq, limit)


def commit(lines: JournalLines, journal: ListedJournal, readings: int) -> None:
    block = journal.add(*[smoke(alarm=False) for _ in range(readings)])
    lines.add(
        Commit(
            community="main", owner="me", epoch=1, first_seq=block.first_seq, last_seq=block.last_seq, now_ms=NOW_MS,
            inputs=block.inputs, seqs=block.seqs, decisions=[], changes=Changes(),
        )
    )  # fmt: skip


def test_what_was_just_committed_is_not_read_back() -> None:
    journal = CountedJournal()
    lines = JournalLines(journal, "main", where)
    commit(lines, journal, 3)
    commit(lines, journal, 2)
    assert [(r.last_seq, len(r.lines)) for r in lines.after(0)] == [(3, 3), (5, 2)]
    assert [r.last_seq for r in lines.after(3)] == [5]
    assert lines.after(5) == []
    assert journal.read == 0


def test_beyond_what_is_held_the_journal_is_read_until_memory_reaches_back_far_enough(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recent, "KEPT_LINES", 10)
    journal = CountedJournal()
    lines = JournalLines(journal, "main", where)
    for _ in range(9):
        commit(lines, journal, 4)
    seen: list[int] = []
    cursor = 0
    while rendered := lines.after(cursor):
        seen += [r.last_seq for r in rendered]
        cursor = rendered[-1].last_seq
    assert seen == [4 * n for n in range(1, 10)]
    assert journal.read == 4  # two blocks each time; the last two blocks came from memory


def test_the_place_in_the_journal_is_written_down_once_a_second_and_when_all_is_done(scripted: Scripted) -> None:
    journal = ListedJournal()
    now = [NOW_MS]
    task = Follower(JournalLines(journal, "main", where), scripted.post(), clock=lambda: now[0])
    for _ in range(5):
        journal.add(smoke(alarm=False))
        task.follow_once()
        now[0] += 400
    assert journal.moves == [1, 4]
    assert task.follow_once().wait_s == pytest.approx(0.6)
    now[0] += 600
    assert not task.follow_once().more
    assert journal.moves == [1, 4, 5]
