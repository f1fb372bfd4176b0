"""The frame of the bench, with a small subject of its own; no figure decides a test."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import httpx
import msgspec
import pytest

from hub.bench import backlog, compound, machine, run, storm
from hub.bench.provider import HUNG, provider
from hub.bench.subject import Subject, Surroundings, count, the_hub
from hub.config import Config
from hub.core.commands import AnyCommand, PutDevice, PutPerson
from hub.errors import HubError

INGEST_KEYS = ["readings", "rate", "cpu_us", "floor_rate", "ratio", "lost", "rss_mb", "fsync_ms"]
LATENCY_KEYS = ["p50_ms", "p99_ms", "max_ms", "background_rate", "lost"]
STORM_KEYS = ["alarms", "people", "contacts", "within_10s", "p50_ms", "p99_ms", "max_ms", "messages"]
STORM_KEYS += ["most_per_minute", "lost", "rss_mb"]
BACKLOG_KEYS = ["p50_ms", "p99_ms", "max_ms", "backlog_max", "background_rate", "hung", "lost"]
NAIVE = Path(__file__).resolve().parents[2] / "scripts" / "bench_naive.py"


def naive(around: Surroundings) -> Subject:
    database = around.directory / "naive.db"
    argv = [sys.executable, str(NAIVE), "consume", str(around.broker_port), str(database), around.robot_url]
    return Subject(name="naive", argv=argv, kept=lambda: count(database, "select count(*) from reading") or 0)


def test_ingest_counts_what_was_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.bench_ingest(readings=600, devices=50, as_json=True, subject=naive) == 0
    said = json.loads(capsys.readouterr().out)
    assert list(said) == INGEST_KEYS
    assert (said["readings"], said["lost"]) == (600, 0)
    assert said["rate"] > 0
    assert said["rss_mb"] > 1


def test_latency_follows_each_alarm_to_the_provider(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.bench_latency(seconds=2.6, rate=100, as_json=True, subject=naive) == 0
    said = json.loads(capsys.readouterr().out)
    assert list(said) == LATENCY_KEYS
    assert said["lost"] == 0
    assert 0 < said["p50_ms"] <= said["p99_ms"] <= said["max_ms"]


def test_a_subject_that_dies_is_named_with_its_last_words(capsys: pytest.CaptureFixture[str]) -> None:
    def broken(around: Surroundings) -> Subject:
        argv = [sys.executable, "-c", "import sys; sys.exit('port taken')"]
        return Subject(name="broken", argv=argv, kept=lambda: around.fires)

    assert run.bench_ingest(readings=100, devices=10, as_json=True, subject=broken) == 1
    err = capsys.readouterr().err
    assert "broken ended with code 1" in err
    assert "port taken" in err


def test_the_hub_gets_a_config_and_a_registry_that_hold(tmp_path: Path) -> None:
    around = Surroundings(
        directory=tmp_path,
        broker_port=1,
        influx_url="http://127.0.0.1:2",
        robot_url="http://127.0.0.1:3/send",
        devices=250,
        fires=3,
    )
    subject = the_hub(around)
    assert subject.argv[1:4] == ["-m", "hub", "run"]
    assert subject.kept() == 0
    written = (tmp_path / "config.yaml").read_text()
    config = Config.model_validate_json(written)
    assert config.sources["zigbee2mqtt"].lane == "safety"
    lines = (tmp_path / "seed.jsonl").read_bytes().splitlines()
    commands = [msgspec.json.decode(line, type=AnyCommand) for line in lines]
    assert sum(isinstance(command, PutDevice) for command in commands) == 253
    robots = [c.person.contacts[0].url for c in commands if isinstance(c, PutPerson) and c.person.id != "desk"]
    assert robots == [f"wecom://{compound.robot_key(n)}" for n in range(3)]


def test_the_provider_answers_as_wecom_and_notes_the_first_time() -> None:
    async def ask() -> tuple[object, int, set[str], int]:
        async with provider() as robots, httpx.AsyncClient() as client:
            first = await client.post(f"{robots.robot_url}?key=k1", json={"msgtype": "text"})
            noted = robots.first_ns["k1"]
            await client.post(f"{robots.robot_url}?key=k1", json={})
            assert robots.first_ns["k1"] == noted
            dropped = await client.post(f"{robots.sink_url}/api/v2/write?bucket=b", content=b"m f=1 1\n" * 5000)
            await robots.asked({"k1"})
            return first.json(), dropped.status_code, set(robots.first_ns), robots.requests

    assert asyncio.run(ask()) == ({"errcode": 0, "errmsg": "ok"}, 204, {"k1"}, 2)


def test_a_robot_that_was_asked_too_often_refuses_as_wecom_does() -> None:
    async def ask() -> tuple[list[object], int, list[bool]]:
        async with provider(per_minute=2) as robots, httpx.AsyncClient() as client:
            said = [(await client.post(f"{robots.robot_url}?key=k1", json={})).json()["errcode"] for _ in range(3)]
            return said, robots.most_per_minute(), [one.taken for one in robots.asked_of["k1"]]

    assert asyncio.run(ask()) == ([0, 0, 45009], 3, [True, True, False])


def test_a_channel_that_hangs_takes_the_request_and_says_nothing() -> None:
    async def ask() -> int:
        async with provider() as robots, httpx.AsyncClient() as client:
            asking = asyncio.create_task(client.post(f"{robots.robot_url}?key={HUNG}k1", json={}))
            await robots.asked({f"{HUNG}k1"})
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            return robots.hanging

    assert asyncio.run(ask()) == 1


def test_a_storm_is_followed_to_everybody_on_duty(capsys: pytest.CaptureFixture[str]) -> None:
    assert storm.bench_storm(alarms=12, people=5, contacts=2, as_json=True) == 0
    said = json.loads(capsys.readouterr().out)
    assert list(said) == STORM_KEYS
    assert (said["alarms"], said["people"], said["contacts"], said["lost"]) == (12, 5, 2, 0)
    assert 2 <= said["messages"] < 60
    assert 0 < said["most_per_minute"] <= storm.PER_MINUTE
    assert 0 < said["p50_ms"] <= said["p99_ms"] <= said["max_ms"]


def test_a_message_counts_when_it_names_all_that_it_carries_or_says_how_many() -> None:
    assert storm.says("【紧急】火警3号楼烟感报警", {3})
    assert not storm.says("【紧急】火警3号楼烟感报警", {3, 4})
    assert storm.says("【紧急】火警3号楼烟感报警\n火警4号楼", {3, 4})
    assert storm.says("【紧急】火警3号楼烟感报警\n火警4号楼\n等9起", set(range(9)))
    assert not storm.says("【紧急】火警3号楼烟感报警\n火警4号楼\n等8起", set(range(9)))
    assert not storm.says("【紧急】火警30号楼烟感报警\n等9起", set(range(9)))


def test_alarms_are_followed_while_a_backlog_grows(capsys: pytest.CaptureFixture[str]) -> None:
    run_it = backlog.measure_backlog(seconds=1.5, backlog=500, devices=50)
    assert run.measured(run_it, as_json=True) == 0
    said = json.loads(capsys.readouterr().out)
    assert list(said) == BACKLOG_KEYS
    assert (said["lost"], said["hung"]) == (0, 2)
    assert 0 < said["backlog_max"] < 5000
    assert 0 < said["p50_ms"] <= said["p99_ms"] <= said["max_ms"]


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(n) for n in range(1, 101)]
    assert (run.percentile(values, 50), run.percentile(values, 99), run.percentile([7.0], 99)) == (50.0, 99.0, 7.0)


def test_a_process_that_is_gone_is_an_error_with_what_to_do(tmp_path: Path) -> None:
    assert machine.fsync_ms(tmp_path) > 0
    with pytest.raises(HubError, match="Linux"):
        machine.cpu_s(2**22 + 1)
