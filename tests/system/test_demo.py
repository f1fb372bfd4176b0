"""`hub demo`: the story plays by itself, twice on one directory, and on the embedded broker where there is no mosquitto."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from hub.core.decisions import RegistryChanged
from hub.simulate.guihuayuan import COMMUNITY, registry
from hub.store import schema
from hub.store.connections import Database
from hub.store.journal import read_blocks
from tests.system.children import HubChild

NO_MOSQUITTO = "import hub.mqtt.broker\nhub.mqtt.broker.SEARCH = '/nowhere'"
"""With an empty PATH beside it: a machine on which nobody installed mosquitto."""


def start(data: Path, *, mosquitto: bool = True) -> HubChild:
    words = ["demo", "--seconds", "20", "--json", "--data", str(data), "--port", "0"]
    if mosquitto:
        return HubChild(words)
    return HubChild(words, {"PATH": "/nowhere"}, before=NO_MOSQUITTO)


def report_of(demo: HubChild) -> dict[str, Any]:
    """Wait for its end; standard output is one JSON object and nothing else."""
    assert demo.end(60) == 0, demo.words
    assert len(demo.said) == 1, demo.said
    report: dict[str, Any] = json.loads(demo.said[0])
    return report


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[Path, HubChild]]]:
    """Two demos at once, for each plays for twenty seconds: one with mosquitto, one where there is none."""
    folder = tmp_path_factory.mktemp("demo")
    demos = {
        name: (folder / name, start(folder / name, mosquitto=name == "mosquitto")) for name in ("mosquitto", "amqtt")
    }
    yield demos
    for _, demo in demos.values():
        demo.kill()


def told_its_story(report: dict[str, Any]) -> None:
    assert list(report) == ["readings", "alerts", "notifications", "lost"]
    assert report["lost"] == 0
    assert report["readings"] > 50
    (fire,) = [alert for alert in report["alerts"] if alert["severity"] == "critical"]
    assert list(fire) == ["rule", "severity", "place", "raised_ms", "accepted_ms", "closed_ms"]
    assert (fire["rule"], fire["place"]) == ("smoke", "b6-1203")
    assert 0 <= fire["raised_ms"] <= fire["accepted_ms"] <= fire["closed_ms"]
    handed: dict[str, int] = {}
    for note in report["notifications"]:
        assert list(note) == ["role", "channel", "due_ms", "sent_ms", "receipt"]
        assert (note["channel"], note["receipt"]) == ("inbox", "accepted")
        handed.setdefault(note["role"], note["sent_ms"])
    assert {"property", "committee", "volunteer"} <= handed.keys()
    assert all(handed[role] <= 1000 for role in ("property", "committee", "volunteer")), handed


def broker_is_gone(data: Path) -> bool:
    pid = json.loads((data / "broker" / "child.json").read_text())["pid"]
    return not Path(f"/proc/{pid}").exists()


def seeds(data: Path) -> int:
    """How often the journal says that the registry changed."""
    database = Database(make_url(f"sqlite:///{data / 'hub.db'}"), busy_timeout_s=5.0)
    try:
        with database.read() as connection:
            blocks = read_blocks(connection, COMMUNITY, 0, 100_000)
            assert connection.execute(select(func.count()).select_from(schema.quarantine)).scalar_one() == 0
    finally:
        database.close()
    return sum(type(one) is RegistryChanged for block in blocks for one in block.decisions)


@pytest.mark.parametrize("broker", ["mosquitto", "amqtt"])
def test_the_story_plays_and_is_reported_as_one_json_object(
    started: dict[str, tuple[Path, HubChild]], broker: str
) -> None:
    data, demo = started[broker]
    told_its_story(report_of(demo))
    assert json.loads((data / "broker" / "child.json").read_text())["kind"] == broker
    assert broker_is_gone(data)
    words = "\n".join(demo.complained)
    for address in ("/wall?token=", "/setup?token=", "/inbox/"):
        assert address in words


def test_a_second_start_keeps_the_registry_and_plays_again(started: dict[str, tuple[Path, HubChild]]) -> None:
    data, first = started["mosquitto"]
    first.end(60)
    assert seeds(data) == len(registry(1))
    again = start(data)
    try:
        told_its_story(report_of(again))
    finally:
        again.kill()
    assert seeds(data) == len(registry(1))
