"""The follower against real servers: nothing lost, nothing doubled, whatever dies meanwhile."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable

import pytest
import structlog

from hub.core.decisions import AlertCleared, Reason
from hub.errors import StoreError
from hub.influx import BadLine, Follower, Gate, Gauges, InfluxPost, JournalLines, Post
from hub.influx.follow import MOST_LINES
from hub.model import Severity
from hub.store.port import Block
from tests.influx.journal import NOW_MS, ListedJournal, plate, smoke, where
from tests.influx.servers import HTTP, InfluxOne, Scripted, Victoria, until


def follower(
    journal: ListedJournal,
    post: Post,
    *,
    quarantine: Callable[[BadLine], None] = lambda _: None,
    gauges: Callable[[], Gauges | None] = lambda: None,
    first_wait_s: float = 0.02,
) -> Follower:
    return Follower(
        JournalLines(journal, "main", where),
        post,
        clock=lambda: NOW_MS,
        quarantine=quarantine,
        gauges=gauges,
        cursor_every_s=0.0,
        first_wait_s=first_wait_s,
        longest_wait_s=0.1,
    )


def follow_to_the_end(task: Follower) -> None:
    while task.follow_once().more:
        pass


def fill(journal: ListedJournal, blocks: int, readings: int) -> int:
    for n in range(blocks):
        journal.add(*(smoke(f"d{k % 7}", alarm=False, battery_pct=float(k)) for k in range(readings)), at_ms=NOW_MS + n)
    return blocks * readings


def count(server: InfluxOne, database: str) -> int:
    rows = server.query(database, "SELECT count(alarm) FROM reading")
    return int(rows[0]["count"]) if rows else 0


def test_victoria_metrics_has_every_reading(victoria: Victoria) -> None:
    journal = ListedJournal()
    journal.add(
        smoke("vm 1", alarm=True, battery_pct=97.5), plate("vm,2", plate="沪A12345", confidence=98), at_ms=NOW_MS
    )
    task = follower(journal, victoria.post())
    follow_to_the_end(task)
    assert task.status == "up to date"
    (alarm,) = victoria.samples('reading_alarm{device="vm 1"}')
    assert (alarm["values"], alarm["timestamps"]) == ([1], [NOW_MS])
    assert alarm["metric"]["kind"] == "smoke"
    (confidence,) = victoria.samples('reading_confidence{device="vm,2"}')
    assert confidence["values"] == [98]
    assert "沪A" not in json.dumps(victoria.samples('{community="main"}'), ensure_ascii=False)


def test_influxql_reads_back_what_was_written(influx_one: InfluxOne) -> None:
    journal = ListedJournal()
    journal.add(
        smoke(alarm=True, battery_pct=97, state='say "hi"\\'),
        smoke(alarm=False),
        plate(plate="沪A12345", known_name="王", confidence=98.5, direction="in"),
    )
    follow_to_the_end(follower(journal, influx_one.post("back")))
    rows = influx_one.query("back", "SELECT alarm, battery_pct, device, building FROM reading WHERE kind = 'smoke'")
    assert [(r["alarm"], r["battery_pct"], r["device"], r["building"], r["time"]) for r in rows] == [
        (1, 97, "烟感 1", "6号楼", NOW_MS * 1_000_000 + 1),
        (0, None, "烟感 1", "6号楼", NOW_MS * 1_000_000 + 2),
    ]
    assert influx_one.query("back", "SELECT mean(alarm) FROM reading")[0]["mean"] == 0.5
    texts = influx_one.query("back", "SELECT * FROM reading_text")
    assert [t["state"] for t in texts] == ['say "hi"\\', None]
    assert "沪A" not in json.dumps(texts, ensure_ascii=False)


def test_requests_hold_at_most_5000_lines_and_the_cursor_follows_them(scripted: Scripted) -> None:
    journal = ListedJournal()
    total = fill(journal, blocks=7, readings=1900) + fill(journal, blocks=1, readings=11_000)
    task = follower(journal, scripted.post())
    follow_to_the_end(task)
    sizes = [len(body) for body in scripted.bodies]
    assert max(sizes) <= MOST_LINES
    assert sum(sizes) == total == task.written
    assert len({line for body in scripted.bodies for line in body}) == total
    assert journal.moves == sorted(journal.moves)
    assert journal.moves[-1] == journal.listed[-1].last_seq


def test_the_cursor_waits_for_the_server(scripted: Scripted) -> None:
    journal = ListedJournal()
    fill(journal, blocks=2, readings=3)
    scripted.answers = [(503, {"Retry-After": "9"}, "busy"), (500, {}, ""), (429, {}, "")]
    task = follower(journal, scripted.post(), first_wait_s=1.0)
    assert task.follow_once().wait_s == 9.0
    assert "busy" in task.status
    assert [task.follow_once().wait_s, task.follow_once().wait_s] == [0.1, 0.1]
    assert journal.moves == []
    follow_to_the_end(task)
    assert scripted.bodies[0] == scripted.bodies[-1]
    assert journal.moves[-1] == 6


def test_a_killed_server_comes_back_and_has_each_reading_once(own_influx_one: InfluxOne) -> None:
    server = own_influx_one
    journal = ListedJournal()
    post = server.post("power")
    task = follower(journal, post)
    total = fill(journal, blocks=5, readings=200)
    follow_to_the_end(task)
    server.kill()
    total += fill(journal, blocks=5, readings=200)
    assert not task.follow_once().more
    assert task.status.startswith("waiting")
    assert journal.moves[-1] == 1000
    server.start()
    follow_to_the_end(task)
    assert count(server, "power") == total
    # The answer to the last request was lost, so the hub's next life writes it again: the same points.
    journal.move_cursor("influx", "main", 1000)
    follow_to_the_end(follower(journal, post))
    assert count(server, "power") == total


def test_a_restarted_victoria_metrics_has_each_reading_once(own_victoria: Victoria) -> None:
    journal = ListedJournal()
    task = follower(journal, own_victoria.post())
    total = fill(journal, blocks=4, readings=7)
    follow_to_the_end(task)
    own_victoria.stop()
    total += fill(journal, blocks=4, readings=7)
    assert not task.follow_once().more
    own_victoria.start()
    follow_to_the_end(task)
    assert sum(len(series["values"]) for series in own_victoria.samples("reading_alarm")) == total


def test_the_task_goes_on_by_itself_when_the_server_is_back(own_influx_one: InfluxOne) -> None:
    server = own_influx_one
    journal = ListedJournal()
    post = server.post("task")
    total = fill(journal, blocks=3, readings=100)

    async def story() -> None:
        nonlocal total
        task = follower(journal, post)
        running = asyncio.create_task(task.run())
        await asyncio.to_thread(until, lambda: journal.moves[-1:] == [300])
        server.kill()
        total += fill(journal, blocks=3, readings=100)
        task.wake()
        await asyncio.to_thread(until, lambda: task.status.startswith("waiting"))
        await asyncio.to_thread(server.start)
        await asyncio.to_thread(until, lambda: journal.moves[-1] == 600)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(story())
    assert count(server, "task") == total


def test_lines_that_the_server_never_takes_are_quarantined_alone(influx_one: InfluxOne) -> None:
    """InfluxDB fixes a field's type at its first point: here somebody wrote ``alarm`` as text before."""
    post = influx_one.post("partial")
    post.post(
        [f'reading,building=6号楼,community=main,device=烟感\\ 1,kind=smoke,place=b6-1203 alarm="yes" {NOW_MS}000000']
    )
    journal = ListedJournal()
    journal.add(smoke(battery_pct=50.0), smoke(alarm=True), *(smoke(battery_pct=float(n)) for n in range(20)))
    refused: list[BadLine] = []
    task = follower(journal, post, quarantine=refused.append)
    follow_to_the_end(task)
    assert [" seen=1i,alarm=1i " in bad.line for bad in refused] == [True]
    assert "field type conflict" in refused[0].said
    assert task.bad == 1
    assert len(influx_one.query("partial", "SELECT battery_pct FROM reading")) == 21
    assert journal.moves[-1] == 22


