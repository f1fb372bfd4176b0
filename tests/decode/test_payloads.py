"""Published messages, read end to end as `hub decode` reads them, against what a person read out of them."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from hub.catalogue import load_catalogue
from hub.decode.jsonl import Rows

HERE = Path(__file__).parent
FILES = sorted((HERE / "rows").glob("*.jsonl"))
MISSES = (HERE.parent.parent / "docs" / "decode-misses.md").read_text(encoding="utf-8")

Row = dict[str, object]
ROWS = [
    msgspec.json.decode(line, type=Row) for path in FILES for line in path.read_bytes().splitlines() if line.strip()
]

NAMED = ("kind", "event", "alarm")
"""What stands beside the facts."""
STATED = ("occupied", "plate", "battery_pct", "battery_v", "battery_low", "test", "muted", "fault", "acknowledged")

_reads = Rows(load_catalogue())


def _wrong(row: Row) -> list[str]:
    """How the reading nearest to the row's meaning differs from it."""
    meaning = msgspec.convert(row["meaning"], Row)
    readings = msgspec.convert(_reads.told(row)["readings"], list[Row])
    differences = [_differences(meaning, reading) for reading in readings] or [["no reading"]]
    return min(differences, key=len)


def _differences(meaning: Row, reading: Row) -> list[str]:
    facts = msgspec.convert(reading["facts"], Row)
    told = {**{name: facts.get(name) for name in STATED}, **{name: reading[name] for name in NAMED}}
    told["device_id"] = reading["device"]
    wrong = [f"{name}: {told[name]!r}" for name in told if name in meaning and told[name] != meaning[name]]
    if meaning.get("alarm") is None and reading["alarm"] is True:
        wrong.append("an alarm that nobody raised")
    if meaning.get("historical") and not reading["historical"]:
        wrong.append("not historical")
    return wrong


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["id"]))
def test_a_published_message_is_read_or_its_miss_is_listed(row: Row) -> None:
    wrong = _wrong(row)
    assert not wrong or str(row["id"]) in MISSES, wrong


def test_at_least_95_of_100_published_messages_are_read() -> None:
    assert sum(not _wrong(row) for row in ROWS) >= 0.95 * len(ROWS)


def test_every_alarm_and_every_test_is_read() -> None:
    for row in ROWS:
        meaning = msgspec.convert(row["meaning"], Row)
        if meaning.get("alarm") is True or meaning.get("test") is True or row["family"] == "lifecycle":
            assert not _wrong(row), row["id"]
