"""Published messages, read end to end as `hub decode` reads them, against what a person read out of them."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import msgspec
import pytest

from hub.catalogue import load_catalogue
from hub.decode.jsonl import Rows
from hub.model import FACTS

HERE = Path(__file__).parent
FILES = sorted((HERE / "rows").glob("*.jsonl"))
MISSES = (HERE.parent.parent / "docs" / "decode-misses.md").read_text(encoding="utf-8")

Row = dict[str, object]
ROWS = [
    msgspec.json.decode(line, type=Row) for path in FILES for line in path.read_bytes().splitlines() if line.strip()
]

NAMED = ("kind", "event", "alarm")
"""What stands beside the facts."""
STATED = frozenset(FACTS) - {"alarm"}
"""Whatever the meaning names and the vocabulary has."""
NUMBER = re.compile("0x[0-9A-Fa-f]+|[0-9]+")
NEAR_MS = 1000
DIFFERENT: dict[str, frozenset[str]] = {
    "parking-012": frozenset({"battery_v", "battery_low"}),
    "fire_panel_gb26875-012": frozenset({"no reading"}),
    **dict.fromkeys(
        ("lpr_gate-008", "fire_panel_gb26875-002", "smoke-039", "water_pressure_level-023"), frozenset({"time"})
    ),
}
"""Row -> what is read differently in it, on purpose."""

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
    wrong = [
        f"{name}: {told[name]!r}" for name in told if name in meaning and not _same(name, told[name], meaning[name])
    ]
    wrong += _late(meaning, reading["at"])
    if meaning.get("alarm") is None and reading["alarm"] is True:
        wrong.append("an alarm that nobody raised")
    if meaning.get("historical") and not reading["historical"]:
        wrong.append("not historical")
    return wrong


def _same(name: str, told: object, meant: object) -> bool:
    """Numbers and codes come as text in some messages; the vocabulary has one type for each fact.

    A word where the vocabulary has a number is something else of that name: the level of a log, the name of a gas.
    """
    if told == meant:
        return True
    if isinstance(meant, str) and name in FACTS and FACTS[name][0] == "number":
        return told is None if NUMBER.fullmatch(meant) is None else told == int(meant, 0)
    return not isinstance(told, bool) and None not in (told, meant) and str(told) == str(meant)


def _late(meaning: Row, at: object) -> list[str]:
    """How far the time differs from the one in the message."""
    match meaning:
        case {"time_ms": int(meant_ms)}:
            pass
        case {"time_s": int() | float() as seconds}:
            meant_ms = int(seconds * 1000)
        case {"time": str(written)}:
            meant_ms = int(datetime.fromisoformat(written).timestamp() * 1000)
        case _:
            return []
    told_ms = int(datetime.fromisoformat(at).timestamp() * 1000) if isinstance(at, str) else 0
    return [] if abs(told_ms - meant_ms) <= NEAR_MS else [f"time: {at!r}"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["id"]))
def test_a_published_message_is_read_or_its_miss_is_listed(row: Row) -> None:
    """What differs is exactly what is known to, and docs/decode-misses.md names the row with the reason."""
    wrong = _wrong(row)
    assert {one.partition(":")[0] for one in wrong} == DIFFERENT.get(str(row["id"]), frozenset()), wrong
    assert not wrong or str(row["id"]) in MISSES


def test_at_least_95_of_100_published_messages_are_read() -> None:
    assert sum(not _wrong(row) for row in ROWS) >= 0.95 * len(ROWS)


def test_every_alarm_and_every_test_is_read() -> None:
    """Of two times in one message the device's own may be taken: that is listed, and the alarm is read all the same."""
    for row in ROWS:
        meaning = msgspec.convert(row["meaning"], Row)
        if meaning.get("alarm") is True or meaning.get("test") is True or row["family"] == "lifecycle":
            assert [one for one in _wrong(row) if not one.startswith("time: ")] == [], row["id"]


@pytest.mark.parametrize("family", ["lpr_gate", "gate_relay", "parking", "camera"])
def test_every_message_of_gates_and_spaces_is_understood(family: str) -> None:
    """What differs from its row is a listed value; none is left unread."""
    rows = [row for row in ROWS if row["family"] == family]
    assert rows
    assert [row["id"] for row in rows if not _reads.told(row)["readings"]] == []