def test_a_line_that_cannot_be_parsed_is_found_by_its_quote(influx_one: InfluxOne) -> None:
    post = influx_one.post("parse")
    good = [f"reading,device=d{n} alarm=0i {n + 1}" for n in range(500)]
    before = post.requests
    (bad,) = post.post([*good[:123], "reading,device=d alarm= 5", *good[123:]])
    assert bad.line == "reading,device=d alarm= 5"
    assert post.requests - before == 3
    assert count(influx_one, "parse") == 500


class BrokenJournal(ListedJournal):
    """A store that is away for its first calls."""

    away = 2

    def blocks(self, community: str, after_seq: int, limit: int) -> list[Block]:
        if self.away:
            self.away -= 1
            raise StoreError("database is locked")
        return super().blocks(community, after_seq, limit)


def test_a_store_that_is_away_is_waited_for(scripted: Scripted) -> None:
    journal = BrokenJournal()
    fill(journal, blocks=1, readings=5)
    task = follower(journal, scripted.post())
    assert not task.follow_once().more
    assert "database is locked" in task.status
    assert not task.follow_once().more
    follow_to_the_end(task)
    assert task.written == 5


def test_a_bug_in_what_it_calls_does_not_end_the_task(scripted: Scripted) -> None:
    journal = ListedJournal()
    fill(journal, blocks=1, readings=5)
    broken = iter([True])

    def gauges() -> Gauges | None:
        for _ in broken:
            raise KeyError("no such place")
        return None

    async def story() -> None:
        task = Follower(
            JournalLines(journal, "main", where), scripted.post(), clock=lambda: NOW_MS, gauges=gauges,
            gauges_every_s=0.0, first_wait_s=0.01, idle_s=0.01,
        )  # fmt: skip
        running = asyncio.create_task(task.run())
        await asyncio.to_thread(until, lambda: task.status == "internal error" or task.written == 5)
        fill(journal, blocks=1, readings=5)
        await asyncio.to_thread(until, lambda: task.written == 10 and task.status == "up to date")
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    with structlog.testing.capture_logs() as logs:
        asyncio.run(story())
    assert [log["event"] for log in logs if log["log_level"] == "error"] == ["influx_follower_failed"]


GAUGES = Gauges(
    community="main",
    open_alerts={Severity.CRITICAL: 2, Severity.MINOR: 3},
    unanswered={Severity.CRITICAL: 1},
    oldest_unanswered_ms=NOW_MS - 65_500,
    detectors_total=60,
    detectors_online=58,
    spaces_total=120,
    spaces_left=17,
    unprotected={"6号楼": 2, "7号楼": 0},
    gates=(Gate(name="东门", online=True, open=False, fault=False), Gate(name="西门", online=False), Gate(name="北门")),
)


def test_gauges_tell_zero_from_no_data(influx_one: InfluxOne) -> None:
    task = follower(ListedJournal(), influx_one.post("gauges"), gauges=lambda: GAUGES)
    task.write_gauges()
    task.write_gauges()  # not due again: the clock stands
    (row,) = influx_one.query("gauges", "SELECT * FROM hub WHERE open_critical >= 0")
    assert (row["open_critical"], row["open_major"], row["unanswered_critical"], row["unanswered_major"]) == (
        2,
        0,
        1,
        0,
    )
    assert (row["oldest_unanswered_s"], row["spaces_left"], row["lag_s"]) == (65.5, 17, 0)
    homes = influx_one.query("gauges", "SELECT last(unprotected) FROM hub GROUP BY building")
    assert {r["building"]: r["last"] for r in homes} == {"6号楼": 2, "7号楼": 0}
    gates = influx_one.query("gauges", "SELECT last(gate_online) FROM hub GROUP BY gate")
    assert {r["gate"]: r["last"] for r in gates} == {"东门": 1, "西门": 0}


def test_the_task_writes_gauges_beside_the_journal(scripted: Scripted) -> None:
    journal = ListedJournal()
    fill(journal, blocks=1, readings=3)

    async def story() -> None:
        task = follower(journal, scripted.post(), gauges=lambda: GAUGES)
        running = asyncio.create_task(task.run())
        await asyncio.to_thread(until, lambda: len(scripted.bodies) >= 2)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(story())
    assert [len(body) for body in scripted.bodies] == [3, 5]


def test_an_alert_brings_the_gauges_forward(scripted: Scripted) -> None:
    """A fire that somebody accepts within ten seconds is seen on the wall all the same."""
    journal = ListedJournal()
    task = follower(journal, scripted.post(), gauges=lambda: GAUGES)
    task.write_gauges()
    journal.add(decisions=[AlertCleared(seq=1, at_ms=NOW_MS, reason=Reason.CONDITION_CLEARED, alert=1)])
    follow_to_the_end(task)
    task.write_gauges()
    task.write_gauges()
    assert [len(body) for body in scripted.bodies] == [5, 1, 5]


def test_gauges_that_cannot_be_written_are_dropped(scripted: Scripted) -> None:
    scripted.answers = [(503, {}, "")]
    task = follower(ListedJournal(), scripted.post(), gauges=lambda: GAUGES)
    task.write_gauges()
    assert "gauges not written" in task.status


@pytest.mark.influxdb2
def test_influxdb_2_reads_back_what_was_written() -> None:
    url, token = os.environ["INFLUX_URL"], os.environ["INFLUX_TOKEN"]
    org, bucket = os.environ.get("INFLUX_ORG", "community"), os.environ.get("INFLUX_BUCKET", "community")
    journal = ListedJournal()
    journal.add(smoke("it-1", alarm=True, battery_pct=97.5, state="ok"))
    follow_to_the_end(follower(journal, InfluxPost(url, org=org, bucket=bucket, token=token)))
    answer = HTTP.request(
        "POST",
        f"{url}/query",
        fields={"db": bucket, "q": "SELECT last(alarm) FROM reading WHERE device = 'it-1'"},
        headers={"Authorization": f"Token {token}"},
    )
    assert json.loads(answer.data)["results"][0]["series"][0]["values"][0][1] == 1
